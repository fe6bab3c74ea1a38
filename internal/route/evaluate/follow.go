package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"irori/internal/route/decide"
	"irori/internal/route/outcome"
	"irori/internal/route/policy"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

// Knowledge is what a route may ask for. Either function may be nil: then
// nothing is expected, or nothing promised.
type Knowledge struct {
	Success Success
	// Promised says what may be accepted of answers at a level.
	Promised func(of promise.Of, l promise.Level) promise.Standing
}

// Followed is what a route of a policy would have done with the requests of a
// log, as far as that tells.
type Followed struct {
	// Records are those of which it is known, or becomes known by chance.
	Records []outcome.Record
	Policy  Policy
	// Released and Escalated count the answers that the route would judge and
	// then give out, or not; Drawn those of which audits alone can tell.
	Released, Escalated, Drawn int
	// Left counts the requests of which it is not known, by why.
	Left map[string]int
}

// Words say what was followed and what was left out, a sentence each.
func (f *Followed) Words() (out []string) {
	if n := f.Released + f.Escalated; n > 0 {
		out = append(out, fmt.Sprintf("Of %d local answers that it would judge, %d are given out and %d escalated.", n, f.Released, f.Escalated))
	}
	if f.Drawn > 0 {
		out = append(out, fmt.Sprintf("Of %d requests that it would judge the local answer was made in audits alone: what becomes of the others is reckoned from those, which widens the intervals.", f.Drawn))
	}
	var why []string
	for w := range f.Left {
		why = append(why, w)
	}
	slices.Sort(why)
	for _, w := range why {
		out = append(out, fmt.Sprintf("Left out: %d that it would judge, and %s. The estimate is of the others.", f.Left[w], w))
	}
	return out
}

// Why it is not known what becomes of a judged answer.
const (
	unjudged = "no local answer was judged in this log"
	begun    = "in this log the first tokens were judged, not the whole answer"
	undoubt  = "the log has no doubt of the answer"
	scale    = "the log's doubt has other parts (samples, verifier) than the policy's"
)

// follower follows one route.
type follower struct {
	route *policy.Route
	k     Knowledge
	// weak and strong are what a request is expected to cost.
	weak, strong func(outcome.Record) *float64
}

// priced is what requests are expected to cost on a side: as the log says where
// it says so of all, else the mean. Whether it says so of one may hang on an
// audit, and what a policy does must not.
func priced(records []outcome.Record, of func(outcome.Record) *float64) func(outcome.Record) *float64 {
	sum, n := 0.0, 0
	for _, r := range records {
		if v := of(r); v != nil {
			sum += *v
			n++
		}
	}
	if n == len(records) {
		return of
	}
	var mean *float64
	if n > 0 {
		mean = new(sum / float64(n))
	}
	return func(outcome.Record) *float64 { return mean }
}

// Follow says what a route of a policy file would do with the requests of a
// log: its hours, its rules, its margins, what it expects, and which local
// answers it would give out once they are judged, by the doubt that the log has
// of them at their decision point. A log does not hold keys, tools or what a
// private request was, and budgets are not followed.
func Follow(rt *policy.Route, records []outcome.Record, k Knowledge) (*Followed, error) {
	w := &follower{
		route: rt, k: k, weak: priced(records, func(r outcome.Record) *float64 { return r.WeakCost }),
		strong: priced(records, func(r outcome.Record) *float64 { return r.StrongCost }),
	}
	for i, r := range records {
		if _, err := w.choose(r); err != nil {
			return nil, refuse("the route %s answers %s with neither side: %v", rt.Name, of(r, i), err)
		}
	}
	// Where no local answer is made for certain, a doubt is known because there
	// was an audit: what a route does with the others is reckoned from these,
	// if each of them tells.
	audits, silent := map[string]int{}, map[string]bool{}
	for _, r := range records {
		if f := w.fate(r); f.drawn && scored(r) {
			audits[r.Route]++
			silent[r.Route] = silent[r.Route] || f.why != ""
		}
	}
	drawn := func(r outcome.Record) bool { return audits[r.Route] > 0 && !silent[r.Route] }
	out := &Followed{Left: map[string]int{}}
	for _, r := range records {
		f := w.fate(r)
		switch {
		case f.drawn && drawn(r):
			out.Drawn++
		case f.drawn:
			out.Left[unjudged]++
			continue
		case f.why != "":
			out.Left[f.why]++
			continue
		case f.judged && f.strong == 1:
			out.Escalated++
		case f.judged:
			out.Released++
		}
		out.Records = append(out.Records, r)
	}
	out.Policy = func(r outcome.Record) Choice {
		f := w.fate(r)
		c := Choice{Strong: f.strong, Judged: f.judged, Drawn: f.drawn}
		if c.Drawn && !scored(r) {
			c.Strong = math.NaN()
		}
		return c
	}
	return out, nil
}

// sure reports whether the local answer was made whatever chance said.
func sure(r outcome.Record) bool {
	if r.AuditChance != nil {
		return r.WeakSure
	}
	weak, _, ok := r.Asked()
	return ok && weak == 1
}

