package engine

import (
	"slices"
	"time"

	"irori/internal/engine/score"
	"irori/internal/llm"
	"irori/internal/text"
)

// open sends what a request begins with: its prompt's size, and the prompt
// where it is echoed.
func (e *Engine) open(j *job, cached int) {
	j.begun, j.cached = true, cached
	e.emit(j.runs[0], llm.Event{Type: llm.EventStart, Usage: &llm.Usage{
		PromptTokens: llm.IntPtr(j.prompt), CachedTokens: llm.IntPtr(cached), Source: llm.UsageBackend,
	}})
	if !j.req.Echo || !j.req.Raw {
		return
	}
	for _, r := range j.runs {
		e.emit(r, llm.Event{Type: llm.EventText, Text: e.echo(j)})
		// In pieces, so that no frame grows with the prompt.
		for list := range slices.Chunk(j.scores, 256) {
			e.emit(r, llm.Event{Type: llm.EventText, Logprobs: list})
		}
	}
}

// echo is the text of a completion's prompt.
func (e *Engine) echo(j *job) string {
	if j.req.PromptTokens == nil {
		return j.req.Prompt
	}
	var b []byte
	for _, t := range j.req.PromptTokens {
		b = append(b, e.piece(t, true)...)
	}
	var join text.Joiner
	return join.Push(b) + join.Flush()
}

// answerAtOnce takes what needs no slot: the first token after a prompt that
// was scored, and nothing at all where no output is wanted.
func (e *Engine) answerAtOnce(j *job) {
	if j.next == nil && j.runs[0].room > 0 {
		return
	}
	if j.placed.IsZero() {
		j.placed = time.Now()
	}
	e.open(j, 0)
	for _, r := range j.runs {
		if r.room == 0 {
			e.finish(r, llm.FinishLength, "")
		} else {
			e.advance(r, slices.Clone(j.next))
		}
	}
	j.next, j.scores = nil, nil
}

// scorePrompt finds the log-probabilities of a prompt's own tokens.
func (e *Engine) scorePrompt(j *job, tokens []int32, key string, gone func() bool) error {
	list, scales, err := e.adapters.Parse(key)
	if err != nil {
		return err
	}
	t := score.Text{
		Tokens: tokens, Top: j.req.TopLogprobs, Adapters: list, Scales: scales, Gone: gone,
		Computed: func(began time.Time, n int) error { return e.reportBeside(j.id, began, n) },
	}
	if j.req.PromptTokens == nil {
		t.Written, t.Begin = &j.req.Prompt, e.chat.BOS
	}
	j.placed = time.Now()
	j.scores, j.next, err = e.scorer.Score(t)
	return err
}
