package learnt

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/route/correct"
	"irori/internal/route/credit"
	"irori/internal/route/log"
	"irori/internal/route/predict"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

// Store is where labelled requests lie, and what was learnt of them.
type Store interface {
	Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error]
	Kept(ctx context.Context, prefix string) (map[string][]byte, error)
	Keep(ctx context.Context, values map[string][]byte) error
	// Said counts the labels that there are.
	Said(ctx context.Context) (int, error)
}

// Pair is what is learnt apart: a route with one target of either side.
type Pair struct {
	Route string `json:"route"`
	Local string `json:"local"`
	Cloud string `json:"cloud"`
}

// Stake is what hangs on a pair's choices: the policy's margin, and that the
// cloud is asked where nothing is known.
type Stake struct {
	Margin float64
	Cloud  bool
}

// Taught is what a pair's labels taught a server by themselves.
type Taught struct {
	Pair
	// Base is the version of the predictor that is corrected, Own that this
	// home's labels made it, of Fitted outcomes; else it was trained.
	Base   string `json:"predictor,omitempty"`
	Own    bool   `json:"own,omitempty"`
	Fitted int    `json:"fitted,omitempty"`
	// Number counts the steps; Seen is how many labels the log had at this one,
	// and Epoch what reset last left there.
	Number int    `json:"step"`
	Seen   int    `json:"seen"`
	Epoch  string `json:"epoch,omitempty"`
	correct.Step
	Date time.Time `json:"date"`
}

// Version names what is expected by: the predictor's, and where it is corrected
// that of the correction.
func (t *Taught) Version() string {
	if !t.On {
		return t.Base
	}
	return t.Base + "+" + t.Rule.Version()
}

// LearnerOptions are what a Learner is made of. All but Log and Now is needed.
type LearnerOptions struct {
	Store Store
	Log   *slog.Logger
	Now   func() time.Time
	// Keyed says that requests need a key now.
	Keyed bool
	// Pairs are those of the policy, with what hangs on them; Trained is the version of the predictor
	// that was trained for one, "" where there is none.
	Pairs   map[Pair]Stake
	Trained func(Pair) string
	// Stands reports whether a promise stands on a score whose name has this in
	// it.
	Stands func(part string) bool
}

// Learner learns beside the requests of what becomes of them, in steps. Each is
// made anew of the labels that there are then, so none of them counts twice,
// and what is taken back is forgotten. It is safe for concurrent use; nobody
// waits for it.
type Learner struct {
	o     LearnerOptions
	mu    sync.Mutex // held by who makes a step
	shown atomic.Pointer[shown]
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// shown is what readers see; it is not changed.
type shown struct {
	taught map[Pair]*Taught
	own    map[Pair]*predict.Model
	heard  map[Asked]*Heard
}

// The names of what is kept begin with outcomes.Learnt.
const (
	keptStep  = outcomes.Learnt + "step/"
	keptModel = outcomes.Learnt + "model/"
	keptFolds = outcomes.Learnt + "folds/"
	keptHeard = outcomes.Learnt + "verifier/"
)

const (
	// every is how often a Learner looks for new labels, freshLabels how many
	// it waits for, or a share of those that it has seen.
	every       = 10 * time.Second
	freshLabels = 20
	freshShare  = 20
	// window is how many labelled requests a step looks back on.
	window = 5000
)

// NewLearner reads what is kept.
func NewLearner(ctx context.Context, o LearnerOptions) (*Learner, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Learner{o: o}
	l.shown.Store(&shown{})
	taught, heard, err := Read(ctx, o.Store)
	if err != nil {
		return nil, err
	}
	l.show(ctx, taught, heard)
	return l, nil
}

// Run makes steps as labels come in, until Close.
func (l *Learner) Run() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.done.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			if err := l.Step(ctx); err != nil && ctx.Err() == nil {
				l.o.Log.Error("nothing could be learnt of what became of requests", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
	})
}

// Close ends what Run began. A step that is not kept yet is made again after
// the next start.
func (l *Learner) Close() {
	if l.stop != nil {
		l.stop()
	}
	l.done.Wait()
}

// For is what a pair's labels taught, and the predictor that they made; both
// may be nil.
func (l *Learner) For(p Pair) (*Taught, *predict.Model) {
	if l == nil {
		return nil, nil
	}
	v := l.shown.Load()
	return v.taught[p], v.own[p]
}

