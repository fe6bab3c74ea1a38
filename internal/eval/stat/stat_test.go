package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func close3(a, b float64) bool { return math.Abs(a-b) < 5e-4 }

// Reference values: Newcombe 1998, table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		i, ok := Wilson(c.k, c.n, 0.95)
		if !ok || !close3(i.Low, c.low) || !close3(i.High, c.high) || i.N != c.n {
			t.Errorf("%d of %d: %+v", c.k, c.n, i)
		}
	}
	if i, ok := Wilson(20, 20, 0.95); !ok || i.High != 1 {
		t.Errorf("%+v", i)
	}
	for _, bad := range [][2]int{{0, 0}, {-1, 5}, {6, 5}} {
		if _, ok := Wilson(bad[0], bad[1], 0.95); ok {
			t.Errorf("%v has an interval", bad)
		}
	}
}

// TestBootstrapCovers draws samples whose truth is known: 95 % intervals hold
// it about that often.
func TestBootstrapCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const rounds, n = 200, 60
	hits := 0
	for round := range rounds {
		above, below := make([]float64, n), make([]float64, n)
		for i := range above {
			below[i] = 5 + 10*r.Float64() // mean 10
			if r.Float64() < 0.4 {
				above[i] = 1
			}
		}
		i, ok := RatioOfMeans(above, below, 0.95, uint64(round))
		if !ok || i.Low > i.Value || i.High < i.Value {
			t.Fatalf("%+v", i)
		}
		if i.Low <= 0.04 && 0.04 <= i.High {
			hits++
		}
	}
	if hits < rounds*90/100 || hits > rounds*99/100 {
		t.Errorf("%d of %d intervals hold the truth", hits, rounds)
	}
}

func TestSameSeedSameFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64Range(-100, 100), 1, 30).Draw(t, "values")
		seed := rapid.Uint64().Draw(t, "seed")
		a, _ := Mean(v, 0.95, seed)
		b, ok := Mean(v, 0.95, seed)
		if a != b || !ok || a.N != len(v) || a.Low > a.High {
			t.Fatalf("%+v, %+v", a, b)
		}
	})
	if _, ok := Mean(nil, 0.95, 1); ok {
		t.Error("nothing has a mean")
	}
	if _, ok := RatioOfMeans([]float64{1, 1}, []float64{0, 0}, 0.95, 1); ok {
		t.Error("a ratio to nothing has a value")
	}
	if _, ok := RatioOfMeans([]float64{1}, []float64{1, 2}, 0.95, 1); ok {
		t.Error("unlike lengths are taken")
	}
}

// Reference values by the binomial distribution: 2·P(X ≤ 1) of 10 halves is
// 22/1024, of 6 to 16 is 2·110056/4194304.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		a, b int
		want float64
	}{{0, 0, 1}, {5, 5, 1}, {9, 1, 22.0 / 1024}, {1, 9, 22.0 / 1024}, {6, 16, 2 * 110056.0 / 4194304}} {
		if got := McNemar(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d to %d: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestPairedDifference(t *testing.T) {
	i, ok := PairedDifference([]float64{0, 0, 1, 1}, []float64{1, 0, 1, 1}, 0.95, 7)
	if !ok || i.Value != 0.25 || i.Low < 0 || i.High > 1 {
		t.Errorf("%+v", i)
	}
	if _, ok := PairedDifference([]float64{0}, nil, 0.95, 7); ok {
		t.Error("unlike lengths are taken")
	}
}

// TestDetectable checks the difference against runs drawn with it: the test
// finds it about as often as promised.
func TestDetectable(t *testing.T) {
	const n, disagree = 400, 0.2
	d, ok := Detectable(n, disagree, 0.95, 0.8)
	if !ok || d < 0.05 || d > 0.08 {
		t.Fatalf("%v %v", d, ok)
	}
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	const rounds = 400
	for range rounds {
		first, second := 0, 0
		for range n {
			switch x := r.Float64(); {
			case x < (disagree-d)/2:
				first++
			case x < disagree:
				second++
			}
		}
		if McNemar(first, second) < 0.05 {
			found++
		}
	}
	if found < rounds*70/100 || found > rounds*90/100 {
		t.Errorf("%d of %d runs see it", found, rounds)
	}
	for _, bad := range []struct {
		n int
		q float64
	}{{0, 0.2}, {10, 0}, {5, 0.1}} {
		if v, ok := Detectable(bad.n, bad.q, 0.95, 0.8); ok {
			t.Errorf("%+v: %v", bad, v)
		}
	}
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v", got)
		}
	}
	if len(Holm(nil)) != 0 {
		t.Error("nothing becomes something")
	}
}

