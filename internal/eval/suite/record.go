package suite

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"

	"irori/internal/eval/task"
)

//go:embed items
var files embed.FS

// families are the abilities that are asked for, in the order of reports.
var families = []string{
	"arithmetic", "instructions", "extraction", "tools", "code", "reading", "translation", "summary", "knowledge", "safety",
}

// record is a line of a file of items: a question that was written by hand,
// or a pattern with places (Let) of which Count questions are drawn.
type record struct {
	// ID begins with the language.
	ID    string      `json:"id"`
	Let   [][2]string `json:"let"`
	Count int         `json:"n"`

	Ask  string          `json:"ask"`
	Gold json.RawMessage `json:"gold"`
	// Choices are the options of a question, the right one first; they are
	// shuffled before they are shown.
	Choices []string `json:"choices"`
	// Keep are groups of which the answer has to have one each (a star stands
	// for the rest of a word), Avoid what it must not have, But in which phrases it
	// may all the same ("from Monday to …"), Most bounds its characters.
	Keep  [][]string `json:"keep"`
	Avoid []string   `json:"avoid"`
	But   []string   `json:"but"`
	Most  int        `json:"most"`
	// Kinds are checkable instructions with their arguments.
	Kinds [][2]json.RawMessage `json:"kinds"`
	// Tools are names of items/tools.json.
	Tools []string `json:"tools"`
	// Sig is the function of a question for code with its parameters, Tests
	// are arguments with what it returns for them.
	Sig   string               `json:"sig"`
	Tests [][2]json.RawMessage `json:"tests"`

	// Ref is an answer that is right, Wrong one that is not, and Calc computes
	// the gold a second time. Tests hold the scorers to them.
	Ref   string `json:"ref"`
	Wrong string `json:"wrong"`
	Calc  string `json:"calc"`
}

func (r *record) language() string { return r.ID[:2] }

// wording is how a family is asked in a language: the words before and behind
// a question in a conversation, and those of a text to be continued.
type wording struct {
	System   string      `json:"system"`
	Head     string      `json:"head"`
	Tail     string      `json:"tail"`
	Pick     string      `json:"pick"` // in place of Tail where a letter is asked for
	Question string      `json:"question"`
	Answer   string      `json:"answer"`
	Shots    [][2]string `json:"shots"`
	Max      int         `json:"max"`
	Stop     []string    `json:"stop"`
}

// entry is a finished item with what tests want to know of it.
type entry struct {
	task.Item
	language   string
	ref, wrong string
}

// book is all that lies in items/.
type book struct {
	lists map[string]string
	words map[string]map[string]wording
	tools map[string]tool
	lines map[string][][]byte
}

func open() (*book, error) {
	b := &book{lines: map[string][][]byte{}}
	for name, into := range map[string]any{"lists": &b.lists, "forms": &b.words, "tools": &b.tools} {
		raw, err := files.ReadFile("items/" + name + ".json")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return nil, fmt.Errorf("items/%s.json: %w", name, err)
		}
	}
	for _, f := range families {
		raw, err := files.ReadFile("items/" + f + ".jsonl")
		if err != nil {
			return nil, err
		}
		b.lines[f] = bytes.Split(bytes.TrimRight(raw, "\n"), []byte("\n"))
	}
	return b, nil
}

// tries is how many draws a pattern gets for each question.
const tries = 500

// entries are the questions of a family: those by hand first, unless only
// drawn ones are wanted.
func (b *book) entries(family string, seed uint64, drawn bool) ([]entry, error) {
	var out []entry
	for i, line := range b.lines[family] {
		var r record
		if err := strict(line, &r); err != nil {
			return nil, fmt.Errorf("items/%s.jsonl:%d: %w", family, i+1, err)
		}
		if len(r.Let) == 0 && drawn {
			continue
		}
		some, err := b.expand(family, line, &r, seed)
		if err != nil {
			return nil, fmt.Errorf("items/%s.jsonl:%d: %s: %w", family, i+1, r.ID, err)
		}
		out = append(out, some...)
	}
	return out, nil
}

func strict(line []byte, r *record) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(r)
}

// expand makes the questions of a line. No two that are drawn ask the same.
func (b *book) expand(family string, line []byte, r *record, seed uint64) ([]entry, error) {
	if len(r.Let) == 0 {
		e, err := b.entry(family, r)
		return []entry{e}, err
	}
	d := roll(seed, r.ID)
	seen := map[string]bool{}
	var out []entry
	for range tries * r.Count {
		if len(out) == r.Count {
			return out, nil
		}
		v, ok, err := draw(d, r.Let, b.lists)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		filled, err := v.fill(line)
		if err != nil {
			return nil, err
		}
		var one record
		if err := json.Unmarshal(filled, &one); err != nil {
			return nil, fmt.Errorf("%w in %s", err, filled)
		}
		if seen[one.Ask] {
			continue
		}
		seen[one.Ask] = true
		one.ID = fmt.Sprintf("%s-%d", r.ID, len(out)+1)
		if seed != 0 {
			one.ID = fmt.Sprintf("%s-s%d-%d", r.ID, seed, len(out)+1)
		}
		e, err := b.entry(family, &one)
		if err != nil {
			return nil, err
		}
		e.Template = r.ID
		out = append(out, e)
	}
	return nil, fmt.Errorf("only %d of %d questions could be drawn", len(out), r.Count)
}
