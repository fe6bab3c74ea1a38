package engine

import (
	"fmt"
	"slices"

	"irori/internal/engine/ffi"
	"irori/internal/engine/sched"
	"irori/internal/worker/lanes"
)

// lane is a context with its slots.
type lane struct {
	*sched.Lane
	ctx     *ffi.Context
	plan    sched.Plan
	entries []ffi.Entry
	keys    []string
	// turn rotates the adapter sets that take part in a step.
	turn int
	// adapters is the set that acts in the context now.
	adapters string
	// threads is how many compute in the context now.
	threads int
	// makeshift marks the first small lane, given up once main is there.
	makeshift bool
	// crowded holds newcomers back after a preemption until a sequence ends:
	// placed at once, they would only be preempted again.
	crowded bool
}

// kvCache carries the decisions of package sched out on a context.
type kvCache struct{ ctx *ffi.Context }

func (c kvCache) Remove(slot, from int) bool { return c.ctx.SeqRemove(slot, from, -1) }
func (c kvCache) Copy(src, dst int)          { c.ctx.SeqCopy(src, dst) }

// newLane makes a context of the given size and its slots.
func (e *Engine) newLane(s lanes.Size) (*lane, error) {
	cells := s.Slots * s.Length
	if e.layout.Unified {
		cells = s.Length
	}
	ctx, err := e.model.NewContext(ffi.ContextOptions{
		Context: cells, Batch: e.batch, Ubatch: min(e.batch, 512), Sequences: s.Slots, Threads: e.threads,
		Outputs: s.Slots, Unified: e.layout.Unified, TypeK: e.kvType, TypeV: e.kvType, FlashAttn: e.flash,
	})
	if err != nil {
		return nil, fmt.Errorf("a cache of %d × %d tokens: %w", s.Slots, s.Length, err)
	}
	ctx.AttachThreadpool(e.threads)
	return &lane{Lane: sched.NewLane(s.Slots, ctx.CtxSeq, kvCache{ctx}), ctx: ctx, threads: e.threads}, nil
}

// laneMade is the message of a lane that was made in the background.
type laneMade struct {
	lane *lane
	long bool
	err  error
}

// grow makes a lane in the background: touching hundreds of megabytes takes
// long enough to be seen by running streams, and by whoever waits for the
// first token.
func (e *Engine) grow(s lanes.Size, long bool) {
	go func() {
		l, err := e.newLane(s)
		for err != nil && s.Slots > 1 {
			// Fewer sequences at once are better than none.
			s.Slots /= 2
			l, err = e.newLane(s)
		}
		e.inbox <- laneMade{l, long, err}
	}()
}

// joined takes a lane that was made in the background into use.
func (e *Engine) joined(m laneMade) {
	if m.long {
		e.longPending = false
	}
	if m.err != nil {
		e.note(8, "no room for a larger cache: %v", m.err)
		if m.long {
			e.layout.Long = lanes.Size{}
			e.failTooLong()
		}
		return
	}
	if i := slices.IndexFunc(e.lanes, func(l *lane) bool { return l.makeshift }); i >= 0 && !m.long {
		old := e.lanes[i]
		m.lane.Adopt(old.Lane, func(slot int) bool {
			_, err := old.ctx.MoveSeq(slot, m.lane.ctx, slot)
			return err == nil
		})
		for _, r := range e.runs {
			if r.lane == old {
				r.lane = m.lane
			}
		}
		old.ctx.Free()
		e.lanes = slices.Delete(e.lanes, i, i+1)
	}
	e.lanes = append(e.lanes, m.lane)
	slices.SortFunc(e.lanes, func(a, b *lane) int { return a.Size() - b.Size() })
}

// laneFor picks the lane for a sequence of the wanted length: the smallest
// that holds it. A lane that must be made first is begun, and nil returned.
func (e *Engine) laneFor(want int) *lane {
	for _, l := range e.lanes {
		if l.Size() >= want && !l.makeshift {
			return l
		}
	}
	for _, l := range e.lanes {
		if l.makeshift && l.Size() >= want {
			return l
		}
	}
	if e.layout.Long.Length >= want && !e.longPending && want > e.layout.Main.Length {
		e.longPending = true
		e.grow(e.layout.Long, true)
	}
	return nil
}
