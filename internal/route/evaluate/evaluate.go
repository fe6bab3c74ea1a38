package evaluate

import (
	"cmp"
	"hash/fnv"
	"math"
	"strconv"

	"irori/internal/route/outcome"
)

// Choice is what a policy does with a request.
type Choice struct {
	// Strong is the probability, from 0 to 1, with which the client gets the
	// strong model's answer; NaN where that is not known.
	Strong float64
	// Judged says that the weak model answers in any case, and is judged: where
	// the strong one answers in its place, both were paid for.
	Judged bool
	// Drawn says that what the policy does is known of audited requests alone:
	// nobody else had a local answer that could be judged.
	Drawn bool
}

// Policy says what is done with a request.
type Policy func(r outcome.Record) Choice

// By is the policy that asks the strong model with a probability.
func By(share func(r outcome.Record) float64) Policy {
	return func(r outcome.Record) Choice { return Choice{Strong: share(r)} }
}

// Fit learns from some records to expect the scores of others. A poor one
// widens the doubly robust interval; it does not bias it.
type Fit func(train []outcome.Record) func(r outcome.Record) (weak, strong float64)

// Options say how it is estimated.
type Options struct {
	Seed uint64
	// Draws is how many times the requests are resampled for the intervals; 0
	// is 1,000.
	Draws int
	// Folds is into how many parts the requests are cut, so that none is
	// expected by what was learnt of itself; 0 is 5.
	Folds int
	// Fit is what expects scores; nil expects the mean of each side.
	Fit Fit
	// Confidence is that of the intervals; 0 is 0.95.
	Confidence float64
}

// Estimate is a figure with its interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Figure is what a policy would bring of one kind, estimated three ways.
type Figure struct {
	IPS          Estimate `json:"ips"`
	Normalised   Estimate `json:"self_normalised"`
	DoublyRobust Estimate `json:"doubly_robust"`
}

// Result is what a log says of a policy.
type Result struct {
	Requests int `json:"requests"`
	// Effective is how many requests that were decided as the policy would
	// the estimate is worth.
	Effective float64  `json:"effective_n"`
	Local     Estimate `json:"share_local"`
	Quality   Figure   `json:"quality"`
	// Cost, Joules and Flops are a request's; nil where any score that was
	// revealed lacks them.
	Cost   *Figure `json:"cost,omitempty"`
	Joules *Figure `json:"energy_j,omitempty"`
	Flops  *Figure `json:"flops,omitempty"`
	// Naive is the mean of the scores of those requests that were decided as
	// the policy would: it is biased wherever the choice hung on the question,
	// and here to be seen so. Nil where there are none.
	Naive *float64 `json:"naive_quality,omitempty"`
	// Missing are the audits that nobody judged; nil where there are none.
	Missing *Missing `json:"missing,omitempty"`
}

// Of estimates what a policy would have brought to the requests of a log.
func Of(records []outcome.Record, policy Policy, o Options) (*Result, error) {
	choice := make([]Choice, len(records))
	for i, r := range records {
		choice[i] = policy(r)
	}
	records, lost := missing(records)
	weights, err := carried(records, choice)
	if err != nil {
		return nil, err
	}
	fold, folds := parts(records, cmp.Or(o.Folds, 5), o.Seed)
	e := &estimator{records: records, choice: choice, weights: weights, fold: fold, folds: folds}
	e.foresee()
	r := &Result{Requests: len(records), Effective: effective(weights), Missing: lost}
	draw := newDraws(len(records), cmp.Or(o.Draws, 1000), o.Seed)
	draw.confidence = cmp.Or(o.Confidence, .95)
	r.Local = share(draw.mean(e.local()))
	fit := o.Fit
	if fit == nil {
		fit = means(quality)
	}
	r.Quality = draw.figure(e.terms(quality, fit, false))
	if lost != nil {
		lost.bound(r.Quality.DoublyRobust.Value)
	}
	r.Naive = e.naive()
	weakFlops, strongFlops := outcome.Computes(records)
	flops := func(r outcome.Record) (weak, strong *float64) { return weakFlops(r), strongFlops(r) }
	for _, kind := range []struct {
		of kind
		to **Figure
	}{{money, &r.Cost}, {joules, &r.Joules}, {flops, &r.Flops}} {
		if e.known(kind.of) {
			f := draw.figure(e.terms(kind.of, means(kind.of), true))
			*kind.to = &f
		}
	}
	return r, nil
}

