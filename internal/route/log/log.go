// Package log keeps what was decided of routed requests and what became of
// them, beside the requests: no answer waits for it.
//
// Labels come from feedback, from tests and schemas, from what clients do next,
// and from audits; each has its source and how far that is trusted. It knows
// neither HTTP nor how a decision is made; what is kept lies behind Shelf.
package log

import (
	"context"
	"iter"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/llm"
	"irori/internal/route/sign"
	"irori/internal/store/routed"
)

// The sources of labels.
const (
	Test        = "test"
	Feedback    = "feedback"
	Schema      = "schema"
	ShadowJudge = "shadow_judge"
	Call        = "call"
	Tool        = "tool"
	Edit        = "edit"
	Retry       = "retry"
	Verifier    = "verifier"
)

// Weight is how far a source is trusted with a score, from 0 to 1: what was
// tested or said wholly, what is read out of a client's next request little. An
// answer that broke its schema is bad; one that kept it may be anything, and so
// may a call that a tool could run.
func Weight(source string, score float64) float64 {
	switch source {
	case Test, Feedback:
		return 1
	case Schema, Tool:
		if score >= .5 {
			return .1
		}
	}
	switch source {
	case Schema:
		return .9
	case Call:
		return .8
	case ShadowJudge:
		return .7
	case Edit, Retry, Tool, Verifier:
		return .3
	}
	return .1
}

// Shelf is where rows lie. It is safe for concurrent use.
type Shelf interface {
	// Write makes changes, all or none; those of requests that are not there
	// are passed over.
	Write(ctx context.Context, changes []routed.Change) error
	// Rows yields what passes, the oldest first.
	Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error]
	// Get returns one by its id or a unique beginning of it, or ErrNone.
	Get(ctx context.Context, id string) (*routed.Row, error)
	// Labels counts what a key said of other requests since a time.
	Labels(ctx context.Context, by, source string, since time.Time, but string) (int, error)
	// Trim takes away what is older, and what is more than most.
	Trim(ctx context.Context, before time.Time, most int) (int, error)
}

// Options are what a Log is made of; zero figures have the defaults.
type Options struct {
	Shelf Shelf
	Log   *slog.Logger
	Now   func() time.Time
	// Secret keys the hashes by which conversations are recognised.
	Secret []byte
	// Days and Rows bound what is kept: 90 days, 50,000 requests.
	Days, Rows int
	// FeedbackPerDay bounds the words of a virtual key, SignsPerDay what is
	// read out of its requests: 200 and 500.
	FeedbackPerDay, SignsPerDay int
	// Audited, where set, is called after audits were written.
	Audited func()
}

// Log writes beside the requests. It is safe for concurrent use.
type Log struct {
	o       Options
	queue   chan item
	stop    chan struct{}
	done    sync.WaitGroup
	once    sync.Once
	dropped atomic.Int64
	watch   *sign.Watch
	caps    caps
	waits   waits
}

type item struct {
	change routed.Change
	// written, where set, is closed when all before it is.
	written chan struct{}
}

const (
	// queued bounds what waits to be written; more is dropped and counted.
	queued = 4096
	batch  = 256
	// trimEvery is how many requests may come between two looks for what is
	// too much.
	trimEvery = 500
)

// New starts a Log.
func New(o Options) *Log {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.Days, 90)
	def(&o.Rows, 50_000)
	def(&o.FeedbackPerDay, 200)
	def(&o.SignsPerDay, 500)
	l := &Log{o: o, queue: make(chan item, queued), stop: make(chan struct{}), watch: sign.New(o.Secret)}
	l.done.Go(l.write)
	return l
}

// send queues a change; one that finds no room is dropped.
func (l *Log) send(c routed.Change) {
	select {
	case <-l.stop:
		l.dropped.Add(1)
		return
	default:
	}
	select {
	case l.queue <- item{change: c}:
	default:
		if n := l.dropped.Add(1); n&(n-1) == 0 {
			l.o.Log.Warn("outcomes are lost: they come faster than they are written", "lost", n)
		}
	}
}

// Dropped is how many changes were lost since the start.
func (l *Log) Dropped() int64 { return l.dropped.Load() }

// Asked looks at a request before it is answered: what it says of earlier
// answers of its conversation is noted, and where it stands is returned for its
// Entry.
func (l *Log) Asked(key string, req *llm.Request) routed.Turn {
	turn, signs := l.watch.Look(key, req, l.o.Now())
	for _, s := range signs {
		if !s.Undo && s.Score < .5 {
			turn.Again = string(s.Kind)
		}
		l.signed(key, s)
	}
	return turn
}

func (l *Log) signed(key string, s sign.Sign) {
	if s.Undo {
		l.send(routed.Change{Unlabel: &routed.Unlabel{ID: s.ID, Source: string(s.Kind)}})
		return
	}
	if !l.caps.take(key, l.o.Now(), l.o.SignsPerDay) {
		return
	}
	source := string(s.Kind)
	l.send(routed.Change{Label: &routed.Label{
		ID: s.ID, Side: s.Side, Source: source, Score: s.Score, Weight: Weight(source, s.Score), Time: l.o.Now().UTC(), By: key,
	}})
}

