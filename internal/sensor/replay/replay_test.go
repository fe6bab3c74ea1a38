package replay

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/power"
)

func open(t *testing.T, text string) (power.Meter, *time.Time, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	m, err := Open(path, func() time.Time { return now })
	return m, &now, err
}

func TestPowerAndCounters(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		class power.Class
		at    map[float64]float64
	}{
		"power":        {"t_s,watts\n10,100\n11,200\n12,200\n", power.ClassIntegrated, map[float64]float64{1: 150, 2: 350}},
		"counter":      {"note,t_s,joules\nx,0,1000\ny,2,1100\nz,4,1300\n", power.ClassCounter, map[float64]float64{1: 50, 2: 100, 3: 200}},
		"bom and tail": {"\ufefft_s, joules ,rest\n0, 5,\n1, 6,a\n", power.ClassCounter, map[float64]float64{0.25: 0.25}},
	} {
		for after, want := range c.at {
			m, now, err := open(t, c.text)
			if err != nil {
				t.Fatal(name, err)
			}
			first, err := m.Read()
			if err != nil {
				t.Fatal(err)
			}
			*now = now.Add(time.Duration(after * float64(time.Second)))
			r, err := m.Read()
			if err != nil || math.Abs(float64(r.Energy-first.Energy)-want) > 1e-6 || m.Class() != c.class || r.Broken {
				t.Errorf("%s after %g s: %+v %v", name, after, r, err)
			}
		}
	}
}

func TestTheEndAndResets(t *testing.T) {
	m, now, err := open(t, "t_s,joules\n0,100\n1,110\n2,5\n3,15\n")
	if err != nil {
		t.Fatal(err)
	}
	var broken []bool
	for range 4 {
		r, err := m.Read()
		if err != nil {
			t.Fatal(err)
		}
		broken = append(broken, r.Broken)
		*now = now.Add(990 * time.Millisecond)
	}
	if broken[0] || broken[1] || !broken[2] {
		t.Error(broken)
	}
	if _, err := m.Read(); !errors.Is(err, ErrOver) {
		t.Error(err)
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "no head line",
		"a,b\n1,2\n":                   "must have t_s",
		"t_s,watts\n0,1\n":             "fewer than two",
		"t_s,watts\n0,1\nx,2\n":        "line 3",
		"t_s,watts\n0,1\n1,NaN\n":      "line 3",
		"t_s,watts\n1,1\n0,2\n":        "goes back",
		"t_s,watts\n0,1\n1,-2\n":       "-2 W",
		"t_s,watts\n0,1\n1\n":          "has 1 columns",
		"t_s,watts\n0,1\n1,\"2\n3,4\n": "quote",
	} {
		if _, _, err := open(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("t_s,watts\n0,1\n1,2\n")
	f.Add("t_s,joules\n0,1\n1,0\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := read(strings.NewReader(text))
		if err != nil {
			return
		}
		for i := 1; i < len(m.points); i++ {
			if m.points[i].joules < m.points[i-1].joules || m.points[i].second <= m.points[i-1].second {
				t.Fatalf("energy goes back at %d", i)
			}
		}
	})
}

// Power that was recorded as the same over and over stands still.
func TestRecordedPowerThatStandsStill(t *testing.T) {
	m, err := read(strings.NewReader("t_s,watts\n0,1\n1,2\n2,2\n3,3\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(0, 0)
	m.now = func() time.Time { return at }
	for i, want := range []bool{false, false, true, false} {
		r, err := m.Read()
		if err != nil || r.Still != want {
			t.Errorf("%d: %+v, %v", i, r, err)
		}
		at = at.Add(900 * time.Millisecond)
	}
}