// share keeps what is one between 0 and 1.
func share(e Estimate) Estimate {
	in := func(v float64) float64 { return min(1, max(0, v)) }
	return Estimate{Value: in(e.Value), Low: in(e.Low), High: in(e.High)}
}

// kind gives a record's figure of both sides.
type kind func(r outcome.Record) (weak, strong *float64)

func quality(r outcome.Record) (weak, strong *float64) { return r.Weak, r.Strong }

func money(r outcome.Record) (weak, strong *float64) { return r.WeakCost, r.StrongCost }

func joules(r outcome.Record) (weak, strong *float64) { return r.WeakJoules, r.StrongJoules }

// means expects of each side the mean of what was seen of it.
func means(of kind) Fit {
	return func(train []outcome.Record) func(outcome.Record) (float64, float64) {
		var sum, n [2]float64
		for _, r := range train {
			w, s := of(r)
			for side, v := range [2]*float64{w, s} {
				if v != nil {
					sum[side] += *v
					n[side]++
				}
			}
		}
		w, s := sum[0]/math.Max(1, n[0]), sum[1]/math.Max(1, n[1])
		return func(outcome.Record) (float64, float64) { return w, s }
	}
}

// weight is how much a revealed score of either side counts: none where it was
// not revealed.
type weight struct{ weak, strong float64 }

// effective is Kish's size of a weighted sample.
func effective(weights []weight) float64 {
	sum, square := 0.0, 0.0
	for _, w := range weights {
		v := w.weak + w.strong
		sum += v
		square += v * v
	}
	if square == 0 {
		return 0
	}
	return sum * sum / square
}

// parts gives each request a fold; equal questions have the same.
func parts(records []outcome.Record, folds int, seed uint64) ([]int, int) {
	out := make([]int, len(records))
	for i, r := range records {
		h := fnv.New64a()
		h.Write(strconv.AppendUint(nil, seed, 16))
		if r.Question != "" {
			h.Write([]byte(r.Question))
		} else {
			h.Write([]byte(r.ID + strconv.Itoa(i)))
		}
		v := h.Sum64()
		out[i] = int((v ^ v>>32) % uint64(folds))
	}
	return out, folds
}

// estimator has what all figures share.
type estimator struct {
	records []outcome.Record
	choice  []Choice
	weights []weight
	fold    []int
	folds   int
	// foreseen is with what probability a policy is expected to ask the strong
	// model, from what is known of other requests, where it is known of audited
	// ones alone.
	foreseen []float64
}

// audited is how much counts what a request told because it was drawn, 0 where
// it was not: an audit shows both sides' scores and what the policy does.
func (e *estimator) audited(i int) float64 {
	if r := e.records[i]; !math.IsNaN(e.choice[i].Strong) && r.Weak != nil && r.Strong != nil {
		return 1 / *r.Propensity
	}
	return 0
}

// foresee fills in what is expected of a policy, by folds.
func (e *estimator) foresee() {
	e.foreseen = make([]float64, len(e.records))
	sum, n := make([]float64, e.folds), make([]float64, e.folds)
	all, count := 0.0, 0.0
	for i, c := range e.choice {
		if e.foreseen[i] = c.Strong; c.Drawn && e.audited(i) > 0 {
			w := e.audited(i)
			sum[e.fold[i]] += w * c.Strong
			n[e.fold[i]] += w
			all, count = all+w*c.Strong, count+w
		}
	}
	for i, c := range e.choice {
		if !c.Drawn {
			continue
		}
		k := e.fold[i]
		if e.foreseen[i] = .5; count-n[k] > 0 {
			e.foreseen[i] = (all - sum[k]) / (count - n[k])
		}
	}
}

