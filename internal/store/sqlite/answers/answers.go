// Package answers keeps answers in a SQLite file of their own, apart from the
// ledger: bodies that clients asked to be kept. What is deleted is overwritten,
// also in the file's log.
//
// It knows SQL and the file's schema, and nothing of what is in a body.
package answers

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"irori/internal/store"
	"irori/internal/store/body"
	"irori/internal/store/sqlite/beside"
)

// Store keeps answers in a file.
type Store struct {
	db  *sql.DB
	now func() time.Time
	// writing keeps writers of this process from waiting on SQLite's lock,
	// which polls.
	writing sync.Mutex
}

var _ store.Answers = (*Store)(nil)

const schema = `CREATE TABLE IF NOT EXISTS answer (
	id TEXT NOT NULL PRIMARY KEY,
	key TEXT NOT NULL,
	previous TEXT NOT NULL,
	created_ns INTEGER NOT NULL,
	expires_ns INTEGER NOT NULL,
	pending INTEGER NOT NULL,
	input BLOB,
	body BLOB,
	events BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS answer_expires ON answer (expires_ns);
CREATE INDEX IF NOT EXISTS answer_pending ON answer (id) WHERE pending = 1;
PRAGMA user_version = 1;`

// Open opens the file, making it where there is none. now is the clock.
func Open(path string, now func() time.Time) (*Store, error) {
	db, err := beside.Open(path, schema)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, now: now}, nil
}

// lineage are an answer and all that it goes on from.
const lineage = `WITH RECURSIVE line (id, previous, depth) AS (
	SELECT id, previous, 0 FROM answer WHERE id = ? AND key = ?
	UNION ALL SELECT a.id, a.previous, depth + 1 FROM answer a JOIN line ON a.id = line.previous
		WHERE a.key = ? AND depth < 10000
) `

// Put keeps an answer.
func (s *Store) Put(ctx context.Context, a *store.Answer) (err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first error is the one to tell of.
			_ = tx.Rollback()
		}
	}()
	if _, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO answer
		(id, key, previous, created_ns, expires_ns, pending, input, body, events) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Key, a.Previous, a.Created.UnixNano(), a.Expires.UnixNano(), a.Pending, a.Input, a.Body, a.Events); err != nil {
		return err
	}
	if a.Previous != "" {
		if _, err = tx.ExecContext(ctx, lineage+`UPDATE answer SET expires_ns = max(expires_ns, ?) WHERE id IN (SELECT id FROM line)`,
			a.Previous, a.Key, a.Key, a.Expires.UnixNano()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

const columns = `answer.id, key, answer.previous, created_ns, expires_ns, pending, input, body, events`

func scan(row interface{ Scan(...any) error }) (a store.Answer, err error) {
	var created, expires int64
	err = row.Scan(&a.ID, &a.Key, &a.Previous, &created, &expires, &a.Pending, &a.Input, &a.Body, &a.Events)
	a.Created, a.Expires = time.Unix(0, created).UTC(), time.Unix(0, expires).UTC()
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNoAnswer
	}
	return a, err
}

// Get returns one answer.
func (s *Store) Get(ctx context.Context, key, id string) (*store.Answer, error) {
	a, err := scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM answer WHERE id = ? AND key = ? AND expires_ns > ?`,
		id, key, s.now().UnixNano()))
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// Chain returns an answer and all that it goes on from.
func (s *Store) Chain(ctx context.Context, key, id string) ([]store.Answer, error) {
	out, err := s.list(ctx, lineage+`SELECT `+columns+` FROM line JOIN answer ON answer.id = line.id
		WHERE expires_ns > ? ORDER BY depth DESC`, id, key, key, s.now().UnixNano())
	if err != nil {
		return nil, err
	}
	previous := ""
	for _, a := range out {
		if a.Previous != previous {
			return nil, store.ErrNoAnswer
		}
		previous = a.ID
	}
	if previous != id {
		return nil, store.ErrNoAnswer
	}
	return out, nil
}

func (s *Store) list(ctx context.Context, query string, args ...any) (out []store.Answer, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Delete takes an answer away.
func (s *Store) Delete(ctx context.Context, key, id string) error {
	n, err := s.remove(ctx, `DELETE FROM answer WHERE id = ? AND key = ? AND expires_ns > ?`, id, key, s.now().UnixNano())
	if err == nil && n == 0 {
		err = store.ErrNoAnswer
	}
	return err
}

// Expire takes away what is over, and says how much that was.
func (s *Store) Expire(ctx context.Context) (int64, error) {
	return s.remove(ctx, `DELETE FROM answer WHERE expires_ns <= ?`, s.now().UnixNano())
}

// Forget takes away the answers of a request, of a key, or from before a time;
// together these narrow it down. It says how many there were.
func (s *Store) Forget(ctx context.Context, w body.Which) (int64, error) {
	query, args := `DELETE FROM answer WHERE 1 = 1`, []any(nil)
	if w.ID != "" {
		// An answer's id is that of its request, with the vendor's prefix.
		query, args = query+` AND id = ?`, append(args, "resp_"+w.ID)
	}
	if w.Key != "" {
		query, args = query+` AND key = ?`, append(args, w.Key)
	}
	if !w.Before.IsZero() {
		query, args = query+` AND created_ns < ?`, append(args, w.Before.UnixNano())
	}
	return s.remove(ctx, query, args...)
}

// remove deletes, and folds the log into the file, so that nothing of it is
// left there either.
func (s *Store) remove(ctx context.Context, query string, args ...any) (int64, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	return beside.Delete(ctx, s.db, query, args...)
}

// Pending returns the answers whose work was not done.
func (s *Store) Pending(ctx context.Context) ([]store.Answer, error) {
	return s.list(ctx, `SELECT `+columns+` FROM answer WHERE pending = 1`)
}

// Close closes the file.
func (s *Store) Close() error {
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}
