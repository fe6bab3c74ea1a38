package log

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"irori/internal/llm"
	"irori/internal/store/routed"
)

// maxComment bounds what is kept of a comment, in bytes.
const maxComment = 1000

// Word is what somebody says of an answer.
type Word struct {
	ID string
	// Score is how good it was, from 0 to 1.
	Score   float64
	Comment string
	// Key is the virtual key that says so; Owner that it is the owner, who may
	// speak of every answer.
	Key   string
	Owner bool
}

// Given is what a word was taken for.
type Given struct {
	ID    string  `json:"id"`
	Side  string  `json:"side"`
	Model string  `json:"model,omitempty"`
	Score float64 `json:"score"`
	// Replaced says that there was an earlier word.
	Replaced bool `json:"replaced"`
	// CommentKept says that the comment is kept, as texts of this request are.
	CommentKept bool `json:"comment_kept"`
}

// Say takes a word on an answer. A second word replaces the first. Who asked
// may say so and the owner; to anybody else the request is not there.
func (l *Log) Say(ctx context.Context, w Word) (*Given, error) {
	if math.IsNaN(w.Score) || w.Score < 0 || w.Score > 1 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "score must be from 0 to 1").WithParam("score")
	}
	noted := l.waits.of(w.ID)
	l.Sync(ctx)
	g, err := Say(ctx, l.o.Shelf, w, l.o.FeedbackPerDay, l.o.Now())
	if llm.CodeOf(err) != llm.CodeNotFound || !recent(w.ID, l.o.Now()) {
		l.waits.leave(w.ID, noted)
		return g, err
	}
	// A client has its answer a moment before what was decided of it is noted.
	late := time.NewTimer(mostLate)
	defer late.Stop()
	select {
	case <-noted:
	case <-late.C:
		l.waits.leave(w.ID, noted)
		return nil, err
	case <-ctx.Done():
		l.waits.leave(w.ID, noted)
		return nil, err
	}
	l.Sync(ctx)
	return Say(ctx, l.o.Shelf, w, l.o.FeedbackPerDay, l.o.Now())
}

const (
	// mostLate is how long a word waits for the answer to be noted.
	mostLate = 500 * time.Millisecond
	// mostRecent is how long ago the request of such an answer may have begun.
	mostRecent = time.Hour
)

// recent reports whether a whole id, which begins with the milliseconds of its
// request, is of a request that may just have ended.
func recent(id string, now time.Time) bool {
	if len(id) != 32 {
		return false
	}
	ms, err := strconv.ParseInt(id[:12], 16, 64)
	return err == nil && now.Sub(time.UnixMilli(ms)).Abs() < mostRecent
}

// waits are those who wait for requests to be noted.
type waits struct {
	mu sync.Mutex
	by map[string][]chan struct{}
}

func (w *waits) of(id string) chan struct{} {
	c := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[string][]chan struct{}{}
	}
	w.by[id] = append(w.by[id], c)
	return c
}

func (w *waits) leave(id string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[id] = slices.DeleteFunc(w.by[id], func(x chan struct{}) bool { return x == c }); len(w.by[id]) == 0 {
		delete(w.by, id)
	}
}

func (w *waits) noted(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.by[id] {
		close(c)
	}
	delete(w.by, id)
}

// Say writes a word to a shelf, beside a Log that may run.
func Say(ctx context.Context, s Shelf, w Word, perDay int, now time.Time) (*Given, error) {
	none := llm.Errorf(llm.CodeNotFound, "no answer with the id %.64q was routed", w.ID).
		WithParam("id").WithHint("the id stands in the X-Irori-Id header of an answer; irori route outcomes lists what was routed")
	row, err := s.Get(ctx, w.ID)
	if errors.Is(err, routed.ErrNone) {
		return nil, none
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the outcomes cannot be read")
	}
	if !w.Owner && (row.ID != w.ID || w.Key == "" && row.Key != "" || row.Key != w.Key) {
		return nil, none
	}
	if row.Answered == "" {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the request %s has no answer yet", row.ID)
	}
	by := w.Key
	if w.Owner {
		by = ""
	}
	if by != "" {
		n, err := s.Labels(ctx, by, Feedback, now.Add(-24*time.Hour), row.ID)
		if err != nil {
			return nil, llm.Wrap(llm.CodeInternal, err, "the outcomes cannot be read")
		}
		if n >= perDay {
			e := llm.Errorf(llm.CodeRateLimited, "the key %q has said its word on %d answers within a day, which is as many as are taken", by, n)
			e.RetryAfter = time.Hour
			return nil, e
		}
	}
	g := &Given{ID: row.ID, Side: row.Answered, Model: row.Weak.Model, Score: w.Score}
	if row.Answered == routed.Strong {
		g.Model = row.Strong.Model
	}
	label := &routed.Label{ID: row.ID, Side: row.Answered, Source: Feedback, Score: w.Score, Weight: Weight(Feedback, w.Score), Time: now.UTC(), By: by}
	if row.Question != "" && w.Comment != "" {
		label.Comment, g.CommentKept = cut(w.Comment), true
	}
	for _, old := range row.Labels {
		if old.Source == Feedback && old.Side == label.Side {
			if old.By == "" && by != "" {
				return nil, llm.Errorf(llm.CodeForbidden, "the owner has said a word on the answer %s", row.ID)
			}
			g.Replaced = true
		}
	}
	if err := s.Write(ctx, []routed.Change{{Label: label}}); err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the word cannot be written")
	}
	return g, nil
}

// cut shortens a comment between characters.
func cut(s string) string {
	if len(s) <= maxComment {
		return s
	}
	s = s[:maxComment]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
