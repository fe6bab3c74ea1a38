package privacy

import (
	"encoding/json"
	"io"

	"irori/internal/lines"
	"irori/internal/llm"
	"irori/internal/route/outcome"
)

// maxLine bounds a text.
const maxLine = 16 << 20

// hint shows people what a line is.
const hint = `a line is an object such as {"text": "…"}`

// Read gives the text of each line of a JSON Lines file to do, in order.
// Members other than text are passed over, empty lines too. An error names the
// file and the line, and nothing of the text.
func Read(file string, r io.Reader, do func(line int, text string) error) error {
	in := lines.New(r, maxLine)
	for n, line := range in.All() {
		var o map[string]json.RawMessage
		var text *string
		why := ""
		if err := json.Unmarshal(line, &o); err != nil {
			why = "no JSON object with a text"
		} else if outcome.Twice(line, func(name string) bool { return name == "text" }) != "" {
			why = "text is there twice"
		} else if raw, ok := o["text"]; !ok || string(raw) == "null" {
			why = "text is missing"
		} else if json.Unmarshal(raw, &text) != nil {
			why = "text is no string"
		}
		if why != "" {
			return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, why).WithHint(hint)
		}
		if err := do(n, *text); err != nil {
			return err
		}
	}
	if n, err := in.Err(); err != nil {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n, err).WithHint(hint)
	}
	return nil
}
