package correct

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Outcome is what had been expected of a question before anything was known of
// it, and what came of it. A score that is not known is nil.
type Outcome struct {
	At time.Time
	// Key is whose question it was, "" for the owner's.
	Key string
	// Weak and Strong are what was expected of either model.
	Weak, Strong           float64
	WeakScore, StrongScore *float64
	// WeakCounts and StrongCounts say how often a score counts: how far it is
	// trusted, over the probability that it was revealed.
	WeakCounts, StrongCounts float64
}

// Options say how outcomes are learnt from; zero figures have the defaults.
type Options struct {
	// Means says that without a correction only the means of what was seen are
	// known, and no expectation is believed.
	Means bool
	// Margin is how much likelier a right answer of the strong model has to be
	// for it to be asked; Cloud says that it is where nothing is known.
	Margin float64
	Cloud  bool
	// Was says that the correction was on before: then less keeps it on.
	Was bool
	Now time.Time
	// HalfLife is after how long an outcome weighs half: 90 days.
	HalfLife time.Duration
}

const (
	halfLife = 90 * 24 * time.Hour
	// mostCounts bounds what one outcome counts, however unlikely it was to be
	// seen.
	mostCounts = 20
	// Warm is how many outcomes a side must have shown before what is learnt is
	// held against what comes next.
	Warm = 30
	// Least is how many must have been held against it.
	Least = 30
	// begins is how many errors the gain must be above none for a correction to
	// be used, ends how many for it to go on being used.
	begins, ends = 2, 1
	// alone is what a key may weigh where nobody else says as much.
	alone = 100.0
	// much is the share of all weight from which on a key is left out once, to
	// see whether the gain is its own.
	much  = .25
	draws = 200
)

// Step is what outcomes taught, and whether it is to be used.
type Step struct {
	// Weak and Strong count the outcomes whose score of that side is known,
	// Measured those that were expected by what the ones before them taught.
	Weak     int `json:"labels_local"`
	Strong   int `json:"labels_cloud"`
	Measured int `json:"measured"`
	// Gain is by how much the squared error of what is expected fell, both sides
	// together, Error its bootstrap error.
	Gain  float64 `json:"gain"`
	Error float64 `json:"error"`
	// Worth is what the choices that follow from it brought, in right answers a
	// question and the margin paid for each call, above those that would have
	// been made without it; a doubly robust estimate with its bootstrap error.
	Worth      float64 `json:"worth"`
	WorthError float64 `json:"worth_error"`
	// Others is the least gain that is left without any one of the keys that
	// weigh much, nil where no key does.
	Others *float64   `json:"gain_of_others,omitempty"`
	On     bool       `json:"on"`
	Rule   Correction `json:"rule"`
}

// Learn corrects expectations outcome after outcome, the oldest first: each is
// expected by what the ones before it taught, and only then learnt. It is to be
// used where that was nearer to the truth than the expectations alone and its choices
// brought more, by more than chance makes of it, and not by one key's outcomes
// alone.
//
// The same outcomes make the same step.
func Learn(all []Outcome, o Options) Step {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Outcome) int { return a.At.Compare(b.At) })
	weights := weigh(all, o)
	var out Step
	var seen [2]int
	var means [2]struct{ sum, n float64 }
	var gains []gain
	for i, x := range all {
		expected := [2]float64{x.Weak, x.Strong}
		var learnt [2]float64
		learnt[0], learnt[1] = out.Rule.Of(x.Weak, x.Strong)
		prior := expected
		if o.Means {
			for side := range prior {
				prior[side] = (means[side].sum + .5) / (means[side].n + 1)
			}
		}
		// Where nothing is known the policy says who answers.
		was, is := prior[1]-prior[0] > o.Margin, learnt[1]-learnt[0] > o.Margin
		if o.Means {
			was = o.Cloud
		}
		g := gain{key: x.Key, changes: one(is) - one(was)}
		g.direct = g.changes * (learnt[1] - learnt[0] - o.Margin)
		for side, y := range [2]*float64{x.WeakScore, x.StrongScore} {
			w := weights[i][side]
			if y == nil || !(w > 0) {
				continue
			}
			if seen[side] >= Warm {
				g.weight[side] = w
				g.less[side] = w * ((prior[side]-*y)*(prior[side]-*y) - (learnt[side]-*y)*(learnt[side]-*y))
				g.more[side] = w * g.changes * (*y - learnt[side])
			}
			seen[side]++
			means[side].sum += w * *y
			means[side].n += w
			out.Rule.sides[side].observe(x.Weak, x.Strong, *y, w)
		}
		if g.weight[0]+g.weight[1] > 0 {
			g.once = weights[i][2]
			gains = append(gains, g)
		}
	}
	out.Weak, out.Strong, out.Measured = seen[0], seen[1], len(gains)
	out.Gain, out.Worth = total(gains, nil)
	out.Error, out.WorthError = spreadOf(gains)
	out.Others = others(gains)
	if o.Was {
		out.On = out.Gain > ends*out.Error && out.Worth > ends*out.WorthError
	} else {
		out.On = out.Gain > begins*out.Error && out.Worth > begins*out.WorthError
	}
	out.On = out.On && out.Measured >= Least && (out.Others == nil || *out.Others > 0)
	return out
}

