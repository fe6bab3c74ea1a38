package app

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/sqlite"
)

func ledgerWith(t *testing.T, ids ...string) (*Env, func(ids ...string)) {
	t.Helper()
	e := &Env{Home: t.TempDir()}
	if len(ids) == 0 {
		return e, nil
	}
	db, err := sqlite.Open(e.recordsPath(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	n := 0
	put := func(ids ...string) {
		for _, id := range ids {
			n++
			r := store.Record{ID: id, Time: time.Unix(int64(1000+n), 0).UTC(), API: "chat", Model: "m", Status: store.StatusOK}
			if err := db.Put(context.Background(), []store.Record{r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(ids...)
	return e, put
}

func TestRecords(t *testing.T) {
	e, _ := ledgerWith(t, "a1", "a2", "b3")
	for _, c := range []struct {
		f    store.Filter
		want []string
	}{
		{store.Filter{}, []string{"a1", "a2", "b3"}}, {store.Filter{Limit: 2}, []string{"a2", "b3"}},
		{store.Filter{Since: time.Unix(1002, 0), Limit: 9}, []string{"a2", "b3"}}, {store.Filter{Model: "other"}, nil},
	} {
		var got []string
		for r, err := range e.Records(t.Context(), c.f) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.f, diff)
		}
	}
	if r, err := e.Record(t.Context(), "b"); err != nil || r.ID != "b3" {
		t.Errorf("a prefix finds %q, %v", r.ID, err)
	}
	if _, err := e.Record(t.Context(), "a"); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("an ambiguous prefix gives %v", err)
	}
	if _, err := e.Record(t.Context(), "z"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("an unknown id gives %v", err)
	}
}

func TestNoLedgerYet(t *testing.T) {
	e, _ := ledgerWith(t)
	for range e.Records(t.Context(), store.Filter{}) {
		t.Error("a record out of nothing")
	}
	if s, err := e.RecordSums(t.Context(), store.SumQuery{}); err != nil || s != nil {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := e.Record(t.Context(), "a"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
}

func TestFollowRecords(t *testing.T) {
	e, put := ledgerWith(t, "a", "b", "c")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []string
	for r, err := range e.FollowRecords(ctx, store.Filter{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.ID)
		switch len(got) {
		case 2:
			put("d")
		case 3:
			put("e", "f")
		}
		if len(got) == 5 {
			break
		}
	}
	if diff := cmp.Diff([]string{"b", "c", "d", "e", "f"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseWhen(t *testing.T) {
	zone := time.FixedZone("JST", 9*3600)
	now := time.Date(2026, 4, 2, 12, 0, 0, 0, zone)
	for s, want := range map[string]string{
		"24h": "2026-04-01T12:00:00+09:00", "7d": "2026-03-26T12:00:00+09:00", "90m": "2026-04-02T10:30:00+09:00",
		"2026-04-01": "2026-04-01T00:00:00+09:00", "2026-04-01 09:30": "2026-04-01T09:30:00+09:00", "2026-04-01T00:00:00Z": "2026-04-01T00:00:00Z",
	} {
		got, err := ParseWhen(s, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("ParseWhen(%q) = %v, %v; want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "yesterday", "-3h", "-1d", "2026-13-01", "5"} {
		if got, err := ParseWhen(s, now); err == nil {
			t.Errorf("ParseWhen(%q) = %v", s, got)
		}
	}
}

func TestReachable(t *testing.T) {
	for in, want := range map[string]string{
		"http://0.0.0.0:1616": "http://127.0.0.1:1616", "http://[::]:1": "http://127.0.0.1:1", "http://192.0.2.1:1": "http://192.0.2.1:1",
	} {
		if got := reachable(in); got != want {
			t.Errorf("reachable(%s) = %s", in, got)
		}
	}
}
