package sched

import (
	"cmp"
	"slices"
)

// Entry is one token of a planned batch.
type Entry struct {
	Token  int32
	Pos    int32
	Slot   int32
	Output bool
}

// Share is what one sequence has in a planned batch.
type Share struct {
	Seq *Seq
	// Tokens is how many tokens it has there.
	Tokens int
	// At is the index of the entry whose logits it needs, -1 for none yet.
	At int
	// Prefill is true for tokens that are not the newest sampled one.
	Prefill bool
}

// Plan is a batch to compute.
type Plan struct {
	Entries []Entry
	Shares  []Share
	// Prefill and Decode count the tokens of each kind.
	Prefill, Decode int
}

// Next fills p with the next batch: the newest token of every sequence that
// is decoding, and up to prefill tokens of prompts. Only sequences with the
// given key take part, and at most batch tokens.
func (l *Lane) Next(p *Plan, key string, prefill, batch int) {
	p.Entries, p.Shares = p.Entries[:0], p.Shares[:0]
	p.Prefill, p.Decode = 0, 0
	var waiting []*Seq
	for i := range l.slots {
		s := l.slots[i].seq
		if s == nil || s.Key != key {
			continue
		}
		if s.decoding() {
			batch--
		} else if s.Left() > 0 {
			waiting = append(waiting, s)
		}
	}
	l.allot(waiting, min(prefill, batch))
	for i := range l.slots {
		s := l.slots[i].seq
		if s == nil || s.Key != key {
			continue
		}
		if s.decoding() {
			l.add(p, s, 1, false)
		} else if s.Left() > 0 && s.allotted > 0 {
			l.add(p, s, s.allotted, true)
		}
	}
}

// decoding reports whether only the newest sampled token is left to compute.
func (s *Seq) decoding() bool { return s.Left() == 1 && len(s.Tokens) > s.Prompt }

// allot shares a chunk among waiting prompts: evenly, but not in pieces
// smaller than a tile; the one with the least left comes first, so that the
// short do not wait for the long. But what was computed of later prompts while
// one waits counts as if it were of its own: those that keep coming pass it by
// no more than it is long. A chunk smaller than a tile goes first to a prompt
// with just so much left: the pacer makes such for what a cached beginning left
// over.
func (l *Lane) allot(waiting []*Seq, chunk int) {
	whole := func(s *Seq) int {
		if chunk < Tile && s.Left() == chunk {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(waiting, func(a, b *Seq) int {
		return cmp.Or(whole(a)-whole(b), (a.Left()-a.passed)-(b.Left()-b.passed), cmp.Compare(a.order, b.order))
	})
	for i, s := range waiting {
		even := max(chunk/(len(waiting)-i), min(chunk, Tile))
		s.allotted = min(s.Left(), even)
		chunk -= s.allotted
	}
}

// passBy charges what a plan computes of each prompt to the older ones that
// wait in its lane.
func (l *Lane) passBy(p *Plan) {
	for _, sh := range p.Shares {
		if !sh.Prefill {
			continue
		}
		for i := range l.slots {
			if s := l.slots[i].seq; s != nil && s.Key == sh.Seq.Key && s.order < sh.Seq.order && s.Left() > 0 && !s.decoding() {
				s.passed += sh.Tokens
			}
		}
	}
}

// Depth is how much context the deepest waiting prompt of a key already has,
// and how many tokens the shortest has left; 0 where none waits.
func (l *Lane) Depth(key string) (pos, least int) {
	for i := range l.slots {
		s := l.slots[i].seq
		if s != nil && s.Key == key && s.Left() > 0 && !s.decoding() {
			pos = max(pos, s.done)
			if least == 0 || s.Left() < least {
				least = s.Left()
			}
		}
	}
	return pos, least
}

func (l *Lane) add(p *Plan, s *Seq, n int, prefill bool) {
	sh := Share{Seq: s, Tokens: n, At: -1, Prefill: prefill}
	for k := range n {
		pos := s.done + k
		last := pos == len(s.Tokens)-1
		if last {
			sh.At = len(p.Entries)
		}
		p.Entries = append(p.Entries, Entry{Token: s.Tokens[pos], Pos: int32(pos), Slot: int32(s.slot), Output: last})
	}
	p.Shares = append(p.Shares, sh)
	if prefill {
		p.Prefill += n
	} else {
		p.Decode++
	}
}

// Commit records that p was computed.
func (l *Lane) Commit(p *Plan) {
	l.passBy(p)
	for _, sh := range p.Shares {
		s := sh.Seq
		sl := &l.slots[s.slot]
		sl.tokens = append(sl.tokens, s.Tokens[s.done:s.done+sh.Tokens]...)
		s.done += sh.Tokens
	}
}

// Keys lists the distinct keys of the running sequences, in slot order.
func (l *Lane) Keys(dst []string) []string {
	dst = dst[:0]
next:
	for i := range l.slots {
		s := l.slots[i].seq
		if s == nil {
			continue
		}
		for _, k := range dst {
			if k == s.Key {
				continue next
			}
		}
		dst = append(dst, s.Key)
	}
	return dst
}

// Full reports whether s has filled its slot: it cannot take another token
// here.
func (l *Lane) Full(s *Seq) bool { return len(s.Tokens) >= l.size }
