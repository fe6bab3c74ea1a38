package replay

import (
	"cmp"
	"math"
	"math/rand/v2"

	"irori/internal/llm"
	"irori/internal/route/correct"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// StreamOptions says how outcomes come one after another.
type StreamOptions struct {
	Seed uint64
	// Prior is how many of the outcomes, drawn at random, are known before the
	// stream begins; 0 is a twentieth, at least 50.
	Prior int
	// Price is what a call to the strong model costs, where a right answer is
	// worth 1; 0 is .1.
	Price float64
	// Caution is how much rarer a question that should stay local is escalated
	// all the same, to learn what that brings, the more that would lose: see
	// learner.tries. 0 is 30.
	Caution float64
}

// Regret is what was lost against always knowing the better choice, up to a
// place in the stream.
type Regret struct {
	Questions int `json:"questions"`
	// Frozen is the router as it was trained before the stream, Corrected the
	// same with its first correction: what is gained beyond it was learnt in
	// the stream.
	Frozen    float64 `json:"frozen"`
	Corrected float64 `json:"frozen_corrected"`
	Online    float64 `json:"online"`
	AllLocal  float64 `json:"all_local"`
	AllCloud  float64 `json:"all_cloud"`
	// Gained is Frozen − Online, Low and High its 95 % interval: how far other
	// questions of the same kind would have moved it.
	Gained float64 `json:"gained"`
	Low    float64 `json:"gained_low"`
	High   float64 `json:"gained_high"`
	// Explored counts the questions that were escalated only to learn of them,
	// Trained how often the router was trained anew.
	Explored int `json:"explored"`
	Trained  int `json:"trained_anew"`
}

// Stream lets a router that goes on learning, and one that was frozen when the
// stream began, decide question after question, each outcome once. The one that
// learns sees the score of the side that it chose. What it escalates the local
// model answers too, which costs nothing here, so that it sees both.
func Stream(records []outcome.Record, o StreamOptions) ([]Regret, error) {
	out, _, err := follow(records, o)
	return out, err
}

// follow is Stream; chosen says of each record whether it was escalated.
func follow(records []outcome.Record, o StreamOptions) (out []Regret, chosen []bool, err error) {
	price := cmp.Or(o.Price, .1)
	prior := cmp.Or(o.Prior, max(50, len(records)/20))
	if len(records) < 2*prior {
		return nil, nil, llm.Errorf(llm.CodeInvalidRequest, "%d outcomes are too few for a stream after %d that are known before it: %d are wanted", len(records), prior, 2*prior)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x57))
	order := rng.Perm(len(records))
	var known []outcome.Record
	for _, i := range order[:prior] {
		known = append(known, records[i])
	}
	l := newLearner(known, o)
	stream := order[prior:]
	// The frozen router is the one that both begin as.
	frozen := make([]bool, len(stream))
	corrected := make([]bool, len(stream))
	belief := first(known, o.Seed)
	for n, i := range stream {
		e := expect(l.model, records[i])
		weak, strong := belief.Of(e.Weak, e.Strong)
		frozen[n], corrected[n] = e.Benefit() > price, strong-weak > price
	}
	var sum Regret
	squares := 0.0
	chosen = make([]bool, len(records))
	for n, i := range stream {
		r := records[i]
		best := max(*r.Weak, *r.Strong-price)
		lost := func(escalate bool) float64 {
			if escalate {
				return best - (*r.Strong - price)
			}
			return best - *r.Weak
		}
		choice := l.choose(r, price, rng)
		chosen[i] = choice
		gained := lost(frozen[n]) - lost(choice)
		sum.Frozen += lost(frozen[n])
		sum.Corrected += lost(corrected[n])
		sum.Online += lost(choice)
		sum.AllLocal += lost(false)
		sum.AllCloud += lost(true)
		squares += gained * gained
		if sum.Questions = n + 1; (n+1)*20/len(stream) > n*20/len(stream) {
			sum.Gained, sum.Explored, sum.Trained = sum.Frozen-sum.Online, l.explored, l.trained
			// Given what was seen before, each question's gain is independent.
			half := 1.96 * math.Sqrt(max(0, squares-sum.Gained*sum.Gained/float64(n+1)))
			sum.Low, sum.High = sum.Gained-half, sum.Gained+half
			out = append(out, sum)
		}
		// What stayed local says nothing of the strong model: see learner.
		if choice {
			l.see(r)
		}
	}
	return out, chosen, nil
}

// learner is a router that goes on learning. It learns of questions both of
// whose scores it saw, and of those only: a side that was learnt of more
// questions than the other tells apart what the other cannot yet, and the
// difference between the two, which decides, is then wrong by what both have in
// common, such as how hard a question is.
type learner struct {
	o        StreamOptions
	model    *predict.Model
	known    []outcome.Record
	fitted   int
	decided  int
	explored int
	trained  int
}

func newLearner(known []outcome.Record, o StreamOptions) *learner {
	return &learner{o: o, known: known, fitted: len(known), decided: len(known), model: predict.Train(known, learns(o))}
}

// learns says how a stream's router is trained. Its questions come in random
// order from where those came that it knows: to draw what it believes of them
// towards what holds elsewhere, as is right of topics that it never saw, costs
// it much of what it learns near the line.
func learns(o StreamOptions) predict.Options { return predict.Options{Seed: o.Seed, Alike: true} }

// growth is by how much what it saw has grown when it is trained anew.
const growth = 1.25

// choose says whether a question is escalated.
func (l *learner) choose(r outcome.Record, price float64, rng *rand.Rand) bool {
	l.decided++
	gap := price - expect(l.model, r).Benefit()
	if gap < 0 {
		return true
	}
	if rng.Float64() < l.tries(gap) {
		l.explored++
		return true
	}
	return false
}

// tries is with what probability a question is escalated that should lose so
// much by it: by inverse gap weighting (arXiv 2002.04926), rarer the more it
// loses and the more was decided. That costs less than audits drawn at random,
// and shows what is near the line.
func (l *learner) tries(gap float64) float64 {
	return 1 / (2 + cmp.Or(l.o.Caution, 30)*math.Sqrt(float64(l.decided))*gap)
}

// see takes in a question with both of its scores.
func (l *learner) see(r outcome.Record) {
	seen := outcome.Record{Question: r.Question, Features: r.Features, Weak: r.Weak, Strong: r.Strong}
	l.known = append(l.known, seen)
	if float64(len(l.known)) >= growth*float64(l.fitted) {
		l.model, l.fitted = predict.Train(l.known, learns(l.o)), len(l.known)
		l.trained++
		return
	}
	l.model.Learn(predict.Examples([]outcome.Record{seen})...)
}

// first is the correction that is known before a stream: of each outcome by what
// the others taught.
func first(known []outcome.Record, seed uint64) correct.Correction {
	const folds = 5
	var c correct.Correction
	for k := range folds {
		var train []outcome.Record
		for i, r := range known {
			if i%folds != k {
				train = append(train, r)
			}
		}
		m := predict.Train(train, predict.Options{Seed: seed})
		for i := k; i < len(known); i += folds {
			e := expect(m, known[i])
			c.Observe(e.Weak, e.Strong, known[i].Weak, known[i].Strong)
		}
	}
	return c
}
