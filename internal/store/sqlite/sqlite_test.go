package sqlite

import (
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"irori/internal/store"
	"irori/internal/store/storetest"
)

func open(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return open(t, filepath.Join(t.TempDir(), "a folder?#%", "ledger.db"), Options{})
	})
}

func TestReadOnlyBesideTheWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := Open(path, Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	w := open(t, path, Options{})
	r := open(t, path, Options{ReadOnly: true})
	for i, id := range []string{"a", "b"} {
		if err := w.Put(t.Context(), []store.Record{storetest.Full(id)}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range r.List(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != i+1 {
			t.Errorf("the reader sees %d records, want %d", n, i+1)
		}
	}
	if err := r.Put(t.Context(), []store.Record{storetest.Full("c")}); err == nil {
		t.Error("a read-only store writes")
	}
}

// A file that its writer had no time or no room to begin is as good as none.
func TestAFileThatWasNotBegun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	for _, begin := range []string{`PRAGMA journal_mode(WAL)`, `CREATE TABLE migration (step INTEGER, applied_at TEXT)`} {
		db, err := sql.Open("sqlite", dsn(path, false))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(begin)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after %s: %v", begin, err)
		}
	}
	open(t, path, Options{})
	open(t, path, Options{ReadOnly: true})
}

func TestReopenKeepsRecordsAndSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), []store.Record{storetest.Full("a")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, Options{})
	if _, err := s.Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := s.db.Exec(`INSERT INTO migration VALUES (99, ?)`, time.Now().String()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil {
		t.Error("a newer schema is opened")
	}
	if _, err := Open(path, Options{ReadOnly: true}); err == nil {
		t.Error("a newer schema is read")
	}
}
