// Package storetest is the conformance suite of store.Store: what every
// database that keeps records must do. It knows the interface and no
// database.
package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/store"
)

// Run runs the suite; open returns an empty store and closes it at the end of
// the test.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"RoundTrip": roundTrip, "Replace": replace, "Prefix": prefix, "List": list, "Page": page,
		"Sums": sums, "Concurrent": concurrent, "Break": breakOff,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func p[T any](v T) *T { return &v }

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123456789, time.FixedZone("JST", 9*3600))

// Full is a record with every field set.
func Full(id string) store.Record {
	return store.Record{
		ID: id, Time: noon, Key: "k1", API: "openai.chat", Route: "local", Backend: "embedded", Engine: "llama.cpp",
		Model: "囲炉裏", ModelRequested: "irori/auto", Quantization: "Q4_K_M", Stream: true,
		Status: store.StatusOK, ErrorCode: "x", FinishReason: "stop",
		PromptTokens: p(12), CachedTokens: p(0), CacheWriteTokens: p(3), OutputTokens: p(7), ReasoningTokens: p(2), ServiceTier: "batch",
		UsageSource: "counted", QueueSeconds: p(0.0), TTFTSeconds: p(0.25), ITLP50: p(0.01), ITLP95: p(0.02),
		TotalSeconds: p(1.5), EnergyJ: p(12.5), EnergyLowJ: p(10.0), EnergyHighJ: p(0.1 + 0.2), EnergyActiveJ: p(9.5),
		EnergyPrefillJ: p(4.5), EnergyDecodeJ: p(8.0), PowerW: p(31.5), PowerLowW: p(8.0), PowerHighW: p(60.0), EnergyCoverage: p(0.97),
		EnergyMethod: store.EnergyModelled, EnergyBasis: "仮定", Cost: p(0.00012), CostLow: p(0.0001), CostHigh: p(0.0002),
		Currency: "JPY", PriceVersion: "v1", DecisionPolicy: "p", DecisionReason: "r", DecisionScore: p(-0.5),
		EscalatedFrom: "small", Client: "curl",
		Attempts: []store.Attempt{{Backend: "b", Status: store.StatusError, ErrorCode: "timeout", Seconds: 2, Cost: p(0.0), CostLow: p(0.0), CostHigh: p(0.5)}},
	}
}

// bare has only what every record has, at a minute of noon's hour.
func bare(id string, minute int, model string) store.Record {
	return store.Record{
		ID: id, Time: noon.Add(time.Duration(minute) * time.Minute), API: "openai.chat", Model: model, Status: store.StatusOK,
	}
}

func put(t *testing.T, s store.Store, recs ...store.Record) {
	t.Helper()
	if err := s.Put(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
}

func ids(t *testing.T, s store.Store, f store.Filter) []string {
	t.Helper()
	var out []string
	for r, err := range s.List(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.ID)
	}
	return out
}

func roundTrip(t *testing.T, s store.Store) {
	for _, want := range []store.Record{Full("full"), bare("bare", 1, ""), {ID: "it's\"%_", Time: noon, API: "a"}} {
		put(t, s, want)
		got, err := s.Get(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, want, got)
	}
	put(t, s)
}

func replace(t *testing.T, s store.Store) {
	put(t, s, bare("a", 0, "m"))
	put(t, s, Full("a"))
	interrupted := bare("a", 0, "m")
	interrupted.Status, interrupted.ErrorCode = store.StatusError, "interrupted"
	put(t, s, interrupted)
	got, err := s.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, Full("a"), got)
	interrupted.ID = "b"
	put(t, s, interrupted)
	put(t, s, bare("b", 0, "m"))
	same(t, []string{"b", "a"}, ids(t, s, store.Filter{}))
	if got, _ := s.Get(t.Context(), "b"); got.Status != store.StatusOK {
		t.Errorf("an interrupted record is not replaced by its real end: %+v", got)
	}
}

func prefix(t *testing.T, s store.Store) {
	put(t, s, bare("ab", 0, ""), bare("abc", 0, ""), bare("abd", 0, ""), bare("a%", 0, ""), bare("囲炉", 0, ""))
	for in, want := range map[string]string{"ab": "ab", "abc": "abc", "a%": "a%", "囲": "囲炉"} {
		if got, err := s.Get(t.Context(), in); err != nil || got.ID != want {
			t.Errorf("Get(%q) = %q, %v, want %q", in, got.ID, err, want)
		}
	}
	for in, want := range map[string]error{
		"a": store.ErrAmbiguous, "x": store.ErrNotFound, "": store.ErrNotFound, "%": store.ErrNotFound, "abcd": store.ErrNotFound,
	} {
		if got, err := s.Get(t.Context(), in); !errors.Is(err, want) {
			t.Errorf("Get(%q) = %q, %v, want %v", in, got.ID, err, want)
		}
	}
}

