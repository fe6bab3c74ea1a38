package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/app/routing/learnt"
	"irori/internal/eval/stat"
	"irori/internal/eval/task"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/store"
)

// item is a question with what either model made of it.
type item struct {
	outcome.Record
	item  *task.Item
	doubt *float64
}

// draw puts the questions of all kinds in an order of chance.
func draw(tasks []*task.Task, seed uint64) []*item {
	var out []*item
	for _, t := range tasks {
		for i := range t.Items {
			x := &item{item: &t.Items[i]}
			x.Question, x.Group, x.Language = prompt(x), t.Name, t.Language
			out = append(out, x)
		}
	}
	r := rand.New(rand.NewPCG(seed, 11))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// screened is how many of a kind are asked before those kinds are left out that
// neither model can do.
const screened = 16

// collect asks both models: first a few of each kind of those to learn from,
// then the rest of the kinds that are worth it, and their held-out half.
func (b *bench) collect(ctx context.Context, items []*item) error {
	train, test := halves(items)
	n := map[string]int{}
	var first, rest []*item
	for _, x := range train {
		if n[x.Group]++; n[x.Group] <= screened {
			first = append(first, x)
		} else {
			rest = append(rest, x)
		}
	}
	if err := b.answers(ctx, first); err != nil {
		return err
	}
	b.kinds = choose(first)
	b.test = only(test, b.kinds)
	rest = only(rest, b.kinds)
	if err := b.answers(ctx, append(slices.Clone(rest), b.test...)); err != nil {
		return err
	}
	b.train = append(only(first, b.kinds), rest...)
	return nil
}

// answers asks both models, one after the other and a question at a time, so
// that neither takes the other's processors and answers are the same each time.
// Questions of a kind follow each other: they begin alike.
func (b *bench) answers(ctx context.Context, items []*item) error {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(x, y *item) int { return strings.Compare(x.Group, y.Group) })
	for _, strong := range []bool{false, true} {
		if err := b.side(ctx, items, strong); err != nil {
			return err
		}
	}
	return nil
}

