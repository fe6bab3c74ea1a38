// Package thread remembers of conversations on which side they are, and how
// private they have been, so that a later request of one can be told so.
//
// A conversation is known by hashes of its beginnings under a seed of this
// process, so that no text is kept and a restart forgets all. How private it has
// been hangs on its turns alone: one that was so for its system text is so without
// it too, and so is any other that begins with the same words. What is remembered
// is bounded in number and time. It decides nothing.
package thread

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

const (
	// remembered bounds the answers whose side is known, memory their age:
	// what a server read is long out of its cache then.
	remembered = 4096
	memory     = 2 * time.Hour
	// guarded bounds what is known to be private, guard its age.
	guarded = 1 << 16
	guard   = 24 * time.Hour
	// back is how many answers back a conversation is looked for: clients drop
	// the last ones to go on from an earlier one.
	back = 4
)

// On is where a conversation is: who answered it last.
type On struct {
	// Side is weak or strong, "" where nothing is known; Target is who it was.
	Side, Target string
	// Failed says why that answer does not bind: escalated, failover.
	Failed string
}

// Memory remembers conversations. It is safe for concurrent use.
type Memory struct {
	now    func() time.Time
	seed   maphash.Seed
	mu     sync.Mutex
	sides  table[On]
	levels table[privacy.Level]
}

// New makes a Memory.
func New(now func() time.Time) *Memory {
	return &Memory{
		now: now, seed: maphash.MakeSeed(),
		sides:  table[On]{most: remembered, age: memory, of: map[uint64]kept[On]{}},
		levels: table[privacy.Level]{most: guarded, age: guard, of: map[uint64]kept[privacy.Level]{}},
	}
}

// Place is where a request stands in its conversation. The zero value stands in
// none.
type Place struct {
	// asked is a hash of all that is asked, before those of what stood before
	// each answer in it, the last one first; session is that of its name.
	asked   uint64
	before  []uint64
	session uint64
	// told is that of all without what stands over a conversation, the words of
	// system and developer: a client may leave those out of a later turn, or change
	// them, and it is the same conversation. earlier are those of what stood before
	// each message: an answer may not have come, or be left out.
	told    uint64
	earlier []uint64
}

// Place finds where a request of a key stands; session is what its client calls
// the conversation, "" where it does not say.
func (m *Memory) Place(key, session string, req *llm.Request) (p Place) {
	var h maphash.Hash
	h.SetSeed(m.seed)
	if session != "" {
		write(&h, "session", key, session)
		p.session = h.Sum64()
		h.Reset()
	}
	if req == nil || len(req.Messages) == 0 {
		return p
	}
	write(&h, "turns", key)
	told := h
	some := false // something was told
	for i, x := range req.Messages {
		if x.Role == llm.RoleAssistant && i > 0 {
			p.before = append(p.before, h.Sum64())
		}
		message(&h, x)
		if x.Role == llm.RoleSystem || x.Role == llm.RoleDeveloper {
			continue
		}
		if some {
			p.earlier = append(p.earlier, told.Sum64())
		}
		message(&told, x)
		some = true
	}
	if p.asked = h.Sum64(); some {
		p.told = told.Sum64()
	}
	slices.Reverse(p.before)
	return p
}

func message(h *maphash.Hash, m llm.Message) {
	write(h, string(m.Role), m.ToolCallID)
	for _, part := range m.Parts {
		write(h, string(part.Type), part.Text, part.URL)
	}
	for _, c := range m.ToolCalls {
		write(h, c.Name, c.Arguments)
	}
}

func write(h *maphash.Hash, texts ...string) {
	var n [8]byte
	for _, t := range texts {
		binary.LittleEndian.PutUint64(n[:], uint64(len(t)))
		// A hash takes everything.
		_, _ = h.Write(n[:])
		_, _ = h.WriteString(t)
	}
}

// Find says where a conversation is.
func (m *Memory) Find(p Place) On {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range p.before[:min(back, len(p.before))] {
		if on, ok := m.sides.get(at, m.now()); ok {
			return on
		}
	}
	return On{}
}

// Answered tells who answered a request.
func (m *Memory) Answered(p Place, on On) {
	if p.asked == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sides.put(p.asked, on, m.now())
}

// Level is how private a conversation has been, "" where it was not: what was
// asked earlier in it is still there, and what was answered hangs on that.
func (m *Memory) Level(p Place) (l privacy.Level) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range append(slices.Clip(p.earlier), p.session) {
		if was, ok := m.levels.get(at, m.now()); ok {
			l = privacy.StricterLevel(l, was)
		}
	}
	return l
}

// Private tells how private a request is; the requests after it are no less.
func (m *Memory) Private(p Place, l privacy.Level) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range []uint64{p.told, p.session} {
		if was, ok := m.levels.get(at, m.now()); ok {
			l = privacy.StricterLevel(l, was)
		}
		if at != 0 {
			m.levels.put(at, l, m.now())
		}
	}
}

// table is what is known by hashes, the oldest half forgotten where there is too
// much.
type table[V any] struct {
	of    map[uint64]kept[V]
	order []uint64
	most  int
	age   time.Duration
}

type kept[V any] struct {
	value V
	at    time.Time
}

func (t *table[V]) get(at uint64, now time.Time) (v V, ok bool) {
	k, ok := t.of[at]
	if !ok || now.Sub(k.at) > t.age {
		return v, false
	}
	return k.value, true
}

func (t *table[V]) put(at uint64, v V, now time.Time) {
	if _, ok := t.of[at]; !ok {
		if t.order = append(t.order, at); len(t.order) > t.most {
			half := len(t.order) / 2
			for _, old := range t.order[:half] {
				delete(t.of, old)
			}
			t.order = slices.Clone(t.order[half:])
		}
	}
	t.of[at] = kept[V]{v, now}
}