// TestPercentile: the ends are values at the ranks of Wilson's interval, and
// they hold the truth about as often as they say.
func TestPercentile(t *testing.T) {
	values := make([]float64, 101)
	for i := range values {
		values[i] = float64((i * 37) % 101)
	}
	for q, want := range map[float64][3]float64{0: {0, 0, 3}, 0.5: {50, 40, 60}, 0.95: {95, 88, 98}, 1: {100, 96, 100}} {
		i, ok := Percentile(values, q, 0.95, 0)
		if !ok || i.Value != want[0] || math.Abs(i.Low-want[1]) > 1 || math.Abs(i.High-want[2]) > 1 || i.N != 101 {
			t.Errorf("%v: %+v", q, i)
		}
	}
	if i, _ := Percentile(values, 0.5, 0.95, 10); i.High-i.Low < 40 {
		t.Errorf("ten values hold %+v", i)
	}
	r := rand.New(rand.NewPCG(5, 6))
	hits := 0
	for range 400 {
		drawn := make([]float64, 40)
		for i := range drawn {
			drawn[i] = r.ExpFloat64()
		}
		i, _ := Percentile(drawn, 0.9, 0.95, 0)
		if truth := math.Log(10); i.Low <= truth && truth <= i.High {
			hits++
		}
	}
	if hits < 400*90/100 {
		t.Errorf("%d of 400 intervals hold the truth", hits)
	}
	for _, bad := range []float64{-0.1, 1.1} {
		if _, ok := Percentile(values, bad, 0.95, 0); ok {
			t.Errorf("%v is taken", bad)
		}
	}
	if _, ok := Percentile(nil, 0.5, 0.95, 0); ok {
		t.Error("nothing has a percentile")
	}
}

// TestSignFlip: three differences of one sign are as far out as 2 of 8 flips;
// where there is no difference it is found about as rarely as promised.
func TestSignFlip(t *testing.T) {
	if p := SignFlip([]float64{1, 2, 3}, 1); math.Abs(p-0.25) > 0.02 {
		t.Errorf("%v", p)
	}
	if p := SignFlip([]float64{0, 0}, 1); p != 1 || SignFlip(nil, 1) != 1 {
		t.Errorf("%v", p)
	}
	r := rand.New(rand.NewPCG(8, 9))
	found, seen := 0, 0
	const rounds, n = 200, 40
	for round := range rounds {
		same, apart := make([]float64, n), make([]float64, n)
		for i := range same {
			same[i] = r.NormFloat64()
			apart[i] = r.NormFloat64()
		}
		d, _ := DetectableMean(apart, 0.95, 0.8)
		for i := range apart {
			apart[i] += d
		}
		if SignFlip(same, uint64(round)) < 0.05 {
			found++
		}
		if SignFlip(apart, uint64(round)) < 0.05 {
			seen++
		}
	}
	if found > rounds*10/100 || seen < rounds*65/100 || seen > rounds*92/100 {
		t.Errorf("%d of %d are found where nothing is, %d where something is", found, rounds, seen)
	}
	if _, ok := DetectableMean([]float64{1}, 0.95, 0.8); ok {
		t.Error("one pair scatters")
	}
}
