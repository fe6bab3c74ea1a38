package doubt

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Reason is a signal that moved a judgement, in words.
type Reason struct {
	Signal string `json:"signal"`
	Words  string `json:"words"`
	// Weight is how far it moved the log-odds that the answer is wrong.
	Weight float64 `json:"weight"`
}

// words are the signals for people; families of quantiles share theirs.
var words = map[string]string{
	PredictedWeak: "what the question promised of the local model", PredictedStrong: "what the question promised of the strong model",
	Agreement: "the share of samples that say the same", Verified: "what the model's own verdict on its answer is worth",
	LogprobMean: "the mean log-probability of the tokens", LogprobMin: "the least certain token", LogprobLow: "the share of tokens below −2",
	MarginMean: "the mean lead over the next best tokens", MarginMin: "the closest choice between two tokens", MarginLow: "the share of close choices",
	EntropyMean: "the mean entropy of the tokens", EntropyMax: "the highest entropy of a token", EntropyHigh: "the share of tokens of high entropy",
	LetterMargin: "the lead of the chosen letter", Length: "the length of the answer",
}

// Explain says what moved the judgement of an answer most, at most n signals.
func (m *Model) Explain(s Signals, n int) []Reason {
	if m == nil {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.s.Weak == nil {
		return nil
	}
	r := m.row(s)
	var out []Reason
	for i, c := range r.Columns {
		name := m.s.Signals[c/2]
		weight := -float64(m.s.Weak.Weights[c]) * float64(r.Values[i])
		if math.Abs(weight) < .05 {
			continue
		}
		text := cmp.Or(words[name], "the log-probabilities of the tokens ("+name+")")
		if c%2 == 1 {
			text += " is not known"
		} else {
			text += fmt.Sprintf(" is %.3g", s[name])
			if v, ok := known(s, name); ok {
				side := "above"
				if v < m.s.Mean[c/2] {
					side = "below"
				}
				text += ", " + side + " the usual"
			}
		}
		out = append(out, Reason{name, text, weight})
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) })
	return out[:min(n, len(out))]
}
