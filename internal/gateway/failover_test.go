package gateway

import (
	"context"
	"iter"
	"log/slog"
	"net/http/httptest"
	"testing"

	"irori/internal/llm"
	"irori/internal/store"
)

// says answers with a text, or fails, or both.
type says struct {
	text string
	err  error
}

func (s says) Generate(context.Context, *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		if s.text != "" && !yield(llm.Event{Type: llm.EventText, Text: s.text}, nil) {
			return
		}
		if s.err != nil {
			yield(llm.Event{}, s.err)
		}
	}
}

// desk is all that a gateway needs: a pool of one lease, a meter by which all
// costs 7, and a ledger of one record.
type desk struct {
	lease        *Lease
	begun, ended int
	record       *store.Record
}

func (d *desk) Lease(context.Context, string) (*Lease, error) { return d.lease, nil }
func (d *desk) Models(context.Context) ([]ModelEntry, error)  { return nil, nil }
func (d *desk) Open(*store.Record) error                      { return nil }
func (d *desk) Close(r *store.Record) error                   { d.record = r; return nil }
func (d *desk) Admitted(*store.Record)                        {}
func (d *desk) Finished(*store.Record)                        {}
func (d *desk) Begin(string)                                  { d.begun++ }
func (d *desk) End(string) Account                            { d.ended++; c := 7.0; return Account{Cost: &c, Currency: "JPY"} }
func (d *desk) fly(t *testing.T, first, second says) (string, error) {
	t.Helper()
	done := 0
	other := &Lease{Backend: second, Name: "far", Model: "n", Reason: "cloud: failover", Account: func(*llm.Usage) Account { return Account{} }, Done: func() { done++ }}
	d.lease = &Lease{Backend: first, Name: "embedded", Model: "m", Local: true, Done: func() { done++ }, Next: func(context.Context, *llm.Error) *Lease { return other }}
	g := New(Options{Pool: d, Ledger: d, Meter: d, Observer: d, Log: slog.New(slog.DiscardHandler)}, nil, nil)
	f, err := g.Admit(httptest.NewRequest("POST", "/", nil), "chat", "m", false)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	err = f.Generate(t.Context(), []*llm.Request{{}}, func(e llm.Event) error {
		text += e.Text
		return nil
	})
	f.End(t.Context(), err)
	if d.begun != 1 || d.ended != 1 {
		t.Errorf("the meter began %d times and ended %d", d.begun, d.ended)
	}
	if want := len(d.record.Attempts); want == 0 && done != 1 || want == 2 && done != 2 {
		t.Errorf("%d leases were given back", done)
	}
	return text, err
}

// What a model of this machine took before it failed stays with its attempt.
func TestFailoverFromHere(t *testing.T) {
	d := &desk{}
	text, err := d.fly(t, says{err: llm.Errorf(llm.CodeCrashed, "dead")}, says{text: "hello"})
	r := d.record
	if err != nil || text != "hello" || r.Backend != "far" || r.Model != "n" || r.Route != "cloud" || r.Cost != nil {
		t.Errorf("%q %v %+v", text, err, r)
	}
	if a := r.Attempts; len(a) != 2 || a[0].Backend != "embedded" || a[0].ErrorCode != "backend_crashed" || a[0].Cost == nil || *a[0].Cost != 7 || a[1].Backend != "far" || a[1].Status != store.StatusOK {
		t.Errorf("%+v", a)
	}
}

func TestNoFailoverAfterTheFirstWord(t *testing.T) {
	for _, first := range []says{{"he", llm.Errorf(llm.CodeCrashed, "dead")}, {"", llm.Errorf(llm.CodeContextLength, "long")}} {
		d := &desk{}
		if text, err := d.fly(t, first, says{text: "hello"}); err != first.err || text != first.text || d.record.Backend != "embedded" {
			t.Errorf("%q %v %+v", text, err, d.record)
		}
	}
}

// A record has no name of a model that its lease hides.
func TestHiddenModels(t *testing.T) {
	r := &store.Record{ModelRequested: "far/what is private"}
	(&Lease{Model: "(private)", Hidden: true}).enter(r)
	if r.ModelRequested != "(private)" || r.Model != "(private)" {
		t.Errorf("%+v", r)
	}
	r = &store.Record{ModelRequested: "irori/auto"}
	if (&Lease{Model: "m"}).enter(r); r.ModelRequested != "irori/auto" {
		t.Errorf("%+v", r)
	}
}
