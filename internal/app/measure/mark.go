package measure

import (
	"context"
	"fmt"

	"irori/internal/app/asking"
	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/score"
	"irori/internal/eval/task"
)

// mark scores an answer.
func mark(_ context.Context, j *run.Job, a *run.Answer) (run.Verdict, error) {
	switch j.Task.Output {
	case task.MultipleChoice:
		return chosen(j, a)
	case task.Loglikelihood, task.LoglikelihoodRolling:
		return run.Verdict{State: sample.Unscored}, nil
	}
	if j.Item.Scorer == task.ByMark {
		r, err := score.Mark(j.Item.Mark, score.Item{Output: &a.Text, Gold: j.Item.Gold, Choices: j.Item.Choices})
		if err != nil {
			return run.Verdict{}, fmt.Errorf("task %s, item %s: %w", j.Task.Name, j.Item.ID, err)
		}
		v := run.Verdict{State: sample.State(r.State), Parsed: r.Parsed}
		if r.State == score.Unparsed {
			v.State = sample.Unparsed
		}
		return v, nil
	}
	return run.Verdict{State: sample.Skipped, Why: fmt.Sprintf("nothing here scores by %s", j.Item.Scorer)}, nil
}

// chosen takes the likeliest choice.
func chosen(j *run.Job, a *run.Answer) (run.Verdict, error) {
	best, ok := asking.Choose(a.NLL)
	if !ok {
		return run.Verdict{State: sample.Unparsed, Why: "two choices are equally likely"}, nil
	}
	said := fmt.Sprint(best)
	r, err := score.Mark("choice", score.Item{Output: &said, Gold: j.Item.Gold})
	if err != nil {
		return run.Verdict{}, fmt.Errorf("task %s, item %s: %w", j.Task.Name, j.Item.ID, err)
	}
	return run.Verdict{State: sample.State(r.State), Parsed: best}, nil
}