// local is what each request adds to the share that stays local.
func (e *estimator) local() []float64 {
	out := make([]float64, len(e.records))
	for i, c := range e.choice {
		out[i] = 1 - e.foreseen[i]
		if w := e.audited(i); c.Drawn && w > 0 {
			out[i] += w * (e.foreseen[i] - c.Strong)
		}
	}
	return out
}

// seen is a request's figure of both sides; where the strong model answers in
// place of one that was judged, what both took adds up.
func (e *estimator) seen(of kind, i int, both bool) (weak, strong *float64) {
	weak, strong = of(e.records[i])
	if both && e.choice[i].Judged && strong != nil {
		if weak == nil {
			return nil, nil
		}
		strong = new(*strong + *weak)
	}
	return weak, strong
}

// known reports whether every score that counts has the figure.
func (e *estimator) known(of kind) bool {
	some := false
	for i, w := range e.weights {
		weak, strong := e.seen(of, i, true)
		if w.weak > 0 && weak == nil || w.strong > 0 && strong == nil {
			return false
		}
		some = some || w.weak > 0 || w.strong > 0
	}
	return some
}

// terms are what each request adds to an estimate.
type terms struct{ sum, weight, robust []float64 }

// terms weighs what was revealed, and puts beside it what was expected; both
// says that what an answer took that was thrown away counts.
func (e *estimator) terms(of kind, fit Fit, both bool) terms {
	n := len(e.records)
	t := terms{sum: make([]float64, n), weight: make([]float64, n), robust: make([]float64, n)}
	for k := range e.folds {
		var train []outcome.Record
		for i, r := range e.records {
			if e.fold[i] != k {
				train = append(train, r)
			}
		}
		expect := fit(train)
		for i, r := range e.records {
			if e.fold[i] == k {
				weak, strong := expect(r)
				if both && (e.choice[i].Judged || e.choice[i].Drawn) {
					strong += weak
				}
				e.term(&t, i, of, both, weak, strong)
			}
		}
	}
	return t
}

// term is what one request adds, of which so much was expected.
func (e *estimator) term(t *terms, i int, of kind, both bool, weak, strong float64) {
	w, q := e.weights[i], e.foreseen[i]
	seenWeak, seenStrong := e.seen(of, i, both)
	if w.weak > 0 {
		t.sum[i] += w.weak * *seenWeak
	}
	if w.strong > 0 {
		t.sum[i] += w.strong * *seenStrong
	}
	t.weight[i] = w.weak + w.strong
	t.robust[i] = q*strong + (1-q)*weak
	switch {
	case !e.choice[i].Drawn:
		t.robust[i] += t.sum[i] - w.weak*weak - w.strong*strong
	case e.audited(i) > 0:
		// What was expected hung on no audit, so all of it is set right by one.
		t.robust[i] += t.sum[i] - e.audited(i)*t.robust[i]
	}
}

// naive averages the scores of the side that the policy would choose, where
// they are there.
func (e *estimator) naive() *float64 {
	sum, n := 0.0, 0.0
	for i, r := range e.records {
		q := e.choice[i].Strong
		if math.IsNaN(q) {
			continue
		}
		if r.Strong != nil {
			sum += q * *r.Strong
			n += q
		}
		if r.Weak != nil {
			sum += (1 - q) * *r.Weak
			n += 1 - q
		}
	}
	if n == 0 {
		return nil
	}
	sum /= n
	return &sum
}

// Threshold is the policy that asks the strong model where the benefit that is
// expected of it is at least so much.
func Threshold(least float64, benefit func(r outcome.Record) float64) Policy {
	return By(func(r outcome.Record) float64 {
		if benefit(r) >= least {
			return 1
		}
		return 0
	})
}
