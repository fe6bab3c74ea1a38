package calibrate

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Point is one audited local answer: how much it was doubted, and how wrong it
// was, from 0 to 1. Where answers are counted, one that is more than half wrong
// is an error, as in the labels that predictors learn from.
type Point struct {
	Doubt, Error float64
	// Strong is how well the strong model answered, where that is known.
	Strong *float64
}

// Bound is a threshold with what it stands on.
type Bound struct {
	// Promised says that the threshold is one; without it nothing may be
	// accepted.
	Promised bool
	// Threshold is the greatest doubt that is accepted.
	Threshold float64
	// Accepted and Errors count the calibration's points within it.
	Accepted, Errors int
	// Need is about how many more labels would make a promise in half of the
	// draws, if answers stay as they are; 0 with one. Far says that no number
	// would, since the least doubtful are wrong more often than Alpha; Need is
	// then how many could if none of them were wrong.
	Need int
	Far  bool
	// Alpha, Delta and N are what it was asked for.
	Alpha, Delta float64
	N            int
}

// Starts are the shares of the points at which the walks of LearnThenTest
// begin.
var starts = [Walks]float64{.05, .10, .20, .40}

// Walks is how many there are: each has its share of delta.
const Walks = 4

// LearnThenTest finds the greatest threshold such that, with confidence
// 1 − delta over the draw of the points, at most a share alpha of what it
// accepts is wrong. Walks begin at 5, 10, 20 and 40 % of the points and share
// delta; each goes up while the exact binomial test passes.
func LearnThenTest(points []Point, alpha, delta float64) Bound {
	b := Bound{Alpha: alpha, Delta: delta, N: len(points)}
	steps := walk(points)
	each := delta / Walks
	best := -1
	for _, share := range starts {
		least := share * float64(len(points))
		for i := first(steps, least); i < len(steps); i++ {
			if steps[i].accepted == 0 || BinomialTail(steps[i].errors, steps[i].accepted, alpha) > each {
				break
			}
			best = max(best, i)
		}
	}
	if best >= 0 {
		b.Promised = true
		b.Threshold, b.Accepted, b.Errors = steps[best].doubt, steps[best].accepted, steps[best].errors
		return b
	}
	b.Need, b.Far = need(steps, len(points), alpha, each)
	return b
}

// step is a cut between two different doubts.
type step struct {
	doubt            float64
	accepted, errors int
}

// walk counts what each threshold accepts; equal doubts are accepted together.
func walk(points []Point) []step {
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b Point) int { return cmp.Compare(a.Doubt, b.Doubt) })
	var out []step
	errors := 0
	for i, p := range sorted {
		if p.Error > .5 {
			errors++
		}
		if i+1 == len(sorted) || sorted[i+1].Doubt != p.Doubt {
			out = append(out, step{doubt: p.Doubt, accepted: i + 1, errors: errors})
		}
	}
	return out
}

// first is the first step that accepts at least so many, or the number of steps.
func first(steps []step, least float64) int {
	return sort.Search(len(steps), func(i int) bool { return float64(steps[i].accepted) >= least })
}

// leastTied is of how many points it is believed that their doubts are equal as
// often as they seem.
const leastTied = 20

// need estimates how many more points would make a promise in half of the
// draws, if they err as those at the starts did. far says that every start erred
// more often than alpha: then no number would, and labels is how many could if
// none of them were wrong.
func need(steps []step, points int, alpha, delta float64) (labels int, far bool) {
	if !(alpha > 0 && alpha < 1 && delta > 0 && delta < 1) {
		return 0, false
	}
	n := float64(points)
	errorless := int(math.Ceil(math.Log(delta) / math.Log(1-alpha)))
	if points == 0 {
		return int(math.Ceil(float64(errorless) / starts[len(starts)-1])), false
	}
	// Where no error was seen none is expected, as where nothing was seen: then
	// each right answer more is one less that is needed.
	overall := 0.0
	if all := steps[len(steps)-1].errors; all > 0 {
		overall = (float64(all) + .5) / (n + 1)
	}
	far = true
	at := make([]step, len(starts))
	for i, share := range starts {
		at[i] = steps[first(steps, max(1, share*n))]
		far = far && float64(at[i].errors) >= alpha*float64(at[i].accepted)
	}
	for i, s := range at {
		rate := float64(s.errors) / float64(s.accepted)
		if rate >= alpha && !far {
			continue
		}
		// Few points at a start tell little: half of what all say of two points
		// more, and no more than keeps a promise possible.
		likely := min((float64(s.errors)+2*overall)/float64(s.accepted+2), (rate+alpha)/2)
		if far {
			likely = 0
		}
		// The numbers that are tried are the same whatever was seen, so that what
		// is needed does not go up and down with where they begin.
		accepted := errorless
		for accepted < 1<<24 {
			wrong := s.errors + int(likely*float64(accepted-s.accepted)+.5)
			if accepted >= s.accepted && BinomialTail(wrong, accepted, alpha) <= delta {
				break
			}
			accepted += max(1, accepted/16)
		}
		// Equal doubts are accepted together, which may be more than the share;
		// of few points that is chance.
		share := starts[i]
		if points >= leastTied && float64(s.accepted) >= share*n+1 {
			share = float64(s.accepted) / n
		}
		if more := int(math.Ceil(float64(accepted)/share)) - points; labels == 0 || more < labels {
			labels = max(1, more)
		}
	}
	return labels, far
}

