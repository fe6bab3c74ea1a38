package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irori/internal/eval/task"
)

// tool is a line of items/tools.json: what it does in both languages, and its
// parameters with their types, or their values divided by bars.
type tool struct {
	Ja    string      `json:"ja"`
	En    string      `json:"en"`
	Needs [][2]string `json:"needs"`
}

// call is a call that is right.
type call struct {
	Name      string         `json:"name"`
	Arguments map[string]any `json:"arguments"`
}

// calls asks for calls of tools, or for none. A text to be continued names
// the tools.
func (e *entry) calls(b *book, w wording, r *record) error {
	e.Scorer = task.ByCalls
	var gold []call
	if err := json.Unmarshal(r.Gold, &gold); err != nil {
		return err
	}
	var list []json.RawMessage
	var heads []string
	for _, name := range r.Tools {
		t, ok := b.tools[name]
		if !ok {
			return fmt.Errorf("no tool %q", name)
		}
		raw, err := t.describe(name, r.language())
		if err != nil {
			return err
		}
		list = append(list, raw)
		var params []string
		for _, p := range t.Needs {
			params = append(params, p[0])
		}
		heads = append(heads, name+"("+strings.Join(params, ", ")+")")
	}
	of := map[string]string{"ja": "ツール：", "en": "Tools: "}[r.language()]
	e.Plain = w.plain(of + strings.Join(heads, ", ") + "\n" + r.Ask)
	if e.ref == "" {
		e.ref = string(r.Gold)
	}
	// The same calls without their arguments are wrong, and any call is where
	// none is right.
	for i := range gold {
		gold[i].Arguments = map[string]any{}
	}
	if len(gold) == 0 {
		gold = []call{{Name: r.Tools[0], Arguments: map[string]any{}}}
	}
	wrong, err := plainJSON(gold)
	if err != nil {
		return err
	}
	e.wrong = string(wrong)
	e.Tools, err = plainJSON(list)
	return err
}

var plainTypes = []string{"integer", "number", "string", "boolean"}

// describe writes a tool as OpenAI's requests have it.
func (t tool) describe(name, language string) (json.RawMessage, error) {
	what := t.En
	if language == "ja" {
		what = t.Ja
	}
	props := map[string]any{}
	var needs []string
	for _, p := range t.Needs {
		props[p[0]] = map[string]any{"type": p[1]}
		if !slices.Contains(plainTypes, p[1]) {
			props[p[0]] = map[string]any{"type": "string", "enum": strings.Split(p[1], "|")}
		}
		needs = append(needs, p[0])
	}
	return plainJSON(map[string]any{"type": "function", "function": map[string]any{
		"name": name, "description": what,
		"parameters": map[string]any{"type": "object", "properties": props, "required": needs},
	}})
}
