package sched

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// modelCache behaves as the library does: positions follow each other without
// gaps, a copy is of a whole sequence onto an empty one.
type modelCache struct {
	t     rapid.TB
	slots [][]int32
	// whole makes the model refuse to drop a part, as recurrent ones do.
	whole bool
}

func (c *modelCache) Remove(slot, from int) bool {
	if from > 0 && c.whole {
		return false
	}
	if from > len(c.slots[slot]) {
		c.t.Fatalf("remove from %d of %d", from, len(c.slots[slot]))
	}
	c.slots[slot] = c.slots[slot][:from]
	return true
}

func (c *modelCache) Copy(src, dst int) {
	if src == dst || len(c.slots[dst]) != 0 {
		c.t.Fatalf("copy %d onto %d, which holds %d tokens", src, dst, len(c.slots[dst]))
	}
	c.slots[dst] = slices.Clone(c.slots[src])
}

// decode appends a batch, checking what the library would refuse.
func (c *modelCache) decode(p *Plan, size int) {
	last := int32(-1)
	for _, e := range p.Entries {
		if e.Slot < last {
			c.t.Fatalf("slot %d after %d: the library computes rising sequences together", e.Slot, last)
		}
		last = e.Slot
		if int(e.Pos) != len(c.slots[e.Slot]) {
			c.t.Fatalf("slot %d: position %d after %d tokens", e.Slot, e.Pos, len(c.slots[e.Slot]))
		}
		if len(c.slots[e.Slot]) >= size {
			c.t.Fatalf("slot %d overflows its %d tokens", e.Slot, size)
		}
		c.slots[e.Slot] = append(c.slots[e.Slot], e.Token)
	}
}

// world drives a lane with random requests and checks its accounts.
type world struct {
	t       *rapid.T
	lane    *Lane
	cache   *modelCache
	running []*Seq
	queue   []*Seq
	next    uint64
	done    int
	plan    Plan
	cells   int
	turn    int
}

func (w *world) submit() {
	t := w.t
	// Few first halves, so that prefixes are shared; few tokens, so that they
	// meet by chance too.
	head := rapid.IntRange(0, 3).Draw(t, "head")
	n := rapid.IntRange(1, 40).Draw(t, "len")
	tokens := make([]int32, 0, n)
	for i := range n {
		tokens = append(tokens, int32(head*100+i%7))
	}
	if rapid.Bool().Draw(t, "differs") {
		tokens[rapid.IntRange(0, n-1).Draw(t, "where")] = 999
	}
	w.next++
	w.queue = append(w.queue, &Seq{ID: w.next, Tokens: tokens, Prompt: n, Key: []string{"", "lora:1"}[rapid.IntRange(0, 1).Draw(t, "key")]})
}

func (w *world) place() {
	kept := w.queue[:0]
	for _, s := range w.queue {
		if w.lane.Place(s) {
			if s.Cached >= s.Prompt {
				w.t.Fatalf("%d of %d prompt tokens cached: nothing is left to sample from", s.Cached, s.Prompt)
			}
			if !slices.Equal(w.cache.slots[s.Slot()], s.Tokens[:s.done]) {
				w.t.Fatalf("slot holds %v, the lane believes %v", w.cache.slots[s.Slot()], s.Tokens[:s.done])
			}
			w.running = append(w.running, s)
			continue
		}
		kept = append(kept, s)
	}
	w.queue = kept
}

func (w *world) step() {
	keys := w.lane.Keys(nil)
	if len(keys) == 0 {
		return
	}
	w.turn++
	key := keys[w.turn%len(keys)]
	chunk := rapid.IntRange(1, 24).Draw(w.t, "chunk")
	w.compute(key, chunk)
}

// compute plans and computes one batch, making room until it fits.
func (w *world) compute(key string, chunk int) {
	w.lane.Next(&w.plan, key, chunk, 64)
	if w.plan.Prefill > chunk {
		w.t.Fatalf("%d prefill tokens of %d allowed", w.plan.Prefill, chunk)
	}
	if held := w.lane.Held(); w.cells > 0 && held+len(w.plan.Entries) > w.cells {
		s, ok := w.lane.Relieve()
		if s != nil {
			w.running = slices.DeleteFunc(w.running, func(x *Seq) bool { return x == s })
			w.queue = append([]*Seq{s}, w.queue...)
		}
		if !ok && len(w.running) > 1 {
			w.t.Fatalf("nothing to give with %d running", len(w.running))
		}
		if !ok {
			w.finish(w.running[0])
		}
		w.compute(key, chunk)
		return
	}
	w.cache.decode(&w.plan, w.lane.Size())
	w.lane.Commit(&w.plan)
	for _, sh := range w.plan.Shares {
		if sh.At < 0 {
			continue
		}
		e := w.plan.Entries[sh.At]
		if !e.Output || int(e.Pos) != len(sh.Seq.Tokens)-1 {
			w.t.Fatalf("output at position %d of a sequence of %d", e.Pos, len(sh.Seq.Tokens))
		}
		sh.Seq.Tokens = append(sh.Seq.Tokens, int32(500+len(sh.Seq.Tokens)))
		if w.lane.Full(sh.Seq) || rapid.IntRange(0, 9).Draw(w.t, "ends") == 0 {
			w.finish(sh.Seq)
		}
	}
}

