package replay

import (
	"cmp"
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
	// Audit is the share of questions that stay local and are asked of the
	// strong model too, at the beginning; it falls to a fifth of that as the
	// stream goes on. 0 is .05.
	Audit float64
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
}

// Stream lets a router that goes on learning, and one that was frozen when the
// stream began, decide question after question. The one that learns sees the
// score of the side that it chose, and both sides' of audited questions; it is
// trained anew whenever what it saw has doubled, and corrected all the time by
// what came of its own expectations. Audits of the local side cost a call and
// grow rare; half of what is escalated is asked of the local model too, which
// costs none.
func Stream(records []outcome.Record, o StreamOptions) ([]Regret, error) {
	price, audit := cmp.Or(o.Price, .1), cmp.Or(o.Audit, .05)
	prior := cmp.Or(o.Prior, max(50, len(records)/20))
	if len(records) < 2*prior {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%d outcomes are too few for a stream after %d that are known before it", len(records), prior)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x57))
	order := rng.Perm(len(records))
	var known []outcome.Record
	for _, i := range order[:prior] {
		known = append(known, records[i])
	}
	online := predict.Train(known, predict.Options{Seed: o.Seed})
	var sum Regret
	var out []Regret
	stream, trained := order[prior:], prior
	// The frozen router is the one that both begin as.
	frozen := make([]bool, len(stream))
	corrected := make([]bool, len(stream))
	belief := first(known, o.Seed)
	for n, i := range stream {
		e := online.Predict(records[i].Question)
		frozen[n], corrected[n] = e.Benefit() > price, escalates(&belief, e, price)
	}
	for n, i := range stream {
		r := records[i]
		best := max(*r.Weak, *r.Strong-price)
		lost := func(escalate bool) float64 {
			if escalate {
				return best - (*r.Strong - price)
			}
			return best - *r.Weak
		}
		e := online.Predict(r.Question)
		choice := escalates(&belief, e, price)
		sum.Frozen += lost(frozen[n])
		sum.Corrected += lost(corrected[n])
		sum.Online += lost(choice)
		sum.AllLocal += lost(false)
		sum.AllCloud += lost(true)
		seen := outcome.Record{Question: r.Question}
		audited := rng.Float64() < max(audit/5, audit/(1+float64(n)/1000))
		if choice {
			audited = rng.Float64() < .5
		}
		if choice || audited {
			seen.Strong = r.Strong
		}
		if !choice || audited {
			seen.Weak = r.Weak
		}
		if audited {
			// Both models were asked: that is paid for too.
			sum.Online += price * b2f(!choice)
		}
		belief.Observe(e.Weak, e.Strong, seen.Weak, seen.Strong)
		known = append(known, seen)
		if len(known) >= 2*trained {
			online, trained = predict.Train(known, predict.Options{Seed: o.Seed}), len(known)
		} else {
			online.Update(r.Question, seen.Weak, seen.Strong, 1)
		}
		if sum.Questions = n + 1; (n+1)*20/len(stream) > n*20/len(stream) {
			out = append(out, sum)
		}
	}
	return out, nil
}

// escalates reports whether what is to be expected of the strong model, after
// all, is worth its price.
func escalates(c *correct.Correction, e predict.Estimate, price float64) bool {
	weak, strong := c.Of(e.Weak, e.Strong)
	return strong-weak > price
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
			e := m.Predict(known[i].Question)
			c.Observe(e.Weak, e.Strong, known[i].Weak, known[i].Strong)
		}
	}
	return c
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
