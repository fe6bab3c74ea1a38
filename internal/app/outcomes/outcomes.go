// Package outcomes is where routed requests and what became of them lie in a
// home, for the server that notes them and for the commands that show, judge
// and forget them.
package outcomes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/route/calibrate"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/promise"
	"irori/internal/route/shadow"
	"irori/internal/store/body"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

func file(home string) string { return filepath.Join(home, "outcomes.db") }

// Book is a server's: it is opened when the first request is routed, or with
// what there is.
type Book struct {
	home string
	log  *slog.Logger
	mu   sync.Mutex
	open *Open
	shut bool
}

// Open is an open Book.
type Open struct {
	*log.Log
	Promises *promise.Keeper
	db       *sqlite.Store
	secret   []byte
}

// At is the Book of a home.
func At(home string, log *slog.Logger) *Book { return &Book{home: home, log: log} }

// Open opens the Book, making its file where there is none.
func (b *Book) Open(ctx context.Context) (*Open, error) { return b.with(ctx, true) }

// Existing opens the Book where there is one, and else returns nil.
func (b *Book) Existing(ctx context.Context) (*Open, error) {
	o, err := b.with(ctx, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return o, err
}

func (b *Book) with(ctx context.Context, make bool) (*Open, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.shut:
		return nil, llm.Errorf(llm.CodeUnavailable, "the server is stopping")
	case b.open != nil:
		return b.open, nil
	}
	db, err := sqlite.Open(file(b.home), make)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, unreadable(b.home, err)
	}
	o := &Open{db: db}
	if o.secret, err = secret(ctx, db); err == nil {
		o.Promises, err = promise.Open(ctx, promise.Options{Store: db, Log: b.log})
	}
	if err != nil {
		return nil, errors.Join(unreadable(b.home, err), db.Close())
	}
	o.Log = log.New(log.Options{Shelf: db, Log: b.log, Secret: o.secret, Audited: o.Promises.Wake})
	o.Promises.Run()
	b.open = o
	return o, nil
}

func unreadable(home string, err error) error {
	f := file(home)
	hint := "ls -l " + f
	if damaged(err) {
		hint = "irori stop; mv " + f + " " + f + ".damaged begins anew without what was learnt"
	}
	return llm.Wrap(llm.CodeInternal, err, "the outcomes of routed requests, %s, cannot be read", f).WithHint("%s", hint)
}

// damaged reports whether a file is no database, or one no longer.
func damaged(err error) bool {
	s := err.Error()
	return strings.Contains(s, "is malformed") || strings.Contains(s, "not a database") || strings.Contains(s, "disk I/O error")
}

// secret is the home's: hashes of conversations and coins hang on it.
func secret(ctx context.Context, db *sqlite.Store) ([]byte, error) {
	const name = "secret"
	kept, err := db.Kept(ctx, name)
	if err != nil || len(kept[name]) > 0 {
		return kept[name], err
	}
	s := make([]byte, 32)
	// crypto/rand ends the process where it fails.
	_, _ = rand.Read(s)
	return s, db.Keep(ctx, map[string][]byte{name: s})
}

// Close ends it after what is on its way.
func (b *Book) Close() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut = true
	if b.open == nil {
		return nil
	}
	b.open.Log.Close()
	b.open.Promises.Close()
	err := b.open.db.Close()
	b.open = nil
	return err
}

// The names of what was learnt of outcomes begin with Learnt; Epoch changes
// whenever that is to be learnt anew, since outcomes were taken away.
const (
	Learnt = "learnt/"
	Epoch  = "learnt-epoch"
)

// Kept returns the values whose names begin so.
func (o *Open) Kept(ctx context.Context, prefix string) (map[string][]byte, error) {
	return o.db.Kept(ctx, prefix)
}

// Keep writes named values, all or none; an empty one is taken away.
func (o *Open) Keep(ctx context.Context, values map[string][]byte) error {
	return o.db.Keep(ctx, values)
}

// Said counts the labels that there are.
func (o *Open) Said(ctx context.Context) (int, error) { return o.db.Said(ctx) }

// Values are named values of a home.
type Values interface {
	Kept(ctx context.Context, prefix string) (map[string][]byte, error)
}

// Kept hands a home's values to a function; where nothing was ever routed, it
// is not called.
func Kept(ctx context.Context, home string, f func(Values) error) error {
	_, err := with(home, func(db *sqlite.Store) error { return f(db) })
	return err
}

// anew drops what was learnt of outcomes: who learns begins again with those
// that are left.
func anew(ctx context.Context, db *sqlite.Store) error {
	values, err := db.Kept(ctx, Learnt)
	if err != nil {
		return err
	}
	for name := range values {
		values[name] = nil
	}
	values[Epoch] = []byte(rand.Text())
	return db.Keep(ctx, values)
}

// Planner chooses what is audited, with a share and a day's budget of a policy.
func (o *Open) Planner(share float64, most routed.Spent) *shadow.Planner {
	return shadow.New(shadow.Options{Share: share, Most: most, Budget: o.db, Secret: o.secret})
}