func (w *world) finish(s *Seq) {
	w.lane.Release(s)
	w.running = slices.DeleteFunc(w.running, func(x *Seq) bool { return x == s })
	w.done++
}

// check compares the lane's accounts with the cache.
func (w *world) check() {
	held := 0
	for i := range w.lane.slots {
		sl := &w.lane.slots[i]
		if !slices.Equal(sl.tokens, w.cache.slots[i]) {
			w.t.Fatalf("slot %d holds %v, the lane believes %v", i, w.cache.slots[i], sl.tokens)
		}
		held += len(w.cache.slots[i])
		if s := sl.seq; s != nil && (s.done != len(sl.tokens) || !slices.Equal(sl.tokens, s.Tokens[:s.done])) {
			w.t.Fatalf("sequence %d: done %d, slot %v", s.ID, s.done, sl.tokens)
		}
	}
	if held != w.lane.Held() {
		w.t.Fatalf("the cache holds %d tokens, the lane counts %d", held, w.lane.Held())
	}
	if got := w.lane.Active(); got != len(w.running) {
		w.t.Fatalf("%d active of %d running", got, len(w.running))
	}
	if int(w.next) != w.done+len(w.running)+len(w.queue) {
		w.t.Fatalf("%d submitted, %d done, %d running, %d queued", w.next, w.done, len(w.running), len(w.queue))
	}
}

func TestLaneAccountsOverRandomMixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.IntRange(1, 5).Draw(t, "slots")
		cache := &modelCache{t: t, slots: make([][]int32, slots), whole: rapid.IntRange(0, 4).Draw(t, "recurrent") == 0}
		w := &world{t: t, cache: cache, lane: NewLane(slots, 64, cache)}
		if rapid.Bool().Draw(t, "unified") {
			w.cells = 80
		}
		for range rapid.IntRange(1, 60).Draw(t, "ops") {
			switch rapid.IntRange(0, 5).Draw(t, "op") {
			case 0, 1:
				w.submit()
			case 2:
				if len(w.running) > 0 {
					w.finish(w.running[rapid.IntRange(0, len(w.running)-1).Draw(t, "cancel")])
				}
			default:
				w.place()
				w.step()
			}
			w.check()
		}
		// Everything ends: no sequence waits forever.
		for range 20000 {
			if len(w.queue)+len(w.running) == 0 {
				return
			}
			w.place()
			w.step()
			w.check()
		}
		t.Fatalf("%d queued and %d running never ended", len(w.queue), len(w.running))
	})
}

// laneWith makes a lane whose slots have computed the given prompts.
func laneWith(t *testing.T, slots int, prompts ...[]int32) (*Lane, *modelCache, []*Seq) {
	t.Helper()
	c := &modelCache{t: t, slots: make([][]int32, slots)}
	l := NewLane(slots, 1024, c)
	var seqs []*Seq
	for i, p := range prompts {
		s := &Seq{ID: uint64(i + 1), Tokens: p, Prompt: len(p)}
		if !l.Place(s) {
			t.Fatalf("prompt %d found no slot", i)
		}
		var plan Plan
		for s.Left() > 0 {
			l.Next(&plan, "", 512, 512)
			c.decode(&plan, 1024)
			l.Commit(&plan)
		}
		seqs = append(seqs, s)
	}
	return l, c, seqs
}

func prompt(head int32, n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = head + int32(i)
	}
	return out
}

func TestPrefixIsSharedWithARunningSequence(t *testing.T) {
	l, _, _ := laneWith(t, 4, prompt(0, 200))
	again := &Seq{ID: 9, Tokens: append(prompt(0, 190), 7777), Prompt: 191}
	if !l.Place(again) || again.Cached != 190 {
		t.Fatalf("cached %d of 190 shared tokens", again.Cached)
	}
}

func TestPrefixOutlivesOtherConversations(t *testing.T) {
	l, _, seqs := laneWith(t, 4, prompt(0, 200), prompt(1000, 50), prompt(2000, 50), prompt(3000, 50))
	for _, s := range seqs {
		l.Release(s)
	}
	again := &Seq{ID: 9, Tokens: append(prompt(0, 200), 7777), Prompt: 201}
	if !l.Place(again) || again.Cached != 200 {
		t.Fatalf("cached %d of 200", again.Cached)
	}
}

