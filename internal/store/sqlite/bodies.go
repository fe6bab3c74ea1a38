package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"irori/internal/store/body"
)

// Bodies keeps bodies in a SQLite file of its own: the ledger has no text.
type Bodies struct{ db *sql.DB }

var _ body.Shelf = (*Bodies)(nil)

const bodiesSchema = `CREATE TABLE IF NOT EXISTS body (
	id TEXT NOT NULL PRIMARY KEY,
	time_ns INTEGER NOT NULL,
	expires_ns INTEGER NOT NULL,
	key TEXT NOT NULL,
	json TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS body_time ON body (time_ns);
CREATE INDEX IF NOT EXISTS body_expires ON body (expires_ns);
CREATE INDEX IF NOT EXISTS body_key ON body (key, time_ns);`

// OpenBodies opens the file, making it where make says so; without, the error
// is fs.ErrNotExist where there is none.
func OpenBodies(path string, make bool) (*Bodies, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !make {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// What is deleted is overwritten: people ask for it to be gone.
	db, err := sql.Open("sqlite", dsn(path, false)+"&_pragma=secure_delete(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(30 * time.Second)
	if _, err := db.Exec(bodiesSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return &Bodies{db}, errors.Join(os.Chmod(path, 0o600))
}

// Put keeps a body. See body.Shelf.
func (s *Bodies) Put(ctx context.Context, b *body.Body) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `INSERT OR REPLACE INTO body (id, time_ns, expires_ns, key, json) VALUES (?, ?, ?, ?, ?)`,
		b.ID, b.Time.UnixNano(), b.Expires.UnixNano(), b.Key, string(text))
	return err
}

// Get returns one body. See body.Shelf.
func (s *Bodies) Get(ctx context.Context, id string) (*body.Body, error) {
	for b, err := range s.List(ctx, body.Which{ID: id}) {
		return b, err
	}
	return nil, body.ErrNone
}

func which(w body.Which) (string, []any) {
	var where []string
	var args []any
	if w.ID != "" {
		where, args = append(where, "id = ?"), append(args, w.ID)
	}
	if w.Key != "" {
		where, args = append(where, "key = ?"), append(args, w.Key)
	}
	if !w.Before.IsZero() {
		where, args = append(where, "time_ns < ?"), append(args, w.Before.UnixNano())
	}
	if len(where) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(where, " AND "), args
}

// List yields bodies. See body.Shelf.
func (s *Bodies) List(ctx context.Context, w body.Which) iter.Seq2[*body.Body, error] {
	return func(yield func(*body.Body, error) bool) {
		cond, args := which(w)
		rows, err := s.db.QueryContext(ctx, "SELECT json FROM body"+cond+" ORDER BY time_ns, id", args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			b := &body.Body{}
			err := rows.Scan(&text)
			if err == nil {
				err = json.Unmarshal([]byte(text), b)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Forget deletes bodies. See body.Shelf.
func (s *Bodies) Forget(ctx context.Context, w body.Which) (int, error) {
	cond, args := which(w)
	return s.delete(ctx, cond, args...)
}

// Expire deletes what has ended. See body.Shelf.
func (s *Bodies) Expire(ctx context.Context, now time.Time) (int, error) {
	return s.delete(ctx, " WHERE expires_ns < ?", now.UnixNano())
}

func (s *Bodies) delete(ctx context.Context, cond string, args ...any) (int, error) {
	res, err := s.db.ExecContext(ctx, "DELETE FROM body"+cond, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err == nil && n > 0 {
		// The log beside the file still has the text until it is folded in.
		_, err = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return int(n), err
}

// Close closes the file.
func (s *Bodies) Close() error {
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}