// Decided notes a routed request. It may be called again for the same id, when
// the answer is out: the later entry counts, labels stay.
func (l *Log) Decided(e routed.Entry) {
	e.Time = e.Time.UTC()
	if e.Answered != "" && e.Failure == "" {
		l.watch.Answered(e.Key, e.ID, e.Answered, e.Turn, l.o.Now())
	}
	l.send(routed.Change{Entry: &e})
	l.waits.noted(e.ID)
}

// Label notes how good one side's answer was, from 0 to 1. What is no such
// number is passed over.
func (l *Log) Label(id, side string, score float64, source string) {
	if !(score >= 0 && score <= 1) || side != routed.Weak && side != routed.Strong {
		return
	}
	l.send(routed.Change{Label: &routed.Label{
		ID: id, Side: side, Source: source, Score: score, Weight: Weight(source, score), Time: l.o.Now().UTC(),
	}})
}

// Used notes what a side took, where that is known only later.
func (l *Log) Used(id, side string, u routed.Use) {
	if side == routed.Weak || side == routed.Strong {
		l.send(routed.Change{Used: &routed.Used{ID: id, Side: side, Use: u}})
	}
}

// Audit notes the state of an audit.
func (l *Log) Audit(id, state string) {
	l.send(routed.Change{Audit: &routed.Audit{ID: id, State: state}})
}

// AuditFailed notes that an audit failed, and by what.
func (l *Log) AuditFailed(id, why string) {
	l.send(routed.Change{Audit: &routed.Audit{ID: id, State: routed.Failed, Why: why}})
}

// Get returns a routed request by its id or a unique beginning of it.
func (l *Log) Get(ctx context.Context, id string) (*routed.Row, error) {
	l.Sync(ctx)
	return l.o.Shelf.Get(ctx, id)
}

// Rows yields what passes, the oldest first.
func (l *Log) Rows(ctx context.Context, w routed.Which) iter.Seq2[*routed.Row, error] {
	return l.o.Shelf.Rows(ctx, w)
}

// Sync waits until what was noted before is written.
func (l *Log) Sync(ctx context.Context) {
	it := item{written: make(chan struct{})}
	select {
	case l.queue <- it:
	case <-l.stop:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-it.written:
	case <-ctx.Done():
	}
}

// Close writes what is on its way and ends.
func (l *Log) Close() {
	l.once.Do(func() { close(l.stop) })
	l.done.Wait()
}

// write is the one goroutine that writes: what waits goes in one transaction.
func (l *Log) write() {
	ctx := context.Background()
	l.trim(ctx)
	since := 0
	for {
		var first item
		select {
		case first = <-l.queue:
		default:
			select {
			case first = <-l.queue:
			case <-l.stop:
				// What came in before the end is written.
				for len(l.queue) > 0 {
					l.put(ctx, l.collect(<-l.queue))
				}
				return
			}
		}
		items := l.collect(first)
		if since += l.put(ctx, items); since >= trimEvery {
			since = 0
			l.trim(ctx)
		}
	}
}

// collect takes what waits, up to a batch.
func (l *Log) collect(first item) []item {
	out := []item{first}
	for len(out) < batch {
		select {
		case it := <-l.queue:
			out = append(out, it)
		default:
			return out
		}
	}
	return out
}

// put writes a batch and says how many requests were in it.
func (l *Log) put(ctx context.Context, items []item) int {
	var changes []routed.Change
	entries, audits := 0, 0
	for _, it := range items {
		if it.written != nil {
			continue
		}
		changes = append(changes, it.change)
		if it.change.Entry != nil {
			entries++
		}
		if it.change.Audit != nil {
			audits++
		}
	}
	if len(changes) > 0 {
		if err := l.o.Shelf.Write(ctx, changes); err != nil {
			l.dropped.Add(int64(len(changes)))
			l.o.Log.Error("outcomes could not be written", "lost", len(changes), "err", err)
		}
	}
	for _, it := range items {
		if it.written != nil {
			close(it.written)
		}
	}
	if audits > 0 && l.o.Audited != nil {
		l.o.Audited()
	}
	return entries
}

func (l *Log) trim(ctx context.Context) {
	before := l.o.Now().Add(-time.Duration(l.o.Days) * 24 * time.Hour)
	if n, err := l.o.Shelf.Trim(ctx, before, l.o.Rows); err != nil {
		l.o.Log.Error("old outcomes could not be deleted", "err", err)
	} else if n > 0 {
		l.o.Log.Debug("old outcomes are deleted", "requests", n)
	}
}

// caps counts what is read out of each key's requests in a day.
type caps struct {
	mu  sync.Mutex
	day int64
	n   map[string]int
}

func (c *caps) take(key string, now time.Time, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if day := int64(math.Floor(float64(now.Unix()) / 86_400)); day != c.day || c.n == nil {
		c.day, c.n = day, map[string]int{}
	}
	if c.n[key] >= most {
		return false
	}
	c.n[key]++
	return true
}
