package embed

import (
	"strings"
	"testing"

	"irori/internal/llm"
)

// The hint for a model that does not rank names what can be had.
func TestNoRanks(t *testing.T) {
	_, err := New(Options{Name: "m"}).Ranks(1, &llm.RerankRequest{})
	e, ok := err.(*llm.Error)
	if !ok || e.Code != llm.CodeUnsupported || !strings.Contains(e.Hint, "irori pull file:PATH") || !strings.Contains(e.Hint, "BACKEND/MODEL") {
		t.Errorf("%v", err)
	}
}