// Heard is what is known of a verifier, nil where nothing is.
func (l *Learner) Heard(a Asked) *Heard {
	if l == nil {
		return nil
	}
	return l.shown.Load().heard[a]
}

// Read reads what is kept of a store.
func Read(ctx context.Context, s interface {
	Kept(ctx context.Context, prefix string) (map[string][]byte, error)
}) (taught map[Pair]*Taught, heard map[Asked]*Heard, err error) {
	taught, heard = map[Pair]*Taught{}, map[Asked]*Heard{}
	steps, err := s.Kept(ctx, keptStep)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range steps {
		t := &Taught{}
		if json.Unmarshal(b, t) == nil { // what cannot be read is learnt again
			taught[t.Pair] = t
		}
	}
	verdicts, err := s.Kept(ctx, keptHeard)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range verdicts {
		h := &Heard{}
		if json.Unmarshal(b, h) == nil {
			heard[h.Asked] = h
		}
	}
	return taught, heard, nil
}

// show lets readers see what is kept, with the predictors that it needs.
func (l *Learner) show(ctx context.Context, taught map[Pair]*Taught, heard map[Asked]*Heard) {
	old := l.shown.Load()
	v := &shown{taught: taught, own: map[Pair]*predict.Model{}, heard: heard}
	for p, t := range taught {
		if !t.Own {
			continue
		}
		if m := old.own[p]; m != nil && m.Version() == t.Base {
			v.own[p] = m
			continue
		}
		name := keptModel + p.name()
		kept, err := l.o.Store.Kept(ctx, name)
		if err == nil {
			v.own[p], err = predict.Read(bytes.NewReader(kept[name]), predict.Options{Domain: Domain})
		}
		if err != nil || v.own[p].Version() != t.Base {
			l.o.Log.Warn("a predictor that was learnt here cannot be read, so it says nothing", "route", p.Route, "err", err)
			delete(v.own, p)
		}
	}
	l.shown.Store(v)
}

// name is a pair's among what is kept.
func (p Pair) name() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // three strings
	}
	return string(b)
}

// Step learns of the labels that came in since the last one, where they are
// enough, and of what was taken back.
func (l *Learner) Step(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	said, err := l.o.Store.Said(ctx)
	if err != nil {
		return err
	}
	mark, err := l.o.Store.Kept(ctx, outcomes.Epoch)
	if err != nil {
		return err
	}
	epoch := string(mark[outcomes.Epoch])
	taught, heard, err := Read(ctx, l.o.Store)
	if err != nil {
		return err
	}
	due := false
	for p := range l.o.Pairs {
		t := taught[p]
		base := l.o.Trained(p)
		switch {
		case t == nil:
			due = due || said > 0
		case t.Epoch != epoch, base != "" && base != t.Base, base == "" && !t.Own && t.Base != "":
			due = true
		default:
			due = due || max(said-t.Seen, t.Seen-said) >= max(freshLabels, t.Seen/freshShare)
		}
	}
	if !due {
		l.show(ctx, taught, heard)
		return nil
	}
	of, err := l.rows(ctx, true)
	if err != nil {
		return err
	}
	values := map[string][]byte{}
	for p := range l.o.Pairs {
		last := taught[p]
		if last != nil && last.Epoch != epoch {
			last = nil
		}
		t, err := l.learn(ctx, p, of[p], last, values)
		if err != nil {
			return err
		}
		t.Seen, t.Epoch, t.Date = said, epoch, l.o.Now().UTC().Truncate(time.Second)
		taught[p] = t
		if values[keptStep+p.name()], err = json.Marshal(t); err != nil {
			return err
		}
	}
	if err := l.listen(ctx, heard, epoch, values); err != nil {
		return err
	}
	// All of a step is kept, or nothing of it.
	if err := l.o.Store.Keep(ctx, values); err != nil {
		return err
	}
	l.show(ctx, taught, heard)
	return nil
}

