package catalog

import (
	"os"
	"testing"

	"irori/internal/llm"
)

// TestCopy checks that a copy stays when what it was made of is removed, and
// that no name is taken away by it.
func TestCopy(t *testing.T) {
	h := &fakeHF{files: map[string][]byte{"m-Q4_K_M.gguf": tinyModel(t, 1)}, licence: "mit"}
	url := h.start(t, "o/r")
	l := lib(t, func(o *Options) { o.HFEndpoint = url })
	const name = "hf:o/r"
	digest := ""
	r, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Pull(t.Context(), r, PullOptions{Progress: func(p Progress) { digest = p.Digest }}); err != nil {
		t.Fatal(err)
	}
	if digest != "sha256:"+hexSum(h.files["m-Q4_K_M.gguf"]) {
		t.Errorf("the progress names the file %q", digest)
	}
	if err := l.Copy(name, "second"); err != nil {
		t.Fatal(err)
	}
	if err := l.Copy("second", "second"); err != nil {
		t.Errorf("onto itself: %v", err)
	}
	if err := l.Alias("other", name); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{name, "other", "irori/local", "../x", ""} {
		if err := l.Copy("second", to); llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("onto %q: %v", to, err)
		}
	}
	if err := l.Copy("nobody", "x"); llm.CodeOf(err) != llm.CodeModelNotFound {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := l.Remove(name); err != nil {
		t.Fatal(err)
	}
	got, err := l.Resolve("second")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(got.Path); err != nil || got.Manifest.Name != "second" {
		t.Errorf("%v, %s", err, got.Manifest.Name)
	}
}
