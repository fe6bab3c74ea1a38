// Package outside measures what the worker does besides the library's decode:
// sampling, bookkeeping and frames. It prints benchstat format; the share of a
// step is the column outside-%.
package outside

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"irori/internal/backend/embedded"
	"irori/internal/llm"
	"irori/internal/testreal"
	"irori/internal/worker"
)

const tokens = 200

func BenchmarkStep(b *testing.B) {
	for _, streams := range []int{1, 8} {
		for name, temperature := range map[string]float32{"greedy": 0, "default": 0.8} {
			b.Run(fmt.Sprintf("streams=%d/draw=%s", streams, name), func(b *testing.B) { steps(b, streams, temperature) })
		}
	}
}

// steps counts the steps in which all streams decode and nothing else is done.
func steps(b *testing.B, streams int, temperature float32) {
	// As the gateway does: Go's idle threads would take the worker's cores.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)/2)))
	var mu sync.Mutex
	var all, decode time.Duration
	count := 0
	be := embedded.New(embedded.Options{
		Command: []string{testreal.Binary(b), "worker"},
		Load:    worker.Load{LibraryDir: testreal.Libraries(b), Model: "small", Files: []string{testreal.Model(b)}},
		OnStep: func(s embedded.Step) {
			if len(s.Works) != streams {
				return
			}
			for _, w := range s.Works {
				if w.Decode != 1 {
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all, decode, count = all+s.Duration, decode+s.Decode, count+1
		},
	})
	if err := be.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer be.Close(0)
	round := func(i int) {
		var wg sync.WaitGroup
		for k := range streams {
			wg.Go(func() {
				n := tokens
				r := &llm.Request{
					ID: fmt.Sprint(i, k), Raw: true, Prompt: fmt.Sprint("Story number ", i, " of teller ", k, ": "), MaxTokens: &n, IgnoreEOS: true,
					Sampling: llm.Sampling{Temperature: &temperature},
				}
				for _, err := range be.Generate(b.Context(), r) {
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	// The main cache is made behind the first answers.
	round(-1)
	mu.Lock()
	all, decode, count = 0, 0, 0
	mu.Unlock()
	i := 0
	for b.Loop() {
		round(i)
		i++
	}
	mu.Lock()
	defer mu.Unlock()
	if count == 0 {
		b.Fatal("no step held all streams")
	}
	b.ReportMetric(100*float64(all-decode)/float64(all), "outside-%")
	b.ReportMetric(float64((all-decode).Microseconds())/float64(count), "outside-µs/step")
	b.ReportMetric(float64(all.Microseconds())/float64(count), "µs/step")
}
