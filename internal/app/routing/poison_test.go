package routing

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/route/log"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

// kind is a question of one of three kinds: sums, which the local model is right
// of as the cloud is, colours, of which it is mostly, and proofs, of which it is
// not.
func (h *home) kind(i int) (text string, weak float64) {
	switch i % 3 {
	case 0:
		return fmt.Sprintf("What is %d plus %d?", h.rng.IntN(500), h.rng.IntN(500)), 1
	case 1:
		weak = 1
		if h.rng.IntN(20) == 0 {
			weak = 0
		}
		return h.question(false), weak
	}
	if h.rng.IntN(10) == 0 {
		weak = 1
	}
	return h.question(true), weak
}

// audit lets chance audit a request, as a policy's share does.
func (h *home) audit(t *testing.T, r *routed.Row, share, weak float64) {
	open := h.opened(t)
	r.Share = &share
	open.Decided(r.Entry)
	if h.rng.Float64() < share {
		open.Label(r.ID, routed.Weak, weak, log.ShadowJudge)
		open.Label(r.ID, routed.Strong, 1, log.ShadowJudge)
		open.Audit(r.ID, routed.Audited)
	}
}

// words takes keys' words on answers; more than a day's are taken, as of several
// days.
func (h *home) words(t *testing.T) (word func(key, id string, score float64)) {
	t.Helper()
	h.opened(t)
	db, err := sqlite.Open(filepath.Join(h.dir, "outcomes.db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return func(key, id string, score float64) {
		t.Helper()
		if _, err := log.Say(t.Context(), db, log.Word{ID: id, Score: score, Key: key}, 10_000, h.time()); err != nil {
			t.Fatal(err)
		}
	}
}

// sums is how many of so many sums of a key stay here.
func (h *home) sums(t *testing.T, key string, n int) (local int) {
	t.Helper()
	for range n {
		text, _ := h.kind(0)
		if _, reason := h.ask(t, key, text); strings.HasPrefix(reason, "local") {
			local++
		}
	}
	return local
}

// One key that calls every sum wrong does not move the sums of others to the
// cloud, however many are audited.
func TestOneKeyCannotPoisonAKindOfQuestion(t *testing.T) {
	for _, c := range []struct {
		share  float64
		honest int
	}{{1, 830}, {.1, 2000}} {
		t.Run(fmt.Sprintf("share %g", c.share), func(t *testing.T) {
			h := newHome(t, "local: a\ncloud: c/x", nil)
			for i := range c.honest {
				text, weak := h.kind(i)
				r, _ := h.ask(t, []string{"anna", "bob", "carl"}[h.rng.IntN(3)], text)
				h.audit(t, r, c.share, weak)
			}
			check := func(words int) {
				t.Helper()
				h.step(t)
				for _, key := range []string{"anna", "bob"} {
					if n := h.sums(t, key, 23); n != 23 {
						t.Errorf("after %d words %d of 23 of %s's sums stay", words, n, key)
					}
				}
				if _, reason := h.ask(t, "bob", h.question(true)); !strings.HasPrefix(reason, worth) {
					t.Errorf("after %d words, a proof: %q", words, reason)
				}
			}
			check(0)
			word := h.words(t)
			for i := range 400 {
				text, weak := h.kind(0)
				r, _ := h.ask(t, "ivy", text)
				h.audit(t, r, c.share, weak)
				word("ivy", r.ID, 0)
				switch i + 1 {
				case 40, 80, 200, 400:
					check(i + 1)
				}
			}
		})
	}
}

// Where nobody audits, the words of several keys teach, and those of the only one
// there is; of one among others that say nothing they teach nothing.
func TestHonestWordsTeach(t *testing.T) {
	for _, c := range []struct {
		name         string
		keys, silent []string
		easy, hard   string
	}{
		{"several", []string{"anna", "bob", "carl"}, nil, not, worth},
		{"the only one", []string{"anna"}, nil, not, worth},
		{"one among others", []string{"anna"}, []string{"bob"}, unknown, unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHome(t, "local: a\ncloud: c/x", nil)
			word := h.words(t)
			for _, key := range c.silent {
				h.ask(t, key, h.question(false))
			}
			for i := range 300 {
				key := c.keys[h.rng.IntN(len(c.keys))]
				text, weak := h.kind(i)
				if h.rng.IntN(3) == 0 {
					r, _ := h.asks(t, key, text, map[string]string{"X-Irori-Route": "cloud"})
					word(key, r.ID, 1)
					continue
				}
				if r, _ := h.ask(t, key, text); r.Answered == routed.Weak {
					word(key, r.ID, weak)
				} else {
					word(key, r.ID, 1)
				}
			}
			h.step(t)
			for i, want := range []string{c.easy, c.hard} {
				if _, reason := h.ask(t, c.keys[0], h.question(i == 1)); !strings.HasPrefix(reason, want) {
					t.Errorf("%q, want %q", reason, want)
				}
			}
		})
	}
}
