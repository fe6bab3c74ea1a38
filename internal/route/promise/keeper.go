package promise

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/route/calibrate"
	"irori/internal/route/log"
	"irori/internal/store/routed"
)

// Store is where calibrations and audited answers lie.
type Store interface {
	// Rows yields what passes; Kept and Keep read and write named values.
	Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error]
	Kept(ctx context.Context, prefix string) (map[string][]byte, error)
	Keep(ctx context.Context, values map[string][]byte) error
}

// Level is what is promised: at most a share Alpha wrong, with confidence
// 1 − Delta.
type Level struct{ Alpha, Delta float64 }

// Options are what a Keeper is made of; zero figures have the defaults.
type Options struct {
	Store Store
	Log   *slog.Logger
	Now   func() time.Time
	// Every is after how many fresh labels a calibration is made anew: 50.
	// Window is how many audited answers it looks back on: 5,000.
	Every, Window int
	// Doubt, where set, says what the present score makes of an answer that was
	// audited under an older one.
	Doubt func(*routed.Entry) (doubt float64, scorer string, ok bool)
}

// Keeper keeps calibrations as audited answers come in. It is safe for
// concurrent use; For does not wait.
type Keeper struct {
	o Options
	// mu is held by whoever changes what is kept.
	mu     sync.Mutex
	levels []Level
	shown  atomic.Pointer[view]
	wake   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// view is what readers see; it is not changed.
type view struct {
	cells map[cell]*Calibration
	// spoken are the languages that have calibrations of their own.
	spoken map[cell][]string
}

type cell struct {
	Of
	Level
}

const (
	prefix = "promise/"
	cursor = "promise-cursor"
	// Window is how many of the last audits a calibration looks at, where nobody
	// says otherwise.
	Window = 5000
	// maxCells bounds how many calibrations there are.
	maxCells = 500
)

// Open reads what is kept.
func Open(ctx context.Context, o Options) (*Keeper, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Every, o.Window = cmp.Or(o.Every, 50), cmp.Or(o.Window, Window)
	k := &Keeper{o: o, wake: make(chan struct{}, 1)}
	cells, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	k.show(cells)
	return k, nil
}

// Run makes calibrations anew beside the requests, whenever Wake says that
// answers were audited, and now and then; Close ends it.
func (k *Keeper) Run() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	k.done.Go(func() {
		t := time.NewTicker(15 * time.Second)
		defer t.Stop()
		for {
			if err := k.Step(ctx); err != nil && ctx.Err() == nil {
				k.o.Log.Error("calibrations could not be made anew", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-k.wake:
			case <-t.C:
			}
		}
	})
}

// Wake says that answers were audited.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close ends what Run began.
func (k *Keeper) Close() {
	if k.stop != nil {
		k.stop()
	}
	k.done.Wait()
}

// Want names the levels that are asked for. Calibrations are made for these.
func (k *Keeper) Want(levels ...Level) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range levels {
		if l.Alpha > 0 && l.Alpha < 1 && l.Delta > 0 && l.Delta < 1 && !slices.Contains(k.levels, l) {
			k.levels = append(k.levels, l)
		}
	}
}

// Standing is what may be accepted of a request.
type Standing struct {
	// Promised says that a doubt of at most Threshold may be accepted; without
	// it nothing may.
	Promised  bool    `json:"promised"`
	Threshold float64 `json:"threshold,omitempty"`
	// How says which calibration it is: own, or pooled over the languages with
	// the strictest threshold of any; it then holds for their mix. Why says in
	// words why nothing is promised.
	How string `json:"how,omitempty"`
	Why string `json:"why,omitempty"`
	// Need is about how many more audited answers are wanted.
	Need int `json:"need,omitempty"`
	// Calibration is what it stands on, or what failed; it may be nil.
	Calibration *Calibration `json:"calibration,omitempty"`
}

