package run

import (
	"context"
	"time"

	"irori/internal/eval/load"
)

// Open asks each job at its moment, whether those before are answered or not,
// and never again: what a server refuses under load has failed. It returns how
// late the latest question was asked.
func (r *Runner) Open(ctx context.Context, jobs []Job, at []time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q, results := &queue{}, make(chan result, len(jobs))
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		for res := range results {
			if ctx.Err() != nil {
				continue
			}
			failures := 0
			if err := r.take(ctx, res, &failures); err != nil {
				cancel(err)
			}
		}
	}()
	late := load.Run(ctx, at, func(ctx context.Context, i int) {
		res := result{job: &jobs[i], sent: time.Now(), flying: q.fly(1)}
		res.answer, res.err = r.Asker.Ask(ctx, &jobs[i])
		q.fly(-1)
		results <- res
	})
	close(results)
	<-kept
	return late, context.Cause(ctx)
}
