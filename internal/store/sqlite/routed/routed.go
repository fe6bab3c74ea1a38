// Package routed keeps routed requests, their labels and what stands on those
// in a SQLite file of its own beside the ledger. What is deleted is
// overwritten, also in the file's log.
//
// It knows SQL and the file's schema, and neither how a request is routed nor
// what is learnt.
package routed

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"sync"
	"time"

	"irori/internal/store/routed"
	"irori/internal/store/sqlite/beside"
)

// Store keeps routed requests in a file. It is safe for concurrent use, also
// by several processes.
type Store struct {
	db *sql.DB
	// writing keeps writers of this process from waiting on SQLite's lock,
	// which polls.
	writing sync.Mutex
}

const schema = `CREATE TABLE IF NOT EXISTS entry (
	id TEXT NOT NULL PRIMARY KEY,
	time_ns INTEGER NOT NULL,
	key TEXT NOT NULL,
	audit TEXT NOT NULL,
	share REAL,
	seq INTEGER,
	json TEXT NOT NULL,
	features BLOB,
	question TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS entry_time ON entry (time_ns);
CREATE INDEX IF NOT EXISTS entry_key ON entry (key, time_ns);
CREATE INDEX IF NOT EXISTS entry_seq ON entry (seq) WHERE seq IS NOT NULL;
CREATE TABLE IF NOT EXISTS label (
	id TEXT NOT NULL,
	side TEXT NOT NULL,
	source TEXT NOT NULL,
	score REAL NOT NULL,
	weight REAL NOT NULL,
	time_ns INTEGER NOT NULL,
	author TEXT NOT NULL,
	comment TEXT NOT NULL,
	PRIMARY KEY (id, side, source)
) STRICT;
CREATE INDEX IF NOT EXISTS label_author ON label (author, time_ns);
CREATE TRIGGER IF NOT EXISTS entry_gone AFTER DELETE ON entry BEGIN
	DELETE FROM label WHERE id = old.id;
END;
CREATE TABLE IF NOT EXISTS counter (
	name TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS kept (
	name TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS spent (
	day TEXT NOT NULL PRIMARY KEY,
	requests INTEGER NOT NULL,
	tokens INTEGER NOT NULL,
	money REAL NOT NULL
) STRICT;
PRAGMA user_version = 1;`

// Open opens the file, making it where make says so; without, the error is
// fs.ErrNotExist where there is none.
func Open(path string, make bool) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !make {
		return nil, err
	}
	db, err := beside.Open(path, schema)
	if err != nil {
		return nil, err
	}
	return &Store{db: db}, os.Chmod(path, 0o600)
}

