package pool

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"irori/internal/llm"
)

// sim runs a machine through time that only it knows.
type sim struct {
	t   *testing.T
	m   *machine
	now time.Time
	// later are what comes by itself, in the order of time.
	later []later
	seq   int
	// load is how long a load takes, serve how long a request.
	load, serve time.Duration
	need        map[string]int64
	budget      int64
	places      int
	shape       map[string]int64
	log         []string
	swaps       int
	wake        time.Time
	// got are the verdicts: when, and whether with an error.
	got map[*ticket]verdictAt
	on  func(t *ticket, v verdictAt)
}

type verdictAt struct {
	at  time.Time
	err error
}

type later struct {
	at  time.Time
	seq int
	do  func()
}

type nothing struct{}

func (nothing) Close(time.Duration) {}
func (nothing) Dead() bool          { return false }

func newSim(t *testing.T, r rules) *sim {
	r.max = cmp.Or(r.max, 2)
	r.length = cmp.Or(r.length, 256)
	r.wait = cmp.Or(r.wait, time.Minute)
	r.tenure, r.lingering = cmp.Or(r.tenure, 5*time.Second), 2*time.Second
	return &sim{
		t: t, m: newMachine(r), now: time.Unix(1_700_000_000, 0), load: 2 * time.Second, serve: time.Second, places: 1,
		need: map[string]int64{}, got: map[*ticket]verdictAt{},
	}
}

func (s *sim) after(d time.Duration, do func()) {
	s.seq++
	s.later = append(s.later, later{s.now.Add(d), s.seq, do})
}

// tell tells the machine of an event and does what it wants.
func (s *sim) tell(e event) {
	for _, f := range slices.Clone(s.m.decide(s.now, e)) {
		switch f.what {
		case doMeasure:
			s.after(0, func() { s.tell(event{what: measured, name: f.name, need: s.need[f.name], budget: s.budget}) })
		case doLoad:
			s.swaps++
			s.log = append(s.log, "load "+f.name)
			s.after(s.load, func() {
				s.tell(event{what: loaded, in: f.in, loaded: nothing{}, places: s.places, need: s.shape[f.name]})
			})
		case doUnload:
			s.log = append(s.log, "unload "+f.in.of.name)
			s.after(100*time.Millisecond, func() { s.tell(event{what: unloaded, in: f.in}) })
		case doGrant:
			s.verdict(f.ticket, nil)
			s.after(s.serve, func() { s.tell(event{what: done, ticket: f.ticket}) })
		case doRefuse:
			s.verdict(f.ticket, f.err)
		case doWake:
			s.wake = f.at
		}
	}
	s.check()
}

func (s *sim) verdict(t *ticket, err error) {
	if _, again := s.got[t]; again {
		s.t.Fatal("a ticket has two verdicts")
	}
	v := verdictAt{s.now, err}
	s.got[t] = v
	if s.on != nil {
		s.on(t, v)
	}
}

// check holds what must always be so.
func (s *sim) check() {
	var bytes int64
	for _, in := range s.m.instances {
		bytes += in.bytes
		if in.places > 0 && in.used > in.places || in.used < 0 || in.visits < 0 {
			s.t.Fatalf("%s: %d of %d places are used", in.of.name, in.used, in.places)
		}
	}
	if !s.m.unlimited && len(s.m.instances) > s.m.max {
		s.t.Fatalf("%d models are in memory", len(s.m.instances))
	}
	if s.budget > 0 && s.shape == nil && bytes > s.budget {
		s.t.Fatalf("%d bytes are taken of %d", bytes, s.budget)
	}
}

func (s *sim) ask(name, key string) *ticket {
	t := &ticket{key: key}
	s.tell(event{what: asked, name: name, ticket: t})
	return t
}

