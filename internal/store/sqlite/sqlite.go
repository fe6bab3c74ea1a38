// Package sqlite keeps the ledger's records in one SQLite file.
//
// It knows SQL and the file's schema. It does not know how records come about:
// the journal and its writer are package store's. One process writes, others
// (the command line) may read the same file meanwhile.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"irori/internal/store"

	driver "modernc.org/sqlite" // registers itself as "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options says how to open a file.
type Options struct {
	// ReadOnly opens an existing file and never writes it; the error is
	// fs.ErrNotExist where there is none.
	ReadOnly bool
}

// Store keeps records in a SQLite file.
type Store struct {
	db       *sql.DB
	readOnly bool
	// writing keeps writers of this process from waiting on SQLite's lock,
	// which polls.
	writing sync.Mutex
}

var _ store.Store = (*Store)(nil)

// Open opens the file, making it and bringing its schema up to date unless it
// is opened read-only.
func Open(path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
	} else if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	s, err := connect(path, dsn(path, o.ReadOnly), o)
	var refused *driver.Error
	if o.ReadOnly && errors.As(err, &refused) && unwritable(refused.Code()) && settled(path) {
		// Where nothing can be written SQLite cannot put its log beside the
		// file; with no log there is no writer either.
		s, err = connect(path, dsn(path, true)+"&immutable=1", o)
	}
	return s, err
}

// unwritable tells whether a code is how SQLite says that it cannot put its
// log there: the file's folder, or a log that is there already, is not
// writable.
func unwritable(code int) bool {
	return code&0xff == sqlite3.SQLITE_CANTOPEN || code&0xff == sqlite3.SQLITE_READONLY
}

// settled tells whether a file has no log beside it that belongs to it.
func settled(path string) bool {
	st, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && st.Size() == 0
}

func connect(path, source string, o Options) (*Store, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	// A few connections, so that a slow reader does not hold up the writer;
	// idle ones are closed, since each has a page cache of its own.
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(30 * time.Second)
	s := &Store{db: db, readOnly: o.ReadOnly}
	if o.ReadOnly {
		err = s.checkSchema()
	} else {
		err = s.migrate()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return s, nil
}

// dsn asks for a small cache and no memory map: the ledger is written once and
// seldom read, and the server's memory belongs to the model. A commit is synced
// (synchronous FULL), because the journal drops its copy after it.
func dsn(path string, readOnly bool) string {
	q := url.Values{}
	q["_pragma"] = []string{"busy_timeout(5000)", "cache_size(-512)", "mmap_size(0)", "temp_store(1)"}
	if readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "journal_size_limit(4194304)")
	}
	slashed := filepath.ToSlash(path)
	if slashed[0] != '/' {
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: q.Encode()}
	return u.String()
}

const upsert = `
INSERT INTO record (id, time_ns, model, status, error_code, prompt_tokens, cached_tokens, output_tokens,
	reasoning_tokens, energy_method, energy_j, energy_low_j, energy_high_j, currency, cost, cost_low, cost_high, json, key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
	time_ns = excluded.time_ns, model = excluded.model, status = excluded.status,
	error_code = excluded.error_code, prompt_tokens = excluded.prompt_tokens,
	cached_tokens = excluded.cached_tokens, output_tokens = excluded.output_tokens,
	reasoning_tokens = excluded.reasoning_tokens, energy_method = excluded.energy_method,
	energy_j = excluded.energy_j, energy_low_j = excluded.energy_low_j,
	energy_high_j = excluded.energy_high_j, currency = excluded.currency, cost = excluded.cost,
	cost_low = excluded.cost_low, cost_high = excluded.cost_high, json = excluded.json, key = excluded.key
WHERE excluded.error_code IS NOT 'interrupted'`

// Put keeps records in one transaction.
func (s *Store) Put(ctx context.Context, recs []store.Record) (err error) {
	if s.readOnly {
		return errors.New("the ledger is opened for reading only")
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	stmt, err := tx.PrepareContext(ctx, upsert)
	if err != nil {
		return err
	}
	defer stmt.Close()
	// A context that can end costs each statement a goroutine: it is asked
	// between them.
	steady, text := context.WithoutCancel(ctx), []byte(nil)
	for i := range recs {
		r := &recs[i]
		if text, err = r.AppendJSON(text[:0]); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("record %s: %w", r.ID, err)
		}
		_, err = stmt.ExecContext(steady, r.ID, r.Time.UnixNano(), text0(r.Model), text0(string(r.Status)),
			text0(r.ErrorCode), r.PromptTokens, r.CachedTokens, r.OutputTokens, r.ReasoningTokens,
			text0(string(r.EnergyMethod)), r.EnergyJ, r.EnergyLowJ, r.EnergyHighJ,
			text0(r.Currency), r.Cost, r.CostLow, r.CostHigh, string(text), text0(r.Key))
		if err != nil {
			return fmt.Errorf("record %s: %w", r.ID, err)
		}
	}
	return tx.Commit()
}

// text0 turns an absent text into NULL.
func text0(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Close closes the file. A writer folds the write-ahead log into it first.
func (s *Store) Close() error {
	var err error
	if !s.readOnly {
		// A reader that is still there keeps the log alive: no harm.
		_, err = s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return errors.Join(err, s.db.Close())
}
