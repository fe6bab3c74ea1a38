package measure

import (
	"context"
	"encoding/json"
	"fmt"

	"irori/internal/eval/judge"
	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// judgeTokens bounds what a judge says.
const judgeTokens = 400

// judge lets the judging model decide on the answers that wait for it. It is
// asked after everything else: its work is not part of what is measured.
func (r *runner) judge(ctx context.Context) error {
	waiting := r.j.Waiting()
	if len(waiting) == 0 {
		return nil
	}
	r.hooks.Say("%s judges %d answers, in both orders", r.o.Judge, len(waiting))
	items := map[[2]string]*task.Item{}
	for _, t := range r.tasks {
		for i := range t.Items {
			items[[2]string{t.Name, t.Items[i].ID}] = &t.Items[i]
		}
	}
	for _, s := range waiting {
		it := items[[2]string{s.Task, s.Item}]
		if it == nil || s.Output == nil {
			return llm.Errorf(llm.CodeCorrupt, "item %s of task %s waits for a judge, and is not there", s.Item, s.Task)
		}
		var gold string
		if err := json.Unmarshal(it.Gold, &gold); err != nil {
			gold = string(it.Gold)
		}
		v, err := judge.Of(ctx, r.o.Judge, judge.Case{Question: run.Question(it), Answer: *s.Output, Reference: gold, Language: s.Language}, r.askJudge)
		if err != nil {
			return err
		}
		s.State, s.Judge = v.State, &v.Judge
		if !r.o.KeepOutputs {
			s.Output = nil
		}
		if err := r.j.Keep(s); err != nil {
			return err
		}
		r.seen.Done-- // it was counted when it was answered
		r.seen.count(s.State)
		r.hooks.Progress(r.seen)
	}
	return nil
}

// askJudge puts a prompt to the judging model. After an answer that could not
// be read, words are drawn.
func (r *runner) askJudge(ctx context.Context, system, prompt string, try int) (string, error) {
	it := &task.Item{ID: fmt.Sprint(try), MaxTokens: judgeTokens, Turns: []task.Turn{{Role: "system", Content: system}, {Role: "user", Content: prompt}}}
	drawn := 0.0
	if try > 0 {
		drawn = .7
	}
	client := r.client.With(drawn, uint64(try))
	a, err := client.Ask(ctx, &run.Job{
		Target: &sample.Target{ID: "judge", Requested: r.o.Judge, Model: r.o.Judge, Chat: true}, Task: &task.Task{Name: "judge", Output: task.GenerateUntil}, Item: it,
	})
	if err != nil {
		return "", err
	}
	return a.Text, nil
}
