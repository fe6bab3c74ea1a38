package measure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"irori/internal/eval/task"
	"irori/internal/unit"
)

// Extent is how much a plan asks.
type Extent struct {
	Parts []PartExtent `json:"parts"`
}

// PartExtent is how much a pass of a target asks. Characters are those of the
// prompts; OutputTokens is a bound.
type PartExtent struct {
	Target       string `json:"target"`
	Pass         string `json:"pass"`
	Streams      int    `json:"streams"`
	Questions    int    `json:"questions"`
	Characters   int    `json:"prompt_characters"`
	OutputTokens int    `json:"output_tokens_at_most"`
}

// Extent is the plan's.
func (p *Plan) Extent() Extent {
	var out Extent
	for _, x := range p.Parts {
		e := PartExtent{Target: x.Target.ID, Pass: x.Pass, Streams: x.Streams, Questions: x.Jobs()}
		for _, jobs := range x.Repeats {
			for i := range jobs {
				it := jobs[i].Item
				e.Characters += characters(it, x.Target.Chat)
				if jobs[i].Task.Output == task.GenerateUntil {
					e.OutputTokens += limit(it.MaxTokens, p.o.MaxTokens)
				}
			}
		}
		out.Parts = append(out.Parts, e)
	}
	return out
}

func limit(of, all int) int {
	if all > 0 && (of == 0 || all < of) {
		return all
	}
	return of
}

func characters(it *task.Item, chat bool) (n int) {
	if !chat || len(it.Turns) == 0 {
		return len([]rune(it.Plain))
	}
	for _, t := range it.Turns {
		n += len([]rune(t.Content))
	}
	return n
}

// Tally is the states in words, the most frequent first.
func (s *Summary) Tally() string {
	names := slices.SortedFunc(maps.Keys(s.States), func(a, b string) int {
		if d := s.States[b] - s.States[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", strings.TrimPrefix(n, "answer_"), s.States[n])
	}
	return strings.Join(names, ", ")
}

// String is how far a run is, for people.
func (p Progress) String() string {
	if p.Pass == WarmUp {
		return fmt.Sprintf("%s %s  %d of at most %d", p.Target, p.Pass, p.Done, p.Total)
	}
	s := fmt.Sprintf("%s %s  %d / %d  right %d", p.Target, p.Pass, p.Done, p.Total, p.Right)
	if p.Unparsed > 0 {
		s += fmt.Sprintf("  unparsed %d", p.Unparsed)
	}
	if p.Fails > 0 {
		s += fmt.Sprintf("  failed %d", p.Fails)
	}
	if left, ok := p.Left(); ok && p.Done < p.Total {
		s += "  " + unit.FormatDuration(left.Round(time.Second)) + " left"
	}
	return s
}
