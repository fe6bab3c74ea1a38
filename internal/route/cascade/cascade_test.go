package cascade

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"irori/internal/llm"
)

// fake says words, one a piece, with a logprob each; it notes what it was asked
// and tells what it counted when it is cancelled.
type fake struct {
	words []string
	fail  error
	asked *llm.Request
	said  int
}

func (f *fake) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		f.asked = req
		if !yield(llm.Event{Type: llm.EventStart}, nil) {
			return
		}
		for _, w := range f.words {
			if ctx.Err() != nil {
				break
			}
			f.said++
			e := llm.Event{Type: llm.EventText, Text: w, Logprobs: []llm.TokenLogprob{{Text: w, Logprob: -1, Top: []llm.TokenLogprob{{Text: w}, {Text: "x"}, {Text: "y"}}}}}
			if !yield(e, nil) {
				return
			}
		}
		n, p := f.said, 7
		if !yield(llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: &p, OutputTokens: &n, Source: llm.UsageBackend}}, nil) {
			return
		}
		if f.fail != nil {
			yield(llm.Event{}, f.fail)
			return
		}
		yield(llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}, nil)
	}
}

// judge refuses what holds a word.
type judge struct {
	word string
	text string
}

func (j *judge) Add(e llm.Event) { j.text += e.Text }
func (j *judge) Verdict(_ context.Context, _ bool) Verdict {
	return Verdict{Escalate: j.word != "" && strings.Contains(j.text, j.word), Reason: "doubtful"}
}

func run(b llm.Backend, req *llm.Request, stop string) (text string, events []llm.Event, err error) {
	for e, x := range b.Generate(context.Background(), req) {
		if x != nil {
			return text, events, x
		}
		events = append(events, e)
		text += e.Text
		if stop != "" && strings.Contains(text, stop) {
			break
		}
	}
	return text, events, nil
}

// TestHold checks what comes out, and what the model was made to say for it.
func TestHold(t *testing.T) {
	words := []string{"a ", "b ", "c ", "d ", "e "}
	for _, c := range []struct {
		name, bad string
		hold      int
		stream    bool
		text      string
		said      int
	}{
		{"good, whole", "", 0, true, "a b c d e ", 5},
		{"good, prefix", "", 2, true, "a b c d e ", 5},
		{"bad in the prefix", "b", 2, true, "", 2},
		{"bad after the prefix is given out", "d", 2, true, "a b c d e ", 5},
		{"bad, held whole", "e", 0, true, "", 5},
		{"not streamed is judged whole", "e", 2, false, "", 5},
		{"shorter than the prefix", "e", 9, true, "", 5},
	} {
		f := &fake{words: words}
		b := New(f, Options{Judge: func(*llm.Request) Judge { return &judge{word: c.bad} }, Hold: c.hold, Top: 2, Name: "embedded", Model: "m"})
		text, events, err := run(b, &llm.Request{Stream: c.stream}, "")
		if text != c.text || f.said != c.said {
			t.Errorf("%s: %q after %d words", c.name, text, f.said)
		}
		if !f.asked.Logprobs || f.asked.TopLogprobs != 2 {
			t.Errorf("%s: no logprobs asked for", c.name)
		}
		for _, e := range events {
			if e.Logprobs != nil {
				t.Errorf("%s: logprobs that nobody asked for", c.name)
			}
		}
		if (llm.CodeOf(err) == llm.CodeEscalated) != (c.text == "") {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.text == "" {
			a := events[len(events)-1].Attempt
			if len(events) != 1 || a == nil || *a.Usage.OutputTokens != c.said || *a.Usage.PromptTokens != 7 || a.Code != llm.CodeEscalated {
				t.Errorf("%s: %+v", c.name, events)
			}
		}
	}
}

// TestThinking checks that what is thought is held and does not count: an
// answer is judged by what is visible of it.
func TestThinking(t *testing.T) {
	f := thinks{&fake{words: []string{"x", "a", "b", "c"}}}
	b := New(f, Options{Judge: func(*llm.Request) Judge { return &judge{word: "b"} }, Hold: 2})
	if text, _, err := run(b, &llm.Request{Stream: true}, ""); text != "" || llm.CodeOf(err) != llm.CodeEscalated {
		t.Errorf("%q, %v", text, err)
	}
}

// thinks is a fake whose first word is thought.
type thinks struct{ *fake }

func (t thinks) Generate(ctx context.Context, req *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		thought := false
		for e, err := range t.fake.Generate(ctx, req) {
			if e.Type == llm.EventText && !thought {
				e.Type, thought = llm.EventReasoning, true
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// TestAsked checks that a client that wants logprobs gets as many as it wants,
// that failures pass, and that a client may leave at any time.
func TestAsked(t *testing.T) {
	f := &fake{words: []string{"a", "b"}}
	b := New(f, Options{Judge: func(*llm.Request) Judge { return &judge{} }, Top: 3})
	_, events, _ := run(b, &llm.Request{Logprobs: true, TopLogprobs: 1}, "")
	for _, e := range events {
		if e.Type == llm.EventText && len(e.Logprobs[0].Top) != 1 {
			t.Errorf("%d alternatives", len(e.Logprobs[0].Top))
		}
	}
	lost := errors.New("lost")
	if _, _, err := run(New(&fake{words: []string{"a"}, fail: lost}, Options{Judge: func(*llm.Request) Judge { return &judge{word: "a"} }}), &llm.Request{}, ""); !errors.Is(err, lost) {
		t.Error(err)
	}
	f = &fake{words: []string{"a", "b", "c"}}
	if text, _, _ := run(New(f, Options{Judge: func(*llm.Request) Judge { return &judge{} }, Hold: 2}), &llm.Request{Stream: true}, "a"); text != "a" || f.said != 2 {
		t.Errorf("%q, %d", text, f.said)
	}
	if _, _, err := run(New(&fake{words: []string{"a"}}, Options{Judge: func(*llm.Request) Judge { return &judge{word: "a"} }}), &llm.Request{N: 2}, ""); err != nil {
		t.Errorf("two choices are judged: %v", err)
	}
}