// gain is by how much an outcome was expected better by what was learnt, and
// what the choice that follows brings.
type gain struct {
	key    string
	less   [2]float64
	weight [2]float64
	// changes is 1 where the strong model is asked only by what was learnt, −1
	// where only without; direct is what that is expected to bring, more by how
	// much what came was above that, once how much the question counts.
	changes, direct, once float64
	more                  [2]float64
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// total is the mean gain of both sides together, and the mean worth of the
// choices; of says how often each counts, nil for once.
func total(gains []gain, of []int) (gain, worth float64) {
	var less, more, weight [2]float64
	direct, once := 0.0, 0.0
	for i, g := range gains {
		n := 1.0
		if of != nil {
			n = float64(of[i])
		}
		for side := range 2 {
			less[side] += n * g.less[side]
			more[side] += n * g.more[side]
			weight[side] += n * g.weight[side]
		}
		direct += n * g.once * g.direct
		once += n * g.once
	}
	if once > 0 {
		worth = direct / once
	}
	for side, sign := range []float64{-1, 1} {
		if weight[side] > 0 {
			gain += less[side] / weight[side]
			worth += sign * more[side] / weight[side]
		}
	}
	return gain, worth
}

// spreadOf is the bootstrap error of either mean: how far it moves where other
// outcomes of the same kind had come.
func spreadOf(gains []gain) (gain, worth float64) {
	if len(gains) < 2 {
		return 0, 0
	}
	rng := rand.New(rand.NewPCG(uint64(len(gains)), 0xb007))
	of := make([]int, len(gains))
	var sum, square [2]float64
	for range draws {
		clear(of)
		for range gains {
			of[rng.IntN(len(of))]++
		}
		a, b := total(gains, of)
		for i, v := range []float64{a, b} {
			sum[i] += v
			square[i] += v * v
		}
	}
	spread := func(i int) float64 {
		mean := sum[i] / draws
		return math.Sqrt(max(0, square[i]/draws-mean*mean))
	}
	return spread(0), spread(1)
}

// others is the least gain without a key that weighs much; nil without such, or
// where there is nobody else.
func others(gains []gain) *float64 {
	weight, all := map[string]float64{}, 0.0
	for _, g := range gains {
		w := g.weight[0] + g.weight[1]
		weight[g.key] += w
		all += w
	}
	var least *float64
	for _, key := range slices.Sorted(maps.Keys(weight)) {
		if w := weight[key]; key == "" || w < much*all || w >= all {
			continue
		}
		of := make([]int, len(gains))
		for i, g := range gains {
			if g.key != key {
				of[i] = 1
			}
		}
		if t, _ := total(gains, of); least == nil || t < *least {
			least = &t
		}
	}
	return least
}

// weigh says how much each outcome's scores weigh: by trust and propensity, by
// age, no key more than all others together, and all sides as many as they are
// worth; last how much the question counts, whatever was revealed of it.
func weigh(all []Outcome, o Options) [][3]float64 {
	half := cmp.Or(o.HalfLife, halfLife)
	out := make([][3]float64, len(all))
	of, sum := map[string]float64{}, 0.0
	for i, x := range all {
		fresh := 1.0
		if age := o.Now.Sub(x.At); age > 0 && !x.At.IsZero() && !o.Now.IsZero() {
			fresh = math.Exp2(-age.Hours() / half.Hours())
		}
		for side, y := range [2]*float64{x.WeakScore, x.StrongScore} {
			if y == nil || math.IsNaN(*y) {
				continue
			}
			counts := [2]float64{x.WeakCounts, x.StrongCounts}[side]
			if !(counts > 0) {
				continue
			}
			out[i][side] = fresh * min(counts, mostCounts)
			of[x.Key] += out[i][side]
			sum += out[i][side]
			if out[i][2] == 0 || out[i][side] < out[i][2] {
				out[i][2] = out[i][side]
			}
		}
	}
	var n, squares [2]float64
	for i, x := range all {
		share := Share(of[x.Key], sum, x.Key)
		out[i][2] *= share
		for side := range 2 {
			out[i][side] *= share
			n[side] += out[i][side]
			squares[side] += out[i][side] * out[i][side]
		}
	}
	// Few that count much are worth no more than so many that count once.
	for i := range out {
		for side := range 2 {
			if squares[side] > 0 {
				out[i][side] *= n[side] / squares[side]
			}
		}
	}
	return out
}

// Share is what is left of a key's weight so that it is no more than that of
// all others together, or than a hundred outcomes; the owner's is never cut.
func Share(own, all float64, key string) float64 {
	if most := max(alone, all-own); key != "" && own > most {
		return most / own
	}
	return 1
}

// Version names what was learnt, in eight hexadecimal digits.
func (c *Correction) Version() string {
	h := sha256.New()
	for _, s := range c.sides {
		fmt.Fprintf(h, "%v %v %v\n", s.N, s.Gram, s.With)
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// MarshalJSON writes what was learnt.
func (c Correction) MarshalJSON() ([]byte, error) { return json.Marshal(c.sides) }

// UnmarshalJSON reads what was learnt.
func (c *Correction) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &c.sides); err != nil {
		return err
	}
	if !(c.sides[0].N >= 0 && c.sides[1].N >= 0) {
		return errors.New("a correction of fewer than no outcomes")
	}
	return nil
}
