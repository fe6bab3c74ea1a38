package doubt

import "slices"

// Signals are figures about one answer by their names. One that is not known is
// absent.
type Signals map[string]float64

// The signals that other packages put beside the meter's own.
const (
	// PredictedWeak and PredictedStrong are the probabilities of right answers
	// that were expected before generation.
	PredictedWeak   = "predicted_weak"
	PredictedStrong = "predicted_strong"
	// Agreement is the share of further samples that say the same, VerifierYes
	// the probability of yes when the model was asked whether the answer holds,
	// and Verified what that is worth: the probability that the answer is right
	// by the verdict alone, one half where nobody knows. Only the last is judged
	// by.
	Agreement   = "agreement"
	VerifierYes = "verifier_yes"
	Verified    = "verified"
)

// The signals of a Meter.
const (
	LogprobMean = "logprob_mean"
	LogprobMin  = "logprob_min"
	// LogprobLow is the share of tokens with a log-probability below −2.
	LogprobLow = "logprob_low"
	MarginMean = "margin_mean"
	MarginMin  = "margin_min"
	// MarginLow is the share of tokens whose best alternative is less than
	// twice as likely as the second.
	MarginLow   = "margin_low"
	EntropyMean = "entropy_mean"
	EntropyMax  = "entropy_max"
	// EntropyHigh is the share of tokens with more than one nat of entropy.
	EntropyHigh = "entropy_high"
	// LetterMargin is how much likelier, in nats, the letter of a multiple
	// choice was than the next one.
	LetterMargin = "letter_margin"
	// Length is the natural logarithm of 1 + the number of visible tokens.
	Length = "length"
)

// quantiles are the shares at which values are read, by what their names end
// in. Low values of log-probabilities and margins are the doubtful ones, high
// ones of entropies.
var (
	lowQuantiles  = []quantile{{"_q05", .05}, {"_q10", .10}, {"_q25", .25}, {"_q50", .50}}
	highQuantiles = []quantile{{"_q95", .95}, {"_q90", .90}, {"_q75", .75}, {"_q50", .50}}
)

type quantile struct {
	name  string
	share float64
}

// Names lists the signals in the order that models keep them in.
func Names() []string {
	out := []string{PredictedWeak, PredictedStrong, Agreement, Verified}
	for _, f := range []struct {
		stem string
		ends []string
		at   []quantile
	}{
		{"logprob", []string{"_mean", "_min", "_low"}, lowQuantiles},
		{"margin", []string{"_mean", "_min", "_low"}, lowQuantiles},
		{"entropy", []string{"_mean", "_max", "_high"}, highQuantiles},
	} {
		for _, e := range f.ends {
			out = append(out, f.stem+e)
		}
		for _, q := range f.at {
			out = append(out, f.stem+q.name)
		}
	}
	return append(out, LetterMargin, Length)
}

// summarise adds the figures of one value a token.
func (s Signals) summarise(stem string, values []float64, high bool, bound float64) {
	if len(values) == 0 {
		return
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	sum, beyond := 0.0, 0
	for _, v := range values {
		sum += v
		if high && v > bound || !high && v < bound {
			beyond++
		}
	}
	n := float64(len(values))
	s[stem+"_mean"] = sum / n
	extreme, share, at, end := "_min", "_low", lowQuantiles, sorted[0]
	if high {
		extreme, share, at, end = "_max", "_high", highQuantiles, sorted[len(sorted)-1]
	}
	s[stem+extreme], s[stem+share] = end, float64(beyond)/n
	for _, q := range at {
		s[stem+q.name] = between(sorted, q.share)
	}
}

// between reads a quantile of sorted values, straight lines drawn between them.
func between(sorted []float64, share float64) float64 {
	x := share * float64(len(sorted)-1)
	i := int(x)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (x-float64(i))*(sorted[i+1]-sorted[i])
}