// within runs f in one transaction.
func (s *Store) within(ctx context.Context, f func(*sql.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		// The first error is the one to tell of.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// Write makes changes, all or none. Labels, figures and audits of requests
// that are not there are passed over.
func (s *Store) Write(ctx context.Context, changes []routed.Change) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := write(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(ctx context.Context, tx *sql.Tx, c routed.Change) (err error) {
	switch {
	case c.Entry != nil:
		return put(ctx, tx, c.Entry)
	case c.Label != nil:
		l := c.Label
		_, err = tx.ExecContext(ctx, `INSERT INTO label (id, side, source, score, weight, time_ns, author, comment)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM entry WHERE id = ?1)
			ON CONFLICT (id, side, source) DO UPDATE SET score = excluded.score, weight = excluded.weight,
				time_ns = excluded.time_ns, author = excluded.author, comment = excluded.comment`,
			l.ID, l.Side, l.Source, l.Score, l.Weight, l.Time.UnixNano(), l.By, l.Comment)
	case c.Used != nil:
		var figures []byte
		if figures, err = json.Marshal(c.Used.Use); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE entry SET json = json_set(json, ?, json(?)) WHERE id = ?`,
			"$.used_"+c.Used.Side, string(figures), c.Used.ID)
	case c.Audit != nil:
		// Numbers are never given twice: who has read up to one goes on there.
		if _, err = tx.ExecContext(ctx, `INSERT INTO counter (name, value) VALUES ('seq', 1)
			ON CONFLICT (name) DO UPDATE SET value = value + 1`); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE entry SET audit = ?1, seq = CASE
				WHEN ?1 NOT IN ('audited', 'undecided') THEN NULL
				WHEN seq IS NOT NULL THEN seq
				ELSE (SELECT value FROM counter WHERE name = 'seq') END
			WHERE id = ?2`, c.Audit.State, c.Audit.ID)
		if err == nil && c.Audit.Why != "" {
			_, err = tx.ExecContext(ctx, `UPDATE entry SET json = json_set(json, '$.audit_why', ?) WHERE id = ?`, c.Audit.Why, c.Audit.ID)
		}
	case c.Unlabel != nil:
		_, err = tx.ExecContext(ctx, `DELETE FROM label WHERE id = ? AND source = ?`, c.Unlabel.ID, c.Unlabel.Source)
	}
	return err
}

// put writes an entry; one that is written again keeps its labels, and its
// audit where the new one says nothing of it.
func put(ctx context.Context, tx *sql.Tx, e *routed.Entry) error {
	plain := *e
	plain.Audit, plain.Share = "", nil
	text, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO entry (id, time_ns, key, audit, share, json, features, question)
		VALUES (?, ?, ?, ?, ?, ?, ?, nullif(?, ''))
		ON CONFLICT (id) DO UPDATE SET time_ns = excluded.time_ns, key = excluded.key, json = excluded.json,
			audit = iif(excluded.audit = '', audit, excluded.audit), share = coalesce(excluded.share, share),
			features = coalesce(excluded.features, features), question = coalesce(excluded.question, question)`,
		e.ID, e.Time.UnixNano(), e.Key, e.Audit, e.Share, string(text), e.Features, e.Question)
	return err
}

// clause is the condition of a choice, over the table entry.
func clause(w routed.Which) (string, []any) {
	where, args := []string{"1 = 1"}, []any(nil)
	add := func(cond string, v ...any) { where, args = append(where, cond), append(args, v...) }
	if w.ID != "" {
		add("entry.id = ?", w.ID)
	}
	if w.Key != "" {
		add("key = ?", w.Key)
	}
	if !w.Since.IsZero() {
		add("time_ns >= ?", w.Since.UnixNano())
	}
	if !w.Before.IsZero() {
		add("time_ns < ?", w.Before.UnixNano())
	}
	if w.After > 0 || w.Audited {
		add("seq > ?", w.After)
	}
	if w.Labelled {
		add("EXISTS (SELECT 1 FROM label WHERE label.id = entry.id)")
	}
	return strings.Join(where, " AND "), args
}

// Rows yields what passes, the oldest first.
func (s *Store) Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error] {
	return func(yield func(*routed.Row, error) bool) {
		where, args := clause(w)
		order := "time_ns, id"
		if w.After > 0 || w.Audited {
			order = "seq"
		}
		texts := "features, question"
		if w.Lean {
			texts = "NULL AS features, NULL AS question"
		}
		of := "SELECT id, audit, share, seq, json, " + texts + ", time_ns FROM entry WHERE " + where
		if w.Newest > 0 {
			down := strings.ReplaceAll(order, ",", " DESC,") + " DESC"
			of = "SELECT * FROM (" + of + " ORDER BY " + down + " LIMIT ?)"
			args = append(args, w.Newest)
		}
		query := "SELECT e.id, audit, share, seq, json, features, question, side, source, score, weight, l.time_ns, author, comment FROM (" +
			of + ") e LEFT JOIN label l ON l.id = e.id ORDER BY " + strings.ReplaceAll(order, "time_ns, id", "e.time_ns, e.id") + ", side, source"
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		var last *routed.Row
		for rows.Next() {
			id, r, l, err := scan(rows, last)
			if err != nil {
				yield(nil, err)
				return
			}
			if last == nil || last.ID != id {
				if last != nil && !yield(last, nil) {
					return
				}
				last = r
			}
			if l != nil {
				last.Labels = append(last.Labels, *l)
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		} else if last != nil {
			yield(last, nil)
		}
	}
}

// scan reads one line of the join; the entry only where it is not last's.
func scan(rows *sql.Rows, last *routed.Row) (id string, r *routed.Row, l *routed.Label, err error) {
	var audit, text string
	var share, score, weight sql.NullFloat64
	var seq, at sql.NullInt64
	var question, side, source, author, comment sql.NullString
	var features sql.RawBytes
	if err = rows.Scan(&id, &audit, &share, &seq, &text, &features, &question, &side, &source, &score, &weight, &at, &author, &comment); err != nil {
		return id, nil, nil, err
	}
	if side.Valid {
		l = &routed.Label{
			ID: id, Side: side.String, Source: source.String, Score: score.Float64, Weight: weight.Float64,
			Time: time.Unix(0, at.Int64).UTC(), By: author.String, Comment: comment.String,
		}
	}
	if last != nil && last.ID == id {
		return id, nil, l, nil
	}
	r = &routed.Row{}
	if err = json.Unmarshal([]byte(text), &r.Entry); err != nil {
		return id, nil, nil, fmt.Errorf("the request %s cannot be read: %w", id, err)
	}
	r.Audit, r.Seq, r.Question = audit, seq.Int64, question.String
	if share.Valid {
		r.Share = &share.Float64
	}
	if len(features) > 0 {
		r.Features = append([]byte(nil), features...)
	}
	return id, r, l, nil
}

// Get returns one row by its id or a unique beginning of it.
func (s *Store) Get(ctx context.Context, id string) (*routed.Row, error) {
	if id == "" {
		return nil, routed.ErrNone
	}
	rows, err := s.db.QueryContext(ctx, `SELECT id FROM entry WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id LIMIT 2`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(found) == 0 || len(found) > 1 && found[0] != id {
		return nil, routed.ErrNone
	}
	for r, err := range s.Rows(ctx, routed.Which{ID: found[0]}) {
		return r, err
	}
	return nil, routed.ErrNone
}
