package outcome

import (
	"errors"
	"strings"

	"irori/internal/llm"
)

// About names the file that an error is about, where it does not itself, and
// says what such a file holds.
func About(file string, err error) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || file == "" || strings.Contains(e.Message, file) {
		return err
	}
	out := *e
	out.Message = file + ": " + e.Message
	if out.Hint == "" {
		out.Hint = Hint
	}
	return &out
}
