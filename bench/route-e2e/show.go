package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"irori/internal/app/routing/learnt"
	"irori/internal/route/predict"
)

// figures are what became of questions: the share that stayed here, the share
// of right answers, what a question cost, and the share of money saved against
// asking the cloud always.
type figures struct{ local, quality, cost, saved, joules float64 }

// interval is from the 25th to the 975th of a thousand draws.
type interval struct{ low, high float64 }

func (i interval) holds(v float64) bool { return v >= i.low-1e-9 && v <= i.high+1e-9 }

// simulated is what the simulator says: by irori route evaluate and replay, and
// of the money saved with an interval over the same questions drawn anew.
type simulated struct {
	figures
	localIn, qualityIn, costIn, savedIn interval
	apgr, calls95                       float64
	// allCloud and allHere are what a question costs by either alone, and how
	// many are right; judged is what the cascade should bring.
	allCloud, allHere, judged figures
	judgedIn                  map[string]interval
	// before is what the half that was learnt from said, without an answer of
	// the other.
	before   figures
	beforeIn map[string]interval
}

// estimate is a figure of irori route evaluate.
type estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// simulate asks the simulator what the policy brings for the held-out half.
func (b *bench) simulate(ctx context.Context) (*simulated, error) {
	model := learnt.PredictorFile(b.here.home, "auto", "irori/local")
	raw, err := b.command(ctx, b.here.home, "route", "evaluate", b.path("policy.yaml"), "--in", b.path("test.jsonl"), "--model", model, "--json")
	if err != nil {
		return nil, err
	}
	type both struct {
		IPS estimate `json:"ips"`
	}
	var said struct {
		Local   estimate `json:"share_local"`
		Quality both     `json:"quality"`
		Cost    *both    `json:"cost"`
		Joules  *both    `json:"energy_j"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, err
	}
	if said.Cost == nil {
		return nil, errors.New("the ledger does not know what answers cost")
	}
	s := &simulated{}
	s.local, s.quality, s.cost = said.Local.Value, said.Quality.IPS.Value, said.Cost.IPS.Value
	s.localIn = interval{said.Local.Low, said.Local.High}
	s.qualityIn = interval{said.Quality.IPS.Low, said.Quality.IPS.High}
	s.costIn = interval{said.Cost.IPS.Low, said.Cost.IPS.High}
	if said.Joules != nil {
		s.joules = said.Joules.IPS.Value
	}
	m, err := predict.Load(model, predict.Options{})
	if err != nil {
		return nil, err
	}
	up := make([]bool, len(b.test))
	for i, x := range b.test {
		e := m.Predict(x.Question)
		up[i] = e.Strong-e.Weak > b.margin
	}
	auto, in := drawn(b.test, b.seed, func(i int) bool { return up[i] }, false)
	s.saved, s.savedIn = auto.saved, in["saved"]
	if diff := auto.local - s.local; diff > 1e-6 || diff < -1e-6 {
		return nil, fmt.Errorf("irori route evaluate says that %.4f stay local, and the predictor %.4f", s.local, auto.local)
	}
	s.before, s.beforeIn = drawn(b.train, b.seed, func(i int) bool { return b.benefit[i] > b.margin }, false)
	s.allCloud, _ = drawn(b.test, b.seed, func(int) bool { return true }, false)
	s.allHere, _ = drawn(b.test, b.seed, func(int) bool { return false }, false)
	s.judged, s.judgedIn = drawn(b.test, b.seed, func(i int) bool { return up[i] && doubtOf(b.test[i]) > b.doubt }, true)
	raw, err = b.command(ctx, b.here.home, "route", "replay", b.path("test.jsonl"), "--train", b.path("train.jsonl"), "--seed", fmt.Sprint(b.seed), "--json")
	if err != nil {
		return nil, err
	}
	var replayed struct {
		Routers map[string]struct {
			APGR    *float64 `json:"apgr"`
			Calls95 *float64 `json:"calls95"`
		} `json:"routers"`
	}
	if err := json.Unmarshal(raw, &replayed); err != nil {
		return nil, err
	}
	if r := replayed.Routers["irori"]; r.APGR != nil && r.Calls95 != nil {
		s.apgr, s.calls95 = *r.APGR, *r.Calls95
	}
	return s, nil
}

// drawn are the figures of a choice, with their intervals over questions drawn
// anew. after says that the local answer is paid for in any case.
func drawn(list []*item, seed uint64, up func(int) bool, after bool) (figures, map[string]interval) {
	of := func(pick func(int) int) (f figures) {
		all := 0.0
		for k := range list {
			i := pick(k)
			x := list[i]
			q, c := x.by(up(i))
			if up(i) && after {
				c += *x.WeakCost
			}
			if !up(i) {
				f.local++
			}
			f.quality += q
			f.cost += c
			all += *x.StrongCost
		}
		n := float64(len(list))
		return figures{local: f.local / n, quality: f.quality / n, cost: f.cost / n, saved: 1 - f.cost/all}
	}
	r := rand.New(rand.NewPCG(seed, 12))
	draws := map[string][]float64{}
	for range 2000 {
		f := of(func(int) int { return r.IntN(len(list)) })
		for name, v := range map[string]float64{"local": f.local, "quality": f.quality, "cost": f.cost, "saved": f.saved} {
			draws[name] = append(draws[name], v)
		}
	}
	in := map[string]interval{}
	for name, d := range draws {
		slices.Sort(d)
		in[name] = interval{d[len(d)*25/1000], d[len(d)*975/1000]}
	}
	return of(func(k int) int { return k }), in
}

// routed is what the ledger says of a route's requests.
type routed struct {
	figures
	policy  string
	n       int
	calls   int
	checked int
	// held is the mean time that local answers were held back, first that to
	// the first token of all.
	held, first float64
	reasons     map[string]int
}

// route sends what was held out through a route, and reads what the ledger has
// of it.
func (b *bench) route(ctx context.Context, name string) (*routed, error) {
	began := time.Now()
	ids := make([]string, len(b.test))
	right := map[string]bool{}
	for i, x := range b.test {
		a, err := b.ask(ctx, "irori/"+name, x, false)
		if err != nil {
			return nil, err
		}
		ids[i], right[a.id] = a.id, a.right
	}
	of, err := b.settled(ctx, began, ids)
	if err != nil {
		return nil, err
	}
	out := &routed{reasons: map[string]int{}}
	all, holds := 0.0, 0
	for i, x := range b.test {
		r := of[ids[i]]
		if !strings.HasPrefix(r.DecisionPolicy, name+"@") {
			return nil, fmt.Errorf("the ledger says that %s decided a request for irori/%s", r.DecisionPolicy, name)
		}
		out.policy = r.DecisionPolicy
		out.n++
		if r.Cost == nil {
			return nil, fmt.Errorf("the ledger does not know what %s cost", r.ID)
		}
		out.cost += *r.Cost
		for _, t := range r.Attempts {
			if t.Cost != nil && r.EscalatedFrom != "" && t.Status != r.Status {
				out.cost += *t.Cost
			}
		}
		all += *x.StrongCost
		if r.Route == "local" {
			out.local++
		} else {
			out.calls++
		}
		if r.HeldSeconds != nil {
			out.held += *r.HeldSeconds
			holds++
		}
		if r.TTFTSeconds != nil {
			out.first += *r.TTFTSeconds
		}
		out.quality += number(right[ids[i]])
		why, _, _ := strings.Cut(r.DecisionReason, " (")
		out.reasons[why]++
	}
	n := float64(out.n)
	out.local, out.quality, out.cost, out.saved = out.local/n, out.quality/n, out.cost/n, 1-out.cost/all
	out.first /= n
	if holds > 0 {
		out.held /= float64(holds)
		out.checked = holds
	}
	return out, nil
}

// report prints the table, and fails where it does not hold.
func (b *bench) report(g gap, s *simulated, auto, judged *routed) error {
	w := os.Stdout
	fmt.Fprintf(w, "%s here, %s as the cloud; %d questions learnt from, %d held out, of %d kinds, seed %d\n", b.weak, b.strong, len(b.train), len(b.test), len(b.kinds), b.seed)
	fmt.Fprintf(w, "right: %.1f %% here, %.1f %% in the cloud, %d only there, %d only here, McNemar p %.2g\n", 100*g.weak, 100*g.strong, g.onlyStrong, g.onlyWeak, g.p)
	fmt.Fprintf(w, "margin %g and doubt %g chosen by what was learnt from; APGR %.3f, %.0f %% of calls for 95 %% of the cloud's quality\n\n", b.margin, b.doubt, s.apgr, 100*s.calls95)
	fmt.Fprintln(w, "kind | held out | right here | right in the cloud")
	for _, k := range count(b.test) {
		fmt.Fprintf(w, "%s | %d | %.0f %% | %.0f %%\n", k.name, k.n, 100*k.weak, 100*k.strong)
	}
	fmt.Fprintln(w, "\nheld out | stays local | right | a thousand questions, JPY | money saved")
	line := func(name string, f figures) {
		fmt.Fprintf(w, "%s | %.1f %% | %.1f %% | %.3f | %.1f %%\n", name, 100*f.local, 100*f.quality, 1000*f.cost, 100*f.saved)
	}
	between := func(local, quality, cost, saved interval) {
		fmt.Fprintf(w, "its 95 %% | %.1f–%.1f | %.1f–%.1f | %.3f–%.3f | %.1f–%.1f\n", 100*local.low, 100*local.high, 100*quality.low, 100*quality.high, 1000*cost.low, 1000*cost.high, 100*saved.low, 100*saved.high)
	}
	line("all cloud", s.allCloud)
	line("all local", s.allHere)
	j := s.beforeIn
	line("irori/auto, by the questions learnt from", s.before)
	between(j["local"], j["quality"], j["cost"], j["saved"])
	line("irori/auto, simulated", s.figures)
	between(s.localIn, s.qualityIn, s.costIn, s.savedIn)
	line("irori/auto, ledger", auto.figures)
	line("irori/judged, simulated", s.judged)
	j = s.judgedIn
	between(j["local"], j["quality"], j["cost"], j["saved"])
	line("irori/judged, ledger", judged.figures)
	fmt.Fprintln(w)
	for _, r := range []*routed{auto, judged} {
		fmt.Fprintf(w, "%s: %d of %d called the cloud, first token after %.3f s; %d local answers held back, on average for %.3f s\n", r.policy, r.calls, r.n, r.first, r.checked, r.held)
		for _, why := range slices.Sorted(keys(r.reasons)) {
			fmt.Fprintf(w, "  %4d %s\n", r.reasons[why], why)
		}
	}
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	check(g.strong-g.weak >= .1 && g.p < .01, "the gap is %.1f points with p %.2g: at least 10 with p below .01 are wanted", 100*(g.strong-g.weak), g.p)
	check(s.savedIn.holds(auto.saved), "the ledger saves %.1f %% of the money, the simulator says %.1f to %.1f", 100*auto.saved, 100*s.savedIn.low, 100*s.savedIn.high)
	check(s.localIn.holds(auto.local), "by the ledger %.1f %% stay local, the simulator says %.1f to %.1f", 100*auto.local, 100*s.localIn.low, 100*s.localIn.high)
	check(s.qualityIn.holds(auto.quality), "%.1f %% were right, the simulator says %.1f to %.1f", 100*auto.quality, 100*s.qualityIn.low, 100*s.qualityIn.high)
	check(auto.saved > 0, "nothing was saved")
	check(judged.held > 0, "no answer was held back")
	check(s.judgedIn["saved"].holds(judged.saved), "answers judged first save %.1f %% by the ledger, the simulator says %.1f to %.1f", 100*judged.saved, 100*s.judgedIn["saved"].low, 100*s.judgedIn["saved"].high)
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	fmt.Fprintln(w, "ok: the ledger's saving is within the simulator's interval, and so are its quality and what stays local")
	return nil
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
