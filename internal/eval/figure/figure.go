package figure

import (
	"irori/internal/eval/sample"
)

// SchemaVersion is the version of figures.json.
const SchemaVersion = 1

// The rules that every figure keeps.
const (
	// Level is the confidence of every interval.
	Level = 0.95
	// Gate is the share of the queries that must have energy before a figure
	// of energy is published.
	Gate = 0.95
	// JudgeGate is the share of verdicts that may be missing.
	JudgeGate = 0.02
	// LeastOfDomain is the number of samples that a domain's figure needs.
	LeastOfDomain = 30
	// leastCovered is the part of a query's time that meters must have seen.
	leastCovered = 0.9
)

// Why a figure is absent.
const (
	// AbsentNone: no sample has what it is made of.
	AbsentNone = "none"
	// AbsentCoverage: too few of the queries have it.
	AbsentCoverage = "coverage"
	// AbsentFew: a domain of fewer than LeastOfDomain samples.
	AbsentFew = "few"
	// AbsentJudge: the judge failed too often.
	AbsentJudge = "judge"
	// AbsentSame: its tasks ask the same questions, which are no independent ones.
	AbsentSame = "same_questions"
	// AbsentNoRight: nothing was right, so nothing has a price per right answer.
	AbsentNoRight = "no_right"
	// AbsentUnstable: too few samples for an interval.
	AbsentUnstable = "unstable"
	// AbsentLimits: the run names no limits of latency.
	AbsentLimits = "no_limits"
)

// How an interval was made.
const (
	Wilson    = "wilson"
	Bootstrap = "bootstrap"
	// Ranks are the values at the ends of Wilson's interval of the percentile.
	Ranks = "ranks"
	// WithModel is a bootstrap at both ends of the model's own interval.
	WithModel = "bootstrap+model"
	// WithWilson is Wilson's end of the right answers, where there are none, over
	// a bootstrap of what they are divided by.
	WithWilson = "wilson/bootstrap"
	// Counted is what was counted and not drawn: it has no interval.
	Counted = "counted"
)

// Figure is one figure with all that a reader needs to trust it. Without a
// value it says in Absent why.
type Figure struct {
	Name  string   `json:"figure"`
	Unit  string   `json:"unit,omitempty"`
	Value *float64 `json:"value,omitempty"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	// N is how many samples it is made of, Of how many there were that it
	// should be made of.
	N        int    `json:"n"`
	Of       int    `json:"of"`
	Interval string `json:"interval,omitempty"`
	// Method is measured, modelled or provider, Basis what was measured; they
	// are never mixed in one figure.
	Method string `json:"method,omitempty"`
	Basis  string `json:"basis,omitempty"`
	Absent string `json:"absent,omitempty"`
}

// Group are the figures of some samples of a target in a pass.
type Group struct {
	Target string `json:"target"`
	Pass   string `json:"pass"`
	// By is all, family, language, task or domain; Of is which.
	By string `json:"by"`
	Of string `json:"of,omitempty"`
	// Counts are the samples by state; Attempted are those that were asked,
	// Scored those that count as right or not.
	Counts    map[sample.State]int `json:"counts"`
	Attempted int                  `json:"attempted"`
	Scored    int                  `json:"scored"`
	Figures   []Figure             `json:"figures"`
}

// Result are all figures of a run: figures.json.
type Result struct {
	Schema int     `json:"schema_version"`
	Run    string  `json:"run"`
	Seed   uint64  `json:"seed"`
	Level  float64 `json:"level"`
	// Samples counts the samples, Expected what a whole run has.
	Samples  int     `json:"samples"`
	Expected int     `json:"expected,omitempty"`
	Groups   []Group `json:"groups"`
	Best     []Best  `json:"best_of_local,omitempty"`
}

// Get finds a figure of a group.
func (g *Group) Get(name string) (Figure, bool) {
	for _, f := range g.Figures {
		if f.Name == name {
			return f, true
		}
	}
	return Figure{}, false
}

// Group finds a group; nil where there is none.
func (r *Result) Group(target, pass, by, of string) *Group {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Target == target && g.Pass == pass && g.By == by && g.Of == of {
			return g
		}
	}
	return nil
}

// Count is how many figures there are, absent ones included.
func (r *Result) Count() int {
	n := 0
	for i := range r.Groups {
		n += len(r.Groups[i].Figures)
	}
	for i := range r.Best {
		b := &r.Best[i]
		n += len(b.Figures) + len(b.Domains) + len(b.Clouds)
	}
	return n
}
