//go:build accept

package suite

import (
	"testing"

	"irori/internal/engine/ffi"
	"irori/internal/testreal"
)

// TestRealLength counts with the small model's own tokenizer.
func TestRealLength(t *testing.T) {
	lib, err := ffi.Open(testreal.Libraries(t), func(int, string) {})
	if err != nil {
		t.Fatal(err)
	}
	m, err := lib.LoadModel([]string{testreal.Model(t)}, ffi.ModelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	meanTokens(t, func(s string) (int, error) {
		tokens, err := m.Tokenize(s, false, false)
		return len(tokens), err
	})
}
