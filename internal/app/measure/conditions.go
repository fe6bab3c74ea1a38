package measure

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/hw/busy"
	"irori/internal/llm"
	"irori/internal/power"
	"irori/internal/sensor/nvml"
)

// A machine that others use this much is not quiet: a share of one core, and of
// a GPU.
const (
	busyCore = .10
	busyGPU  = 5
	// looked is how long the look takes.
	looked = time.Second
)

// ours are this process and the server's: what they take is what is measured.
func (r *runner) ours() []int { return []int{os.Getpid(), r.session.PID} }

// preflight looks whether the machine is quiet, and says or refuses what it
// finds.
func (r *runner) preflight(ctx context.Context) error {
	before := busy.Read("")
	select {
	case <-time.After(looked):
	case <-ctx.Done():
		return ctx.Err()
	}
	found := noise(busy.Read("").Since(before, r.ours()...))
	found = append(found, gpus()...)
	if len(found) == 0 {
		return nil
	}
	if r.o.Strict {
		return llm.Errorf(llm.CodeForbidden, "the machine is not quiet: %s", strings.Join(found, "; ")).
			WithHint("stop what runs besides, or leave --strict out")
	}
	for _, f := range found {
		r.note("not quiet at the start: %s", f)
		r.hooks.Say("warning: %s", f)
	}
	return nil
}

// noise is what a report of the machine says against measuring on it.
func noise(b busy.Report) []string {
	var out []string
	if b.Share > busyCore {
		var names []string
		for _, p := range b.Others[:min(3, len(b.Others))] {
			names = append(names, fmt.Sprintf("%s (%.0f %%)", p.Name, 100*p.Share))
		}
		text := fmt.Sprintf("other programs take %.0f %% of a core: %s", 100*b.Share, strings.Join(names, ", "))
		if b.Load != nil {
			text += fmt.Sprintf(", load %.2f", *b.Load)
		}
		out = append(out, text)
	}
	for i, g := range b.GPUs {
		if g > busyGPU {
			out = append(out, fmt.Sprintf("GPU %d is %d %% busy", i, g))
		}
	}
	if b.Throttled > 0 {
		out = append(out, "the processor is held back by heat")
	}
	if b.OnBattery != nil && *b.OnBattery {
		out = append(out, "it runs on its battery")
	}
	return out
}

// gpus says which GPUs of NVIDIA are busy or held back.
func gpus() []string {
	meters, done, err := nvml.Discover()
	if err != nil {
		return nil // none, or nothing that can be told of them
	}
	defer done()
	var out []string
	for _, m := range meters {
		w, ok := m.(power.Watched)
		if !ok {
			continue
		}
		s := w.State()
		if s.Utilisation != nil && 100**s.Utilisation > busyGPU {
			out = append(out, fmt.Sprintf("%s is %.0f %% busy", m.Name(), 100**s.Utilisation))
		}
		if len(s.Throttled) > 0 {
			out = append(out, fmt.Sprintf("%s is held back: %s", m.Name(), strings.Join(s.Throttled, ", ")))
		}
	}
	return out
}

// The warm-up: short answers until their speed has settled, no more than so
// many and no longer than so.
const (
	warmTokens = 48
	mostWarm   = 12
	warmFor    = time.Minute
)

// A server that fails so often in a row, or answers nothing for so long, ends
// the run.
const (
	mostFailures = 10
	patience     = 2 * time.Minute
)

// WarmUp is the pass of questions that do not count.
const WarmUp = "warm-up"

// warm asks a target questions that do not count until its speed has settled.
func (r *runner) warm(ctx context.Context, t *sample.Target) error {
	out := sample.WarmUp{Target: t.ID}
	work := &task.Task{Name: WarmUp, Output: task.GenerateUntil}
	w := &run.Warmer{
		Asker: r.client, Most: mostWarm, For: warmFor, Failures: mostFailures, Patience: patience,
		Job: func(n int) *run.Job {
			// Each begins otherwise: a beginning that a server kept takes it no work.
			text := fmt.Sprintf("%d. Write down the numbers from one to fifty in words, one after the other: one, two,", n+1)
			it := &task.Item{ID: fmt.Sprint(n), Turns: []task.Turn{{Role: "user", Content: text}}, Plain: text, MaxTokens: warmTokens}
			return &run.Job{Target: t, Pass: WarmUp, Task: work, Item: it}
		},
		Asking: func(n int) {
			r.hooks.Progress(Progress{Target: t.ID, Pass: WarmUp, Done: n + 1, Total: max(n+1, mostWarm)})
		},
		Heard: func(a *run.Answer) { r.served(t, a.Served) },
	}
	failed, err := w.Warm(ctx, &out)
	if failed != nil {
		r.note("%d of %d warm-up questions of %s failed, the last with: %v", out.Failed, out.Failed+out.Requests, t.ID, failed)
	}
	if err != nil {
		return err
	}
	r.Run.WarmUps = append(r.Run.WarmUps, out)
	if out.Steady {
		return nil
	}
	text := fmt.Sprintf("the speed of %s did not settle in %d warm-up requests", t.ID, out.Requests)
	if out.CV != nil {
		text += fmt.Sprintf(": it varies by %.0f %%", 100**out.CV)
	}
	if r.o.Strict {
		return llm.Errorf(llm.CodeForbidden, "%s", text).WithHint("stop what runs besides, or leave --strict out")
	}
	r.note("%s", text)
	r.hooks.Say("warning: %s", text)
	return nil
}

// served writes down what answered, where that is known only now.
func (r *runner) served(t *sample.Target, s run.Served) {
	if s.Backend != "" {
		t.Backend = s.Backend
	}
	if s.Route != "" {
		t.Where = s.Route
	}
}

// rest is how long idle power takes to be measured, and how long it is waited
// for.
const (
	restAsk = 500 * time.Millisecond
	restFor = 25 * time.Second
)

// idle waits until the server has measured its power without work, with the
// model in memory; nil where nothing is metered.
func (r *runner) idle(ctx context.Context) *float64 {
	began := time.Now()
	for {
		st, err := r.session.Status(ctx)
		if err != nil || !st.Metered {
			return nil
		}
		if st.IdleW != nil && st.IdleAt.After(began) {
			return st.IdleW
		}
		if time.Since(began) > restFor {
			r.note("idle power could not be measured: somebody else asks the server")
			return nil
		}
		select {
		case <-time.After(restAsk):
		case <-ctx.Done():
			return nil
		}
	}
}
