// Package apple reads what Apple's chips tell of their energy: processor,
// graphics, neural engine and memory, added up.
//
// It knows the channels of the group "Energy Model" by their exact names,
// their units, and that they move in batches: between two batches nothing is
// new, and a channel that stays behind is stalled. The calls themselves are in
// the file for darwin; everything else is tested everywhere.
package apple

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/power"
	"irori/internal/unit"
)

// ErrNotFound says that this is no such machine, or that it tells nothing.
var ErrNotFound = errors.New("no energy channels of an Apple chip found")

// channel is one figure of the group, since the machine started.
type channel struct {
	name, unit string
	value      int64
}

// parts are the channels that together are the chip. Others of the group are
// parts of these: single cores, clusters, caches.
var parts = []struct {
	part string
	name *regexp.Regexp
}{
	{"CPU", regexp.MustCompile(`^(DIE_\d+_)?CPU Energy$`)},
	{"GPU", regexp.MustCompile(`^(DIE_\d+_)?GPU Energy$`)},
	{"ANE", regexp.MustCompile(`^(DIE_\d+_)?ANE\d*(_\d+)?$`)},
	{"DRAM", regexp.MustCompile(`^(DIE_\d+_)?DRAM\d*(_\d+)?$`)},
}

// partOf is what a channel counts, empty where it is none of the parts.
func partOf(name string) string {
	for _, p := range parts {
		if p.name.MatchString(strings.TrimSpace(name)) {
			return p.part
		}
	}
	return ""
}

// joules is a figure by its unit.
func (c channel) joules() (float64, error) {
	switch strings.TrimSpace(c.unit) {
	case "mJ":
		return float64(c.value) / 1e3, nil
	case "uJ", "µJ":
		return float64(c.value) / 1e6, nil
	case "nJ":
		return float64(c.value) / 1e9, nil
	}
	return 0, fmt.Errorf("the channel %q counts in %q, which is not known", c.name, c.unit)
}

// stall is how long nothing may be new.
const stall = 3 * time.Second

// meter adds up the channels.
type meter struct {
	name string
	read func() ([]channel, error)
	now  func() time.Time

	begun   bool
	sums    map[string]float64
	moved   map[string]time.Time
	last    map[string]float64
	batch   time.Time
	present []string
}

// newMeter reads once, to see what there is.
func newMeter(read func() ([]channel, error), now func() time.Time) (power.Meter, error) {
	m := &meter{read: read, now: now, sums: map[string]float64{}, moved: map[string]time.Time{}, last: map[string]float64{}}
	if _, err := m.Read(); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if _, ok := m.sums[p.part]; ok {
			m.present = append(m.present, p.part)
		}
	}
	if !slices.Contains(m.present, "CPU") {
		return nil, ErrNotFound
	}
	m.name = "apple " + strings.Join(m.present, " + ")
	return m, nil
}

// Name implements power.Meter.
func (m *meter) Name() string { return m.name }

// Class implements power.Meter.
func (m *meter) Class() power.Class { return power.ClassCounter }

// Scope implements power.Scoped.
func (m *meter) Scope() power.Scope { return power.ScopeSoC }

// Read implements power.Meter. Between two batches it tells what it told, with
// the same time.
func (m *meter) Read() (power.Reading, error) {
	list, err := m.read()
	if err != nil {
		return power.Reading{}, err
	}
	now, news, broken := m.now(), !m.begun, false
	for _, c := range list {
		part := partOf(c.name)
		if part == "" {
			continue
		}
		j, err := c.joules()
		if err != nil {
			return power.Reading{}, err
		}
		before, known := m.last[c.name]
		m.last[c.name] = j
		if _, ok := m.sums[part]; !ok {
			m.sums[part], m.moved[part] = 0, now
		}
		switch {
		case !known:
		case j < before:
			broken = true
		case j > before:
			m.sums[part] += j - before
			m.moved[part] = now
			news = true
		}
	}
	m.begun = true
	if news || broken {
		m.batch = now
	}
	if d := now.Sub(m.batch); d > stall {
		return power.Reading{}, fmt.Errorf("nothing has been new for %.0f s: it is stalled", d.Seconds())
	}
	// The processor never rests for so long; of all channels this one has
	// been seen to stand still while the others moved.
	if at, ok := m.moved["CPU"]; ok && now.Sub(at) > stall {
		return power.Reading{}, fmt.Errorf("the channel of the processor has not moved for %.0f s, and others have: it is stalled", now.Sub(at).Seconds())
	}
	var sum float64
	for _, v := range m.sums {
		sum += v
	}
	return power.Reading{At: m.batch, Energy: unit.Joules(sum), Broken: broken}, nil
}