// Say takes a word on an answer that this home routed.
func (b *Book) Say(ctx context.Context, w log.Word) (*log.Given, error) {
	o, err := b.Existing(ctx)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, llm.Errorf(llm.CodeNotFound, "no answer with the id %.64q was routed", w.ID).WithParam("id").WithHint("irori help route")
	}
	return o.Log.Say(ctx, w)
}

// with opens the file for one command; ok is false where there is none.
func with(home string, f func(*sqlite.Store) error) (ok bool, err error) {
	db, err := sqlite.Open(file(home), false)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, unreadable(home, err)
	}
	err = errors.Join(f(db), db.Close())
	if _, told := errors.AsType[*llm.Error](err); err != nil && !told && damaged(err) {
		err = unreadable(home, err)
	}
	return true, err
}

// Rows hands rows to a function, the oldest first. Where nothing was ever
// routed, it is not called.
func Rows(ctx context.Context, home string, w routed.Which, f func(iter.Seq2[*routed.Row, error]) error) error {
	_, err := with(home, func(db *sqlite.Store) error { return f(db.Rows(ctx, w)) })
	return err
}

// Records are a home's requests as outcomes, the oldest first. What is private
// is not among them.
func Records(ctx context.Context, home string) (out []outcome.Record, err error) {
	err = Rows(ctx, home, routed.Which{}, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			if r.Privacy == routed.Any {
				out = append(out, log.Record(r))
			}
		}
		return nil
	})
	return out, err
}

// Get returns a routed request by its id or a unique beginning of it.
func Get(ctx context.Context, home, id string) (r *routed.Row, err error) {
	_, err = with(home, func(db *sqlite.Store) (err error) {
		r, err = db.Get(ctx, id)
		return err
	})
	if err == nil && r == nil || errors.Is(err, routed.ErrNone) {
		err = llm.Errorf(llm.CodeNotFound, "no answer with the id %.64q was routed", id).WithHint("irori route outcomes")
	}
	return r, err
}

// Say takes the owner's word on an answer, beside a server that may run.
func Say(ctx context.Context, home, id string, score float64, comment string) (g *log.Given, err error) {
	ok, err := with(home, func(db *sqlite.Store) (err error) {
		g, err = log.Say(ctx, db, log.Word{ID: id, Score: score, Comment: comment, Owner: true}, 0, time.Now())
		return err
	})
	if err == nil && !ok {
		err = llm.Errorf(llm.CodeNotFound, "no answer with the id %.64q was routed: nothing was yet", id).WithHint("irori help route")
	}
	return g, err
}

// Forget deletes what w chooses, and says how many requests that were. What was
// learnt of them is dropped too.
func Forget(ctx context.Context, home string, w body.Which) (n int, err error) {
	_, err = with(home, func(db *sqlite.Store) (err error) {
		if n, err = db.Forget(ctx, w); err != nil || n == 0 {
			return err
		}
		return anew(ctx, db)
	})
	return n, err
}

// Status is what was learnt, and what stands on it.
type Status struct {
	Requests int `json:"requests"`
	Labels   int `json:"labels"`
	Audited  int `json:"audited"`
	// Undecided audits were judged by nobody, and count as wrong; failed ones
	// say nothing.
	Undecided int `json:"undecided"`
	Failed    int `json:"failed"`
	// Undoubted are those of the audited and undecided of which nothing said how
	// doubtful they were: no promise can stand on them.
	Undoubted int `json:"without_doubt"`
	// Today is what audits took that asked the cloud or a judge; the others take
	// nothing of their budget.
	Today routed.Spent `json:"audits_today"`
	// Calibrations are all that there are, also those that promise nothing.
	Calibrations []Standing `json:"calibrations"`
}

// Missing says in words what promises lack, "" where nothing is to be said.
func (s *Status) Missing() string {
	both := s.Audited + s.Undecided
	said := ""
	if s.Undoubted > 0 {
		said = fmt.Sprintf("nothing said how doubtful %d of %d audited answers were, so no bound can stand on them", s.Undoubted, both)
	}
	switch {
	case len(s.Calibrations) > 0 && said != "":
		return strings.ToUpper(said[:1]) + said[1:] + "."
	case len(s.Calibrations) > 0:
		return ""
	case both == 0:
		return "Nothing is calibrated: no answer was audited yet, and nothing is promised."
	case said != "":
		return "Nothing is calibrated, and nothing is promised: " + said + "; irori route train learns that from audits, or cascade judges answers."
	}
	return "Nothing is calibrated yet, and nothing is promised: a server with a quality to keep calibrates as audits come in."
}

// Standing is a calibration as people see it.
type Standing struct {
	promise.Calibration
	// State is promised, alarm, none, or unused where what was routed last is
	// something else than it was made of; Why says what.
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
	// Local is the share of what was audited that it would accept.
	Local float64 `json:"local_share"`
	// NeedAnswers is about how many more audited answers are wanted: half of
	// them are calibrated on.
	NeedAnswers int `json:"need_answers"`
}

