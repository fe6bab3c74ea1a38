package outcome

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"irori/internal/lines"
	"irori/internal/llm"
)

// maxLine bounds a record.
const maxLine = 16 << 20

// Record is one question with the scores that two models got for it, each from
// 0 (wrong) to 1 (right). What is not known is nil: a router sees only what its
// own decision or an audit revealed.
type Record struct {
	Question string   `json:"q"`
	Weak     *float64 `json:"w,omitempty"`
	Strong   *float64 `json:"s,omitempty"`
	// Group is a category or a cluster, for leave-groups-out splits only: it is
	// never a feature.
	Group string `json:"g,omitempty"`

	// WeakTokens and StrongTokens count the tokens of the answers, Cost and
	// Energy what either took: figures that need them are absent without.
	WeakTokens   *float64 `json:"w_tokens,omitempty"`
	StrongTokens *float64 `json:"s_tokens,omitempty"`
	WeakCost     *float64 `json:"w_cost,omitempty"`
	StrongCost   *float64 `json:"s_cost,omitempty"`
	WeakJoules   *float64 `json:"w_energy_j,omitempty"`
	StrongJoules *float64 `json:"s_energy_j,omitempty"`
	// Propensity is the probability with which the strong model was asked.
	Propensity *float64 `json:"propensity,omitempty"`

	// Line is where the record stands in its file, from 1.
	Line int `json:"-"`
}

// Need says which members a reader cannot do without.
type Need int

// The needs: the question alone, or the scores of both models too.
const (
	Questions Need = iota
	Scores
)

// Read reads JSON Lines. Members that are not known are passed over, empty
// lines too. An error names the file, the line and the member.
func Read(file string, r io.Reader, need Need) ([]Record, error) {
	in := lines.New(r, maxLine)
	var out []Record
	for n, line := range in.All() {
		rec, why := parse(line, need)
		if why != "" {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, why).
				WithHint(`a line is an object such as {"q": "…", "w": 0, "s": 1}`)
		}
		rec.Line = n
		out = append(out, rec)
	}
	if n, err := in.Err(); err != nil {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n, err)
	}
	return out, nil
}

// parse reads a line; why says what is wrong with it.
func parse(line []byte, need Need) (rec Record, why string) {
	var q struct {
		Question *string `json:"q"`
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return rec, misfit(err)
	}
	if err := json.Unmarshal(line, &rec); err != nil {
		return rec, misfit(err)
	}
	if q.Question == nil {
		return rec, "q, the question, is missing"
	}
	for _, m := range []struct {
		name  string
		value *float64
	}{{"w", rec.Weak}, {"s", rec.Strong}, {"propensity", rec.Propensity}} {
		switch {
		case m.value != nil && !(*m.value >= 0 && *m.value <= 1):
			return rec, fmt.Sprintf("%s must be from 0 to 1, not %g", m.name, *m.value)
		case m.value == nil && need == Scores && m.name != "propensity":
			return rec, m.name + ", the score of a model from 0 to 1, is missing"
		}
	}
	for _, m := range []struct {
		name  string
		value *float64
	}{
		{"w_tokens", rec.WeakTokens}, {"s_tokens", rec.StrongTokens}, {"w_cost", rec.WeakCost}, {"s_cost", rec.StrongCost},
		{"w_energy_j", rec.WeakJoules}, {"s_energy_j", rec.StrongJoules},
	} {
		if m.value != nil && !(*m.value >= 0 && !math.IsInf(*m.value, 0)) {
			return rec, fmt.Sprintf("%s must not be negative, as %g is", m.name, *m.value)
		}
	}
	return rec, ""
}

// misfit says in words what a decoder found.
func misfit(err error) string {
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		if t.Field == "" {
			return "an object is wanted, not " + t.Value
		}
		return fmt.Sprintf("%s cannot be %s", t.Field, t.Value)
	}
	return "no JSON object: " + strings.TrimPrefix(err.Error(), "json: ")
}
