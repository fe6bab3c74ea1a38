package records

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/sqlite"
)

func ledgerWith(t *testing.T, ids ...string) (*Book, func(ids ...string)) {
	t.Helper()
	e := At(t.TempDir(), func() error { return nil })
	if len(ids) == 0 {
		return e, nil
	}
	db, err := sqlite.Open(e.Path(), sqlite.Options{})
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

func TestList(t *testing.T) {
	e, _ := ledgerWith(t, "a1", "a2", "b3")
	for _, c := range []struct {
		f    store.Filter
		want []string
	}{
		{store.Filter{}, []string{"a1", "a2", "b3"}}, {store.Filter{Limit: 2}, []string{"a2", "b3"}},
		{store.Filter{Since: time.Unix(1002, 0), Limit: 9}, []string{"a2", "b3"}}, {store.Filter{Model: "other"}, nil},
	} {
		var got []string
		for r, err := range e.List(t.Context(), c.f) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.f, diff)
		}
	}
	if r, err := e.Find(t.Context(), "b"); err != nil || r.ID != "b3" {
		t.Errorf("a prefix finds %q, %v", r.ID, err)
	}
	if _, err := e.Find(t.Context(), "a"); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("an ambiguous prefix gives %v", err)
	}
	if _, err := e.Find(t.Context(), "z"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("an unknown id gives %v", err)
	}
}

func TestNoLedgerYet(t *testing.T) {
	e, _ := ledgerWith(t)
	for range e.List(t.Context(), store.Filter{}) {
		t.Error("a record out of nothing")
	}
	if s, err := e.Sums(t.Context(), store.SumQuery{}); err != nil || s != nil {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := e.Find(t.Context(), "a"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
}

func TestFollow(t *testing.T) {
	e, put := ledgerWith(t, "a", "b", "c")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []string
	for r, err := range e.Follow(ctx, store.Filter{Limit: 2}) {
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

// What SQLite calls a failing disk is said to be a full one where it is.
func TestLedgerOnAFullDisk(t *testing.T) {
	cause := errors.New("disk I/O error (4874)")
	const hint = "make room"
	full := llm.Errorf(llm.CodeNoSpace, "the disk of /h is full").WithHint("%s", hint)
	for _, c := range []struct {
		room error
		code llm.Code
		hint string
	}{{nil, llm.CodeLedgerUnavailable, "irori doctor"}, {full, llm.CodeNoSpace, hint}} {
		e, ok := errors.AsType[*llm.Error](unreadable(cause, c.room))
		if !ok || e.Code != c.code || e.Hint != c.hint || !errors.Is(e, cause) || strings.Contains(e.Message, "is full") != (c.room != nil) {
			t.Errorf("%+v", e)
		}
	}
}