// rows are the labelled requests of each pair that may be learnt from, with what
// counts of their labels.
func (l *Learner) rows(ctx context.Context, lean bool) (map[Pair][]*routed.Row, error) {
	read := func(lean bool) ([]*routed.Row, error) {
		return log.Learnable(l.o.Store.Rows(ctx, routed.Which{Labelled: true, Newest: window, Lean: lean}), perKey, l.o.Keyed, promise.Held)
	}
	all, err := read(lean)
	if err != nil {
		return nil, err
	}
	if credit.Said(all) {
		if lean { // what is said is weighed among questions that are alike
			if all, err = read(false); err != nil {
				return nil, err
			}
		}
		several, err := shared(all, func() iter.Seq2[*routed.Row, error] {
			return l.o.Store.Rows(ctx, routed.Which{Newest: window, Lean: true})
		})
		if err != nil {
			return nil, err
		}
		all = credit.Weigh(all, several)
	}
	out := map[Pair][]*routed.Row{}
	for _, r := range all {
		p := Pair{r.Route, r.Weak.Name, r.Strong.Name}
		out[p] = append(out[p], r)
	}
	return out, nil
}

// shared reports whether more than one key asks here, the owner without one
// counted; where the labelled requests are all of one, the others are looked at.
func shared(labelled []*routed.Row, rows func() iter.Seq2[*routed.Row, error]) (bool, error) {
	for _, r := range labelled {
		if r.Key != labelled[0].Key {
			return true, nil
		}
	}
	for r, err := range rows() {
		if err != nil {
			return false, err
		}
		if len(labelled) > 0 && r.Key != labelled[0].Key {
			return true, nil
		}
	}
	return false, nil
}

// learn makes a pair's next step. What else is to be kept goes into values.
func (l *Learner) learn(ctx context.Context, p Pair, rows []*routed.Row, last *Taught, values map[string][]byte) (*Taught, error) {
	t := &Taught{Pair: p, Base: l.o.Trained(p), Number: 1}
	var folds map[string][2]float32
	switch {
	case t.Base != "":
		if last != nil && last.Own {
			values[keptModel+p.name()], values[keptFolds+p.name()] = nil, nil
			last = nil
		}
	default:
		var err error
		if folds, err = l.own(ctx, p, rows, last, t, values); err != nil {
			return nil, err
		}
	}
	if last != nil {
		t.Number = last.Number + 1
	}
	o := correct.Options{Means: t.Own, Was: last != nil && last.On && last.Own == t.Own && (t.Own || last.Base == t.Base), Now: l.o.Now()}
	o.Margin, o.Cloud = l.o.Pairs[p].Margin, l.o.Pairs[p].Cloud
	t.Step = correct.Learn(expected(rows, t.Base, folds), o)
	if t.Base == "" {
		t.Weak, t.Strong = known(revealed(rows))
	}
	if was := last != nil && last.On; was != t.On {
		l.o.Log.Info("what is learnt of a route's outcomes is switched "+map[bool]string{true: "on", false: "off"}[t.On], "route", p.Route, "local", p.Local, "cloud", p.Cloud,
			"predictor", t.Version(), "gain", t.Gain, "error", t.Error, "worth", t.Worth)
	}
	return t, nil
}

// expected are the outcomes of rows of which a version of a predictor, or the
// folds that were left out when it was made, said what to expect before anything
// was known of them.
func expected(rows []*routed.Row, version string, folds map[string][2]float32) []correct.Outcome {
	var out []correct.Outcome
	for _, r := range rows {
		x := correct.Outcome{At: r.Time, Key: r.Key}
		base, weak, strong := r.Base, r.BaseWeak, r.BaseStrong
		if base == "" {
			base, weak, strong = r.Predictor, r.PWeak, r.PStrong
		}
		if e, ok := folds[r.ID]; ok {
			x.Weak, x.Strong = float64(e[0]), float64(e[1])
		} else if version != "" && base == version && weak != nil && strong != nil {
			x.Weak, x.Strong = *weak, *strong
		} else {
			continue
		}
		rec := log.Revealed(r)
		x.WeakScore, x.StrongScore = rec.Weak, rec.Strong
		x.WeakCounts, x.StrongCounts = over(rec.WeakWeight, rec.WeakPropensity), over(rec.StrongWeight, rec.Propensity)
		if x.WeakScore != nil || x.StrongScore != nil {
			out = append(out, x)
		}
	}
	return out
}

// over is a trust over the probability that its score was revealed.
func over(trust, propensity *float64) float64 {
	out := 1.0
	if trust != nil {
		out = *trust
	}
	if propensity != nil && *propensity > 0 {
		out /= *propensity
	}
	return out
}
