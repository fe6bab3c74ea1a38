package private

import (
	"net/http"
	"testing"

	"irori/internal/access"
	"irori/internal/llm"
	"irori/internal/route/privacy"
)

func TestWith(t *testing.T) {
	for _, c := range []struct {
		header []string
		key    string
		want   privacy.Level
		wrong  bool
	}{
		{nil, "", "", false},
		{[]string{"redact"}, "", "redact", false},
		{[]string{"any"}, "local-only", "local-only", false},
		{[]string{"Local-Only"}, "redact", "local-only", false},
		{[]string{"any", "redact"}, "", "redact", false},
		{[]string{"any, detect"}, "", "detect", false},
		{nil, "typo", "local-only", false},
		{[]string{"locl-only"}, "", "", true},
		{[]string{""}, "", "", true},
	} {
		var k *access.Key
		if c.key != "" {
			k = &access.Key{Privacy: c.key}
		}
		ctx, err := With(t.Context(), http.Header{Header: c.header}, k)
		if got := Of(ctx); got != c.want || (llm.CodeOf(err) == llm.CodeInvalidRequest) != c.wrong {
			t.Errorf("%+v: %q %v", c, got, err)
		}
	}
}
