package sqlite

import (
	"database/sql"
	"fmt"
	"io/fs"
)

// migrations are the schema's steps. A step that has been released is never
// changed; a change is a new step.
var migrations = []string{
	// The columns beside json are copies for choosing and adding up; json is
	// the record itself, so that what was absent stays absent.
	`CREATE TABLE record (
		id TEXT NOT NULL PRIMARY KEY,
		time_ns INTEGER NOT NULL,
		model TEXT,
		status TEXT,
		error_code TEXT,
		prompt_tokens INTEGER,
		cached_tokens INTEGER,
		output_tokens INTEGER,
		reasoning_tokens INTEGER,
		energy_method TEXT,
		energy_j REAL,
		energy_low_j REAL,
		energy_high_j REAL,
		currency TEXT,
		cost REAL,
		cost_low REAL,
		cost_high REAL,
		json TEXT NOT NULL
	) STRICT;
	CREATE INDEX record_time ON record (time_ns, id);
	CREATE INDEX record_model ON record (model, time_ns, id);`,
	`ALTER TABLE record ADD COLUMN key TEXT;
	UPDATE record SET key = json_extract(json, '$.key') WHERE json_extract(json, '$.key') <> '';
	CREATE INDEX record_key ON record (key, time_ns) WHERE key IS NOT NULL;`,
}

// migrate brings the schema up to date, one transaction per step.
func (s *Store) migrate() error {
	if _, err := s.db.Exec(`CREATE TABLE IF NOT EXISTS migration (
		step INTEGER NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL) STRICT`); err != nil {
		return err
	}
	done, err := s.steps()
	if err != nil {
		return err
	}
	for step := done + 1; step <= len(migrations); step++ {
		if err := s.apply(step); err != nil {
			return fmt.Errorf("schema step %d: %w", step, err)
		}
	}
	return nil
}

func (s *Store) apply(step int) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = ignoreDone(tx.Rollback()) }()
	if _, err := tx.Exec(migrations[step-1]); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO migration (step, applied_at)
		VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))`, step); err != nil {
		return err
	}
	return tx.Commit()
}

// steps returns how many steps the file has seen.
func (s *Store) steps() (int, error) {
	var n sql.NullInt64
	if err := s.db.QueryRow(`SELECT max(step) FROM migration`).Scan(&n); err != nil {
		return 0, err
	}
	if int(n.Int64) > len(migrations) {
		return 0, fmt.Errorf("the ledger was written by a newer irori (schema %d, this one knows %d)", n.Int64, len(migrations))
	}
	return int(n.Int64), nil
}

// checkSchema refuses a file that a reader would misread. One whose server is
// just beginning, or had no room to begin, holds nothing yet.
func (s *Store) checkSchema() error {
	var tables int
	if err := s.db.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name = 'migration'`).Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		return fs.ErrNotExist
	}
	n, err := s.steps()
	if err == nil && n == 0 {
		return fs.ErrNotExist
	}
	if err == nil && n < len(migrations) {
		err = fmt.Errorf("the ledger has schema %d, this irori reads %d: start the server once to bring it up to date", n, len(migrations))
	}
	return err
}