// run lets time pass.
func (s *sim) run(d time.Duration) {
	end := s.now.Add(d)
	for {
		i := -1
		for j, l := range s.later {
			if i < 0 || l.at.Before(s.later[i].at) || l.at.Equal(s.later[i].at) && l.seq < s.later[i].seq {
				i = j
			}
		}
		switch {
		case i >= 0 && !s.later[i].at.After(end) && (s.wake.IsZero() || !s.later[i].at.After(s.wake)):
			l := s.later[i]
			s.later = slices.Delete(s.later, i, i+1)
			s.now = l.at
			l.do()
		case !s.wake.IsZero() && !s.wake.After(end):
			s.now, s.wake = s.wake, time.Time{}
			s.tell(event{what: passed})
		default:
			s.now = end
			return
		}
	}
}

// TestLightKey is the promise to a key that asks for little: with another one
// that asks a hundred times as much, 95 of 100 of its requests wait for no
// more than two service times.
func TestLightKey(t *testing.T) {
	for _, places := range []int{1, 4} {
		t.Run(fmt.Sprint(places, " places"), func(t *testing.T) {
			s := newSim(t, rules{})
			s.places = places
			rng := rand.New(rand.NewPCG(1, uint64(places)))
			var waits []time.Duration
			since := map[*ticket]time.Time{}
			s.on = func(k *ticket, v verdictAt) {
				if k.key == "light" {
					if v.err != nil {
						t.Fatal(v.err)
					}
					waits = append(waits, v.at.Sub(since[k]))
				}
			}
			s.ask("a", "heavy")
			s.run(5 * time.Second)
			for range 200 {
				// The heavy key asks for several times what there is.
				for range 100 {
					s.ask("a", "heavy")
					s.run(time.Duration(rng.Int64N(int64(80 * time.Millisecond))))
				}
				k := &ticket{key: "light"}
				since[k] = s.now
				s.tell(event{what: asked, name: "a", ticket: k})
			}
			s.run(time.Minute)
			slices.Sort(waits)
			if len(waits) != 200 {
				t.Fatalf("%d of 200 were served", len(waits))
			}
			if p95 := waits[len(waits)*95/100]; p95 > 2*s.serve {
				t.Errorf("p95 of the light key's wait is %v with a service time of %v", p95, s.serve)
			}
			if s.m.Refused == 0 {
				t.Error("the heavy key was never too much: the test shows nothing")
			}
		})
	}
}

// TestQueueIsBounded checks that what is too much is refused at once, with the
// time after which there is room by what requests took.
func TestQueueIsBounded(t *testing.T) {
	s := newSim(t, rules{length: 4})
	s.serve, s.places = 10*time.Second, 2
	s.ask("a", "")
	s.run(20 * time.Second)
	for range 6 {
		s.ask("a", "k")
	}
	k := s.ask("a", "k")
	e, _ := s.got[k].err.(*llm.Error)
	if e == nil || e.Code != llm.CodeOverloaded || e.RetryAfter != 25*time.Second {
		t.Fatalf("%+v", e)
	}
	// Another key finds a place: that of the first one's newest.
	if k := s.ask("a", "other"); s.got[k].err != nil {
		t.Errorf("a key is kept out by another: %v", s.got[k].err)
	}
	if w := s.m.models["a"].queue.Waiting(); w["k"] != 3 || w["other"] != 1 {
		t.Errorf("%v wait", w)
	}
}

// TestWhoLeavesIsNotServed checks that a place is given to nobody who is gone.
func TestWhoLeavesIsNotServed(t *testing.T) {
	s := newSim(t, rules{})
	s.ask("a", "")
	k, next := s.ask("a", ""), s.ask("a", "")
	s.tell(event{what: left, ticket: k})
	s.run(3500 * time.Millisecond)
	if _, served := s.got[k]; served || !s.got[next].at.Equal(s.now.Add(-500*time.Millisecond)) {
		t.Errorf("served %v; the next at %v", served, s.got[next].at)
	}
}

