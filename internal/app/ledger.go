package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"irori/internal/app/records"
	"irori/internal/llm"
	"irori/internal/power"
	"irori/internal/store"
	"irori/internal/store/sqlite"
	"irori/internal/telemetry"
)

// ledger is the journal with its store behind it, and the metrics over both.
type ledger struct {
	*store.Ledger
	db      store.Store
	metrics *telemetry.Metrics
}

// Ledger is what reads the home's ledger.
func (e *Env) Ledger() *records.Book { return records.At(e.Home, e.checkRoom) }

func openLedger(e *Env, energy func() power.Totals) (*ledger, error) {
	book := e.Ledger()
	if err := os.MkdirAll(filepath.Dir(book.Path()), 0o700); err != nil {
		return nil, llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger's folder cannot be made").WithHint("irori doctor")
	}
	db, err := sqlite.Open(book.Path(), sqlite.Options{})
	if err != nil {
		return nil, llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger %s cannot be opened", book.Path()).WithHint("irori doctor")
	}
	l := &ledger{db: db}
	if l.Ledger, err = store.OpenLedger(store.LedgerOptions{Dir: book.Journal(), Store: db, Log: e.Log}); err != nil {
		return nil, errors.Join(llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger's journal cannot be opened").WithHint("irori doctor"), db.Close())
	}
	l.metrics = telemetry.New(telemetry.Options{Version: Version, Ledger: l.Stats, Energy: energy})
	return l, nil
}

// Healthy reports why the ledger cannot be written, if it cannot.
func (l *ledger) Healthy() error { return l.Stats().Err }

// shutdownWait bounds how long the last records may take into the store; the
// journal keeps them otherwise.
const shutdownWait = 10 * time.Second

func (l *ledger) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownWait)
	defer cancel()
	return errors.Join(l.Shutdown(ctx), l.db.Close())
}
