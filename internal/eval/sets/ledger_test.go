package sets

import (
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/task"
	"irori/internal/llm"
	"irori/internal/store/body"
)

func said(id, key, question, answer string) *body.Body {
	return &body.Body{ID: id, Key: key, Messages: []body.Message{{Role: "user", Content: question}}, Answers: []body.Answer{{Text: answer, Finish: "stop"}}}
}

func in(list []*body.Body, last error) iter.Seq2[*body.Body, error] {
	return func(yield func(*body.Body, error) bool) {
		for _, b := range list {
			if !yield(b, nil) {
				return
			}
		}
		if last != nil {
			yield(nil, last)
		}
	}
}

func TestKept(t *testing.T) {
	list := []*body.Body{
		said("1", "a", "old?", "x"), said("2", "b", "private?", "x"), said("3", "a", "why?", "first"), said("4", "a", "why?", "<think>y</think>second"),
		said("5", "a", "empty?", " "), {ID: "6", Key: "a", Prompts: []string{"Once"}, Answers: []body.Answer{{Text: " upon", Finish: "stop"}}, Schema: []byte(`{"type":"object"}`)},
	}
	for _, spoil := range []func(*body.Body){
		func(b *body.Body) { b.Answers = nil }, func(b *body.Body) { b.Answers[0].Finish = "length" }, func(b *body.Body) { b.Tools = []body.Tool{{Name: "f"}} },
		func(b *body.Body) { b.Messages[0].Images = 1 }, func(b *body.Body) { b.Messages[0].Role = "tool" }, func(b *body.Body) { b.Messages = nil },
		func(b *body.Body) { b.Answers[0].Calls = []body.Call{{Name: "f"}} }, func(b *body.Body) { b.Messages[0].Role = "assistant" },
	} {
		b := said("no", "a", "spoilt?", "x")
		spoil(b)
		list = append(list, b)
	}
	allowed := func(key string) bool { return key == "a" }
	got, err := Kept(in(list, nil), Slice{Name: "ledger", Allowed: allowed, Most: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []task.Item{
		{ID: "4", Scorer: task.ByJudge, Turns: asked("why?"), Plain: "Q: why?\n\nA:", Gold: []byte(`"second"`), MaxTokens: 1024},
		{ID: "6", Scorer: task.ByJudge, Turns: asked("Once"), Plain: "Once", Gold: []byte(`"upon"`), MaxTokens: 1024,
			Format: []byte(`{"json_schema":{"name":"answer","schema":{"type":"object"}},"type":"json_schema"}`)},
	}
	if d := cmp.Diff(want, got.Items); d != "" {
		t.Error(d)
	}
	if _, err := Kept(in(list, nil), Slice{}); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("without consent: %v", err)
	}
	broken := errors.New("broken")
	if _, err := Kept(in(list, broken), Slice{Allowed: allowed}); !errors.Is(err, broken) {
		t.Error(err)
	}
}