// side asks one model, and reads out of the ledger what that took.
func (b *bench) side(ctx context.Context, items []*item, strong bool) error {
	model, began := b.weak, time.Now()
	if strong {
		model = "strong/" + b.strong
	}
	ids := make([]string, len(items))
	for i, x := range items {
		a, err := b.ask(ctx, model, x, !strong)
		if err != nil {
			return err
		}
		ids[i] = a.id
		score := number(a.right)
		if strong {
			x.Strong = &score
		} else {
			x.Weak, x.doubt = &score, a.doubt
		}
	}
	of, err := b.settled(ctx, began, ids)
	if err != nil {
		return err
	}
	for i, x := range items {
		x.take(of[ids[i]], strong)
	}
	fmt.Fprintf(os.Stderr, "%s: %d questions in %.0f s\n", model, len(items), time.Since(began).Seconds())
	if !strong {
		return nil
	}
	// What its server spent in joules it tells nobody, so its own ledger is read:
	// the requests came one after the other.
	own, err := b.ledger(ctx, b.cloud.home, began)
	if err != nil {
		return err
	}
	if len(own) == len(items) {
		for i, x := range items {
			x.StrongJoules = own[i].EnergyJ
		}
	}
	return nil
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// take puts what a record says of one side into the outcome.
func (x *item) take(r store.Record, strong bool) {
	real := func(n *int) *float64 {
		if n == nil {
			return nil
		}
		f := float64(*n)
		return &f
	}
	one := 1.0
	x.Propensity, x.WeakPropensity = &one, &one // both were asked, always
	if strong {
		x.StrongTokens, x.StrongPromptTokens, x.StrongCost = real(r.OutputTokens), real(r.PromptTokens), r.Cost
		return
	}
	x.WeakTokens, x.WeakPromptTokens, x.WeakCost, x.WeakJoules = real(r.OutputTokens), real(r.PromptTokens), r.Cost, r.EnergyJ
}

// halves cuts each kind in two.
func halves(items []*item) (train, test []*item) {
	n := map[string]int{}
	for _, x := range items {
		if n[x.Group]++; n[x.Group]%2 == 1 {
			train = append(train, x)
		} else {
			test = append(test, x)
		}
	}
	return train, test
}

// kind is one of questions, and how both models do on the half that is learnt
// from.
type kind struct {
	name         string
	n            int
	weak, strong float64
}

// able is the share of a kind that one of the models has to have right for it to
// be asked: of what neither can do a router has nothing to choose.
const able = .4

// apart is how far apart the models have to be over all kinds that are taken:
// twice what is wanted of what was held out.
const apart = .2

// choose takes the kinds that one of both models can do, seeing only what is
// learnt from. While the models are too near to each other over all of them,
// that in which the one here is furthest ahead goes.
func choose(train []*item) (out []kind) {
	for _, k := range count(train) {
		fmt.Fprintf(os.Stderr, "%-16s %3d to learn from: %3.0f %% here, %3.0f %% in the cloud\n", k.name, k.n, 100*k.weak, 100*k.strong)
		if max(k.weak, k.strong) >= able {
			out = append(out, k)
		}
	}
	for len(out) > 1 {
		gain, worst := 0.0, 0
		for i, k := range out {
			gain += k.strong - k.weak
			if k.strong-k.weak < out[worst].strong-out[worst].weak {
				worst = i
			}
		}
		if gain/float64(len(out)) >= apart {
			break
		}
		out = slices.Delete(out, worst, worst+1)
	}
	return out
}

// count is how both models do on each kind.
func count(items []*item) (out []kind) {
	of := map[string]*kind{}
	for _, x := range items {
		if of[x.Group] == nil {
			of[x.Group] = &kind{name: x.Group}
		}
		k := of[x.Group]
		k.n++
		k.weak += *x.Weak
		k.strong += *x.Strong
	}
	for _, k := range of {
		k.weak /= float64(k.n)
		k.strong /= float64(k.n)
		out = append(out, *k)
	}
	slices.SortFunc(out, func(x, y kind) int { return strings.Compare(x.name, y.name) })
	return out
}

func only(items []*item, kinds []kind) (out []*item) {
	for _, x := range items {
		if slices.ContainsFunc(kinds, func(k kind) bool { return k.name == x.Group }) {
			out = append(out, x)
		}
	}
	return out
}

// gap is how far apart the models are on what was held out.
type gap struct {
	weak, strong         float64
	onlyStrong, onlyWeak int
	p                    float64
}

func (b *bench) gap() (g gap) {
	for _, x := range b.test {
		g.weak += *x.Weak
		g.strong += *x.Strong
		if *x.Strong > *x.Weak {
			g.onlyStrong++
		} else if *x.Weak > *x.Strong {
			g.onlyWeak++
		}
	}
	n := float64(len(b.test))
	g.weak, g.strong, g.p = g.weak/n, g.strong/n, stat.McNemar(g.onlyStrong, g.onlyWeak)
	return g
}

// folds is into how many parts the half that is learnt from is cut, to choose
// the policy's bounds.
const folds = 5

// learn trains the predictor and writes the policy.
func (b *bench) learn(ctx context.Context) error {
	for name, list := range map[string][]*item{"train.jsonl": b.train, "test.jsonl": b.test} {
		if err := write(b.path(name), list); err != nil {
			return err
		}
	}
	b.benefit = make([]float64, len(b.train))
	for f := range folds {
		var rest []outcome.Record
		for i, x := range b.train {
			if i%folds != f {
				rest = append(rest, x.Record)
			}
		}
		m := predict.Train(rest, predict.Options{Seed: b.seed})
		for i, x := range b.train {
			if i%folds == f {
				e := m.Predict(x.Question)
				b.benefit[i] = e.Strong - e.Weak
			}
		}
	}
	b.margin = cheapest(b.train, func(i int) float64 { return b.benefit[i] }, false)
	b.doubt = cheapest(b.train, func(i int) float64 {
		if b.benefit[i] <= b.margin {
			return -1 // a better answer is not worth it, however doubtful this one is
		}
		return doubtOf(b.train[i])
	}, true)
	for _, route := range []string{"auto", "judged"} {
		file := learnt.PredictorFile(b.here.home, route, "irori/local")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if _, err := b.command(ctx, b.here.home, "route", "train", "--in", b.path("train.jsonl"), "--out", file, "--seed", fmt.Sprint(b.seed)); err != nil {
			return err
		}
	}
	text := fmt.Sprintf(`routes:
  auto:
    local: [irori/local]
    cloud: [strong/%[1]s]
    unknown: cloud
    margin: %[2]g
    privacy: any
  judged:
    local: [irori/local]
    cloud: [strong/%[1]s]
    unknown: local
    margin: %[2]g
    privacy: any
    cascade: {hold: all, doubt: %[3]g}
`, b.strong, b.margin, b.doubt)
	return os.WriteFile(b.path("policy.yaml"), []byte(text), 0o600)
}

// doubtOf is the doubt of an item's local answer; nothing is more doubtful than
// what is not known.
func doubtOf(x *item) float64 {
	if x.doubt == nil {
		return 1
	}
	return *x.doubt
}

// cheapest is the bound on a score above which the cloud is asked that costs
// least among those which leave the quality of the cloud alone; where none does,
// that with the best quality. after says that the local answer is paid for in
// any case.
func cheapest(list []*item, score func(int) float64, after bool) float64 {
	all := 0.0
	for _, x := range list {
		all += *x.Strong
	}
	best, bestQuality, bestCost := 0.0, -1.0, 0.0
	for step := range 100 {
		bound := float64(step) / 100
		quality, cost := 0.0, 0.0
		for i, x := range list {
			up := score(i) > bound
			q, c := x.by(up)
			if up && after {
				c += *x.WeakCost
			}
			quality += q
			cost += c
		}
		enough, had := quality >= all, bestQuality >= all
		if enough && (!had || cost < bestCost) || !enough && !had && quality > bestQuality {
			best, bestQuality, bestCost = bound, quality, cost
		}
	}
	return best
}

// side is the quality and the cost of an answer.
func (x *item) by(strong bool) (quality, cost float64) {
	if strong {
		return *x.Strong, *x.StrongCost
	}
	return *x.Weak, *x.WeakCost
}

func write(path string, list []*item) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	e := json.NewEncoder(f)
	for _, r := range records(list) {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return f.Close()
}