// scored reports whether an audit drew both scores.
func scored(r outcome.Record) bool {
	return r.AuditChance != nil && r.Weak != nil && r.Strong != nil
}

// fate is what a route does with a request; why says why that is not known.
// drawn says that no more would be known of it than that its answer is judged,
// but for an audit.
type fate struct {
	strong        float64
	judged, drawn bool
	why           string
}

func (w *follower) fate(r outcome.Record) (f fate) {
	if !sure(r) {
		unaudited := r
		unaudited.Point = routed.Before
		d, err := w.choose(unaudited)
		f.drawn = err == nil && d.Judge && d.Side == policy.Local
	}
	d, err := w.choose(r)
	switch {
	case err != nil:
		return f
	case d.Side == policy.Cloud:
		f.strong = 1
		return f
	case !d.Judge:
		return f
	}
	f.judged = true
	f.strong, f.why = w.verdict(r, d.Plain)
	if f.why != "" {
		f.strong = math.NaN()
	}
	return f
}

// choose decides as the route would before there is an answer.
func (w *follower) choose(r outcome.Record) (decide.Decision, error) {
	asked := decide.Asked{Text: r.Question, Turns: 1, Language: r.Language, Now: time.Now()}
	if r.Time != nil {
		asked.Now = *r.Time
	}
	if n := read(r); n != nil {
		asked.Tokens = int(*n)
	}
	var known decide.Known
	if w.k.Success != nil {
		known.Success = func(string, string) (float64, float64, bool) { return w.k.Success(r) }
	}
	if w.k.Promised != nil && w.route.Quality != nil {
		known.Bound = func(string) (*float64, string) {
			scorer := r.Scorer
			if r.After() {
				scorer = r.Predictor
			}
			s := w.standing(r, routed.Before, scorer)
			if !s.Promised {
				return nil, s.Why
			}
			return &s.Threshold, ""
		}
		known.Judged = func(string) (bool, string) {
			// Of what was not judged nobody knows by which doubt it would be.
			s := w.standing(r, r.Point, r.Scorer)
			return s.Promised || !r.After(), s.Why
		}
	}
	known.Target = func(name string) decide.Target {
		t := decide.Target{Name: name, Cost: w.weak(r)}
		if slices.ContainsFunc(w.route.Cloud, func(c policy.Target) bool { return c.Name == name }) {
			t.Cost = w.strong(r)
		}
		if t.Cost != nil && w.route.Value != nil {
			t.Currency = w.route.Value.Currency
		}
		return t
	}
	return decide.Decide(w.route, asked, known)
}

// read is how many tokens whoever answered read: of the other side that is known
// of audited requests alone.
func read(r outcome.Record) *float64 {
	if r.Answered == "s" || r.WeakPromptTokens == nil {
		return r.StrongPromptTokens
	}
	return r.WeakPromptTokens
}

// standing is what is promised of a request's answers at a point.
func (w *follower) standing(r outcome.Record, point, scorer string) promise.Standing {
	if w.k.Promised == nil || w.route.Quality == nil {
		return promise.Standing{}
	}
	of := promise.Of{Model: r.WeakModel, Quantization: r.Quantization, Template: r.Template, Scorer: scorer, Point: point, Language: r.Language}
	// 1 − 0.8 is 0.2, as a person would write it.
	rest := func(share float64) float64 { return math.Round((1-share)*1e12) / 1e12 }
	return w.k.Promised(of, promise.Level{Alpha: rest(*w.route.Quality), Delta: rest(w.route.Confidence)})
}

// verdict is 1 where a judged answer is escalated and 0 where it is given out,
// as the judge of answers would have it; why says why that is not known. plain
// says that only what is plainly wrong is escalated.
func (w *follower) verdict(r outcome.Record, plain bool) (strong float64, why string) {
	c, most := w.route.Cascade, w.route.Cascade.Doubt
	switch {
	case !r.After():
		return 0, unjudged
	case c.Hold == 0 && r.Point == routed.Prefix:
		return 0, begun
	case w.route.Quality != nil:
		if s := w.standing(r, r.Point, r.Scorer); s.Promised {
			most = &s.Threshold
		} else if w.route.Unknown != policy.Local {
			return 1, "" // nothing is given out unpromised
		}
	case plain:
		most = nil
	}
	parts := func(part string, wanted bool) bool {
		return r.Scorer != "" && strings.Contains(r.Scorer, "+"+part) != wanted
	}
	switch {
	case most != nil && (parts("verifier", c.Verifier) || parts("samples", c.Samples > 0)):
		// Also what is plainly wrong: were those kept alone, the others' part
		// would be judged by them.
		return 0, scale
	case r.Flaw != "":
		return 1, ""
	case most == nil:
		return 0, ""
	case r.Doubt == nil && r.Scorer == "":
		return 0, undoubt
	case r.Doubt == nil || *r.Doubt > *most:
		// The log's judge found nothing that tells how certain it is, or doubt.
		return 1, ""
	}
	return 0, ""
}
