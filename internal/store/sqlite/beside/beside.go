// Package beside opens the SQLite files that stand beside the ledger: smaller,
// not synced at each commit, and with what is deleted overwritten, also in the
// file's log.
//
// It knows no table. Whoever opens a file brings its schema.
package beside

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // registers itself as "sqlite"
)

// Open opens a file, making it by a schema where there is none: one that ends by
// setting user_version to 1. A file of a later version is refused.
func Open(path, schema string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(30 * time.Second)
	if err := prepare(db, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

func prepare(db *sql.DB, schema string) error {
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > 1 {
		return fmt.Errorf("the file was written by a newer irori (schema %d, this one knows 1)", version)
	}
	if version == 1 {
		return nil
	}
	_, err := db.Exec(schema)
	return err
}

// dsn asks for a small cache, as the ledger does. A commit is not synced: what
// a power cut takes is asked for again, or is an outcome less, and no record.
func dsn(path string) string {
	q := url.Values{"_txlock": {"immediate"}}
	q["_pragma"] = []string{
		"busy_timeout(5000)", "cache_size(-512)", "mmap_size(0)", "temp_store(1)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"journal_size_limit(4194304)", "secure_delete(1)",
	}
	slashed := filepath.ToSlash(path)
	if slashed[0] != '/' {
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: q.Encode()}
	return u.String()
}

// Delete deletes, and folds the log into the file, so that nothing of it is left
// there either. It says how many rows went.
func Delete(ctx context.Context, db *sql.DB, query string, args ...any) (int64, error) {
	res, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return n, err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return n, err
}
