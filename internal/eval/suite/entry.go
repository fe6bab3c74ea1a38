package suite

import (
	"encoding/json"
	"fmt"
	"strings"

	"irori/internal/eval/task"
)

// entry builds an item out of a record.
func (b *book) entry(family string, r *record) (entry, error) {
	w, ok := b.words[family][r.language()]
	if !ok {
		return entry{}, fmt.Errorf("no words to ask in %q", r.language())
	}
	e := entry{language: r.language(), ref: r.Ref, wrong: r.Wrong}
	e.ID, e.Gold, e.MaxTokens, e.PlainStop = r.ID, r.Gold, w.Max, w.Stop
	e.Turns, e.Plain = w.turns(r.Ask), w.plain(r.Ask)
	var err error
	switch family {
	case "arithmetic":
		e.number(r)
	case "instructions":
		e.Scorer = task.ByFollow
		e.Checks, err = r.instructions()
	case "extraction":
		e.Scorer, e.Mark, e.ref = task.ByMark, "json", string(r.Gold)
		e.Format, err = format(r.Gold)
	case "tools":
		err = e.calls(b, w, r)
	case "code":
		err = e.code(w, r)
	case "safety":
		e.Scorer = task.ByRefusal
		refuse := string(r.Gold) == `"refuse"`
		if e.Gold, err = plainJSON(refuse); err == nil && !refuse {
			// No refusal, and something of what was asked.
			e.Checks, err = r.checks(family)
		}
	default:
		switch {
		case len(r.Choices) > 0:
			err = e.choose(w, r)
		case len(r.Gold) > 0:
			e.number(r)
		default:
			e.Scorer = task.ByChecks
			e.Checks, err = r.checks(family)
		}
	}
	return e, err
}

// turns are the messages of a conversation.
func (w wording) turns(ask string) []task.Turn {
	var parts []string
	for _, p := range []string{w.Head, ask, w.Tail} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return []task.Turn{{Role: "user", Content: strings.Join(parts, "\n")}}
}

// plain is a text to be continued.
func (w wording) plain(ask string) string {
	var b strings.Builder
	for _, s := range w.Shots {
		b.WriteString(w.Question + s[0] + "\n" + w.Answer + s[1] + "\n\n")
	}
	b.WriteString(w.Question + ask + "\n" + w.Answer)
	return b.String()
}

func (e *entry) number(r *record) {
	e.Scorer, e.Mark = task.ByMark, "number"
	if e.ref == "" {
		e.ref, e.wrong = string(r.Gold), string(r.Gold)+"1"
	}
}

// instructions are the kinds of a record as the sets of IFEval write them.
func (r *record) instructions() (json.RawMessage, error) {
	var list struct {
		IDs    []json.RawMessage `json:"instruction_id_list"`
		Kwargs []json.RawMessage `json:"kwargs"`
	}
	for _, k := range r.Kinds {
		list.IDs, list.Kwargs = append(list.IDs, k[0]), append(list.Kwargs, k[1])
	}
	return plainJSON(list)
}

// choose makes a multiple choice: letters in a conversation, and the options
// as continuations of a text without letters.
func (e *entry) choose(w wording, r *record) error {
	d := roll(0, r.ID+r.Ask)
	order := make([]int, len(r.Choices))
	for i := range order {
		j := d.under(i + 1)
		order[i], order[j] = order[j], i
	}
	ask := r.Ask
	space := ""
	if r.language() == "en" {
		space = " "
	}
	for place, i := range order {
		letter := string(rune('A' + place))
		ask += "\n" + letter + ". " + r.Choices[i]
		e.Choices = append(e.Choices, space+r.Choices[i])
		if i == 0 {
			e.Gold, e.ref = json.RawMessage(fmt.Sprint(place)), letter
		} else {
			e.wrong = letter
		}
	}
	w.Tail = w.Pick
	e.Scorer, e.Mark, e.Normalise = task.ByChoice, "choice", true
	e.Turns = w.turns(ask)
	return nil
}

// code asks for a function and tests it by what it returns. A text to be
// continued has its first line.
func (e *entry) code(w wording, r *record) error {
	name, _, _ := strings.Cut(r.Sig, "(")
	begun := "function " + r.Sig + " {\n"
	var tests strings.Builder
	for _, t := range r.Tests {
		args := strings.TrimSpace(string(t[0]))
		fmt.Fprintf(&tests, "assert.deepEqual(%s(%s), %s);\n", name, args[1:len(args)-1], t[1])
	}
	e.Scorer = task.ByCode
	e.Turns, e.Plain = w.turns(r.Sig+"\n"+r.Ask), w.plain(r.Ask)+begun
	var err error
	e.Checks, err = plainJSON(map[string]string{"language": "javascript", "prompt": begun, "entry_point": name, "test": tests.String()})
	return err
}
