package sched

// Cache carries out a lane's decisions on the real KV cache.
type Cache interface {
	// Remove drops positions from..end of a slot; it reports false where the
	// model cannot drop a part, and nothing has changed then.
	Remove(slot, from int) bool
	// Copy copies the whole of one slot onto another, empty one.
	Copy(src, dst int)
}

// Slot is one sequence id of a lane's cache and what it holds.
type slot struct {
	tokens []int32
	key    string
	seq    *Seq
	used   uint64
}

// Lane is one context: slots that share a batch.
type Lane struct {
	cache Cache
	slots []slot
	// size is the number of tokens that one slot can hold.
	size int
	tick uint64
}

// NewLane makes a lane of n slots that hold size tokens each.
func NewLane(n, size int, cache Cache) *Lane {
	return &Lane{cache: cache, slots: make([]slot, n), size: size}
}

// Size is the number of tokens that one slot can hold.
func (l *Lane) Size() int { return l.size }

// Slots is the number of slots.
func (l *Lane) Slots() int { return len(l.slots) }

// Active counts the slots with a running sequence.
func (l *Lane) Active() int {
	n := 0
	for i := range l.slots {
		if l.slots[i].seq != nil {
			n++
		}
	}
	return n
}

// Running lists the running sequences in slot order.
func (l *Lane) Running() []*Seq {
	var out []*Seq
	for i := range l.slots {
		if s := l.slots[i].seq; s != nil {
			out = append(out, s)
		}
	}
	return out
}

// Held is how many tokens the cache holds over all slots.
func (l *Lane) Held() int {
	n := 0
	for i := range l.slots {
		n += len(l.slots[i].tokens)
	}
	return n
}

// minDefer is how many tokens a sequence must be able to save by waiting for
// a running prefill with the same beginning.
const minDefer = 64

// Place gives s a slot, reusing the longest beginning that the cache holds.
// It reports false when no slot is free, or when waiting for a prefill that
// is under way would save more.
func (l *Lane) Place(s *Seq) bool {
	src, shared := l.longest(s)
	dst := l.target(s, src, shared)
	if dst < 0 || l.worthWaiting(s, shared) {
		return false
	}
	shared = l.take(dst, src, shared)
	l.tick++
	sl := &l.slots[dst]
	sl.seq, sl.key, sl.used = s, s.Key, l.tick
	s.lane, s.slot, s.done = l, dst, shared
	s.order = l.tick
	if !s.started {
		s.started, s.Cached = true, min(shared, s.Prompt)
	}
	return true
}

// longest finds the slot that shares the most with s. At least one token must
// be left to compute, or there would be nothing to sample from.
func (l *Lane) longest(s *Seq) (src, shared int) {
	src = -1
	for i := range l.slots {
		sl := &l.slots[i]
		if sl.key != s.Key {
			continue
		}
		if n := min(common(sl.tokens, s.Tokens), len(s.Tokens)-1); n > shared {
			src, shared = i, n
		}
	}
	return src, shared
}

// target picks the slot to run in: the source itself where nothing of value
// would be cut off it, else an empty slot, else the one not used for the
// longest time. Among equals the one next to running slots wins: the library
// computes runs of neighbouring sequences together.
func (l *Lane) target(s *Seq, src, shared int) int {
	if src >= 0 && l.slots[src].seq == nil && len(l.slots[src].tokens)-shared <= shared/8 {
		return src
	}
	best := -1
	for i := range l.slots {
		if l.slots[i].seq != nil || i == src {
			continue
		}
		if best < 0 || l.better(i, best) {
			best = i
		}
	}
	if best < 0 && src >= 0 && l.slots[src].seq == nil {
		return src
	}
	return best
}

func (l *Lane) better(i, j int) bool {
	a, b := &l.slots[i], &l.slots[j]
	if (len(a.tokens) == 0) != (len(b.tokens) == 0) {
		return len(a.tokens) == 0
	}
	if len(a.tokens) == 0 {
		return l.beside(i) && !l.beside(j)
	}
	return a.used < b.used
}

