package replay

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"irori/internal/llm"
	"irori/internal/route/curve"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// Options says how outcomes are replayed.
type Options struct {
	Seed uint64
	// Draws is how many times the questions are resampled for intervals and
	// tests; 0 is 2,000.
	Draws int
	// Folds and Shuffles are those of a cross-validation, where there is
	// nothing to train on apart; 0 are 5 and 1.
	Folds, Shuffles int
}

// Figures are a router's: nil where the records do not give them.
type Figures struct {
	APGR    *float64 `json:"apgr,omitempty"`
	Low     *float64 `json:"apgr_low,omitempty"`
	High    *float64 `json:"apgr_high,omitempty"`
	CPT50   *float64 `json:"cpt50,omitempty"`
	CPT80   *float64 `json:"cpt80,omitempty"`
	Calls95 *float64 `json:"calls95,omitempty"`
}

// Test compares Irori's router with the baseline on the same questions.
type Test struct {
	Diff float64 `json:"diff"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	P    float64 `json:"p"`
}

// Point is a place on a curve: the share of calls to the strong model, the mean
// score, and what was spent on an answer, where the records tell.
type Point struct {
	Share  float64  `json:"share"`
	Score  float64  `json:"score"`
	Cost   *float64 `json:"cost,omitempty"`
	Joules *float64 `json:"energy_j,omitempty"`
	Flops  *float64 `json:"flops,omitempty"`
}

// Result is a replay.
type Result struct {
	Questions int `json:"questions"`
	Trained   int `json:"trained_on"`
	// Method says how questions and training were kept apart: "held out",
	// "cross-validated", or "trained before" by a model whose training is not
	// known here.
	Method string `json:"method"`
	// Predictor is the version of the model that was given.
	Predictor string             `json:"predictor,omitempty"`
	Weak      float64            `json:"all_local"`
	Strong    float64            `json:"all_cloud"`
	Routers   map[string]Figures `json:"routers"`
	Paired    *Test              `json:"paired,omitempty"`
	// Outside is the router's APGR when whole groups were kept from training.
	Outside *float64           `json:"leave_groups_out_apgr,omitempty"`
	Curves  map[string][]Point `json:"curves,omitempty"`
	// Chance is between what quality 95 of 100 random orders lie.
	Chance []Band `json:"random_band,omitempty"`
	// Reliability sets what was expected of either model beside what came.
	Reliability map[string]Reliability `json:"reliability,omitempty"`
	// Selective is the share of wrong answers among those that the predictor
	// trusts the local model with most.
	Selective []Selected `json:"selective,omitempty"`
	// Rows are what the routers said of each question, in the file's order.
	Rows []Row `json:"-"`
	// Repeats counts questions that training held too: they are left out of
	// training.
	Repeats int `json:"repeats_left_out,omitempty"`
	// LeftOut counts the records of which both scores are not known as chance
	// drew them, Thinned those that were drawn more often than others.
	LeftOut int `json:"left_out,omitempty"`
	Thinned int `json:"thinned_out,omitempty"`
}

// scores are what the routers say of each question; ngram is nil where there
// is no baseline: one needs texts, and outcomes to train on.
type scores struct{ irori, ngram, weak, strong []float64 }

func newScores(n int, baseline bool) scores {
	s := scores{irori: make([]float64, n), weak: make([]float64, n), strong: make([]float64, n)}
	if baseline {
		s.ngram = make([]float64, n)
	}
	return s
}

// texts reports whether every record has its question's text.
func texts(records []outcome.Record) bool {
	return !slices.ContainsFunc(records, func(r outcome.Record) bool { return r.Question == "" })
}

// same is what equal questions have in common: the text, or what stands for it.
func same(r outcome.Record) string {
	if r.Question == "" {
		return "\x00" + string(r.Features)
	}
	return r.Question
}

// expect estimates a question by its text, or by what stands for it.
func expect(m *predict.Model, r outcome.Record) predict.Estimate {
	if r.Question == "" {
		if e := predict.Examples([]outcome.Record{r}); len(e) == 1 {
			return m.Of(e[0].Question)
		}
	}
	return m.Predict(r.Question)
}

// HeldOut trains on some records and judges on others. Questions of the
// training that are judged too are left out of it.
func HeldOut(train, test []outcome.Record, o Options) (*Result, error) {
	if len(test) == 0 || len(train) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "there are no outcomes to replay or to train on").WithHint(`a line is an object such as {"q": "…", "w": 0, "s": 1}`)
	}
	asked := map[string]bool{}
	for _, r := range test {
		asked[same(r)] = true
	}
	kept := slices.DeleteFunc(slices.Clone(train), func(r outcome.Record) bool { return asked[same(r)] })
	if len(kept) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "every question to train on is one of those to be judged").WithHint("without --train, irori route replay FILE keeps them apart itself")
	}
	s := judge(kept, test, texts(kept) && texts(test), o.Seed)
	r := result(test, []scores{s}, o)
	r.Method, r.Trained, r.Repeats = "held out", len(kept), len(train)-len(kept)
	return r, nil
}

// ByModel judges outcomes by a model that was trained before. Whether it was
// trained on the same questions is not known here, and there is no baseline
// that was trained on what it was.
func ByModel(m *predict.Model, test []outcome.Record, o Options) (*Result, error) {
	if len(test) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "there are no outcomes to replay").WithHint(outcome.Hint)
	}
	s := newScores(len(test), false)
	for i, r := range test {
		e := expect(m, r)
		s.irori[i], s.weak[i], s.strong[i] = e.Benefit(), e.Weak, e.Strong
	}
	r := result(test, []scores{s}, o)
	r.Method, r.Trained, r.Predictor = "trained before", m.Summary().Examples, m.Version()
	return r, nil
}

// defaultFolds is into how many parts outcomes are cut.
const defaultFolds = 5

// CrossValidated judges each question by what was learnt of the others; equal
// questions stay together. Outside is filled in where there are groups.
func CrossValidated(records []outcome.Record, o Options) (*Result, error) {
	folds, shuffles := cmp.Or(o.Folds, defaultFolds), cmp.Or(o.Shuffles, 1)
	if folds < 2 || shuffles < 1 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%d folds, %d times: at least 2 folds and one time are wanted", folds, shuffles)
	}
	if len(records) < 2*folds {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%d outcomes are too few to learn from some and judge by others: %d more are needed", len(records), 2*folds-len(records))
	}
	var all []scores
	for shuffle := range shuffles {
		all = append(all, crossed(records, split(records, folds, o.Seed+uint64(shuffle)), folds, o.Seed))
	}
	r := result(records, all, o)
	r.Method, r.Trained = "cross-validated", len(records)*(folds-1)/folds
	r.Outside = outside(records, o)
	return r, nil
}

// split gives each question a fold; equal questions have the same.
func split(records []outcome.Record, folds int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 0xf01d))
	var distinct []string
	at := map[string]int{}
	for _, r := range records {
		if _, ok := at[same(r)]; !ok {
			at[same(r)] = len(distinct)
			distinct = append(distinct, same(r))
		}
	}
	place := rng.Perm(len(distinct))
	out := make([]int, len(records))
	for i, r := range records {
		out[i] = place[at[same(r)]] % folds
	}
	return out
}

// crossed judges each fold by what the others taught.
func crossed(records []outcome.Record, fold []int, folds int, seed uint64) scores {
	baseline := texts(records)
	out := newScores(len(records), baseline)
	var wait sync.WaitGroup
	places := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
	for k := range folds {
		wait.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			var train, test []outcome.Record
			for i, r := range records {
				if fold[i] == k {
					test = append(test, r)
				} else {
					train = append(train, r)
				}
			}
			s, n := judge(train, test, baseline, seed), 0
			for i := range records {
				if fold[i] == k {
					out.irori[i], out.weak[i], out.strong[i] = s.irori[n], s.weak[n], s.strong[n]
					if baseline {
						out.ngram[i] = s.ngram[n]
					}
					n++
				}
			}
		})
	}
	wait.Wait()
	return out
}

// judge lets the routers score questions by what others taught.
func judge(train, test []outcome.Record, baseline bool, seed uint64) scores {
	m := predict.Train(train, predict.Options{Seed: seed})
	s := newScores(len(test), baseline)
	for i, r := range test {
		e := expect(m, r)
		s.irori[i], s.weak[i], s.strong[i] = e.Benefit(), e.Weak, e.Strong
	}
	if baseline {
		n := trainNgram(train, seed)
		for i, r := range test {
			s.ngram[i] = n.score(r.Question)
		}
	}
	return s
}

// outside judges each group by what the others taught; nil where there are
// fewer than three groups.
func outside(records []outcome.Record, o Options) *float64 {
	number := map[string]int{}
	fold := make([]int, len(records))
	for i, r := range records {
		if _, ok := number[r.Group]; !ok {
			number[r.Group] = len(number)
		}
		fold[i] = number[r.Group]
	}
	if len(number) < 3 {
		return nil
	}
	s := crossed(records, fold, len(number), o.Seed)
	w, st := labels(records)
	if a, ok := curve.New(s.irori, w, st).APGR(); ok {
		return &a
	}
	return nil
}

func labels(records []outcome.Record) (weak, strong []float64) {
	for _, r := range records {
		weak, strong = append(weak, *r.Weak), append(strong, *r.Strong)
	}
	return weak, strong
}

// result makes the figures: those of a router are the means over the shuffles.
func result(records []outcome.Record, all []scores, o Options) *Result {
	weak, strong := labels(records)
	draws := cmp.Or(o.Draws, 2000)
	r := &Result{Questions: len(records), Routers: map[string]Figures{}, Curves: map[string][]Point{}}
	gain := make([]float64, len(records))
	for i := range gain {
		gain[i] = strong[i] - weak[i]
	}
	flat := curve.New(make([]float64, len(records)), weak, strong)
	r.Weak, r.Strong = flat.Means()
	byRouter := map[string][][]float64{"oracle": {gain}}
	for _, s := range all {
		byRouter["irori"] = append(byRouter["irori"], s.irori)
		if s.ngram != nil {
			byRouter["ngram"] = append(byRouter["ngram"], s.ngram)
		}
	}
	r.Routers["random"] = figures(flat)
	for name, rows := range byRouter {
		var each []Figures
		for i, row := range rows {
			c := curve.New(row, weak, strong)
			if each = append(each, figures(c)); i == 0 {
				r.Curves[name] = points(records, row, c)
			}
		}
		f := average(each)
		if d, ok := curve.Paired(rows, nil, weak, strong, draws/2+1, o.Seed); ok && f.APGR != nil {
			f.Low, f.High = &d.Low, &d.High
		}
		r.Routers[name] = f
	}
	if d, ok := curve.Paired(byRouter["irori"], byRouter["ngram"], weak, strong, draws, o.Seed); ok && all[0].ngram != nil {
		r.Paired = &Test{Diff: d.Value, Low: d.Low, High: d.High, P: d.P}
	}
	r.look(records, all[0], o.Seed)
	return r
}

func figures(c curve.Curve) Figures {
	var f Figures
	set := func(to **float64, v float64, ok bool) {
		if ok {
			*to = &v
		}
	}
	v, ok := c.APGR()
	set(&f.APGR, v, ok)
	v, ok = c.CPT(.5)
	set(&f.CPT50, v, ok)
	v, ok = c.CPT(.8)
	set(&f.CPT80, v, ok)
	v, ok = c.Calls(.95)
	set(&f.Calls95, v, ok)
	return f
}

func average(all []Figures) Figures {
	var f Figures
	of := func(get func(*Figures) **float64) {
		sum := 0.0
		for i := range all {
			v := *get(&all[i])
			if v == nil {
				return
			}
			sum += *v / float64(len(all))
		}
		*get(&f) = &sum
	}
	of(func(f *Figures) **float64 { return &f.APGR })
	of(func(f *Figures) **float64 { return &f.CPT50 })
	of(func(f *Figures) **float64 { return &f.CPT80 })
	of(func(f *Figures) **float64 { return &f.Calls95 })
	return f
}

// points are a router's curve at every twentieth, with money, joules and
// arithmetic where every record has both sides'. Questions of one score come in
// any order, for what they take as for what they bring.
func points(records []outcome.Record, score []float64, c curve.Curve) []Point {
	spent := func(weak, strong func(outcome.Record) *float64) func(share float64) *float64 {
		w, s := make([]float64, len(records)), make([]float64, len(records))
		for i, r := range records {
			if weak(r) == nil || strong(r) == nil {
				return func(float64) *float64 { return nil }
			}
			w[i], s[i] = *weak(r), *strong(r)
		}
		took := curve.New(score, w, s)
		return func(share float64) *float64 { return new(took.At(share)) }
	}
	cost := spent(func(r outcome.Record) *float64 { return r.WeakCost }, func(r outcome.Record) *float64 { return r.StrongCost })
	joules := spent(func(r outcome.Record) *float64 { return r.WeakJoules }, func(r outcome.Record) *float64 { return r.StrongJoules })
	flops := spent(outcome.Computes(records))
	var out []Point
	for i := 0; i <= 20; i++ {
		share := float64(i) / 20
		out = append(out, Point{Share: share, Score: c.At(share), Cost: cost(share), Joules: joules(share), Flops: flops(share)})
	}
	return out
}
