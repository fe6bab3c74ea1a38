package evaluate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/outcome"
)

const (
	few  = 30
	hint = "let the policy audit a share of the requests: both models answer those, and the log says with what probability"
)

// carried weighs what was revealed by how likely that was, and says why where
// the log cannot carry the estimate.
func carried(records []outcome.Record, choice []Choice) ([]weight, error) {
	if len(records) < few {
		return nil, refuse("%d requests are too few to judge a policy by; %d are the least", len(records), few).WithHint(hint)
	}
	out := make([]weight, len(records))
	var silent, none, impossible, unknown []int
	needs := ""
	var seen, expected, spread [2]float64
	for i, r := range records {
		q := choice[i].Strong
		dark := choice[i].Drawn && math.IsNaN(q)
		if dark && (r.Weak != nil || r.Strong != nil) {
			unknown = append(unknown, i)
			continue
		}
		if !dark && !(q >= 0 && q <= 1) {
			return nil, fmt.Errorf("a policy asks the strong model with probability %g", q)
		}
		weak, strong, ok := r.Asked()
		if !ok {
			silent = append(silent, i)
			continue
		}
		for side, p := range [2]float64{weak, strong} {
			score, share, name := r.Weak, 1-q, "weak"
			if side == 1 {
				score, share, name = r.Strong, q, "strong"
			}
			if score != nil {
				seen[side]++
			}
			expected[side] += p
			spread[side] += p * (1 - p)
			switch {
			case dark: // nothing was drawn, so nothing of it counts
			case score != nil && p == 0:
				impossible = append(impossible, i)
			case share > 0 && p == 0:
				none, needs = append(none, i), name
			case score != nil && side == 0:
				out[i].weak = share / p
			case score != nil:
				out[i].strong = share / p
			}
		}
	}
	switch {
	case len(silent) > 0:
		return nil, refuse("%s no propensity: what was not left to chance says nothing of another choice", have(records, silent)).WithHint(hint)
	case len(unknown) > 0:
		return nil, refuse("%s scores, and nothing tells what the policy would do", have(records, unknown)).WithHint("a judged answer has a point and a doubt")
	case len(impossible) > 0:
		return nil, refuse("%s a score that was revealed with probability 0", have(records, impossible)).WithHint("propensity is the probability with which s was revealed, w_propensity that with which w was")
	case len(none) > 0:
		return nil, refuse("the policy may ask the %s model where the log never did: %s a probability of 0 for it", needs, have(records, none)).WithHint(hint)
	}
	for side, name := range []string{"w", "s"} {
		if math.Abs(seen[side]-expected[side]) > 5*math.Sqrt(spread[side])+1 {
			return nil, refuse("%s was revealed %.0f times, and by the propensities it should be about %.0f: scores are missing, or the probabilities are of something else", name, seen[side], expected[side]).
				WithHint("propensity is the probability with which s was revealed, w_propensity that with which w was, by a choice or by an audit")
		}
	}
	return out, nil
}

func refuse(format string, args ...any) *llm.Error {
	return llm.Errorf(llm.CodeInvalidRequest, format, args...)
}

// name is what people know a record by: its line in its file, else the id of
// its request, else its place among the records.
func name(r outcome.Record, i int) (kind, name string) {
	switch {
	case r.Line > 0:
		return "line", strconv.Itoa(r.Line)
	case r.ID != "":
		return "request", r.ID
	}
	return "line", strconv.Itoa(i + 1)
}

// of names a record with its kind.
func of(r outcome.Record, i int) string {
	kind, name := name(r, i)
	return kind + " " + name
}

// have names the first of those records that have something.
func have(records []outcome.Record, at []int) string {
	kind, first := name(records[at[0]], at[0])
	if len(at) == 1 {
		return kind + " " + first + " has"
	}
	var names []string
	for _, i := range at[:min(5, len(at))] {
		_, n := name(records[i], i)
		names = append(names, n)
	}
	if len(at) > 5 {
		return fmt.Sprintf("%d %ss (%s, …) have", len(at), kind, strings.Join(names, ", "))
	}
	return fmt.Sprintf("%ss %s have", kind, strings.Join(names, ", "))
}
