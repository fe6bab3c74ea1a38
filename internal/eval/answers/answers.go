package answers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"irori/internal/eval/follow"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/ids"
	"irori/internal/eval/score"
	"irori/internal/lines"
	"irori/internal/llm"
)

// maxLine bounds a line.
const maxLine = 32 << 20

// sets are the tasks of instructions, with the language of their items.
var sets = map[string]string{"ifeval": "en", "m-ifeval-ja": "ja"}

// Tasks are the names of the tasks that answers can be scored by.
func Tasks() []string {
	out := score.Tasks()
	for name := range sets {
		out = append(out, name)
	}
	out = append(out, programs...)
	slices.Sort(out)
	return out
}

// Instructs reports whether a task is one of instructions, whose results are
// verdicts.
func Instructs(task string) bool { return sets[task] != "" }

// Scored is the result of a line: of a question its state and what was read,
// of instructions the verdicts in the item's order.
type Scored struct {
	// ID is the line's, as it was written.
	ID json.RawMessage
	score.Result
	follow.Verdict
	instructs bool
	why       string
}

// MarshalJSON writes the members that the line's task has.
func (s Scored) MarshalJSON() ([]byte, error) {
	if s.instructs {
		return json.Marshal(struct {
			ID json.RawMessage `json:"id"`
			follow.Verdict
		}{s.ID, s.Verdict})
	}
	return json.Marshal(struct {
		ID json.RawMessage `json:"id"`
		score.Result
		Why string `json:"why,omitempty"`
	}{s.ID, s.Result, s.why})
}

// line is a line of answers.
type line struct {
	ID      json.RawMessage `json:"id"`
	Output  json.RawMessage `json:"output"`
	Gold    json.RawMessage `json:"gold"`
	Choices json.RawMessage `json:"choices"`
	asked   instructions
}

// instructions are what an item of a set asks for.
type instructions struct {
	IDs    []string    `json:"instruction_id_list"`
	Kwargs []rule.Args `json:"kwargs"`
}

// Score reads lines of answers and scores each. Items are looked up where the
// lines of a task of instructions or of programs do not say themselves what was
// asked. Programs are run when all lines were read.
func Score(ctx context.Context, task, file string, r io.Reader, items *Items) ([]Scored, error) {
	if !slices.Contains(Tasks(), task) {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "no task %q is known", task).WithHint("irori help measure")
	}
	var out []Scored
	var waiting []program
	var known ids.Book
	err := eachLine(file, r, func(n int, b []byte) error {
		var l line
		if err := json.Unmarshal(b, &l); err != nil {
			return malformed(file, n, member(err), "%v", plainly(err))
		}
		output, err := l.check(file, n)
		if err != nil {
			return err
		}
		// Of a program there may be many tries.
		if !Programs(task) {
			if err := known.Take(l.ID, n); err != nil {
				return malformed(file, n, "id", "%v", err)
			}
		}
		s := Scored{ID: l.ID, instructs: Instructs(task)}
		switch {
		case Programs(task):
			p := program{at: len(out)}
			if p.item, err = l.asksFor(file, n, b, items); output == nil {
				s.State = score.Failed
			} else {
				p.output = *output
				waiting = append(waiting, p)
			}
		case s.instructs:
			if err := json.Unmarshal(b, &l.asked); err != nil {
				return malformed(file, n, member(err), "%v", plainly(err))
			}
			s.Verdict, err = l.follow(file, n, output, items)
		default:
			s.Result, err = l.score(task, file, n, output)
		}
		out = append(out, s)
		return err
	})
	if err == nil {
		err = execute(ctx, waiting, out)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// check looks at the members that every line has; an output that is null is an
// answer that never came.
func (l *line) check(file string, n int) (*string, error) {
	if err := ids.Check(l.ID); err != nil {
		return nil, malformed(file, n, "id", "%v", err)
	}
	switch {
	case len(l.Output) == 0:
		return nil, malformed(file, n, "output", "is missing")
	case string(l.Output) == "null":
		return nil, nil
	}
	var s string
	if json.Unmarshal(l.Output, &s) != nil {
		return nil, malformed(file, n, "output", "is not a string")
	}
	return &s, nil
}

func (l *line) score(task, file string, n int, output *string) (score.Result, error) {
	it := score.Item{Output: output, Gold: l.Gold}
	// Choices may be an object of labels and texts in some sets; only a list
	// of texts says which is which by its place.
	if json.Unmarshal(l.Choices, &it.Choices) != nil {
		it.Choices = nil
	}
	r, err := score.Mark(task, it)
	if err != nil {
		return r, malformed(file, n, "gold", "%v", err)
	}
	return r, nil
}

func (l *line) follow(file string, n int, output *string, items *Items) (follow.Verdict, error) {
	asked, at := l.asked, ""
	if len(asked.IDs) == 0 {
		// Gold that is something else than instructions is none of ours.
		_ = json.Unmarshal(l.Gold, &asked)
		at = "gold: "
	}
	if len(asked.IDs) == 0 {
		found, ok := items.find(l.ID)
		if !ok {
			return follow.Verdict{}, items.missing(file, n, l.ID)
		}
		asked, at = found, "the item of the set: "
	}
	sheet, err := follow.New(asked.IDs, asked.Kwargs)
	if err != nil {
		return follow.Verdict{}, malformed(file, n, "", "%s%v", at, err)
	}
	if output == nil {
		return follow.Verdict{Strict: make([]bool, len(asked.IDs)), Loose: make([]bool, len(asked.IDs))}, nil
	}
	return sheet.Mark(score.Said(*output)), nil
}

// eachLine goes through the lines that are not empty, counted from one.
func eachLine(file string, r io.Reader, do func(n int, b []byte) error) error {
	in := lines.New(r, maxLine)
	for n, b := range in.All() {
		if err := do(n, b); err != nil {
			return err
		}
	}
	if n, err := in.Err(); err != nil {
		return malformed(file, n, "", "%v", err)
	}
	return nil
}

// member is the one that an error of the decoder is about.
func member(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return strings.TrimPrefix(strings.TrimPrefix(t.Field, "instructions."), "Item.")
	}
	return ""
}

// plainly says what the decoder says without the names of our types.
func plainly(err error) string {
	_, what := ids.Plainly(err)
	return what
}

// malformed is an error at a line of a file.
func malformed(file string, line int, member, format string, args ...any) error {
	at := fmt.Sprintf("%s:%d", file, line)
	if member != "" {
		at += ": " + member
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%s: %s", at, fmt.Sprintf(format, args...)).WithHint("irori help measure")
}
