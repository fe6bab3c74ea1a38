package sched

import "time"

// Tile is the number of prompt tokens from which on the library's attention
// works in blocks: fewer cost nearly as much as this many. Measured on a
// processor at 2,000 tokens of context: 32 take 180 ms, 64 take 210 ms.
const Tile = 64

// Pacer sizes prefill chunks so that running streams go on breathing. It
// learns what chunks cost on this machine at each depth of context.
//
// While others stream, a step stays below Soft. Where even one tile does not
// fit there, but stays below Hard, tiles come one at a time with Breaths
// steps of pure decoding between them: the streams keep most of their speed,
// and nineteen of twenty pauses are short. Where a tile takes longer than
// Hard, chunks smaller than a tile are used in every step.
type Pacer struct {
	Soft, Hard time.Duration
	// Alone is how long a step may take when nobody streams.
	Alone time.Duration
	// Breaths is the number of decoding steps between two tiles.
	Breaths int
	// Max bounds a chunk.
	Max int

	// tiles and crumbs are seconds a token, by depth, of chunks of at least
	// a tile and of smaller ones.
	tiles, crumbs [depths]float64
	decode        float64
	since         int
}

const (
	// depth is how much context one entry of the cost tables spans.
	depth  = 512
	depths = 64
	// crumb is the least chunk that is worth a step.
	crumb = 4
)

func at(pos int) int { return min(pos/depth, depths-1) }

// Chunk is how many prefill tokens the next step may hold when the deepest
// prompt stands at pos and the shortest has least tokens left; 0 lets the
// streams breathe.
func (p *Pacer) Chunk(decoding bool, pos, least int) int {
	tile := p.tiles[at(pos)]
	if tile == 0 {
		// Not tried at this depth: one tile tells.
		return min(Tile, p.Max)
	}
	if !decoding {
		return p.tilesIn(p.Alone.Seconds(), tile)
	}
	left := p.Soft.Seconds() - p.decode
	if n := int(left / (tile * Tile)); n > 0 {
		return min(n*Tile, p.Max)
	}
	per := p.crumbs[at(pos)]
	if per == 0 {
		// A small chunk costs about twice as much a token as a tile's.
		per = 2 * tile
	}
	crumbs := min(max(int(left/per), crumb), Tile/2, p.Max)
	if tile*Tile <= p.Hard.Seconds() {
		if p.since < p.Breaths {
			p.since++
			if least <= crumbs {
				// What a prefix in the cache left over is no pause.
				return least
			}
			return 0
		}
		p.since = 0
		return min(Tile, p.Max)
	}
	return crumbs
}

func (p *Pacer) tilesIn(seconds, perToken float64) int {
	n := int(seconds/(perToken*Tile)) * Tile
	return min(max(n, Tile), p.Max)
}

// Observe tells the pacer how long a step took.
func (p *Pacer) Observe(prefill, decode, pos int, took time.Duration) {
	s := took.Seconds()
	if prefill == 0 {
		if decode > 0 {
			p.decode = blend(p.decode, s)
		}
		return
	}
	if decode > 0 {
		s = max(s-p.decode, s/4)
	}
	per := s / float64(prefill)
	switch {
	case prefill >= Tile:
		p.tiles[at(pos)] = blend(p.tiles[at(pos)], per)
	case prefill >= crumb:
		p.crumbs[at(pos)] = blend(p.crumbs[at(pos)], per)
	}
}

// blend follows a rise at once and a fall slowly: a gap too long is worse than
// a chunk too small.
func blend(old, now float64) float64 {
	switch {
	case old == 0:
		return now
	case now > old:
		return old + (now-old)*0.5
	}
	return old + (now-old)*0.3
}
