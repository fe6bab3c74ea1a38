package code

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"irori/internal/eval/code/js"
	"irori/internal/eval/sandbox"
	"irori/internal/eval/score"
)

// Judge finds the program in an answer, runs it with the item's tests, and
// says what became of it. An error is this machine's or the context's, never
// the program's.
func Judge(ctx context.Context, it Item, answer string) (Verdict, error) {
	if it.Language == "" {
		it.Language = Python
	}
	if tags[it.Language] == nil {
		return skipped(fmt.Sprintf("no interpreter of %q is known", it.Language)), nil
	}
	found, ok := Extract(it, score.Said(answer))
	if !ok {
		return Verdict{State: score.Unparsed, Why: "no program was found in the answer"}, nil
	}
	v := Verdict{Parsed: &found}
	if it.Limits.Time <= 0 {
		it.Limits.Time = timeLimit
	}
	if it.Limits.Memory <= 0 {
		it.Limits.Memory = sandbox.Memory
	}
	token := rand.Text()
	p, why, err := it.program(ctx, found, token)
	if err != nil {
		return v, err
	}
	if why != "" {
		return skipped(why), nil
	}
	r, err := sandbox.Run(ctx, p, it.Limits)
	if err != nil {
		return v, err
	}
	// A program that leaves before its tests are over passes none.
	if r.State == sandbox.Passed && !strings.Contains(r.Stdout, "\n"+token+"\n") {
		r.State, r.Why = sandbox.Failed, "it ended before its tests did"
	}
	r.Stdout = strings.Replace(r.Stdout, "\n"+token+"\n", "", 1)
	v.Run, v.Why = r, r.Why
	switch r.State {
	case sandbox.Passed:
		v.State = score.Right
	case sandbox.Skipped:
		v.State = score.Skipped
	default:
		v.State = score.Wrong
	}
	return v, nil
}

// skipped is the verdict where this machine cannot tell.
func skipped(why string) Verdict {
	return Verdict{State: score.Skipped, Why: why, Run: sandbox.Result{State: sandbox.Skipped, Why: why}}
}

// program is what runs, or why nothing can.
func (it Item) program(ctx context.Context, found, token string) (p sandbox.Program, why string, err error) {
	if it.Language == Python {
		host, err := FindPython(ctx)
		if err != nil || ctx.Err() != nil {
			return p, fmt.Sprint(err), ctx.Err()
		}
		source := found + "\n\n" + it.Tests + "\n"
		if definesCheck.MatchString(it.Tests) {
			source += "\ncheck(" + it.Entry + ")\n"
		}
		return sandbox.Program{
			Host:  host,
			Args:  []string{"-I", "-S", "-B", "-X", "utf8", "-c", driver},
			Input: token + "\n" + source,
		}, "", nil
	}
	b, err := json.Marshal(js.Job{
		Answer: found, Tests: it.Tests, Token: token,
		Seconds: sandbox.Patience * it.Limits.Time.Seconds(), Bytes: uint64(it.Limits.Memory),
	})
	return sandbox.Program{Args: []string{js.Name}, Input: string(b)}, "", err
}

// driver runs what it reads as a module that is not the main one, and writes
// the token when that came to its end.
const driver = `import sys, os
t, _, s = sys.stdin.buffer.read().partition(b"\n")
m = type(sys)("answer")
sys.modules["answer"] = m
exec(compile(s, "answer.py", "exec"), m.__dict__)
try:
    sys.stdout.flush()
finally:
    os.write(1, b"\n" + t + b"\n")
`

// Child is what this program does when the sandbox has started it, by the
// arguments behind the verb; its result is the exit status.
func Child(args []string) int {
	switch {
	case len(args) == 0:
		return sandbox.Enter()
	case len(args) == 1 && args[0] == js.Name:
		return js.Main(os.Stdin, os.Stdout, os.Stderr)
	}
	fmt.Fprintln(os.Stderr, "no such program")
	return 2
}
