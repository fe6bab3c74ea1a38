package measure

import (
	"context"
	"fmt"

	"irori/internal/eval/calls"
	"irori/internal/eval/run"
	"irori/internal/eval/task"
	"irori/internal/eval/verdict"
)

// marker scores answers. Those for a judge are held back.
type marker struct {
	// judged says that there is a judge.
	judged bool
}

func (m marker) mark(ctx context.Context, j *run.Job, a *run.Answer) (run.Verdict, error) {
	in := verdict.Answer{Text: &a.Text, Finish: a.Finish}
	switch j.Task.Output {
	case task.MultipleChoice:
		// Without losses it was asked for the letter.
		if a.NLL != nil {
			in = verdict.Answer{Losses: a.NLL}
		}
	case task.Loglikelihood, task.LoglikelihoodRolling:
		in = verdict.Answer{}
	}
	for _, c := range a.Calls {
		in.Calls = append(in.Calls, calls.Call{Name: c.Name, Arguments: c.Arguments})
	}
	held := false
	out := verdict.Outside{Code: ran}
	if m.judged {
		out.Judge = func(context.Context, task.Item, string) (verdict.Verdict, error) {
			held = true
			return verdict.Verdict{}, nil
		}
	}
	v, err := verdict.Of(ctx, *j.Item, in, out)
	if err != nil {
		return run.Verdict{}, fmt.Errorf("task %s, item %s: %w", j.Task.Name, j.Item.ID, err)
	}
	return run.Verdict{State: v.State, Parsed: v.Parsed, Why: v.Why, Strict: v.Strict, Loose: v.Loose, Judge: held}, nil
}