// For says what may be accepted of a request at a level.
func (k *Keeper) For(of Of, l Level) Standing {
	v := k.shown.Load()
	own := v.cells[cell{of, l}]
	if own != nil && own.Stands() {
		return Standing{Promised: true, Threshold: *own.Threshold, How: "own", Calibration: own}
	}
	pooledOf := of
	pooledOf.Language = Pooled
	pooled := v.cells[cell{pooledOf, l}]
	if own != nil && (own.Watch.Rung != nil || own.N >= k.o.Every && (own.Far || own.N*4 >= own.N+own.Need)) {
		// What is known of this language says no: the mix does not say yes for
		// it.
		return refused(own)
	}
	if pooled == nil {
		if own != nil {
			return refused(own)
		}
		none := &Calibration{Of: of, Alpha: l.Alpha, Delta: l.Delta, Need: calibrate.LearnThenTest(nil, l.Alpha, l.Delta).Need}
		return refused(none)
	}
	if !pooled.Stands() {
		return refused(pooled)
	}
	s := Standing{Promised: true, Threshold: *pooled.Threshold, How: "pooled", Calibration: pooled}
	for _, lang := range v.spoken[cell{pooledOf, l}] {
		of.Language = lang
		if c := v.cells[cell{of, l}]; c.Stands() {
			s.Threshold = min(s.Threshold, *c.Threshold)
		}
	}
	return s
}

func refused(c *Calibration) Standing {
	s := Standing{Calibration: c, Need: c.Left()}
	switch {
	case c.Watch.Rung != nil:
		s.Why = "the alarm rang: too many accepted answers were wrong, and nothing is promised until enough new ones were audited"
	case c.N == 0 && c.Watch.Fresh > 0:
		s.Why = "too few answers were audited yet"
	case c.N == 0:
		s.Why = "no answer was audited yet"
	case c.Far:
		s.Why, s.Need = "even the least doubtful of the audited answers were wrong too often", 0
	default:
		s.Why = "the answers that were audited do not carry the promise"
	}
	return s
}

// Strictest is the least share of errors that audits can ever promise: that of a
// window without a single one.
func Strictest(delta float64) float64 { return calibrate.Strictest(Window/Audits(1), delta) }

// Audits is how many audited answers bring so many labels to calibrate on.
func Audits(labels int) int { return 2 * labels }

// Status are the calibrations, in order.
func (k *Keeper) Status() []Calibration {
	var out []Calibration
	for _, c := range k.shown.Load().cells {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Calibration) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Language, b.Language), cmp.Compare(a.Template, b.Template),
			cmp.Compare(a.Quantization, b.Quantization), cmp.Compare(a.Scorer, b.Scorer), cmp.Compare(a.Alpha, b.Alpha), cmp.Compare(a.Delta, b.Delta))
	})
	return out
}

// Put keeps a calibration from outside in place of what is there.
func (k *Keeper) Put(ctx context.Context, c *Calibration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	cells, err := k.read(ctx)
	if err != nil {
		return err
	}
	own := *c
	own.Watch, own.Given = Watch{}, true
	at := cell{own.Of, Level{own.Alpha, own.Delta}}
	cells[at] = &own
	if err := k.save(ctx, map[cell]*Calibration{at: &own}, nil); err != nil {
		return err
	}
	k.show(cells)
	return nil
}

// Against holds what is promised for the same as of against answers from
// outside that were audited, and sets aside what they contradict, as an alarm
// does: nothing is promised then until enough answers were audited that came
// after. stood says of each promise that stood what came of it.
func (k *Keeper) Against(ctx context.Context, of Of, points []calibrate.Point) (stood []Against, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cells, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := k.seen(ctx)
	if err != nil {
		return nil, err
	}
	changed := map[cell]*Calibration{}
	for at, c := range cells {
		if at.Of != of || !c.Stands() {
			continue
		}
		b := c.Bound()
		contradicted := b.Against(points)
		stood = append(stood, Against{Bound: b, Contradicted: contradicted})
		if contradicted {
			k.ring(c, seen)
			changed[at] = c
		}
	}
	if len(changed) > 0 {
		if err := k.save(ctx, changed, nil); err != nil {
			return nil, err
		}
		k.show(cells)
	}
	slices.SortFunc(stood, func(a, b Against) int { return cmp.Or(cmp.Compare(a.Alpha, b.Alpha), cmp.Compare(a.Delta, b.Delta)) })
	return stood, nil
}

// Against is a promise that was held against answers from outside: how many of
// them it accepts and how many of these are wrong.
type Against struct {
	calibrate.Bound
	Contradicted bool
}

// Reset drops all calibrations, and begins anew with what is audited from then
// on.
func (k *Keeper) Reset(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept, err := k.o.Store.Kept(ctx, prefix)
	if err != nil {
		return err
	}
	for name := range kept {
		kept[name] = nil
	}
	if err := k.o.Store.Keep(ctx, kept); err != nil {
		return err
	}
	k.show(nil)
	return nil
}

