package sensors

import (
	"context"
	"strings"
	"sync"
	"time"

	"irori/internal/hw"
	"irori/internal/power"
	"irori/internal/power/load"
	"irori/internal/unit"
)

// trial gathers how busy devices were, to compare what would be modelled with
// what was measured.
type trial struct {
	mu   sync.Mutex
	busy map[*power.Sampler][]moment
}

// moment is how busy a device was in the second before.
type moment struct {
	at   time.Time
	busy float64
}

// watch notes once a second how busy each device says that it is.
func (t *trial) watch(ctx context.Context, samplers []*power.Sampler) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			t.note(now, samplers)
		}
	}
}

func (t *trial) note(now time.Time, samplers []*power.Sampler) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range samplers {
		if st := s.State(); st != nil && st.Utilisation != nil {
			if t.busy == nil {
				t.busy = map[*power.Sampler][]moment{}
			}
			t.busy[s] = append(t.busy[s], moment{now, *st.Utilisation})
		}
	}
}

// results compare each device whose rating is known: by its name, or by the
// limit that it keeps to.
func (t *trial) results(samplers []*power.Sampler, seconds []second) []load.Validation {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []load.Validation
	for _, s := range samplers {
		r, ok := load.Known(s.Meter().Name())
		if st := s.State(); !ok && st != nil && st.Limit != nil {
			r, ok = load.Rating{Kind: load.Graphics, Watts: *st.Limit}, true
		}
		var windows []load.Window
		for _, m := range t.busy[s] {
			windows = add(windows, m.busy, []*power.Sampler{s}, m.at.Add(-time.Second), m.at)
		}
		if v, good := r.Validate(s.Meter().Name(), windows); ok && good {
			out = append(out, v)
		}
	}
	return append(out, processorResult(samplers, seconds)...)
}

// processorResult compares the packages of all sockets with the machine's
// load.
func processorResult(samplers []*power.Sampler, seconds []second) []load.Validation {
	var packages []*power.Sampler
	var names []string
	for _, s := range samplers {
		if power.ScopeOf(s.Meter()) == power.ScopeCPU {
			packages = append(packages, s)
			names = append(names, s.Meter().Name())
		}
	}
	if len(packages) == 0 || len(seconds) == 0 {
		return nil
	}
	r, ok := load.Known(hw.Read(hw.Options{}).CPU.Model)
	if !ok {
		return nil
	}
	r.Watts *= unit.Watts(len(packages))
	r.Turbo *= unit.Watts(len(packages))
	var windows []load.Window
	for _, x := range seconds {
		windows = add(windows, x.busy/x.of, packages, x.from, x.to)
	}
	if v, ok := r.Validate(strings.Join(names, " + "), windows); ok {
		return []load.Validation{v}
	}
	return nil
}

// add appends a window that all samplers saw.
func add(to []load.Window, busy float64, samplers []*power.Sampler, begin, end time.Time) []load.Window {
	w := load.Window{Busy: busy}
	for _, s := range samplers {
		x := s.Window(begin, end)
		if x.Covered <= 0 || x.Coverage() < 0.9 {
			return to
		}
		w.Watts += unit.Watts(float64(x.Joules) / x.Covered.Seconds())
	}
	return append(to, w)
}
