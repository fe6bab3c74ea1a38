package sets

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"irori/internal/eval/score"
	"irori/internal/eval/task"
	"irori/internal/llm"
	"irori/internal/store/body"
)

// Slice chooses what was asked here.
type Slice struct {
	// Name is that of the task.
	Name string
	// Allowed says whether a key still wants its bodies kept, by its name; ""
	// is whoever asked without one. What it refuses is not looked at.
	Allowed func(key string) bool
	// Most is how many questions there are at most, 0 for 1,000; the latest
	// ones are taken.
	Most int
}

// mostKept bounds a slice where nothing else is said.
const mostKept = 1000

// Kept makes a task of what was asked and answered here. The answer is the
// reference that a judge compares with: it is what somebody was given, not
// what is right. Requests with images or tools, or without an answer that
// ended by itself, are passed over.
func Kept(bodies iter.Seq2[*body.Body, error], o Slice) (*task.Task, error) {
	t := &task.Task{Name: o.Name, Version: "0", Family: "own", Output: task.GenerateUntil, Source: "the ledger: answers of that time are the references"}
	most := o.Most
	if most <= 0 {
		most = mostKept
	}
	at := map[string]int{}
	for b, err := range bodies {
		if err != nil {
			return nil, err
		}
		if o.Allowed == nil || !o.Allowed(b.Key) {
			continue
		}
		it, ok := keptItem(b)
		if !ok {
			continue
		}
		// Of questions that are alike the latest stays.
		asked, err := json.Marshal(it.Turns)
		if err != nil {
			return nil, err
		}
		if i, twice := at[string(asked)]; twice {
			t.Items[i] = it
			continue
		}
		at[string(asked)] = len(t.Items)
		t.Items = append(t.Items, it)
	}
	if len(t.Items) == 0 {
		return nil, llm.Errorf(llm.CodeNotFound, "nothing that was asked here is kept for being asked again").
			WithHint("irori keys set NAME --keep full keeps what comes from then on")
	}
	t.Items = slices.Clone(t.Items[max(0, len(t.Items)-most):])
	t.Language = languageOf(t.Items)
	return t, nil
}

// keptItem is a question that was asked as text and answered with text.
func keptItem(b *body.Body) (task.Item, bool) {
	it := task.Item{ID: b.ID, Scorer: task.ByJudge, MaxTokens: reasoned * 2}
	if len(b.Answers) == 0 || len(b.Tools) > 0 {
		return it, false
	}
	a := b.Answers[0]
	answer := strings.TrimSpace(score.Said(a.Text))
	if answer == "" || len(a.Calls) > 0 || a.Finish != "stop" {
		return it, false
	}
	for _, m := range b.Messages {
		switch {
		case m.Images > 0 || len(m.Calls) > 0 || m.ToolCallID != "" || m.Content == "":
			return it, false
		case m.Role == "system" || m.Role == "user" || m.Role == "assistant":
			it.Turns = append(it.Turns, task.Turn{Role: m.Role, Content: m.Content})
		case m.Role == "developer":
			it.Turns = append(it.Turns, task.Turn{Role: "system", Content: m.Content})
		default:
			return it, false
		}
	}
	if len(b.Messages) == 0 && len(b.Prompts) == 1 {
		it.Turns, it.Plain = asked(b.Prompts[0]), b.Prompts[0]
	}
	if len(it.Turns) == 0 || it.Turns[len(it.Turns)-1].Role != "user" {
		return it, false
	}
	if it.Plain == "" {
		it.Plain = spoken(it.Turns)
	}
	var err error
	if it.Gold, err = json.Marshal(answer); err != nil {
		return it, false
	}
	if len(b.Schema) > 0 {
		it.Format, err = json.Marshal(map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "answer", "schema": b.Schema}})
	}
	return it, err == nil
}

// spoken writes a conversation as text to be continued.
func spoken(turns []task.Turn) string {
	var b strings.Builder
	for _, t := range turns {
		if t.Role == "assistant" {
			b.WriteString("A: " + t.Content + "\n\n")
			continue
		}
		if t.Role == "user" {
			b.WriteString("Q: ")
		}
		b.WriteString(t.Content + "\n\n")
	}
	return b.String() + "A:"
}