func list(t *testing.T, s store.Store) {
	failed := bare("d", 4, "m2")
	failed.Status = store.StatusError
	put(t, s, bare("a", 1, "m1"), bare("c", 3, "m1"), bare("b", 2, "m2"), failed)
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	for _, c := range []struct {
		f    store.Filter
		want []string
	}{
		{store.Filter{}, []string{"d", "c", "b", "a"}},
		{store.Filter{OldestFirst: true}, []string{"a", "b", "c", "d"}},
		{store.Filter{Limit: 2}, []string{"d", "c"}},
		{store.Filter{Since: at(2), Until: at(4)}, []string{"c", "b"}},
		{store.Filter{Model: "m1"}, []string{"c", "a"}},
		{store.Filter{Status: store.StatusError}, []string{"d"}},
		{store.Filter{Model: "m2", Status: store.StatusOK}, []string{"b"}},
		{store.Filter{After: "b"}, []string{"a"}},
		{store.Filter{After: "b", OldestFirst: true, Limit: 1}, []string{"c"}},
		{store.Filter{Model: "none"}, nil},
	} {
		same(t, c.want, ids(t, s, c.f))
	}
	for _, err := range s.List(t.Context(), store.Filter{After: "gone"}) {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a lost cursor gives %v", err)
		}
	}
}

// page goes through records of one instant: time alone is no cursor.
func page(t *testing.T, s store.Store) {
	for i := range 7 {
		put(t, s, bare(fmt.Sprint("r", i), 0, ""))
	}
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		next := ids(t, s, store.Filter{Limit: 3, After: after})
		if len(next) == 0 {
			break
		}
		got = append(got, next...)
	}
	same(t, []string{"r6", "r5", "r4", "r3", "r2", "r1", "r0"}, got)
}

func sums(t *testing.T, s store.Store) {
	a, b, c, d := bare("a", 0, "m1"), bare("b", 1, "m1"), bare("c", 12*60, "m1"), bare("d", 2, "m2")
	a.PromptTokens, a.OutputTokens, a.EnergyJ, a.EnergyMethod = p(10), p(5), p(2.0), store.EnergyMeasured
	a.Cost, a.Currency = p(0.5), "JPY"
	b.PromptTokens, b.EnergyJ, b.EnergyLowJ, b.EnergyHighJ, b.EnergyMethod = p(1), p(4.0), p(1.0), p(9.0), store.EnergyModelled
	b.Cost, b.CostLow, b.CostHigh, b.Currency = p(0.25), p(0.0), p(1.0), "USD"
	c.EnergyJ, c.EnergyMethod, c.Status = p(3.0), store.EnergyMeasured, store.StatusCancelled
	d.Status = store.StatusError
	a.Key, b.Key, c.Key = "anna", "bob", "anna"
	d.CostLow, d.CostHigh, d.Currency = p(0.1), p(0.3), "USD"
	put(t, s, a, b, c, d)

	get := func(q store.SumQuery) []store.Sum {
		out, err := s.Sums(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same(t, []store.Sum{
		{
			Model: "m1", Requests: 3, Cancelled: 1, PromptTokens: p(int64(11)), OutputTokens: p(int64(5)),
			Energy: map[store.EnergyMethod]store.EnergySum{
				store.EnergyMeasured: {Requests: 2, Joules: 5, LowJ: 5, HighJ: 5},
				store.EnergyModelled: {Requests: 1, Joules: 4, LowJ: 1, HighJ: 9},
			},
			Cost: map[string]store.CostSum{
				"JPY": {Requests: 1, Amount: 0.5, Low: 0.5, High: 0.5}, "USD": {Requests: 1, Amount: 0.25, High: 1},
			},
			Charged: map[string]float64{"JPY": 0.5, "USD": 0.25},
		},
		{Model: "m2", Requests: 1, Errors: 1, Charged: map[string]float64{"USD": 0.3}},
	}, get(store.SumQuery{ByModel: true}))

	// By key, and of some keys only.
	var owners []string
	for _, x := range get(store.SumQuery{ByKey: true}) {
		owners = append(owners, fmt.Sprint(x.Key, " ", x.Requests))
	}
	same(t, []string{" 1", "anna 2", "bob 1"}, owners)
	if of := get(store.SumQuery{Filter: store.Filter{Keys: []string{"anna", "bob"}}}); len(of) != 1 || of[0].Requests != 3 {
		t.Errorf("anna and bob: %+v", of)
	}
	same(t, []string{"b"}, ids(t, s, store.Filter{Keys: []string{"bob"}}))

	// 12:00 and 24:00 in Japan are one day in UTC (03:00 and 15:00).
	days := func(zone *time.Location) (out []string) {
		for _, x := range get(store.SumQuery{ByDay: true, Zone: zone}) {
			out = append(out, fmt.Sprint(x.Day, " ", x.Requests))
		}
		return out
	}
	same(t, []string{"2026-03-04 4"}, days(nil))
	same(t, []string{"2026-03-04 3", "2026-03-05 1"}, days(noon.Location()))
	same(t, []store.Sum{{Requests: 1, Errors: 1, Charged: map[string]float64{"USD": 0.3}}}, get(store.SumQuery{Filter: store.Filter{Model: "m2"}}))
	same(t, []store.Sum{}, get(store.SumQuery{Filter: store.Filter{Model: "none"}}))
}

func concurrent(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				if err := s.Put(t.Context(), []store.Record{bare(fmt.Sprint(w, "-", i), i, "m")}); err != nil {
					t.Error(err)
				}
				for range s.List(t.Context(), store.Filter{Limit: 3}) {
				}
			}
		})
	}
	wg.Wait()
	if n := len(ids(t, s, store.Filter{})); n != 40 {
		t.Errorf("%d records of 40", n)
	}
}

// breakOff leaves a list early and writes while one is open.
func breakOff(t *testing.T, s store.Store) {
	put(t, s, bare("a", 0, ""), bare("b", 1, ""))
	for range 20 {
		for r, err := range s.List(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			put(t, s, bare(r.ID+"x", 2, ""))
			break
		}
	}
}
