package answers

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"sync"

	"irori/internal/eval/code"
	"irori/internal/eval/score"
	"irori/internal/llm"
)

// programs are the tasks whose answers are programs.
var programs = []string{"humaneval", "jhumaneval"}

// Programs reports whether answers to a task are programs, which are run.
func Programs(task string) bool { return slices.Contains(programs, task) }

// HasItems reports whether a task's items may come from a file of their own.
func HasItems(task string) bool { return Instructs(task) || Programs(task) }

// program is an answer that waits to be run.
type program struct {
	at     int
	item   code.Item
	output string
}

// asksFor finds what a line's program was to do.
func (l *line) asksFor(file string, n int, b []byte, items *Items) (code.Item, error) {
	var it code.Item
	if err := json.Unmarshal(b, &it); err != nil {
		return it, malformed(file, n, member(err), "%v", plainly(err))
	}
	at := ""
	if it.Entry == "" && it.Tests == "" {
		// Gold that is something else than an item is none of ours.
		_ = json.Unmarshal(l.Gold, &it)
		at = "gold: "
	}
	if it.Entry == "" && it.Tests == "" {
		if items == nil {
			return it, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: test: is missing, and no file of the set's items was given", file, n).
				WithHint("irori measure score --items FILE, the set's own file")
		}
		found, ok := items.programs[name(l.ID)]
		if !ok {
			return it, malformed(file, n, "id", "no item of %s has the task_id %s", items.from, l.ID)
		}
		it, at = found, ""
	}
	if missing := incomplete(it); missing != "" {
		return it, malformed(file, n, at+missing, "is missing")
	}
	if it.Language != "" && it.Language != code.Python && it.Language != code.JavaScript {
		it.Language = code.Python // some sets have the language of people there
	}
	return it, nil
}

// incomplete is the member that an item needs and has not.
func incomplete(it code.Item) string {
	switch {
	case it.Entry == "":
		return "entry_point"
	case it.Tests == "":
		return "test"
	}
	return ""
}

// execute runs programs, as many at a time as there are processors, and puts
// their results where they belong.
func execute(ctx context.Context, waiting []program, out []Scored) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan program)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(waiting)) {
		all.Go(func() {
			for p := range next {
				v, err := code.Judge(ctx, p.item, p.output)
				if err != nil {
					stop(err)
					continue
				}
				r := score.Result{State: v.State}
				if v.Parsed != nil {
					r.Parsed = *v.Parsed
				}
				out[p.at].Result, out[p.at].why = r, v.Why
			}
		})
	}
	for _, p := range waiting {
		next <- p
	}
	close(next)
	all.Wait()
	return context.Cause(ctx)
}
