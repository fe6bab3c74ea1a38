package records

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/store"
)

// stuck is a store that cannot be written, as on a full disk.
type stuck struct{ store.Store }

func (stuck) Put(context.Context, []store.Record) error { return errors.New("no space left on device") }

// What the records do not have yet is found in the journal.
func TestWaitingRequestsAreFound(t *testing.T) {
	e, _ := ledgerWith(t, "aa01")
	if w, err := e.Waiting(t.Context()); err != nil || len(w.Ended)+len(w.Open) != 0 {
		t.Fatal(w, err)
	}
	l, err := store.OpenLedger(store.LedgerOptions{Dir: e.Journal(), Store: stuck{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	rec := func(id string) *store.Record {
		return &store.Record{ID: id, Time: time.Unix(2000, 0).UTC(), API: "chat", Model: "m"}
	}
	for _, id := range []string{"aa01", "bb01", "bb02", "cc01"} {
		if err := l.Open(rec(id)); err != nil {
			t.Fatal(err)
		}
		if id == "cc01" {
			continue
		}
		ended := rec(id)
		ended.Status = store.StatusOK
		if err := l.Close(ended); err != nil {
			t.Fatal(err)
		}
	}
	w, err := e.Waiting(t.Context())
	if err != nil || len(w.Ended) != 2 || w.Ended[0].ID != "bb01" || len(w.Open) != 1 {
		t.Errorf("%+v %v", w, err)
	}
	if r, err := e.Find(t.Context(), "bb02"); err != nil || r.Status != store.StatusOK {
		t.Error(r, err)
	}
	if r, err := e.Find(t.Context(), "cc"); err != nil || r.ID != "cc01" || r.Status != "" {
		t.Error(r, err)
	}
	if _, err := e.Find(t.Context(), "bb"); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Error(err)
	}
	if _, err := e.Find(t.Context(), "dd"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = l.Shutdown(ctx) // it cannot, which is the point
}
