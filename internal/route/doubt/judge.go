package doubt

import (
	"context"
	"maps"
	"math"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/doubt/check"
	"irori/internal/route/predict"
)

// Point is how answers are judged at one decision point.
type Point struct {
	// Model may be nil: then the default order holds.
	Model *Model
	// Threshold is the greatest doubt that is given out, nil where only the
	// checks decide. It was found with this model, at this point.
	Threshold *float64
	// Unpredicted keeps what was predicted before generation out of the default
	// order: a bound on that is on one score, whoever trains a predictor.
	Unpredicted bool
}

// JudgeOptions are what a Judge judges by.
type JudgeOptions struct {
	// Prefix holds for the first tokens of a stream, Whole for answers that have
	// ended.
	Prefix, Whole Point
	// Expected is what was predicted before generation, nil where nothing was.
	Expected *predict.Estimate
	// Letters are what the options of a multiple choice are called.
	Letters []string
	// Further, where set, finds signals that cost something, Agreement, Verified
	// and what that is of, for a whole answer whose doubt lies within Band of the
	// threshold; with Always, for every one: what a bound is on must be one
	// score, whatever its threshold.
	Further func(ctx context.Context, req *llm.Request, a check.Answer) Signals
	Band    float64
	Always  bool
}

// Judge judges one answer for package cascade: first what costs nothing, then
// the tokens, and in the doubtful band what costs something.
type Judge struct {
	req   *llm.Request
	o     JudgeOptions
	meter Meter
	// further are the signals that cost something, where they were found.
	further Signals
}

// NewJudge makes the judge of one request's answer.
func NewJudge(req *llm.Request, o JudgeOptions) *Judge {
	return &Judge{req: req, o: o, meter: Meter{Letters: o.Letters}}
}

// Add takes the next event.
func (j *Judge) Add(e llm.Event) { j.meter.Add(&e) }

// Signals is what is known so far.
func (j *Judge) Signals() Signals {
	s := j.meter.Now()
	if e := j.o.Expected; e != nil {
		s[PredictedWeak], s[PredictedStrong] = e.Weak, e.Strong
	}
	maps.Copy(s, j.further)
	return s
}

// told is what a finding is called where it is kept: its own reason may quote the
// answer, and no ledger holds a word of that.
var told = map[check.Kind]string{
	check.Empty: "is empty", check.Truncated: "was cut off", check.Filtered: "was filtered", check.JSON: "is not the JSON that was asked for",
	check.Schema: "does not fit its schema", check.Tool: "calls a tool wrongly", check.Code: "has code that no compiler takes",
	check.Refusal: "is a refusal", check.Repetition: "repeats itself", check.Language: "is in another language", check.Citation: "lacks its sources",
}

// Verdict judges what came so far; whole says that it is complete.
func (j *Judge) Verdict(ctx context.Context, whole bool) cascade.Verdict {
	answer, point, checks := j.meter.Answer(), j.o.Prefix, check.Begun
	if whole {
		point, checks = j.o.Whole, check.Whole
	}
	if found := checks(j.req, answer); len(found) > 0 {
		return cascade.Verdict{Escalate: true, Reason: "the answer " + told[found[0].Kind], Flaw: string(found[0].Kind)}
	}
	s := j.Signals()
	v, b := point.verdict(s)
	near := j.o.Always || point.Threshold != nil && b.Known && math.Abs(b.Doubt-*point.Threshold) <= j.o.Band
	if whole && j.o.Further != nil && near {
		j.further = j.o.Further(ctx, j.req, answer)
		v, _ = point.verdict(j.Signals())
	}
	return v
}

// verdict compares the doubt with the threshold.
func (p Point) verdict(s Signals) (cascade.Verdict, Judgement) {
	if p.Model == nil && p.Unpredicted {
		s = maps.Clone(s)
		delete(s, PredictedWeak)
	}
	b := p.Model.Judge(s)
	v := cascade.Verdict{}
	if b.Known {
		v.Doubt = &b.Doubt
	}
	weak := 0
	if p.Model != nil {
		weak, _ = p.Model.Cases()
	}
	switch {
	case p.Threshold == nil:
	case !b.Known:
		v.Escalate, v.Reason = true, "nothing tells how certain the answer is"
	case weak > 0 && !b.Calibrated:
		// Its doubt is on another scale than the threshold.
		v.Escalate, v.Reason = true, "no such answers were audited: a signal is missing that all of those had"
	case b.Doubt > *p.Threshold:
		v.Escalate, v.Reason = true, "the answer is doubtful"
		var why []string
		for _, r := range p.Model.Explain(s, 3) {
			if r.Weight > 0 {
				why = append(why, r.Words)
			}
		}
		if len(why) > 0 {
			v.Reason += ": " + strings.Join(why, "; ")
		}
	}
	return v, b
}
