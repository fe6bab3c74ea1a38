package routed

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"irori/internal/store/body"
	"irori/internal/store/routed"
	"irori/internal/store/sqlite/beside"
)

// Labels counts the labels of a source that a key gave since a time, those of
// one request left out; an empty source is all.
func (s *Store) Labels(ctx context.Context, by, source string, since time.Time, but string) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT count(*) FROM label WHERE author = ? AND time_ns >= ? AND id <> ? AND (?4 = '' OR source = ?4)`,
		by, since.UnixNano(), but, source).Scan(&n)
	return n, err
}

// Counts says how many requests and labels there are, and how many audits by
// their state.
func (s *Store) Counts(ctx context.Context) (entries, labels int, audits map[string]int, err error) {
	if err = s.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM label)`).Scan(&entries, &labels); err != nil {
		return 0, 0, nil, err
	}
	rows, err := s.db.QueryContext(ctx, `SELECT audit, count(*) FROM entry WHERE audit <> '' GROUP BY audit`)
	if err != nil {
		return 0, 0, nil, err
	}
	defer rows.Close()
	audits = map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return 0, 0, nil, err
		}
		audits[state] = n
	}
	return entries, labels, audits, rows.Err()
}

// Said counts the labels that there are.
func (s *Store) Said(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT count(*) FROM label`).Scan(&n)
	return n, err
}

// Undoubted counts the requests that both sides answered of which nothing said
// how doubtful they were: no bound can stand on them.
func (s *Store) Undoubted(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT count(*) FROM entry WHERE audit IN (?, ?) AND json_extract(json, '$.doubt') IS NULL`,
		routed.Audited, routed.Undecided).Scan(&n)
	return n, err
}

// Trim takes away what is older than a time and what is more than so many, the
// oldest first; it says how many requests that were.
func (s *Store) Trim(ctx context.Context, before time.Time, most int) (int, error) {
	n, err := s.remove(ctx, `DELETE FROM entry WHERE time_ns < ?`, before.UnixNano())
	if err != nil || most <= 0 {
		return n, err
	}
	more, err := s.remove(ctx, `DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY time_ns DESC, id DESC LIMIT -1 OFFSET ?)`, most)
	return n + more, err
}

// Forget takes away what w chooses; the zero Which is everything.
func (s *Store) Forget(ctx context.Context, w body.Which) (int, error) {
	where, args := clause(routed.Which{ID: w.ID, Key: w.Key, Before: w.Before})
	return s.remove(ctx, `DELETE FROM entry WHERE `+where, args...)
}

// Unlearn takes away the labels that a key gave, or all of them, and says how
// many there were. Without a key audits begin anew too.
func (s *Store) Unlearn(ctx context.Context, by string) (int, error) {
	if by != "" {
		return s.remove(ctx, `DELETE FROM label WHERE author = ?`, by)
	}
	n, err := s.remove(ctx, `DELETE FROM label`)
	if err == nil {
		err = s.within(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE entry SET audit = '', seq = NULL`)
			return err
		})
	}
	return n, err
}

// remove deletes, and folds the log into the file, so that nothing of it is
// left there either.
func (s *Store) remove(ctx context.Context, query string, args ...any) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	n, err := beside.Delete(ctx, s.db, query, args...)
	return int(n), err
}

// Keep writes named values, all or none; an empty one is taken away.
func (s *Store) Keep(ctx context.Context, values map[string][]byte) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for name, v := range values {
			query, args := `INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)`, []any{name, v}
			if len(v) == 0 {
				query, args = `DELETE FROM kept WHERE name = ?`, args[:1]
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Kept returns the values whose names begin so.
func (s *Store) Kept(ctx context.Context, prefix string) (map[string][]byte, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, value FROM kept WHERE substr(name, 1, length(?1)) = ?1`, prefix)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]byte{}
	for rows.Next() {
		var name string
		var value []byte
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, rows.Err()
}

// Spend adds to what a day's audits took, unless that would then be more than
// most says (0 is no bound); ok is false where it would.
func (s *Store) Spend(ctx context.Context, day string, more, most routed.Spent) (ok bool, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		var is routed.Spent
		err := tx.QueryRowContext(ctx, `SELECT requests, tokens, money FROM spent WHERE day = ?`, day).Scan(&is.Requests, &is.Tokens, &is.Money)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		is.Requests, is.Tokens, is.Money = is.Requests+more.Requests, max(0, is.Tokens+more.Tokens), max(0, is.Money+more.Money)
		if most.Requests > 0 && is.Requests > most.Requests || most.Tokens > 0 && is.Tokens > most.Tokens || most.Money > 0 && is.Money > most.Money {
			return nil
		}
		ok = true
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO spent (day, requests, tokens, money) VALUES (?, ?, ?, ?)`, day, is.Requests, is.Tokens, is.Money)
		return err
	})
	return ok && err == nil, err
}

// Spent is what a day's audits took.
func (s *Store) Spent(ctx context.Context, day string) (routed.Spent, error) {
	var is routed.Spent
	err := s.db.QueryRowContext(ctx, `SELECT requests, tokens, money FROM spent WHERE day = ?`, day).Scan(&is.Requests, &is.Tokens, &is.Money)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return is, err
}

// Close closes the file.
func (s *Store) Close() error {
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}
