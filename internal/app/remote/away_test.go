package remote

import (
	"testing"

	"irori/internal/llm"
)

// TestAway checks that a server which may not be asked is told from one that does
// not answer.
func TestAway(t *testing.T) {
	for code, want := range map[llm.Code]bool{llm.CodeOffline: true, llm.CodeUnreachable: false} {
		if x := (&Server{fault: llm.Errorf(code, "no")}); x.away() != want {
			t.Error(code)
		}
	}
	if (&Server{}).away() {
		t.Error("one that answers")
	}
}
