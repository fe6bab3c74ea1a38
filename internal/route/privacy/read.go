package privacy

import (
	"encoding/json"
	"io"

	"irori/internal/lines"
	"irori/internal/llm"
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
		var o struct {
			Text *string `json:"text"`
		}
		why := ""
		if err := json.Unmarshal(line, &o); err != nil {
			why = "no JSON object with a text"
		} else if o.Text == nil {
			why = "text is missing"
		}
		if why != "" {
			return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, why).WithHint(hint)
		}
		if err := do(n, *o.Text); err != nil {
			return err
		}
	}
	if n, err := in.Err(); err != nil {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n, err).WithHint(hint)
	}
	return nil
}
