// Package replay is a meter that says what a file says: power or energy that
// was recorded, played from the moment it is opened.
//
// It knows the columns `t_s` with `watts` or `joules`; others are passed over.
// A trace that is over is an error, not rest.
package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"irori/internal/power"
	"irori/internal/unit"
)

// ErrOver says that the trace has been played to its end.
var ErrOver = errors.New("the recorded trace is over")

// maxLines bounds a file: a day at 20 Hz has less.
const maxLines = 2_000_000

// point is a moment of the trace with its energy so far.
type point struct {
	second, joules float64
	// broken is set where the recorded counter went down.
	broken bool
	// still is set where power was the same as before.
	still bool
}

type meter struct {
	name   string
	class  power.Class
	points []point
	now    func() time.Time
	begin  time.Time
	last   int
}

// Open reads a file and plays it from the first reading on. now may be nil.
func Open(path string, now func() time.Time) (power.Meter, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.name, m.now = "replay of "+filepath.Base(path), now
	if now == nil {
		m.now = time.Now
	}
	return m, nil
}

func read(from io.Reader) (*meter, error) {
	r := csv.NewReader(from)
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("it has no head line: %w", err)
	}
	column := func(name string) int {
		return slices.IndexFunc(head, func(h string) bool { return strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")) == name })
	}
	at, watts, joules := column("t_s"), column("watts"), column("joules")
	if at < 0 || watts < 0 && joules < 0 {
		return nil, errors.New("its head line must have t_s, and watts or joules")
	}
	m := &meter{class: power.ClassCounter}
	value := joules
	if value < 0 {
		m.class, value = power.ClassIntegrated, watts
	}
	var before float64
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		t, terr := number(row, at)
		v, verr := number(row, value)
		if err := errors.Join(terr, verr); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if err := m.add(t, v, before); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		before = v
		if len(m.points) > maxLines {
			return nil, fmt.Errorf("it has more than %d lines", maxLines)
		}
	}
	if len(m.points) < 2 {
		return nil, errors.New("it has fewer than two moments")
	}
	return m, nil
}

func number(row []string, i int) (float64, error) {
	if i >= len(row) {
		return 0, fmt.Errorf("it has %d columns", len(row))
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(row[i]), 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = fmt.Errorf("%q is no figure", row[i])
	}
	return v, err
}

// add appends a moment; before is the value of the one before.
func (m *meter) add(t, v, before float64) error {
	if len(m.points) == 0 {
		m.points = append(m.points, point{second: t})
		return nil
	}
	last := m.points[len(m.points)-1]
	if !(t > last.second) {
		return fmt.Errorf("t_s goes back from %g to %g", last.second, t)
	}
	p := point{second: t, joules: last.joules}
	switch {
	case m.class == power.ClassIntegrated && v < 0:
		return fmt.Errorf("power is %g W", v)
	case m.class == power.ClassIntegrated:
		p.joules += (before + v) / 2 * (t - last.second)
		p.still = v == before
	case v < before:
		p.broken = true
	default:
		p.joules += v - before
	}
	m.points = append(m.points, p)
	return nil
}

// Name implements power.Meter.
func (m *meter) Name() string { return m.name }

// Class implements power.Meter.
func (m *meter) Class() power.Class { return m.class }

// Scope implements power.Scoped.
func (m *meter) Scope() power.Scope { return power.ScopeSystem }

// Read implements power.Meter.
func (m *meter) Read() (power.Reading, error) {
	now := m.now()
	if m.begin.IsZero() {
		m.begin = now
	}
	t := m.points[0].second + now.Sub(m.begin).Seconds()
	i := sort.Search(len(m.points), func(i int) bool { return m.points[i].second >= t })
	if i == len(m.points) {
		return power.Reading{}, ErrOver
	}
	r := power.Reading{At: now}
	for j := m.last + 1; j <= i; j++ {
		r.Broken = r.Broken || m.points[j].broken
	}
	if i > 0 {
		a, b := m.points[i-1], m.points[i]
		r.Broken = r.Broken || b.broken
		r.Energy = unit.Joules(a.joules + (b.joules-a.joules)*(t-a.second)/(b.second-a.second))
		r.Still = b.still
		// A counter that went down moves again after that moment.
		m.last = i - 1
	}
	return r, nil
}
