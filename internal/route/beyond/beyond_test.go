package beyond

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"irori/internal/route/feature"
	"irori/internal/route/predict/table"
)

// What holds in all clusters is kept, what only one of them has is not.
func TestOnlyWhatCarriesOverIsKept(t *testing.T) {
	const n, size, measures = 6000, 8, 4
	for name, c := range map[string]struct {
		carries     bool
		least, most float64
	}{"carries over": {true, .8, 1}, "does not": {false, 0, .2}} {
		rng := rand.New(rand.NewPCG(7, 1))
		own := [clusters][measures]float64{{1.5, -1.5, 1.5, -1.5}}
		var all []Example
		var pictures []float32
		for range n {
			k := rng.IntN(clusters)
			row, picture := []float64{1}, make([]float32, size)
			weak, strong := .3, -.1
			for j := range measures {
				x := rng.NormFloat64()
				row = append(row, x)
				weak += .8 * x
				if c.carries {
					strong -= .8 * x
				} else {
					strong += own[k][j] * x
				}
			}
			picture[k] = 1
			coin := func(odds float64) float64 {
				if rng.Float64() < 1/(1+math.Exp(-odds)) {
					return 1
				}
				return 0
			}
			all, pictures = append(all, Example{Form: row, Weak: coin(weak), Strong: coin(strong), Count: 1}), append(pictures, picture...)
		}
		if got := keptOf(all, pictures, size, 1); got < c.least || got > c.most {
			t.Errorf("%s: %.2f is kept", name, got)
		}
	}
}

// Of few outcomes next to nothing is believed of clusters, and less than all of
// what they say of more.
func TestFewOutcomesCountForLess(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var all []Example
	var pictures []float32
	for i := range leastKnown {
		e := Example{Form: make([]float64, feature.FormSize+1), Weak: .5, Strong: float64(i % 4 / 3), Count: 1}
		for j := range e.Form {
			e.Form[j] = rng.NormFloat64()
		}
		// The weak side's chances hang on form, the strong one's on nothing.
		e.Form[0], e.Weak = 1, min(1, max(0, .5+.2*e.Form[2]))
		all, pictures = append(all, e), append(pictures, float32(i%3-1), float32(i%2))
	}
	m := Fit(all, pictures, 2, .9, .1, 1)
	said := keptOf(all, pictures, 2, 1)
	if want := 1 - float64(leastKnown)/(leastKnown+doubted)*(1-said); said > .3 || math.Abs(float64(m.kept)-want) > 1e-6 {
		t.Errorf("clusters keep %.3f, the model %.3f, want %.3f", said, m.kept, want)
	}
	if m.strong != .25 || m.near != .9 || m.spread != .1 {
		t.Errorf("%+v", m)
	}
	// The bias is the last, the measure that tells where it was.
	if w := m.forms[0]; math.Abs(float64(w[feature.FormSize])-.5) > .02 || w[1] < .1 {
		t.Errorf("the weak side's regression is %v", w)
	}
	if Fit(all[1:], pictures[2:], 2, .9, .1, 1) != nil || Fit(all, pictures, 2, .9, 0, 1) != nil {
		t.Error("something is believed of fewer, or of questions that are all as near")
	}
}

