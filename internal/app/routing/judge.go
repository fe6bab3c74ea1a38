package routing

import (
	"context"
	"fmt"
	"math"
	"strings"

	"irori/internal/app/routing/learnt"
	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/doubt"
	"irori/internal/route/doubt/check"
	"irori/internal/route/doubt/vote"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

// top is how many alternatives of each token a judge looks at.
const top = 5

// band is how near to the threshold a doubt must be for signals that cost
// something.
const band = .25

// scorer names what makes the doubt of answers, version what orders them:
// calibrations hold for it only. What judges was learnt on may be what the
// predictor says, and what a verifier's verdict is worth.
func (q *Query) scorer(local, version string, heard *learnt.Heard) string {
	out := version
	if f := q.forecasts[local]; f.trained && (version != order || !q.bounded()) {
		out += "+" + f.alone
	}
	if q.Route.Cascade.Verifier {
		out += heard.Scored()
	}
	if q.Route.Cascade.Samples > 0 {
		out += "+samples"
	}
	return out
}

// bounded says that answers are given out within a bound, which is on one score:
// the default order goes without what is predicted then.
func (q *Query) bounded() bool { return q.Route.Quality != nil }

// of is what a promise for a request must have been calibrated on.
func (r *Router) of(q *Query, local, point, scorer string) promise.Of {
	a := r.about(q, local)
	return promise.Of{Model: a.Model, Quantization: a.Quantization, Template: a.Template, Scorer: scorer, Point: point, Language: q.Language}
}

// standing says what may be accepted of a request at a decision point.
func (r *Router) standing(q *Query, local, point, scorer string) promise.Standing {
	if q.Route.Quality == nil {
		return promise.Standing{}
	}
	open := r.open()
	if open == nil {
		return promise.Standing{Why: "nothing was audited yet"}
	}
	level := promise.Level{Alpha: rest(*q.Route.Quality), Delta: rest(q.Route.Confidence)}
	open.Promises.Want(level)
	return open.Promises.For(r.of(q, local, point, scorer), level)
}

// rest is what is left to 1, as a person would write it: 1 − 0.8 is 0.2.
func rest(share float64) float64 { return math.Round((1-share)*1e12) / 1e12 }

// bound is the most doubt that a promise before the answer allows.
func (r *Router) bound(q *Query, local string) (*float64, string) {
	f := q.forecasts[local]
	if !f.trained {
		return nil, "nothing predicts its chances"
	}
	s := r.standing(q, local, routed.Before, f.alone)
	if !s.Promised {
		return nil, needs(s)
	}
	return &s.Threshold, ""
}

// needs is what a promise lacks, in words.
func needs(s promise.Standing) string {
	if s.Promised || s.Need == 0 {
		return s.Why
	}
	return fmt.Sprintf("%s; about %d more audited answers are needed", s.Why, s.Need)
}

// point is where an answer of a request is judged.
func (q *Query) point() string {
	if q.Route.Cascade.Hold > 0 && q.Stream {
		return routed.Prefix
	}
	return routed.Answer
}

// judged reports whether a promise stands for answers that are judged.
func (r *Router) judged(q *Query, local string) (bool, string) {
	_, version := r.doubts(q, local, q.point())
	s := r.standing(q, local, q.point(), q.scorer(local, version, r.heard(q, local)))
	return s.Promised, needs(s)
}

// judgeOf makes the judge of a request's answer. Without a promise only what is
// plainly wrong is refused, or what the policy's own bound on doubt says.
func (r *Router) judgeOf(q *Query, local string, model llm.Backend, req *llm.Request) cascade.Judge {
	q.scored = map[bool]string{}
	heard := r.heard(q, local)
	at := func(point string) doubt.Point {
		m, version := r.doubts(q, local, point)
		p := doubt.Point{Model: m, Threshold: q.Route.Cascade.Doubt, Unpredicted: q.bounded()}
		q.scored[point == routed.Answer] = q.scorer(local, version, heard)
		if q.Route.Quality == nil {
			if q.plain {
				p.Threshold = nil
			}
			return p
		}
		if s := r.standing(q, local, point, q.scorer(local, version, heard)); s.Promised {
			p.Threshold = &s.Threshold
		} else if q.Route.Unknown != "local" {
			none := -1.0 // no doubt is as small: nothing is given out unpromised
			p.Threshold = &none
		}
		return p
	}
	o := doubt.JudgeOptions{Prefix: at(routed.Prefix), Whole: at(routed.Answer), Expected: q.expected(local), Band: band, Always: q.bounded()}
	o.Further = q.further(model, heard)
	j := doubt.NewJudge(req, o)
	q.judge = j
	return j
}

// heard is what is known of a local model's word on its own answers, nil where it
// is not asked, or nothing is.
func (r *Router) heard(q *Query, local string) *learnt.Heard {
	if !q.Route.Cascade.Verifier {
		return nil
	}
	a := r.about(q, local)
	return r.learner.Load().Heard(learnt.Asked{Model: a.Model, Quantization: a.Quantization, Template: a.Template})
}

// further finds what costs further answers of a local model, nil where nothing
// is wanted.
func (q *Query) further(model llm.Backend, heard *learnt.Heard) func(context.Context, *llm.Request, check.Answer) doubt.Signals {
	if c := q.Route.Cascade; !c.Verifier && c.Samples == 0 {
		return nil
	}
	return func(ctx context.Context, req *llm.Request, a check.Answer) doubt.Signals {
		return further(ctx, q, model, req, a, heard)
	}
}

// further asks the local model itself: for more samples, and whether its answer
// holds. What cannot be had is not known. Its word counts for what it was worth
// on audited answers.
func further(ctx context.Context, q *Query, model llm.Backend, req *llm.Request, a check.Answer, heard *learnt.Heard) doubt.Signals {
	out := doubt.Signals{}
	if n := q.Route.Cascade.Samples; n > 0 {
		var samples []string
		for range n {
			x := own(req)
			x.Sampling.Temperature = new(float32)
			*x.Sampling.Temperature = .7
			if said, _, err := hear(ctx, model, x); err == nil {
				samples = append(samples, said.Text)
			}
		}
		if c, ok := vote.Agree(a.Text, samples, vote.Any); ok {
			out[doubt.Agreement] = c.Share
		}
	}
	if !q.Route.Cascade.Verifier || q.Last == "" {
		return out
	}
	one := 1
	x := &llm.Request{ID: req.ID, Model: req.Model, Messages: vote.Prompt(q.Last, a.Text), MaxTokens: &one, Logprobs: true, TopLogprobs: top}
	said, tokens, err := hear(ctx, model, x)
	if err != nil {
		return out
	}
	p, ok := vote.Yes(tokens)
	if !ok {
		var yes bool
		if yes, ok = vote.Said(said.Text); yes {
			p = 1
		} else {
			p = 0
		}
	}
	if ok {
		out[doubt.VerifierYes], out[doubt.Verified] = p, heard.Likelihood(p)
	}
	return out
}

// own is a copy of a request for another answer to it.
func own(req *llm.Request) *llm.Request {
	x := *req
	x.Relay, x.Stream, x.N, x.Logprobs, x.TopLogprobs = nil, false, 1, false, 0
	x.Sampling.Seed = nil
	return &x
}

// hear lets a backend answer and returns what it said.
func hear(ctx context.Context, b llm.Backend, req *llm.Request) (a check.Answer, tokens []llm.TokenLogprob, err error) {
	var text strings.Builder
	for e, err := range b.Generate(ctx, req) {
		if err != nil {
			return a, nil, err
		}
		text.WriteString(e.Text)
		tokens = append(tokens, e.Logprobs...)
	}
	a.Text = text.String()
	return a, tokens, nil
}