// read reads the calibrations. The caller holds mu, or is alone.
func (k *Keeper) read(ctx context.Context) (map[cell]*Calibration, error) {
	kept, err := k.o.Store.Kept(ctx, prefix)
	if err != nil {
		return nil, err
	}
	out := map[cell]*Calibration{}
	for name, b := range kept {
		c := &Calibration{}
		if err := json.Unmarshal(b, c); err != nil || c.check() != nil {
			// What cannot be read promises nothing.
			k.o.Log.Error("a calibration cannot be read, and promises nothing", "name", name, "err", err)
			continue
		}
		out[cell{c.Of, Level{c.Alpha, c.Delta}}] = c
	}
	return out, nil
}

func (k *Keeper) save(ctx context.Context, cells map[cell]*Calibration, also map[string][]byte) error {
	values := maps.Clone(also)
	if values == nil {
		values = map[string][]byte{}
	}
	for at, c := range cells {
		name, err := json.Marshal(at)
		if err != nil {
			return err
		}
		if values[prefix+string(name)], err = json.Marshal(c); err != nil {
			return err
		}
	}
	return k.o.Store.Keep(ctx, values)
}

func (k *Keeper) show(cells map[cell]*Calibration) {
	v := &view{cells: map[cell]*Calibration{}, spoken: map[cell][]string{}}
	for at, c := range cells {
		v.cells[at] = new(*c)
		if at.Language != Pooled {
			pooled := at
			pooled.Language = Pooled
			v.spoken[pooled] = append(v.spoken[pooled], at.Language)
		}
	}
	k.shown.Store(v)
}

// Step takes in what was audited since the last one: alarms see it, and
// calibrations with enough fresh labels are made anew.
func (k *Keeper) Step(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	cells, err := k.read(ctx)
	if err != nil {
		return err
	}
	seen, err := k.seen(ctx)
	if err != nil {
		return err
	}
	from, changed := seen, map[cell]*Calibration{}
	for r, err := range k.o.Store.Rows(ctx, routed.Which{After: seen, Audited: true, Lean: k.o.Doubt == nil}) {
		if err != nil {
			return err
		}
		from = max(from, r.Seq)
		doubt, of, ok := k.doubt(r)
		wrong, known := log.Wrong(r)
		if !ok || !known {
			continue
		}
		for _, c := range k.cells(cells, of) {
			changed[c] = cells[c]
			k.watch(cells[c], r, doubt, wrong > .5)
		}
	}
	for at, c := range changed {
		if c.Watch.Fresh >= k.o.Every {
			if err := k.again(ctx, at, c); err != nil {
				return err
			}
		}
	}
	if from > seen {
		b, err := json.Marshal(from)
		if err != nil {
			return err
		}
		// The alarm and how far it has read are written together: no answer
		// counts twice, and none is left out.
		if err := k.save(ctx, changed, map[string][]byte{cursor: b}); err != nil {
			return err
		}
	}
	k.show(cells)
	return nil
}

// seen is the last audited answer that was taken in.
func (k *Keeper) seen(ctx context.Context) (seq int64, err error) {
	at, err := k.o.Store.Kept(ctx, cursor)
	if b := at[cursor]; err == nil && b != nil {
		err = json.Unmarshal(b, &seq)
	}
	return seq, err
}

// doubt is that of an audited answer, and what it belongs to.
func (k *Keeper) doubt(r *routed.Row) (float64, Of, bool) {
	of := OfEntry(&r.Entry)
	if k.o.Doubt != nil {
		d, scorer, ok := k.o.Doubt(&r.Entry)
		of.Scorer = scorer
		return d, of, ok
	}
	if r.Doubt == nil {
		return 0, of, false
	}
	return *r.Doubt, of, true
}

// cells are those that an audited answer belongs to, made where they are new.
func (k *Keeper) cells(cells map[cell]*Calibration, of Of) []cell {
	pooled := of
	pooled.Language = Pooled
	levels := slices.Clone(k.levels)
	for c := range cells {
		if (c.Of == of || c.Of == pooled) && !slices.Contains(levels, c.Level) {
			levels = append(levels, c.Level)
		}
	}
	var out []cell
	for _, l := range levels {
		for _, o := range []Of{of, pooled} {
			at := cell{o, l}
			if cells[at] == nil {
				if len(cells) >= maxCells || o.Model == "" || o.Point == "" {
					continue
				}
				cells[at] = New(o, calibrate.LearnThenTest(nil, l.Alpha, l.Delta), k.o.Now())
			}
			out = append(out, at)
		}
	}
	return out
}