func TestMove(t *testing.T) {
	var form [feature.FormSize]float32
	form[3] = 2
	m := &Model{strong: .7, near: .8, spread: .1}
	for side := range m.forms {
		m.forms[side] = make([]float32, feature.FormSize+1)
	}
	m.forms[0][feature.FormSize], m.forms[0][3], m.forms[1][feature.FormSize] = .4, -.1, .9
	middle := float32(.8 + farFrom*.1) // counts as unlike by half
	for _, c := range []struct {
		name                 string
		kept                 float32
		weak, strong         float64
		nearest              float32
		wantWeak, wantStrong float64
	}{
		{"nothing is kept", 0, .4, .5, -9, .3, .7},
		{"half is kept", .5, .4, .5, -9, .3, .7},
		{"half of less is kept", .5, .4, .3, -9, .3, .65},
		{"all is kept", 1, .4, .5, -9, .3, .7},
		{"all of more is kept", 1, .4, .7, -9, .3, .8},
		{"half unlike", 0, .4, .5, middle, .35, .6},
		{"like the training", 0, .4, .6, 9, .4, .6},
	} {
		m.kept = c.kept
		if weak, strong := m.Move(c.weak, c.strong, &form, c.nearest); math.Abs(weak-c.wantWeak) > 1e-6 || math.Abs(strong-c.wantStrong) > 1e-6 {
			t.Errorf("%s: %g and %g", c.name, weak, strong)
		}
	}
	// What form says is a chance, however far out its measures are.
	for value, want := range map[float32][2]float64{90: {.2, 1}, -90: {.7, .5}} {
		form[3], m.forms[1][3], m.kept = value, .1, 1
		if weak, strong := m.Move(.4, 1, &form, -9); math.Abs(weak-want[0]) > 1e-6 || math.Abs(strong-want[1]) > 1e-6 {
			t.Errorf("a measure of %g: %g and %g", value, weak, strong)
		}
	}
	if a, b := m.Share(.9), m.Share(.7); a > .1 || b < .85 {
		t.Errorf("what is more alike than others counts as unlike by %.2f, less by %.2f", a, b)
	}
	if v := m.Share(.8 - .1/steepness + farFrom*.1); math.Abs(v-1/(1+math.Exp(-1))) > 1e-6 {
		t.Errorf("a step beyond the half it counts by %.4f", v)
	}
}

func TestItComesBack(t *testing.T) {
	good := func() *Model {
		m := &Model{strong: .7, kept: .2, near: .8, spread: .1}
		for side := range m.forms {
			for j := range feature.FormSize + 1 {
				m.forms[side] = append(m.forms[side], float32(side*100+j))
			}
		}
		return m
	}
	written := func(m *Model) []byte {
		var w table.Writer
		m.Write(&w)
		return w.B
	}
	b := written(good())
	r := &table.Reader{B: b}
	if back := Read(r); r.Err != nil || len(r.B) > 0 || !reflect.DeepEqual(back, good()) {
		t.Errorf("%+v, %v", back, r.Err)
	}
	for name, c := range map[string]struct {
		change func(m *Model)
		read   bool
	}{
		"a strong side always right":  {func(m *Model) { m.strong = 1 }, true},
		"a strong side never right":   {func(m *Model) { m.strong = 0 }, true},
		"all kept":                    {func(m *Model) { m.kept = 1 }, true},
		"nothing kept":                {func(m *Model) { m.kept = 0 }, true},
		"a strong side below chances": {func(m *Model) { m.strong = -.1 }, false},
		"a strong side above chances": {func(m *Model) { m.strong = 1.1 }, false},
		"less than nothing kept":      {func(m *Model) { m.kept = -.1 }, false},
		"more than all kept":          {func(m *Model) { m.kept = 1.1 }, false},
		"no spread":                   {func(m *Model) { m.spread = 0 }, false},
		"hardly a spread":             {func(m *Model) { m.spread = leastSpread }, false},
		"a spread below nothing":      {func(m *Model) { m.spread = -.1 }, false},
		"a weight that is no number":  {func(m *Model) { m.forms[1][2] = float32(math.NaN()) }, false},
		"a nearness that is none":     {func(m *Model) { m.near = float32(math.NaN()) }, false},
		"a weight too many":           {func(m *Model) { m.forms[0] = append(m.forms[0], 0) }, false},
		"a weight too few":            {func(m *Model) { m.forms[1] = m.forms[1][1:] }, false},
	} {
		m := good()
		c.change(m)
		r := &table.Reader{B: written(m)}
		if Read(r); (r.Err == nil) != c.read {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
	for n := range b {
		r := &table.Reader{B: b[:n]}
		if Read(r); r.Err == nil {
			t.Fatalf("%d of its %d bytes are read", n, len(b))
		}
	}
}
