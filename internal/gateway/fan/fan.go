// Package fan runs several requests side by side as if they were one answer.
package fan

import (
	"context"
	"iter"
	"sync"

	"irori/internal/llm"
)

// All runs several requests side by side as if they were one answer: choices
// are numbered through, usage is summed. One request passes straight through.
func All(ctx context.Context, b llm.Backend, reqs []*llm.Request) iter.Seq2[llm.Event, error] {
	if len(reqs) == 1 {
		return b.Generate(ctx, reqs[0])
	}
	return func(yield func(llm.Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type item struct {
			e   llm.Event
			err error
		}
		ch := make(chan item)
		var wg sync.WaitGroup
		first := 0
		for _, r := range reqs {
			offset := first
			first += r.Choices()
			wg.Go(func() {
				for e, err := range b.Generate(ctx, r) {
					e.Choice += offset
					select {
					case ch <- item{e, err}:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		go func() {
			wg.Wait()
			close(ch)
		}()
		sum := llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{}}
		for it := range ch {
			if it.err == nil && it.e.Type == llm.EventUsage {
				addUp(&sum, it.e)
				continue
			}
			if !yield(it.e, it.err) || it.err != nil {
				cancel()
				for range ch {
					continue // the goroutines end by the cancelled context
				}
				return
			}
		}
		yield(sum, nil)
	}
}

func addUp(sum *llm.Event, e llm.Event) {
	if e.Usage != nil {
		for _, p := range []struct{ to, from **int }{
			{&sum.Usage.PromptTokens, &e.Usage.PromptTokens}, {&sum.Usage.CachedTokens, &e.Usage.CachedTokens},
			{&sum.Usage.CacheWrite, &e.Usage.CacheWrite},
			{&sum.Usage.OutputTokens, &e.Usage.OutputTokens}, {&sum.Usage.ReasoningTokens, &e.Usage.ReasoningTokens},
		} {
			if *p.from != nil {
				n := **p.from
				if *p.to != nil {
					n += **p.to
				}
				*p.to = &n
			}
		}
		if sum.Usage.Source != "" {
			sum.Usage.Tier = sum.Usage.Tier.And(e.Usage.Tier)
		} else {
			sum.Usage.Tier = e.Usage.Tier
		}
		sum.Usage.Source = e.Usage.Source
	}
	if e.Timings != nil && (sum.Timings == nil || e.Timings.Queue > sum.Timings.Queue) {
		sum.Timings = e.Timings
	}
}
