package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/doubt"
	"irori/internal/route/doubt/vote"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// folds is how often answers are parted for cross-fitting; equal questions stay
// together.
const folds = 5

// judged is an answer with its signals and its label.
type judged struct {
	*answer
	signals doubt.Signals
	// first are those of the first two tokens alone.
	first  doubt.Signals
	strong *float64
}

// report prints how well each signal tells right from wrong.
func report(w io.Writer, list []*answer, s settings) error {
	strong := map[string]bool{}
	if s.strong != "" {
		other, err := read(s.strong)
		if err != nil {
			return err
		}
		for _, a := range other {
			strong[a.Task+"\x00"+a.Item] = a.Right
		}
	}
	var all []judged
	for _, a := range list {
		j := judged{answer: a, signals: signalsOf(a, len(a.Tokens)), first: signalsOf(a, 2)}
		if right, ok := strong[a.Task+"\x00"+a.Item]; ok {
			v := number(right)
			j.strong = &v
		}
		all = append(all, j)
	}
	predicted(all)
	fmt.Fprintln(w, "all items")
	table(w, all, nil, s)
	kept, dropped := mixed(all)
	if len(kept) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nitems of tasks of which 15 to 85 % were right")
	table(w, kept, dropped, s)
	return nil
}

func table(w io.Writer, kept []judged, dropped []string, s settings) {
	right := 0
	for _, j := range kept {
		right += int(number(j.Right))
	}
	fmt.Fprintf(w, "%d answers of %s, %.0f %% right; left out: %s\n\n",
		len(kept), kept[0].Model, 100*float64(right)/float64(len(kept)), cmp.Or(strings.Join(dropped, ", "), "none"))
	fmt.Fprintln(w, "signal | answers | AUC | 95 % | AUC within a task")
	names := doubt.Names()
	for _, n := range names {
		var some []judged
		for _, j := range kept {
			if _, ok := j.signals[n]; ok {
				some = append(some, j)
			}
		}
		if len(some) >= 60 {
			line(w, n, some, func(j judged) float64 { return sign(n) * j.signals[n] }, s)
		}
	}
	early := fitted(kept, s, func(j judged) doubt.Signals {
		return doubt.Signals{doubt.PredictedWeak: j.signals[doubt.PredictedWeak]}
	})
	late := fitted(kept, s, func(j judged) doubt.Signals {
		return without(j.signals, doubt.Agreement, doubt.Verified, doubt.PredictedWeak, doubt.PredictedStrong)
	})
	prefix := fitted(kept, s, func(j judged) doubt.Signals {
		first := without(j.first, doubt.Agreement, doubt.Verified)
		first[doubt.PredictedWeak] = j.signals[doubt.PredictedWeak]
		return first
	})
	free := fitted(kept, s, func(j judged) doubt.Signals { return without(j.signals, doubt.Agreement, doubt.Verified) })
	full := fitted(kept, s, func(j judged) doubt.Signals { return j.signals })
	at := map[*answer]int{}
	for i, j := range kept {
		at[j.answer] = i
	}
	for _, f := range []struct {
		name string
		of   []float64
	}{{"combined: before generation", early}, {"combined: tokens", late}, {"combined: two tokens and before", prefix}, {"combined: tokens and before", free}, {"combined: all", full}} {
		line(w, f.name, kept, func(j judged) float64 { return f.of[at[j.answer]] }, s)
	}
	fmt.Fprintf(w, "tokens and before less before: %s; all less mean log-probability: %s\n", difference(kept, free, early, s),
		difference(kept, full, column(kept, func(j judged) float64 { return known(j, doubt.LogprobMean) }), s))
	fmt.Fprintln(w, "\nkept | selective error: mean log-probability | tokens and before | all")
	for _, share := range []float64{.1, .2, .3, .5, .7, 1} {
		fmt.Fprintf(w, "%.0f %%", 100*share)
		for _, of := range [][]float64{column(kept, func(j judged) float64 { return known(j, doubt.LogprobMean) }), free, full} {
			fmt.Fprintf(w, " | %.3f", selective(kept, of, share))
		}
		fmt.Fprintln(w)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// signalsOf puts together what is known of an answer's first tokens.
func signalsOf(a *answer, tokens int) doubt.Signals {
	m := &doubt.Meter{}
	if a.Choice {
		m.Letters = []string{"A", "B", "C", "D"}
	}
	// What follows the answer's end was not shown.
	left := a.Text
	for _, t := range a.Tokens[:min(tokens, len(a.Tokens))] {
		t.Text = strings.TrimRight(t.Text, "\n")
		if strings.TrimSpace(t.Text) == "" || !strings.Contains(left, strings.TrimSpace(t.Text)) {
			continue
		}
		m.Add(&llm.Event{Type: llm.EventText, Text: t.Text, Logprobs: []llm.TokenLogprob{t}})
	}
	s := m.Now()
	shape := vote.Text
	if a.Choice {
		shape = vote.Letter
	} else if strings.HasPrefix(a.Task, "sums") || strings.HasPrefix(a.Task, "products") || strings.HasPrefix(a.Task, "next") || strings.HasPrefix(a.Task, "differences") {
		shape = vote.Number
	}
	if c, ok := vote.Agree(a.Text, a.Samples, shape); ok {
		s[doubt.Agreement] = c.Share
	}
	if p, ok := vote.Yes(a.Yes); ok {
		s[doubt.Verified] = p
	}
	return s
}

// mixed leaves out tasks whose answers are nearly all right or all wrong.
func mixed(all []judged) (kept []judged, dropped []string) {
	by := map[string][]judged{}
	for _, j := range all {
		by[j.Task] = append(by[j.Task], j)
	}
	for _, name := range slices.Sorted(keys(by)) {
		right := 0.0
		for _, j := range by[name] {
			right += number(j.Right)
		}
		if share := right / float64(len(by[name])); share < .15 || share > .85 {
			dropped = append(dropped, fmt.Sprintf("%s (%.0f %%)", name, 100*share))
			continue
		}
		kept = append(kept, by[name]...)
	}
	return kept, dropped
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// fold parts answers by their questions.
func fold(question string, seed uint64) int {
	h := seed*1099511628211 + 14695981039346656037
	for i := range len(question) {
		h = (h ^ uint64(question[i])) * 1099511628211
	}
	return int(h >> 33 % folds)
}

// predicted adds what a predictor that did not see a question expects of it.
func predicted(list []judged) {
	for f := range folds {
		var records []outcome.Record
		for _, j := range list {
			if fold(j.Question, 7) != f {
				w := number(j.Right)
				records = append(records, outcome.Record{Question: j.Question, Weak: &w, Strong: j.strong})
			}
		}
		m := predict.Train(records, predict.Options{Size: 16, Rounds: 40})
		for _, j := range list {
			if fold(j.Question, 7) == f {
				e := m.Predict(j.Question)
				j.signals[doubt.PredictedWeak] = e.Weak
				if j.strong != nil {
					j.signals[doubt.PredictedStrong] = e.Strong
				}
			}
		}
	}
}

func without(s doubt.Signals, names ...string) doubt.Signals {
	out := doubt.Signals{}
	for n, v := range s {
		if !slices.Contains(names, n) {
			out[n] = v
		}
	}
	return out
}

// fitted is the probability of a right answer by models that did not see it.
func fitted(list []judged, s settings, of func(judged) doubt.Signals) []float64 {
	out := make([]float64, len(list))
	for f := range folds {
		var cases []doubt.Case
		for _, j := range list {
			if fold(j.Question, s.seed) != f {
				w := number(j.Right)
				cases = append(cases, doubt.Case{Signals: of(j), Weak: &w, Strong: j.strong})
			}
		}
		m := doubt.Train(cases, doubt.Origin{}, doubt.Options{Penalty: s.penalty})
		for i, j := range list {
			if fold(j.Question, s.seed) == f {
				out[i] = -m.Judge(of(j)).Doubt
			}
		}
	}
	return out
}

// sign turns a signal so that more of it means right.
func sign(name string) float64 {
	if strings.HasPrefix(name, "entropy") || name == doubt.LogprobLow || name == doubt.MarginLow || name == doubt.Length || name == doubt.PredictedStrong {
		return -1
	}
	return 1
}

func column(list []judged, of func(judged) float64) []float64 {
	out := make([]float64, len(list))
	for i, j := range list {
		out[i] = of(j)
	}
	return out
}

// known is a signal, the least there is where it is missing.
func known(j judged, name string) float64 {
	if v, ok := j.signals[name]; ok {
		return v
	}
	return math.Inf(-1)
}

// line prints a score's AUC, its interval over questions drawn anew, and the
// mean over tasks of the AUC within one.
func line(w io.Writer, name string, list []judged, of func(judged) float64, s settings) {
	values := column(list, of)
	r := rand.New(rand.NewPCG(s.seed, 3))
	var draws []float64
	pick, labels := make([]float64, len(list)), make([]bool, len(list))
	for range s.boots {
		for i := range list {
			k := r.IntN(len(list))
			pick[i], labels[i] = values[k], list[k].Right
		}
		draws = append(draws, auc(pick, labels))
	}
	slices.Sort(draws)
	for i, j := range list {
		labels[i] = j.Right
	}
	sum, weight := 0.0, 0.0
	for _, t := range slices.Sorted(keys(tasksOf(list))) {
		var vs []float64
		var ls []bool
		for i, j := range list {
			if j.Task == t {
				vs, ls = append(vs, values[i]), append(ls, j.Right)
			}
		}
		if a := auc(vs, ls); !math.IsNaN(a) {
			sum += a * float64(len(vs))
			weight += float64(len(vs))
		}
	}
	fmt.Fprintf(w, "%s | %d | %.3f | %.3f–%.3f | %.3f\n", name, len(list), auc(values, labels), draws[len(draws)*25/1000], draws[len(draws)*975/1000], sum/weight)
}

// difference is that of two AUCs over the same questions drawn anew.
func difference(list []judged, a, b []float64, s settings) string {
	r := rand.New(rand.NewPCG(s.seed, 4))
	labels := make([]bool, len(list))
	for i, j := range list {
		labels[i] = j.Right
	}
	whole := auc(a, labels) - auc(b, labels)
	as, bs := make([]float64, len(list)), make([]float64, len(list))
	var draws []float64
	for range s.boots {
		for i := range list {
			k := r.IntN(len(list))
			as[i], bs[i], labels[i] = a[k], b[k], list[k].Right
		}
		draws = append(draws, auc(as, labels)-auc(bs, labels))
	}
	slices.Sort(draws)
	return fmt.Sprintf("%+.3f (%+.3f to %+.3f)", whole, draws[len(draws)*25/1000], draws[len(draws)*975/1000])
}

func tasksOf(list []judged) map[string]bool {
	out := map[string]bool{}
	for _, j := range list {
		out[j.Task] = true
	}
	return out
}

// auc is the probability that a right answer scores above a wrong one.
func auc(values []float64, right []bool) float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	sum, n := 0.0, 0.0
	for i := 0; i < len(order); {
		k := i
		for k < len(order) && values[order[k]] == values[order[i]] {
			k++
		}
		rank := float64(i+k+1) / 2
		for ; i < k; i++ {
			if right[order[i]] {
				sum += rank
				n++
			}
		}
	}
	m := float64(len(values)) - n
	return (sum - n*(n+1)/2) / (n * m)
}

// selective is the error among the most certain share.
func selective(list []judged, values []float64, share float64) float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	n := int(math.Round(share * float64(len(list))))
	wrong := 0.0
	for _, i := range order[:n] {
		wrong += 1 - number(list[i].Right)
	}
	return wrong / float64(n)
}