// Strictest is the least alpha that LearnThenTest can promise on so many points,
// no two of the same doubt, with confidence 1 − delta: that of points without a
// single error. The walk that begins last has the most of them to begin with.
func Strictest(points int, delta float64) float64 {
	begin := math.Ceil(slices.Max(starts[:]) * float64(points))
	if begin < 1 || !(delta > 0 && delta < 1) {
		return 1
	}
	return -math.Expm1(math.Log(delta/Walks) / begin)
}

// BinomialTail is P(Bin(n, p) ≤ k), exact to rounding.
func BinomialTail(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	case p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	lnP, lnQ := math.Log(p), math.Log1p(-p)
	whole, _ := math.Lgamma(float64(n) + 1)
	term := func(i int) float64 {
		a, _ := math.Lgamma(float64(i) + 1)
		b, _ := math.Lgamma(float64(n-i) + 1)
		return whole - a - b + float64(i)*lnP + float64(n-i)*lnQ
	}
	// The greatest term is at the mode or, below it, at k.
	top := term(min(k, int(float64(n+1)*p)))
	sum := 0.0
	for i := k; i >= 0; i-- {
		d := term(i) - top
		sum += math.Exp(d)
		if d < -50 && float64(i) < float64(n+1)*p {
			break
		}
	}
	return min(1, sum*math.Exp(top))
}

// Against holds a bound against other answers: it counts what of them is
// accepted and wrong in place of what the bound was found on, and says whether
// that contradicts it, by an exact binomial test that does so of a true promise
// with a probability of at most Delta.
func (b *Bound) Against(points []Point) (contradicted bool) {
	b.N, b.Accepted, b.Errors = len(points), 0, 0
	for _, p := range points {
		if !b.Promised || p.Doubt > b.Threshold {
			continue
		}
		b.Accepted++
		if p.Error > .5 {
			b.Errors++
		}
	}
	return b.Promised && 1-BinomialTail(b.Errors-1, b.Accepted, b.Alpha) <= b.Delta
}

// ControlRisk finds the greatest threshold at which the expected share of all
// requests that stay local, are answered wrongly there and would have been
// answered rightly by the strong model is at most alpha. Points without Strong
// are left out; ok is false where no threshold holds.
func ControlRisk(points []Point, alpha float64) (threshold float64, ok bool) {
	var known []Point
	for _, p := range points {
		if p.Strong != nil {
			known = append(known, p)
		}
	}
	slices.SortFunc(known, func(a, b Point) int { return cmp.Compare(a.Doubt, b.Doubt) })
	n, harm := float64(len(known)), 0.0
	for i, p := range known {
		harm += p.Error * *p.Strong
		if i+1 < len(known) && known[i+1].Doubt == p.Doubt {
			continue
		}
		if (harm+1)/(n+1) > alpha {
			break
		}
		threshold, ok = p.Doubt, true
	}
	return threshold, ok
}

// Linear finds the greatest threshold with errors + 1 ≤ alpha·(accepted + 1):
// about right on average, and exceeded by four calibrations in ten. It is for
// tuning; it promises nothing.
func Linear(points []Point, alpha float64) (threshold float64, ok bool) {
	for _, s := range walk(points) {
		if float64(s.errors)+1 <= alpha*float64(s.accepted+1) {
			threshold, ok = s.doubt, true
		}
	}
	return threshold, ok
}

// Alarm watches a promise as audited answers come in. While the true share of
// errors is at most alpha, it rings with a probability of at most delta, ever
// (Ville's inequality).
type Alarm struct {
	Alpha, Delta float64
	// Wealth is the evidence against the promise; 0 is where it begins, 1.
	Wealth float64
	// Bets is the part of it that was bet, Seen counts the answers.
	Bets float64
	Seen int
}

// restart is after how many answers another part of the wealth is bet: what a
// long good time has lost would otherwise have to be won back before a change
// is seen. The parts, 1/2, 1/6, 1/12 and on, add up to one, so the sum of all
// bets is a fair game still.
const restart = 25

// Observe takes an audited accepted answer and reports whether the promise has
// to be dropped.
func (a *Alarm) Observe(wrong bool) bool {
	if a.Seen%restart == 0 {
		part := float64(a.Seen/restart + 1)
		a.Bets += 1 / (part * (part + 1))
	}
	bet := .5 / math.Max(a.Alpha, .5)
	e := 0.0
	if wrong {
		e = 1
	}
	a.Bets *= 1 + bet*(e-a.Alpha)
	// What is not bet yet.
	a.Wealth = a.Bets + 1/float64(a.Seen/restart+2)
	a.Seen++
	return a.Rings()
}

// Rings reports whether the promise is dropped.
func (a *Alarm) Rings() bool { return a.Delta > 0 && a.Wealth >= 1/a.Delta }
