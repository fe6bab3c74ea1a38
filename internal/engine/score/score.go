// Package score tells how likely a model finds the tokens of a text that is
// already written: the log-probabilities of a prompt.
//
// It computes in a context of its own, beside running sequences: each position
// needs its logits, so that nothing can be reused, and only few positions at a
// time, so that memory stays bounded. It knows no requests and no scheduling.
package score

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/engine/sample"
	"irori/internal/llm"
	"irori/internal/text"
)

const (
	// logitBytes bounds the logits that are held at once.
	logitBytes = 32 << 20
	// keepFor is how long the context is kept for the next text.
	keepFor = 20 * time.Second
	// pad is the multiple that contexts are made in.
	pad = 512
)

// Options are what a Scorer computes with.
type Options struct {
	Model   *ffi.Model
	Threads int
	// KVType and FlashAttn are as in ffi.ContextOptions.
	KVType, FlashAttn int
}

// Scorer scores one text at a time. It is safe for concurrent use.
type Scorer struct {
	o    Options
	mu   sync.Mutex
	ctx  *ffi.Context
	drop *time.Timer
}

// New makes a Scorer. Its context is made with the first text.
func New(o Options) *Scorer { return &Scorer{o: o} }

// Text is what to score.
type Text struct {
	Tokens []int32
	// Top is how many alternatives are wanted beside each token.
	Top      int
	Adapters []*ffi.LoRA
	Scales   []float32
	// Written is the text itself where the tokens were made of it, and Begin
	// the token's text that may have been put in front then.
	Written *string
	Begin   string
	// Gone reports that nobody waits any more.
	Gone func() bool
	// Computed reports each batch: when it began and how many tokens it had.
	Computed func(began time.Time, tokens int) error
}

// Score returns the log-probability of each token after those before it, with
// the likeliest ones at its place, and the logits of what comes after the last.
func (s *Scorer) Score(t Text) (list []llm.TokenLogprob, next []float32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Gone() {
		return nil, nil, llm.Errorf(llm.CodeCancelled, "cancelled")
	}
	if err := s.prepare(len(t.Tokens)); err != nil {
		return nil, nil, err
	}
	defer s.drop.Reset(keepFor)
	if err := s.ctx.SetLoRA(t.Adapters, t.Scales); err != nil {
		return nil, nil, err
	}
	s.ctx.Clear()
	list = make([]llm.TokenLogprob, 1, len(t.Tokens))
	list[0] = describe(s.o.Model, t.Tokens[0], 0)
	list[0].First = true
	var batch []ffi.Entry
	for from := 0; from < len(t.Tokens); from += len(batch) {
		if t.Gone() {
			return nil, nil, llm.Errorf(llm.CodeCancelled, "cancelled")
		}
		batch = batch[:0]
		for i := from; i < len(t.Tokens) && len(batch) < s.ctx.Batch; i++ {
			batch = append(batch, ffi.Entry{Token: t.Tokens[i], Pos: int32(i), Output: true})
		}
		began := time.Now()
		if err := s.ctx.Decode(batch); err != nil {
			return nil, nil, llm.Wrap(llm.CodeInternal, err, "score the prompt")
		}
		for i := range batch {
			logits := s.ctx.Logits(i)
			if logits == nil {
				return nil, nil, llm.Errorf(llm.CodeInternal, "the library gave no logits")
			}
			if at := from + i + 1; at < len(t.Tokens) {
				list = append(list, Drawn(s.o.Model, logits, t.Tokens[at], t.Top))
			} else {
				next = slices.Clone(logits)
			}
		}
		if err := t.Computed(began, len(batch)); err != nil {
			return nil, nil, err
		}
	}
	t.fit(list)
	return list, next, nil
}

// fit makes the tokens' bytes those of the text as it was written: the begin
// token is not in it, nor the space that some vocabularies put in front.
func (t Text) fit(list []llm.TokenLogprob) {
	if t.Written == nil {
		return
	}
	if t.Begin != "" && list[0].Text == t.Begin && !strings.HasPrefix(*t.Written, t.Begin) {
		list[0].Bytes = []byte{}
		list = list[1:]
	}
	if len(list) == 0 || strings.HasPrefix(*t.Written, " ") {
		return
	}
	if rest, ok := strings.CutPrefix(list[0].Text, " "); ok {
		list[0].Text, list[0].Bytes = rest, list[0].Bytes[1:]
	}
}

// Drawn describes a token and the likeliest ones beside it under the
// distribution of logits.
func Drawn(m *ffi.Model, logits []float32, token int32, top int) llm.TokenLogprob {
	lse := sample.LogSumExp(logits)
	lp := describe(m, token, float64(logits[token])-lse)
	for _, x := range sample.Top(logits, top, lse) {
		lp.Top = append(lp.Top, describe(m, x.ID, x.P))
	}
	return lp
}

// noChance stands for a log-probability of minus infinity, which JSON cannot
// say; OpenAI's API does the same.
const noChance = -9999

// describe names a token for those who read log-probabilities.
func describe(m *ffi.Model, token int32, p float64) llm.TokenLogprob {
	b := m.Piece([]byte{}, token, true)
	var join text.Joiner
	return llm.TokenLogprob{ID: token, Text: join.Push(b) + join.Flush(), Bytes: b, Logprob: math.Max(p, noChance)}
}

// prepare makes a context that holds n tokens, where there is none; mu is
// held.
func (s *Scorer) prepare(n int) error {
	if s.drop == nil {
		s.drop = time.AfterFunc(keepFor, s.idle)
	}
	s.drop.Stop()
	if s.ctx != nil && s.ctx.CtxSeq >= n {
		return nil
	}
	s.free()
	// Whole blocks of 32 tokens: the library's kernels work in such.
	tile := min(max(logitBytes/(4*s.o.Model.NVocab)/32*32, 32), 256)
	ctx, err := s.o.Model.NewContext(ffi.ContextOptions{
		Context: (n + pad - 1) / pad * pad, Batch: tile, Ubatch: tile, Sequences: 1, Threads: s.o.Threads,
		Outputs: tile, TypeK: s.o.KVType, TypeV: s.o.KVType, FlashAttn: s.o.FlashAttn,
	})
	if err != nil {
		return llm.Wrap(llm.CodeDoesNotFit, err, "the log-probabilities of a prompt of %d tokens", n)
	}
	s.ctx = ctx
	return nil
}

// idle gives the memory back when no text has come for a while.
func (s *Scorer) idle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free()
}

func (s *Scorer) free() {
	if s.ctx != nil {
		s.ctx.Free()
		s.ctx = nil
	}
}
