package score

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// State is what became of an answer.
type State string

// The states. Only a right answer scores; one that could not be read is told
// apart from a wrong one, and one that never came from both. Skipped is what
// this machine cannot tell, which is said of no answer here.
const (
	Right    State = "right"
	Wrong    State = "wrong"
	Unparsed State = "unparsed"
	Failed   State = "failed"
	Skipped  State = "skipped"
)

// Item is an answer with what it is compared with.
type Item struct {
	// Output is what was answered, nil where nothing came.
	Output *string
	// Gold is the right answer: a string, a number, or any JSON for json.
	Gold json.RawMessage
	// Choices are the texts of the options, where they are known.
	Choices []string
}

// Result is the state, and what was read out of the answer.
type Result struct {
	State  State `json:"state"`
	Parsed any   `json:"parsed"`
}

// task reads both sides; an error is about the gold.
type task func(Item) (Result, error)

// tasks are what answers can be compared by. SVAMP's answers are decimal
// fractions that were cut off somewhere.
func tasks() map[string]task {
	near := big.NewRat(1, 1_000_000)
	exactly := new(big.Rat)
	return map[string]task{
		"gsm8k": numbers(exactly), "mgsm-en": numbers(exactly), "mgsm-ja": numbers(exactly), "number": numbers(exactly),
		"svamp": numbers(near), "jcommonsenseqa": choices, "mmlu-pro": choices, "choice": choices,
		"exact": exact, "json": object,
	}
}

// Tasks are the names of the tasks that Mark knows.
func Tasks() []string { return slices.Sorted(maps.Keys(tasks())) }

// Mark compares an answer. An error says what is wrong with the gold.
func Mark(name string, it Item) (Result, error) {
	t := tasks()[name]
	if t == nil {
		return Result{}, fmt.Errorf("no task %q is known", name)
	}
	if it.Output != nil {
		said := Said(*it.Output)
		it.Output = &said
	}
	r, err := t(it)
	if it.Output == nil {
		r = Result{State: Failed}
	}
	return r, err
}

// Said is what is left of an output without its thinking. Of a thought that
// never ended nothing is.
func Said(s string) string {
	for _, tag := range []string{"think", "thinking"} {
		open, end := "<"+tag+">", "</"+tag+">"
		for {
			i := strings.Index(s, open)
			if i < 0 {
				break
			}
			j := strings.Index(s[i:], end)
			if j < 0 {
				return s[:i]
			}
			s = s[:i] + s[i+j+len(end):]
		}
		// Templates often open the thought before the answer begins.
		if i := strings.LastIndex(s, end); i >= 0 {
			s = s[i+len(end):]
		}
	}
	return s
}

func numbers(within *big.Rat) task {
	return func(it Item) (Result, error) {
		gold, err := goldText(it.Gold)
		if err != nil {
			return Result{}, err
		}
		want, ok := Number(gold)
		if !ok {
			return Result{}, fmt.Errorf("gold has no number: %.60q", gold)
		}
		if it.Output == nil {
			return Result{}, nil
		}
		got, ok := Number(*it.Output)
		if !ok {
			return Result{State: Unparsed}, nil
		}
		r := Result{State: Wrong, Parsed: json.Number(got.String())}
		if got.Is(want, within) {
			r.State = Right
		}
		return r, nil
	}
}

// goldText is a gold answer as text; numbers are written as they stand.
func goldText(raw json.RawMessage) (string, error) {
	s := strings.TrimSpace(string(raw))
	if s == "" || s == "null" {
		return "", fmt.Errorf("gold is missing")
	}
	if s[0] != '"' {
		if s[0] == '{' || s[0] == '[' {
			return "", fmt.Errorf("gold is neither a string nor a number: %.60s", s)
		}
		return s, nil
	}
	var out string
	err := json.Unmarshal(raw, &out)
	return out, err
}

func exact(it Item) (Result, error) {
	gold, err := goldText(it.Gold)
	if err != nil || it.Output == nil {
		return Result{}, err
	}
	got := plain(*it.Output)
	switch got {
	case "":
		return Result{State: Unparsed}, nil
	case plain(gold):
		return Result{State: Right, Parsed: got}, nil
	}
	return Result{State: Wrong, Parsed: got}, nil
}

// plain writes a text without what does not count: widths, runs of space,
// quotes around it and the period behind it.
func plain(s string) string {
	s = strings.Join(strings.Fields(fold(s)), " ")
	for {
		t := strings.TrimRight(strings.TrimSpace(s), "。.")
		for _, q := range []string{`""`, "''", "「」", "『』", "“”", "``"} {
			r := []rune(q)
			if inner, ok := strings.CutPrefix(t, string(r[0])); ok {
				if inner, ok = strings.CutSuffix(inner, string(r[1])); ok {
					t = inner
				}
			}
		}
		if t == s {
			return s
		}
		s = t
	}
}
