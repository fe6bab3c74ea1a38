package shield

import (
	"errors"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// bytewise says a text in pieces of one character.
func bytewise(e llm.Event, text string) (out []llm.Event) {
	for _, r := range text {
		if e.Type == llm.EventToolCall {
			e.ToolCall.Arguments = string(r)
		} else {
			e.Text = string(r)
		}
		out = append(out, e)
		e.ToolCall.ID, e.ToolCall.Name = "", ""
	}
	return out
}

// TestRestored checks an answer in text, thinking and calls of two choices, a
// character at a time and mixed.
func TestRestored(t *testing.T) {
	value := `Hanako "Hana" Yamada <` + mail + `>`
	c := &cloud{says: func(r *llm.Request) []llm.Event {
		token := r.Prompt[strings.Index(r.Prompt, "[["):]
		token = token[:strings.Index(token, "]]")+2]
		out := []llm.Event{{Type: llm.EventStart}}
		a := bytewise(llm.Event{Type: llm.EventReasoning}, "it is "+token)
		a = append(a, bytewise(llm.Event{Type: llm.EventText}, "To "+token+", and [[EMAIL_9]] [")...)
		a = append(a, bytewise(llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "c", Name: "send"}}, `{"to":"`+token+`"}`)...)
		a = append(a, bytewise(llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: 1, ID: "d", Name: "send"}}, `{"to":"x`+token+`"}`)...)
		b := bytewise(llm.Event{Type: llm.EventText, Choice: 1}, "dear "+token)
		for i := range max(len(a), len(b)) {
			if i < len(a) {
				out = append(out, a[i])
			}
			if i < len(b) {
				out = append(out, b[i])
			}
		}
		return append(out, llm.Event{Type: llm.EventFinish, Choice: 1}, llm.Event{Type: llm.EventFinish, StopSequence: token}, llm.Event{Type: llm.EventUsage})
	}}
	rule := privacy.RuleSetting{Class: "person", Words: []string{value}, Treatment: "redact"}
	b, _ := terms(t, privacy.Settings{Rules: []privacy.RuleSetting{rule}, Classes: map[string]string{"email": "any", "name": "any"}}).Guard("up", c)
	events, err := drain(b, &llm.Request{Prompt: "Write to " + value + " now"})
	if err != nil {
		t.Fatal(err)
	}
	var text, think, other string
	args := map[int]string{}
	ended := map[int]bool{}
	for _, e := range events {
		if (e.Type == llm.EventText || e.Type == llm.EventReasoning) && e.Text == "" {
			t.Error("an event without a text")
		}
		if ended[e.Choice] && e.Type != llm.EventUsage && e.Type != llm.EventFinish {
			t.Errorf("after the end of its choice: %+v", e)
		}
		switch e.Type {
		case llm.EventText:
			if e.Choice == 1 {
				other += e.Text
			} else {
				text += e.Text
			}
		case llm.EventReasoning:
			think += e.Text
		case llm.EventToolCall:
			args[e.ToolCall.Index] += e.ToolCall.Arguments
		case llm.EventFinish:
			ended[e.Choice] = true
			if e.Choice == 0 && e.StopSequence != value {
				t.Errorf("stopped by %q", e.StopSequence)
			}
		}
	}
	quoted := strings.ReplaceAll(value, `"`, `\"`)
	if text != "To "+value+", and [[EMAIL_9]] [" || think != "it is "+value || other != "dear "+value || args[0] != `{"to":"`+quoted+`"}` || args[1] != `{"to":"x`+quoted+`"}` {
		t.Errorf("%q %q %q %v", text, think, other, args)
	}
	if events[len(events)-1].Type != llm.EventUsage {
		t.Errorf("%+v", events[len(events)-1])
	}
}

// What is held back is said before an error, and a reader that has enough gets
// no more.
func TestRestoredBroken(t *testing.T) {
	c := &cloud{fail: errors.New("gone"), says: func(*llm.Request) []llm.Event {
		return []llm.Event{{Type: llm.EventText, Text: "see [[EMA"}}
	}}
	b, _ := terms(t, privacy.Settings{}).Guard("up", c)
	got, failed := "", false
	for e, err := range b.Generate(t.Context(), &llm.Request{Prompt: "to " + mail}) {
		got += e.Text
		failed = failed || err != nil
	}
	if got != "see [[EMA" || !failed {
		t.Errorf("%q %v", got, failed)
	}
	n := 0
	for range b.Generate(t.Context(), &llm.Request{Prompt: "to " + mail}) {
		if n++; n > 1 {
			t.Fatal("it went on")
		}
		break
	}
}

// Log-probabilities stay with the text of their tokens, in order.
func TestRestoredProbabilities(t *testing.T) {
	c := &cloud{says: func(*llm.Request) []llm.Event {
		var out []llm.Event
		for _, p := range []string{"a ", "[[", "EMAIL", "_1", "]]", " b"} {
			out = append(out, llm.Event{Type: llm.EventText, Text: p, Logprobs: []llm.TokenLogprob{{Text: p}}})
		}
		return append(out, llm.Event{Type: llm.EventFinish})
	}}
	b, _ := terms(t, privacy.Settings{}).Guard("up", c)
	events, err := drain(b, &llm.Request{Prompt: "to " + mail})
	var tokens, text string
	for _, e := range events {
		text += e.Text
		for _, p := range e.Logprobs {
			tokens += p.Text + "|"
		}
	}
	if err != nil || text != "a "+mail+" b" || tokens != "a |[[|EMAIL|_1|]]| b|" {
		t.Errorf("%v %q %q", err, text, tokens)
	}
}
