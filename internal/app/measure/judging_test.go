package measure

import (
	"context"
	"testing"
	"time"

	"irori/internal/llm"
)

// TestPatiently: a judge that breaks off is asked again, one that refuses is not.
func TestPatiently(t *testing.T) {
	for name, c := range map[string]struct {
		fails int
		code  llm.Code
		asked int
		ok    bool
	}{
		"once":    {1, llm.CodeBadAnswer, 2, true},
		"gone":    {1, llm.CodeUnreachable, 2, true},
		"always":  {99, llm.CodeBadAnswer, judgeTries, false},
		"refused": {99, llm.CodeUnauthorized, 1, false},
	} {
		asked := 0
		ask := patiently(func(context.Context, string, string, int) (string, error) {
			if asked++; asked <= c.fails {
				return "", llm.Errorf(c.code, "broken")
			}
			return "[[A]]", nil
		}, func(int) <-chan time.Time {
			now := make(chan time.Time, 1)
			now <- time.Time{}
			return now
		})
		text, err := ask(t.Context(), "", "", 0)
		if asked != c.asked || (err == nil) != c.ok || c.ok != (text != "") {
			t.Errorf("%s: asked %d times, %q, %v", name, asked, text, err)
		}
	}
}
