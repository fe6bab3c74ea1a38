package run

import "math"

// Steady tells when a figure that is measured again and again has settled:
// the first Warmup values never count, and the last Window values must vary by
// no more than CV.
type Steady struct {
	Warmup, Window int
	CV             float64

	values []float64
}

// NewSteady makes a Steady as the speeds of requests are judged by.
func NewSteady() *Steady { return &Steady{Warmup: 2, Window: 3, CV: .05} }

// Add takes a value, and reports whether the figure has settled with it.
func (s *Steady) Add(v float64) bool {
	s.values = append(s.values, v)
	_, cv, ok := s.Last()
	return ok && cv <= s.CV
}

// Last is the mean of the last values and their coefficient of variation; ok
// is false while there are too few.
func (s *Steady) Last() (mean, cv float64, ok bool) {
	if len(s.values) < s.Warmup+s.Window {
		return 0, 0, false
	}
	last := s.values[len(s.values)-s.Window:]
	for _, v := range last {
		mean += v / float64(len(last))
	}
	var sum float64
	for _, v := range last {
		sum += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sum/float64(len(last))) / mean, mean > 0
}

// N is how many values there were.
func (s *Steady) N() int { return len(s.values) }
