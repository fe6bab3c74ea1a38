package privacy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"irori/internal/llm"
)

// maxLine bounds a line: 16 MiB.
const maxLine = 16 << 20

// Read gives the text of each line of a JSON Lines file to do, in order.
// Members other than text are passed over, empty lines too. An error names the
// file and the line, and nothing of the text.
func Read(file string, r io.Reader, do func(line int, text string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for in.Scan() {
		n++
		line := bytes.TrimSpace(in.Bytes())
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
		}
		if len(line) == 0 {
			continue
		}
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
			return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, why).WithHint(`a line is an object such as {"text": "…"}`)
		}
		if err := do(n, *o.Text); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n+1, err)
	}
	return nil
}
