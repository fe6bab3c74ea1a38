package account

import (
	"testing"

	"irori/internal/route/privacy/span"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"login ok user=amara.diallo from 10.0.0.1": "amara.diallo", "author=jkowalski": "jkowalski",
		"user=build.agent": "", "user=root": "", "user=amara@example": "",
	} {
		folded := span.Fold(text)
		got := ""
		for _, s := range Names(folded) {
			got += folded.Cut(s.Start, s.End)
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