// TestNeverFits checks that a model which is too large is refused with both
// figures, and that others go on.
func TestNeverFits(t *testing.T) {
	s := newSim(t, rules{})
	s.need, s.budget = map[string]int64{"large": 9 << 30, "small": 1 << 30}, 8<<30
	k, small := s.ask("large", ""), s.ask("small", "")
	s.run(10 * time.Second)
	e, _ := s.got[k].err.(*llm.Error)
	if e == nil || e.Code != llm.CodeDoesNotFit || e.Message != "large needs 9.00 GiB of memory, and 8.00 GiB may be used" {
		t.Errorf("%+v", e)
	}
	if v := s.got[small]; v.err != nil || v.at.IsZero() {
		t.Errorf("%+v", v)
	}
}

// TestMemory checks that what a worker really took counts, and that the model
// that was not used for longest is given up, one that was to stay after others.
func TestMemory(t *testing.T) {
	s := newSim(t, rules{max: 10})
	s.need, s.budget = map[string]int64{"a": 3, "b": 3, "c": 3, "d": 3}, 10
	s.shape = map[string]int64{"a": 4}
	for _, n := range []string{"a", "b", "c"} {
		s.ask(n, "")
		s.run(time.Minute)
	}
	forever := time.Duration(-1)
	s.tell(event{what: keep, name: "a", idle: &forever})
	s.ask("d", "")
	s.run(time.Minute)
	want := []string{"load a", "load b", "load c", "unload b", "load d"}
	if !slices.Equal(s.log, want) {
		t.Errorf("%v, want %v", s.log, want)
	}
}

// optimum is the fewest loads with which nobody waits for longer than bound
// before their model begins to be loaded: one changes when somebody would.
func optimum(arrivals []arrival, bound time.Duration) int {
	loads, at := 0, ""
	for i := 0; i < len(arrivals); {
		// All of the model that is there are answered as they come; the first of
		// another decides when it must go.
		j := i
		for j < len(arrivals) && arrivals[j].name == at {
			j++
		}
		if j == len(arrivals) {
			break
		}
		change := arrivals[j].after + bound
		at = arrivals[j].name
		loads++
		var rest []arrival
		for _, a := range arrivals[j:] {
			if a.after <= change && a.name != at {
				continue // answered before the change
			}
			rest = append(rest, a)
		}
		arrivals, i = rest, 0
	}
	return loads
}

type arrival struct {
	after time.Duration
	name  string
}

// TestNoThrash has two models that do not fit together asked for in turns, and
// compares the loads with the fewest that keep the same bound on waiting.
func TestNoThrash(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s := newSim(t, rules{})
		s.need, s.budget = map[string]int64{"a": 6, "b": 6}, 10
		s.load = time.Duration(1+rng.IntN(6)) * time.Second
		s.serve, s.places = time.Duration(50+rng.IntN(200))*time.Millisecond, 8
		gap := int64(20+rng.IntN(1500)) * int64(time.Millisecond)
		var all []arrival
		for at := time.Duration(0); at < 10*time.Minute; at += time.Duration(rng.Int64N(gap)) {
			all = append(all, arrival{at, []string{"a", "b"}[rng.IntN(2)]})
		}
		began := s.now
		since := map[*ticket]time.Time{}
		longest, served := time.Duration(0), 0
		s.on = func(k *ticket, v verdictAt) {
			if v.err != nil {
				t.Fatalf("seed %d: %v", seed, v.err)
			}
			served++
			longest = max(longest, v.at.Sub(since[k]))
		}
		for _, a := range all {
			s.run(began.Add(a.after).Sub(s.now))
			k := &ticket{}
			since[k] = s.now
			s.tell(event{what: asked, name: a.name, ticket: k})
		}
		s.run(2 * time.Minute)
		if served != len(all) {
			t.Fatalf("seed %d: %d of %d were served", seed, served, len(all))
		}
		best := optimum(all, longest-s.load)
		// Twice is what not knowing the future costs; the rest is the time of
		// unloading, which the optimum does not have.
		if float64(s.swaps) > 2.3*float64(best)+2 {
			t.Errorf("seed %d: %d loads for %d requests, %d are enough for a wait of %v", seed, s.swaps, len(all), best, longest)
		}
	}
}