// watch lets a calibration see an audited answer.
func (k *Keeper) watch(c *Calibration, r *routed.Row, doubt float64, wrong bool) {
	if Held(r.ID) {
		c.Watch.Fresh++
	}
	if !c.Stands() || doubt > *c.Threshold {
		return
	}
	if wrong {
		c.Watch.Wrong++
	}
	a := calibrate.Alarm{Alpha: c.Alpha, Delta: c.Delta, Wealth: c.Watch.Wealth, Bets: c.Watch.Bets, Seen: c.Watch.Seen}
	rings := a.Observe(wrong)
	c.Watch.Wealth, c.Watch.Bets, c.Watch.Seen = a.Wealth, a.Bets, a.Seen
	if rings {
		k.ring(c, r.Seq)
		k.o.Log.Warn("a promise is dropped: too many accepted answers were wrong", "model", c.Model, "point", c.Point, "language", c.Language,
			"alpha", c.Alpha, "delta", c.Delta, "seen", c.Watch.Seen, "wrong", c.Watch.Wrong)
	}
}

// ring sets a promise aside; what came up to an answer is not calibrated on any
// more.
func (k *Keeper) ring(c *Calibration, seq int64) {
	c.Need = calibrate.LearnThenTest(nil, c.Alpha, c.Delta).Need
	c.Watch.Rung, c.Watch.From, c.Watch.Fresh = new(k.o.Now().UTC().Truncate(time.Second)), seq, 0
}

// again makes a calibration anew of the answers that were audited last. Its
// alarm goes on with what it has seen, but after it rang.
func (k *Keeper) again(ctx context.Context, at cell, c *Calibration) error {
	var points []calibrate.Point
	var shares []float64
	var names []string
	for r, err := range k.o.Store.Rows(ctx, routed.Which{After: c.Watch.From, Audited: true, Newest: k.o.Window, Lean: k.o.Doubt == nil}) {
		if err != nil {
			return err
		}
		doubt, of, ok := k.doubt(r)
		if at.Language == Pooled {
			of.Language = Pooled
		}
		wrong, known := log.Wrong(r)
		if !ok || !known || of != at.Of || !Held(r.ID) {
			continue
		}
		share := 1.0
		if r.Share != nil {
			share = *r.Share
		}
		points, shares, names = append(points, calibrate.Point{Doubt: doubt, Error: wrong}), append(shares, share), append(names, r.ID)
	}
	next := New(at.Of, calibrate.LearnThenTest(alike(points, shares, names), at.Alpha, at.Delta), k.o.Now())
	c.Watch.Fresh = 0
	if !next.Promised && c.Given && c.Stands() {
		return nil // the file's promise stands until the alarm rings
	}
	next.Watch = c.Watch
	if c.Watch.Rung != nil && next.Promised {
		next.Watch = Watch{From: c.Watch.From}
	}
	if next.Promised != c.Stands() {
		k.o.Log.Info("a promise is "+map[bool]string{true: "made", false: "dropped"}[next.Promised], "model", c.Model, "point", c.Point, "language", c.Language,
			"alpha", c.Alpha, "delta", c.Delta, "n", next.N, "need", next.Need)
	}
	*c = *next
	return nil
}

// alike thins answers that were audited with different probabilities, so that
// all that are left had the same one: the one that leaves most. Chance hangs on
// the ids, so that calibrations made one after the other agree.
func alike(points []calibrate.Point, shares []float64, names []string) []calibrate.Point {
	best, most := 0.0, -1.0
	for _, s := range slices.Compact(slices.Sorted(slices.Values(shares))) {
		left := 0.0
		for _, p := range shares {
			if p >= s && s > 0 {
				left += s / p
			}
		}
		if left > most {
			best, most = s, left
		}
	}
	var out []calibrate.Point
	for i, p := range points {
		if shares[i] >= best && best > 0 && chance("thin", names[i]) < best/shares[i] {
			out = append(out, p)
		}
	}
	return out
}