func TestABranchLeavesTheOldConversationAlone(t *testing.T) {
	l, c, seqs := laneWith(t, 2, prompt(0, 200))
	l.Release(seqs[0])
	branch := &Seq{ID: 9, Tokens: append(prompt(0, 100), 7777), Prompt: 101}
	if !l.Place(branch) || branch.Cached != 100 {
		t.Fatalf("cached %d of 100", branch.Cached)
	}
	if len(c.slots[0]) != 200 {
		t.Errorf("the older conversation was cut to %d tokens", len(c.slots[0]))
	}
}

func TestEqualPromptsWaitForTheFirst(t *testing.T) {
	c := &modelCache{t: t, slots: make([][]int32, 2)}
	l := NewLane(2, 1024, c)
	first := &Seq{ID: 1, Tokens: prompt(0, 300), Prompt: 300}
	second := &Seq{ID: 2, Tokens: prompt(0, 300), Prompt: 300}
	if !l.Place(first) || l.Place(second) {
		t.Fatal("the second prompt should wait for the first one's prefill")
	}
	var p Plan
	for first.Left() > 0 {
		l.Next(&p, "", 128, 512)
		c.decode(&p, 1024)
		l.Commit(&p)
	}
	if !l.Place(second) || second.Cached != 299 {
		t.Fatalf("cached %d of 299", second.Cached)
	}
}

func TestAdaptersDoNotShareCache(t *testing.T) {
	l, _, seqs := laneWith(t, 2, prompt(0, 100))
	l.Release(seqs[0])
	other := &Seq{ID: 9, Key: "lora:1", Tokens: prompt(0, 100), Prompt: 100}
	if !l.Place(other) || other.Cached != 0 {
		t.Fatalf("%d tokens shared across adapter sets", other.Cached)
	}
}

func TestAdoptMovesRunningSequences(t *testing.T) {
	l, c, seqs := laneWith(t, 2, prompt(0, 100), prompt(500, 20))
	big := &modelCache{t: t, slots: make([][]int32, 2)}
	to := NewLane(2, 4096, big)
	to.Adopt(l, func(slot int) bool {
		if slot == 1 {
			return false // its state could not be carried
		}
		big.slots[slot] = slices.Clone(c.slots[slot])
		return true
	})
	if seqs[0].Lane() != to || seqs[0].Left() != 0 || seqs[1].Lane() != to || seqs[1].Left() != 20 {
		t.Fatalf("left %d and %d", seqs[0].Left(), seqs[1].Left())
	}
	if l.Active() != 0 {
		t.Errorf("%d sequences stayed behind", l.Active())
	}
}

func pacer() *Pacer {
	return &Pacer{Soft: 120 * time.Millisecond, Hard: 450 * time.Millisecond, Alone: 400 * time.Millisecond, Breaths: 20, Max: 512}
}

func TestPacerKeepsStepsShortWhileOthersStream(t *testing.T) {
	p := pacer()
	for range 20 {
		p.Observe(0, 1, 0, 6*time.Millisecond)
		p.Observe(512, 0, 100, 256*time.Millisecond)
	}
	n := p.Chunk(true, 100, 1000)
	if took := time.Duration(n)*time.Millisecond/2 + 6*time.Millisecond; took > p.Soft || n%Tile != 0 || n == 0 {
		t.Errorf("a chunk of %d takes %v", n, took)
	}
	if alone := p.Chunk(false, 100, 1000); alone != 512 {
		t.Errorf("alone %d", alone)
	}
}

func TestPacerLetsStreamsBreatheBetweenDearTiles(t *testing.T) {
	p := pacer()
	p.Observe(64, 0, 3000, 300*time.Millisecond)
	tiles, breaths := 0, 0
	for range 210 {
		switch p.Chunk(true, 3000, 1000) {
		case 0:
			breaths++
		case Tile:
			tiles++
		default:
			t.Fatal("neither a tile nor a breath")
		}
	}
	if tiles != 10 || breaths != 200 {
		t.Errorf("%d tiles, %d breaths: more than one pause in twenty is long", tiles, breaths)
	}
}

func TestPacerTakesWhatAPrefixLeftOverAtOnce(t *testing.T) {
	p := pacer()
	p.Observe(0, 1, 3000, 6*time.Millisecond)
	p.Observe(64, 0, 3000, 300*time.Millisecond)
	if n := p.Chunk(true, 3000, 1); n != 1 {
		t.Errorf("one token left: a chunk of %d", n)
	}
	if n := p.Chunk(true, 3000, 40); n != 0 {
		t.Errorf("40 tokens at 9 ms: a chunk of %d, not a breath", n)
	}
}

