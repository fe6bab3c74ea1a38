package routing

import (
	"context"
	"iter"
	"log/slog"
	"net/http/httptest"
	"testing"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/store"
)

// office is all that a gateway needs around a router: servers that are near, and
// a ledger of one record.
type office struct {
	r      *Router
	record *store.Record
	// backend answers in its place, where it is set.
	backend llm.Backend
}

func (o *office) Lease(ctx context.Context, name string) (*gateway.Lease, error) {
	l := &gateway.Lease{Backend: o, Name: "near", Model: name, Local: true, Reason: "named by the request", Done: func() {}}
	if o.backend != nil {
		l.Backend = o.backend
	}
	o.r.Audited(ctx, name, l)
	return l, nil
}
func (o *office) Generate(context.Context, *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) { yield(llm.Event{Type: llm.EventText, Text: "yes"}, nil) }
}
func (o *office) Models(context.Context) ([]gateway.ModelEntry, error) { return nil, nil }
func (o *office) Open(*store.Record) error                             { return nil }
func (o *office) Close(r *store.Record) error                          { o.record = r; return nil }
func (o *office) Admitted(*store.Record)                               {}
func (o *office) Finished(*store.Record)                               {}
func (o *office) Begin(string)                                         {}
func (o *office) End(string) gateway.Account                           { return gateway.Account{} }

// The record of an audit says what it is of, and that it asked the cloud where
// the routes call its target one, though the server is near.
func TestAuditsSayWhatTheyAre(t *testing.T) {
	h := newHouse(t, "local: a\ncloud: c/x", nil)
	for target, want := range map[string]string{"c/x": "cloud", "a": "local", "judge": "local"} {
		o := &office{r: h.Router}
		g := gateway.New(gateway.Options{Pool: o, Ledger: o, Meter: o, Observer: o, Log: slog.New(slog.DiscardHandler)}, nil, nil)
		a, _, err := Ask(t.Context(), g, target, &llm.Request{ID: "01a2"}, nil)
		if err != nil || a.Text != "yes" || o.record.Route != want || o.record.DecisionReason != want+": audit of 01a2" || o.record.DecisionPolicy != "" {
			t.Errorf("%s: %v %q %+v", target, err, a.Text, o.record)
		}
	}
	// Nobody else is taken for one.
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set(auditOf, "01a2")
	l := &gateway.Lease{Local: true, Reason: "named by the request"}
	if h.Audited(gateway.Asking(r, "chat", nil), "c/x", l); !l.Local || l.Reason != "named by the request" {
		t.Errorf("%+v", l)
	}
}
