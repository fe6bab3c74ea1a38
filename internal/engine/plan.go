package engine

import (
	"irori/internal/gguf"
	"irori/internal/worker"
)

// laneSize is one context to make: how many sequences, how long each.
type laneSize struct{ slots, size int }

func (l laneSize) bytes(kv int64) int64 { return int64(l.slots) * int64(l.size) * kv }

// layout says which contexts a model gets.
type layout struct {
	// first is a small context that can answer while main is still being
	// made; zero where main is small itself.
	first laneSize
	main  laneSize
	// long takes what does not fit a slot of main; made on demand, zero
	// where main's slots already hold the longest sequence.
	long    laneSize
	unified bool
	// limit is the longest sequence that was asked for; contexts are padded.
	limit int
}

// context is the longest sequence that the layout can hold.
func (l layout) context() int {
	n := max(l.main.size, l.long.size)
	if l.limit > 0 {
		n = min(n, l.limit)
	}
	return n
}

const (
	// slotPad is the multiple that the library pads a context to.
	slotPad = 256
	// mainSlot is the usual length of a slot: most conversations fit, and
	// eight of them cost little. Longer ones get the long lane.
	mainSlot = 4096
	// longSlots is the most long sequences at once: several conversations of
	// an agent, decoded together where half of the memory left allows it.
	longSlots = 4
	// firstSlot is the length of a slot of the first lane.
	firstSlot = 512
	// firstBytes is the cache size that is made in a moment anyway.
	firstBytes = 96 << 20
	// defaultBudget bounds the cache where nobody said how much memory
	// there is.
	defaultBudget = 2 << 30
)

// planLayout fits contexts into the memory budget. kv is the bytes of cache a
// token takes (0: unknown, taken as 128 KiB, that of an 8B model), train what
// the model was trained for.
func planLayout(o worker.Options, kv int64, train int) layout {
	if kv <= 0 {
		kv = 128 << 10
	}
	if train <= 0 {
		train = mainSlot
	}
	budget := o.MemoryBudget
	if budget <= 0 {
		budget = defaultBudget
	}
	slots := o.Parallel
	if slots <= 0 {
		slots = 8
	}
	longest := train
	if o.Context > 0 {
		longest = o.Context
	}
	if o.KVUnified {
		return layout{main: laneSize{slots, pad(longest)}, unified: true, limit: o.Context}
	}
	l := layout{main: laneSize{slots, pad(min(longest, mainSlot))}, limit: o.Context}
	if o.Context > 0 {
		l.main.size = pad(longest)
	}
	l.main = shrink(l.main, kv, budget, o)
	if longest > l.main.size {
		room := (budget - l.main.bytes(kv)) / kv
		size := min(pad(longest), int(room)/slotPad*slotPad)
		if size > l.main.size {
			l.long = laneSize{min(max(int(room)/2/size, 1), longSlots, l.main.slots), size}
		}
	}
	if l.main.bytes(kv) > firstBytes {
		// As many slots as main: a sequence's state can only move between
		// contexts of equally many.
		l.first = laneSize{l.main.slots, min(firstSlot, l.main.size)}
	}
	return l
}

// shrink gives up parallel sequences, then length, until the cache takes at
// most three quarters of the budget. What the user set stays.
func shrink(m laneSize, kv, budget int64, o worker.Options) laneSize {
	limit := budget / 4 * 3
	for m.bytes(kv) > limit {
		switch {
		case o.Parallel == 0 && m.slots > 4:
			m.slots /= 2
		case o.Context == 0 && m.size > 2048:
			m.size = pad(m.size / 2)
		case o.Parallel == 0 && m.slots > 1:
			m.slots /= 2
		case o.Context == 0 && m.size > 512:
			m.size = pad(m.size / 2)
		default:
			return m
		}
	}
	return m
}

func pad(n int) int { return max((n+slotPad-1)/slotPad*slotPad, slotPad) }

// kvBytes is what one token takes in the cache, by the file's own facts; 0
// where they do not say.
func kvBytes(path, kvType string) int64 {
	f, err := gguf.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	name := kvType
	if name == "" {
		name = "f16"
	}
	t, ok := gguf.ParseType(name)
	if !ok {
		return 0
	}
	n, err := f.KVBytesPerToken(t, t)
	if err != nil {
		return 0
	}
	return int64(n)
}