// Stand reads the status of a home.
func Stand(ctx context.Context, home string, now time.Time) (*Status, error) {
	s := &Status{Calibrations: []Standing{}}
	_, err := with(home, func(db *sqlite.Store) (err error) {
		var audits map[string]int
		if s.Requests, s.Labels, audits, err = db.Counts(ctx); err != nil {
			return err
		}
		s.Audited, s.Undecided, s.Failed = audits[routed.Audited], audits[routed.Undecided], audits[routed.Failed]
		if s.Undoubted, err = db.Undoubted(ctx); err != nil {
			return err
		}
		if s.Today, err = db.Spent(ctx, now.UTC().Format(time.DateOnly)); err != nil {
			return err
		}
		k, err := promise.Open(ctx, promise.Options{Store: db})
		if err != nil {
			return err
		}
		last, err := lastOf(db.Rows(ctx, routed.Which{Lean: true}))
		if err != nil {
			return err
		}
		for _, c := range k.Status() {
			st := Standing{Calibration: c, State: "none", Local: c.Local(), NeedAnswers: c.Left()}
			switch {
			case c.Watch.Rung != nil:
				st.State, st.Local = "alarm", 0
			case c.Stands():
				st.State = "promised"
				if st.Why = last.apart(&c); st.Why != "" {
					st.State, st.Local = "unused", 0
				}
			}
			s.Calibrations = append(s.Calibrations, st)
		}
		return nil
	})
	return s, err
}

// lately is what local answers were last, by model and decision point.
type lately struct {
	of   map[[2]string]promise.Of
	last map[string]promise.Of
}

func lastOf(rows iter.Seq2[*routed.Row, error]) (*lately, error) {
	l := &lately{of: map[[2]string]promise.Of{}, last: map[string]promise.Of{}}
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		of := promise.OfEntry(&r.Entry)
		if of.Model != "" && of.Scorer != "" && of.Point != "" {
			l.of[[2]string{of.Model, of.Point}], l.last[of.Point] = of, of
		}
	}
	return l, nil
}

// apart says why a calibration is not used for what is asked now, "" where it is,
// or nothing was judged at its point yet.
func (l *lately) apart(c *promise.Calibration) string {
	of, ok := l.of[[2]string{c.Model, c.Point}]
	if !ok {
		if of, ok = l.last[c.Point]; !ok {
			return ""
		}
	}
	of.Language = c.Language
	if err := c.Fits(of); err != nil {
		return err.Error()
	}
	return ""
}

// Promised says what a home's calibrations allow, as they stand now.
func Promised(ctx context.Context, home string) (func(promise.Of, promise.Level) promise.Standing, error) {
	var k *promise.Keeper
	ok, err := with(home, func(db *sqlite.Store) (err error) {
		k, err = promise.Open(ctx, promise.Options{Store: db})
		return err
	})
	if err != nil || !ok {
		return nil, err
	}
	return k.For, nil
}

// Given reports whether a home keeps a calibration that promises at most a share
// alpha of errors with confidence 1 − delta. What cannot be read promises
// nothing.
func Given(ctx context.Context, home string, alpha, delta float64) bool {
	s, err := Stand(ctx, home, time.Now())
	return err == nil && slices.ContainsFunc(s.Calibrations, func(c Standing) bool {
		return c.Stands() && math.Abs(c.Alpha-alpha) <= 1e-9*alpha && math.Abs(c.Delta-delta) <= 1e-9
	})
}

// Put keeps a calibration in a home; a server that runs sees it soon.
func Put(ctx context.Context, home string, c *promise.Calibration) error {
	db, err := sqlite.Open(file(home), true)
	if err != nil {
		return unreadable(home, err)
	}
	k, err := promise.Open(ctx, promise.Options{Store: db})
	if err == nil {
		err = k.Put(ctx, c)
	}
	return errors.Join(err, db.Close())
}

// Against holds what a home promises of the same against answers from outside,
// and sets aside what they contradict.
func Against(ctx context.Context, home string, of promise.Of, points []calibrate.Point) (stood []promise.Against, err error) {
	db, err := sqlite.Open(file(home), true)
	if err != nil {
		return nil, unreadable(home, err)
	}
	k, err := promise.Open(ctx, promise.Options{Store: db})
	if err == nil {
		stood, err = k.Against(ctx, of, points)
	}
	return stood, errors.Join(err, db.Close())
}

// Reset takes away what was learnt: the labels that a key gave, or all of them
// with every calibration, and what a server learnt of them. It says how many
// labels there were. Requests stay.
func Reset(ctx context.Context, home, key string) (n int, err error) {
	_, err = with(home, func(db *sqlite.Store) (err error) {
		if n, err = db.Unlearn(ctx, key); err == nil {
			err = anew(ctx, db)
		}
		if err != nil || key != "" {
			return err
		}
		k, err := promise.Open(ctx, promise.Options{Store: db})
		if err != nil {
			return err
		}
		return k.Reset(ctx)
	})
	return n, err
}