// beside reports whether a neighbour of slot i is running.
func (l *Lane) beside(i int) bool {
	return i > 0 && l.slots[i-1].seq != nil || i+1 < len(l.slots) && l.slots[i+1].seq != nil
}

// worthWaiting reports whether a running prefill will soon hold much more of
// s than what is shared now. It waits for one at most: where questions with the
// same beginning keep coming, there is always a next.
func (l *Lane) worthWaiting(s *Seq, shared int) bool {
	for i := range l.slots {
		p := l.slots[i].seq
		if p == nil || p == s || p.Key != s.Key || p.Left() <= 1 || s.awaited != 0 && s.awaited != p.order {
			continue
		}
		if min(common(p.Tokens, s.Tokens), len(s.Tokens)-1) > max(shared, p.done)+minDefer {
			s.awaited = p.order
			return true
		}
	}
	return false
}

// take makes slot dst hold exactly the shared beginning of slot src, and
// returns how much of it there really is afterwards.
func (l *Lane) take(dst, src, shared int) int {
	d := &l.slots[dst]
	if src < 0 || shared == 0 {
		l.clear(dst)
		return 0
	}
	if src != dst {
		l.clear(dst)
		l.cache.Copy(src, dst)
		d.tokens = append(d.tokens[:0], l.slots[src].tokens...)
	}
	if len(d.tokens) > shared {
		if !l.cache.Remove(dst, shared) {
			// Recurrent state cannot be cut: begin anew.
			l.clear(dst)
			return 0
		}
		d.tokens = d.tokens[:shared]
	}
	return shared
}

func (l *Lane) clear(i int) {
	if len(l.slots[i].tokens) > 0 {
		l.cache.Remove(i, 0)
	}
	l.slots[i].tokens = l.slots[i].tokens[:0]
}

// Release ends s's hold on its slot. What is in the cache stays there for
// others to reuse.
func (l *Lane) Release(s *Seq) {
	if s.lane != l || l.slots[s.slot].seq != s {
		return
	}
	l.tick++
	l.slots[s.slot].seq = nil
	l.slots[s.slot].used = l.tick
	s.lane = nil
}

// Drop empties the slot of s and releases it: its cache content is in doubt.
func (l *Lane) Drop(s *Seq) {
	if s.lane != l {
		return
	}
	i := s.slot
	l.Release(s)
	l.clear(i)
}

// Relieve makes room after the cache was full: it empties the idle slot not
// used for the longest time, else preempts the sequence that came last and
// returns it; nothing is left to give when both are impossible.
func (l *Lane) Relieve() (preempted *Seq, ok bool) {
	idle := -1
	var last *Seq
	running := 0
	for i := range l.slots {
		sl := &l.slots[i]
		switch {
		case sl.seq != nil:
			running++
			if last == nil || sl.seq.order > last.order {
				last = sl.seq
			}
		case len(sl.tokens) > 0 && (idle < 0 || sl.used < l.slots[idle].used):
			idle = i
		}
	}
	if idle >= 0 {
		l.clear(idle)
		return nil, true
	}
	if running < 2 {
		return nil, false
	}
	i := last.slot
	l.Release(last)
	l.clear(i)
	last.Preempts++
	return last, true
}

// Adopt moves the slots of another lane into l, slot by slot, through move,
// which carries the cache content over and reports whether it could. A
// running sequence whose content could not be carried begins anew.
func (l *Lane) Adopt(from *Lane, move func(slot int) bool) {
	for i := range from.slots {
		if i >= len(l.slots) || l.slots[i].seq != nil {
			break
		}
		src := &from.slots[i]
		if len(src.tokens) == 0 && src.seq == nil {
			continue
		}
		l.clear(i)
		dst := &l.slots[i]
		dst.key, dst.used = src.key, src.used
		if len(src.tokens) > 0 && move(i) {
			dst.tokens = append(dst.tokens[:0], src.tokens...)
		}
		if s := src.seq; s != nil {
			dst.seq, s.lane, s.slot = s, l, i
			s.done = len(dst.tokens)
			src.seq = nil
		}
	}
	l.tick = max(l.tick, from.tick)
}
