package correct

// Correction turns what a predictor expects of the two models into what is to
// be expected after all: for each a linear rule in both expectations, drawn to
// the mean where little was seen. The zero value believes the predictor. It is
// not safe for concurrent use.
type Correction struct {
	sides [2]side
}

// The slopes' prior: how much of what a predictor of few outcomes says of the
// difference between two questions is true, and how many outcomes it weighs,
// where expectations spread by spread around their middle.
const (
	slope     = .3
	stiffness = 100.0
	spread    = .15
)

// width is how many terms a rule has: a constant and both expectations.
const width = 3

// side adds up what a least-squares rule needs.
type side struct {
	N    float64               `json:"n"`
	Gram [width][width]float64 `json:"gram"`
	With [width]float64        `json:"with"`
}

// Observe takes what had been expected of a question before its scores were
// known, and the scores; one that is not known is nil.
func (c *Correction) Observe(expectWeak, expectStrong float64, weak, strong *float64) {
	for i, y := range [2]*float64{weak, strong} {
		if y != nil {
			c.sides[i].observe(expectWeak, expectStrong, *y, 1)
		}
	}
}

// observe takes a score that counts so often.
func (s *side) observe(expectWeak, expectStrong, y, counts float64) {
	x := [width]float64{1, expectWeak, expectStrong}
	s.N += counts
	for a := range width {
		s.With[a] += counts * x[a] * y
		for b := range width {
			s.Gram[a][b] += counts * x[a] * x[b]
		}
	}
}

// Of corrects an expectation.
func (c *Correction) Of(expectWeak, expectStrong float64) (weak, strong float64) {
	return c.sides[0].of(0, expectWeak, expectStrong), c.sides[1].of(1, expectWeak, expectStrong)
}

// of solves the rule around the means of what was seen: the constant is free,
// the slopes are drawn to the prior's.
func (s *side) of(own int, expectWeak, expectStrong float64) float64 {
	x := [2]float64{expectWeak, expectStrong}
	if s.N < 1 {
		return x[own]
	}
	mean := s.With[0] / s.N
	m := [2]float64{s.Gram[0][1] / s.N, s.Gram[0][2] / s.N}
	var g [2][2]float64
	var v [2]float64
	for a := range 2 {
		for b := range 2 {
			g[a][b] = s.Gram[a+1][b+1] - s.N*m[a]*m[b]
		}
		g[a][a] += stiffness * spread * spread
		v[a] = s.With[a+1] - s.N*m[a]*mean
	}
	v[own] += stiffness * spread * spread * slope
	det := g[0][0]*g[1][1] - g[0][1]*g[1][0]
	t0, t1 := (v[0]*g[1][1]-v[1]*g[0][1])/det, (g[0][0]*v[1]-g[1][0]*v[0])/det
	return min(1, max(0, mean+t0*(x[0]-m[0])+t1*(x[1]-m[1])))
}
