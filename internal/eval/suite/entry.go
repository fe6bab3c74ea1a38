package suite

import (
	"encoding/json"
	"fmt"

	"irori/internal/eval/task"
)

// entry builds an item out of a record.
func (b *book) entry(family string, r *record) (entry, error) {
	w, ok := b.words[family][r.language()]
	if !ok {
		return entry{}, fmt.Errorf("no words to ask in %q", r.language())
	}
	e := entry{language: r.language(), ref: r.Ref, wrong: r.Wrong}
	e.ID = r.ID
	e.MaxTokens, e.Stop = w.Max, w.Stop
	e.Gold, e.Choices = r.Gold, r.Choices
	ask := r.Ask
	var err error
	switch {
	case family == "arithmetic":
		e.Scorer, e.Mark = task.ByMark, "number"
		e.ref, e.wrong = string(r.Gold), string(r.Gold)+"1"
	case family == "instructions":
		e.Scorer = task.ByFollow
		e.Checks, err = r.instructions()
	case family == "extraction":
		e.Scorer, e.Mark = task.ByMark, "json"
		e.ref = string(r.Gold)
		e.Format, err = format(r.Gold)
	default:
		err = fmt.Errorf("no scorer for %s", family)
	}
	e.Turns, e.Plain = w.turns(ask), w.plain(ask)
	return e, err
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
