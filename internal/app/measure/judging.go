package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

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
	var lost []sample.Sample
	keep := func(s sample.Sample) error {
		if !r.o.KeepOutputs {
			s.Output = nil
		}
		if err := r.j.Keep(s); err != nil {
			return err
		}
		r.seen.Done-- // it was counted when it was answered
		r.seen.count(s.State)
		r.hooks.Progress(r.seen)
		return nil
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
		v, err := judge.Of(ctx, r.o.Judge, judge.Case{Question: run.Question(it), Answer: *s.Output, Reference: gold, Language: s.Language}, patiently(r.askJudge, func(n int) <-chan time.Time { return time.After(time.Second << n) }))
		if err != nil {
			if ctx.Err() != nil || run.Hopeless(err) && llm.CodeOf(err) != llm.CodeUnreachable {
				return err
			}
			// One verdict that does not come is unknown; so many in a row are a
			// judge that is gone, and are asked for again when the run goes on.
			s.State, s.Judge, s.Why = sample.JudgeUnparsed, &v.Judge, "the judge failed: "+err.Error()
			if lost = append(lost, s); len(lost) >= mostFailures {
				return llm.Wrap(llm.CodeOf(err), err, "the judge failed at %d answers in a row", len(lost))
			}
			continue
		}
		s.State, s.Judge = v.State, &v.Judge
		for _, s := range append(lost, s) {
			if err := keep(s); err != nil {
				return err
			}
		}
		lost = nil
	}
	for _, s := range lost {
		if err := keep(s); err != nil {
			return err
		}
	}
	return nil
}

// judgeTries is how often a judge is asked that breaks off.
const judgeTries = 4

// patiently asks a judge again that breaks off, after a while that grows: a
// connection that was cut says nothing of the answer that is judged.
func patiently(ask judge.Ask, after func(n int) <-chan time.Time) judge.Ask {
	return func(ctx context.Context, system, prompt string, try int) (text string, err error) {
		for n := range judgeTries {
			if n > 0 {
				select {
				case <-after(n - 1):
				case <-ctx.Done():
					return "", err
				}
			}
			text, err = ask(ctx, system, prompt, try)
			if err == nil || ctx.Err() != nil || run.Hopeless(err) && llm.CodeOf(err) != llm.CodeUnreachable {
				return text, err
			}
		}
		return "", err
	}
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