// TestTurnsInAClosedLoop has two clients ask for a model each, again as soon as
// they have an answer: the moment between two questions is no reason to change.
func TestTurnsInAClosedLoop(t *testing.T) {
	s := newSim(t, rules{max: 1})
	s.serve = 200 * time.Millisecond
	served := 0
	s.on = func(k *ticket, v verdictAt) {
		if v.err != nil {
			t.Fatal(v.err)
		}
		served++
		s.after(s.serve+time.Millisecond, func() { s.ask(k.of.name, k.key) })
	}
	s.ask("a", "1")
	s.ask("b", "2")
	s.run(10 * time.Minute)
	// Of each ten seconds two are a load.
	if s.swaps > 70 || served < 2000 {
		t.Errorf("%d loads, %d answers", s.swaps, served)
	}
}

// TestABusyModelGivesWay has several clients keep a model in use without a
// pause: who asks for another gets it once the first one's time is over, and
// those of the first are answered after that.
func TestABusyModelGivesWay(t *testing.T) {
	s := newSim(t, rules{max: 1})
	s.places = 8
	s.on = func(k *ticket, v verdictAt) {
		if v.err != nil {
			t.Fatal(v.err)
		}
		if k.of.name == "a" {
			s.after(s.serve, func() { s.ask("a", "") })
		}
	}
	for range 4 {
		s.ask("a", "")
		s.run(270 * time.Millisecond)
	}
	s.run(20 * time.Second)
	began := s.now
	k := s.ask("b", "")
	s.run(10 * time.Second)
	if v, served := s.got[k]; !served || v.at.Sub(began) > s.serve+s.load+time.Second {
		t.Errorf("served %v, after %v", served, v.at.Sub(began))
	}
	if w := s.m.models["a"]; w.at == nil || w.at.phase != ready {
		t.Error("the first model is not loaded again")
	}
}

// TestNobodyIsForgotten asks at random, leaves at random and lets models fail,
// and checks that everybody gets a verdict and nothing stays behind.
func TestNobodyIsForgotten(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := newSim(t, rules{max: 1 + rng.IntN(3), length: 8, turn: 20 * time.Second})
		s.places, s.budget = 1+rng.IntN(3), 10
		names := []string{"a", "b", "c", "d", "e"}
		for _, n := range names {
			s.need[n] = int64(rng.IntN(12))
		}
		gone := map[*ticket]bool{}
		var all []*ticket
		for range 400 {
			k := &ticket{key: fmt.Sprint(rng.IntN(3)), priority: rng.IntN(2), visit: rng.IntN(10) == 0}
			all = append(all, k)
			s.tell(event{what: asked, name: names[rng.IntN(len(names))], ticket: k})
			s.run(time.Duration(rng.Int64N(int64(time.Second))))
			if x := all[rng.IntN(len(all))]; rng.IntN(5) == 0 && !gone[x] {
				if _, has := s.got[x]; !has {
					gone[x] = true
					s.tell(event{what: left, ticket: x})
				}
			}
			if w := s.m.models[names[rng.IntN(len(names))]]; rng.IntN(20) == 0 && w != nil && w.at != nil && w.at.phase == ready {
				s.tell(event{what: died, in: w.at})
			}
		}
		s.run(5 * time.Minute)
		for _, k := range all {
			if _, has := s.got[k]; !has && !gone[k] {
				t.Fatalf("seed %d: a ticket for %s has no verdict", seed, k.of.name)
			}
		}
		for _, w := range s.m.order {
			if w.waits() > 0 || w.at == nil || w.at.used > 0 || w.at.visits > 0 {
				t.Fatalf("seed %d: something is left of %s: %+v", seed, w.name, w.at)
			}
		}
		answered := make(chan bool, 1)
		s.tell(event{what: closing, tell: answered})
		s.run(time.Minute)
		if !s.m.over() {
			t.Fatalf("seed %d: it does not end", seed)
		}
	}
}
