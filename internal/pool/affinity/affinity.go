// Package affinity keeps conversations with the server that holds their
// beginnings in its cache.
//
// It knows conversations by a key and servers by a name, and no network: who is
// alive and how busy comes from its caller.
package affinity

import (
	"container/list"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"

	"irori/internal/llm"
)

// most is how many conversations are remembered.
const most = 4096

// Table remembers which server a conversation is with. It is safe for
// concurrent use.
type Table struct {
	mu    sync.Mutex
	known map[string]*list.Element
	// used has the conversations, the one last used in front.
	used list.List
}

type talk struct{ key, with string }

// Target is a server to choose.
type Target struct {
	Name string
	// Load is how much it has to do.
	Load int
	// Down says that it does not answer now.
	Down bool
}

// Choose picks the server for a conversation: the one that it is with; a new
// one, and one whose server is down, goes to the least busy. Of equally busy
// ones the key decides, so that a table which forgot chooses as before. Without
// a key nothing is remembered. kept says that the conversation was with it; the
// index is -1 where there are no targets.
func (t *Table) Choose(key string, from []Target) (index int, kept bool) {
	if key == "" {
		return least(key, from), false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	el := t.known[key]
	if el != nil {
		with := el.Value.(*talk).with
		for i, x := range from {
			if x.Name == with && !x.Down {
				t.used.MoveToFront(el)
				return i, true
			}
		}
	}
	i := least(key, from)
	if i < 0 {
		return i, false
	}
	if el != nil {
		el.Value.(*talk).with = from[i].Name
		t.used.MoveToFront(el)
		return i, false
	}
	if t.known == nil {
		t.known = map[string]*list.Element{}
	}
	t.known[key] = t.used.PushFront(&talk{key, from[i].Name})
	if t.used.Len() > most {
		old := t.used.Back()
		t.used.Remove(old)
		delete(t.known, old.Value.(*talk).key)
	}
	return i, false
}

// least is the least busy of those that answer, of all where none does.
func least(key string, from []Target) int {
	best := -1
	for i, x := range from {
		if best < 0 {
			best = i
			continue
		}
		b := from[best]
		switch {
		case x.Down != b.Down:
			if b.Down {
				best = i
			}
		case x.Load != b.Load:
			if x.Load < b.Load {
				best = i
			}
		case rank(key, x.Name) > rank(key, b.Name):
			best = i
		}
	}
	return best
}

// rank is how a key likes a server: evenly spread, and nothing changes for the
// others where a server comes or goes.
func rank(key, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key + "\x00" + name))
	// The last bytes alone would decide little in this hash.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// billing begins a line that an agent puts in front of its system text, with
// another value in each session or request.
const billing = "x-anthropic-billing-header:"

// Prefix is the key of a conversation by what its requests begin with: its
// system text, its tools and the first turn. Marks of caching, ids of items and
// what agents put first and change are no part of it. It is "" for a request
// without text.
func Prefix(r *llm.Request) string {
	h := fnv.New64a()
	n := 0
	write := func(s string) {
		n += len(s)
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	for _, t := range r.Tools {
		write(t.Name)
	}
	for _, m := range r.Messages {
		write(string(m.Role))
		for _, p := range m.Parts {
			write(unbilled(p.Text))
		}
		if m.Role == llm.RoleUser {
			break
		}
	}
	write(r.Prompt[:min(len(r.Prompt), 4096)])
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// unbilled cuts the billing line off the front of a text.
func unbilled(s string) string {
	if !strings.HasPrefix(s, billing) {
		return s
	}
	_, rest, _ := strings.Cut(s, "\n")
	return rest
}