func TestPacerUsesCrumbsWhereATileIsTooDear(t *testing.T) {
	p := pacer()
	p.Observe(64, 0, 0, 2*time.Second)
	p.Observe(16, 0, 0, 800*time.Millisecond)
	if n := p.Chunk(true, 0, 1000); n == 0 || n > 4 {
		t.Errorf("a chunk of %d at 50 ms a token", n)
	}
	if n := p.Chunk(true, 5000, 1000); n != Tile {
		t.Errorf("a depth that was not tried gets %d", n)
	}
}

func TestShortPromptsComeFirst(t *testing.T) {
	c := &modelCache{t: t, slots: make([][]int32, 2)}
	l := NewLane(2, 1024, c)
	long, short := &Seq{ID: 1, Tokens: prompt(0, 900), Prompt: 900}, &Seq{ID: 2, Tokens: prompt(5000, 30), Prompt: 30}
	if !l.Place(long) || !l.Place(short) {
		t.Fatal("no slot")
	}
	var p Plan
	l.Next(&p, "", 64, 512)
	got := map[uint64]int{}
	for _, s := range p.Shares {
		got[s.Seq.ID] = s.Tokens
	}
	if got[2] != 30 || got[1] != 34 {
		t.Errorf("shares %v", got)
	}
}

// A long prompt that was there first is computed although short ones never
// cease to come.
func TestLaterPromptsPassALongOneByNoMoreThanItsLength(t *testing.T) {
	c := &modelCache{t: t, slots: make([][]int32, 4)}
	l := NewLane(4, 1024, c)
	long := &Seq{ID: 1, Tokens: prompt(0, 300), Prompt: 300}
	if !l.Place(long) {
		t.Fatal("no slot")
	}
	var p Plan
	later, next := 0, uint64(1)
	for step := 0; long.Left() > 0; step++ {
		if step == 100 {
			t.Fatalf("%d tokens of later prompts were computed, and %d are left of the first, of %d", later, long.Left(), long.Prompt)
		}
		for {
			next++
			if s := (&Seq{ID: next, Tokens: prompt(int32(1000*next), 100), Prompt: 100}); !l.Place(s) {
				break
			}
		}
		l.Next(&p, "", Tile, 512)
		c.decode(&p, 1024)
		l.Commit(&p)
		for _, sh := range p.Shares {
			if sh.Seq != long {
				later += sh.Tokens
			}
			if sh.Seq.Left() == 0 {
				l.Release(sh.Seq)
			}
		}
	}
	// Besides its own length, what was in the slots by then.
	if most := long.Prompt + 3*100; later > most {
		t.Errorf("%d tokens of later prompts came first, more than %d", later, most)
	}
}

// The second of two prompts that could wait for others' beginnings waits once.
func TestASequenceWaitsForOnePrefillOnly(t *testing.T) {
	c := &modelCache{t: t, slots: make([][]int32, 4)}
	l := NewLane(4, 1024, c)
	waits := &Seq{ID: 1, Tokens: prompt(0, 400), Prompt: 400}
	first := &Seq{ID: 2, Tokens: append(prompt(0, 200), prompt(7000, 100)...), Prompt: 300}
	if !l.Place(first) || l.Place(waits) {
		t.Fatal("it does not wait for the first")
	}
	second := &Seq{ID: 3, Tokens: append(prompt(0, 100), prompt(8000, 100)...), Prompt: 200}
	l.Drop(first)
	if !l.Place(second) {
		t.Fatal("no slot for the second")
	}
	if !l.Place(waits) {
		t.Error("it waits for another, as it would for each that comes")
	}
}

// What a cached beginning left over is computed at once, however old others are.
func TestAChunkMadeForTheShortestIsItsOwn(t *testing.T) {
	c := &modelCache{t: t, slots: make([][]int32, 2)}
	l := NewLane(2, 1024, c)
	old, rest := &Seq{ID: 1, Tokens: prompt(0, 300), Prompt: 300, passed: 300}, &Seq{ID: 2, Tokens: prompt(5000, 3), Prompt: 3}
	if !l.Place(old) || !l.Place(rest) {
		t.Fatal("no slot")
	}
	var p Plan
	l.Next(&p, "", 3, 512)
	if len(p.Shares) != 1 || p.Shares[0].Seq != rest {
		t.Errorf("a chunk of 3 goes to %+v", p.Shares)
	}
	l.Next(&p, "", Tile, 512)
	if len(p.Shares) != 1 || p.Shares[0].Seq != old {
		t.Errorf("a tile goes to %+v", p.Shares)
	}
}
