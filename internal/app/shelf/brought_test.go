package shelf

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/catalog/blob"
	"irori/internal/llm"
)

// What comes with a model from Ollama acts, and what of it cannot be read is
// named.
func TestBrought(t *testing.T) {
	m := blob.Manifest{
		Name: "ollama:pirate:latest", System: "You are a pirate.", Params: `{"temperature":0,"stop":["x"]}`,
		Messages: `[{"role":"user","content":"hi"},{"role":"assistant","content":"ahoy"}]`,
		Files:    []blob.File{{Role: blob.RoleModel}, {Role: blob.RoleAdapter}},
	}
	c, err := brought(m)
	if err != nil {
		t.Fatal(err)
	}
	r, err := filled(c, &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "who?")}})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, x := range r.Messages {
		said = append(said, string(x.Role)+": "+x.Text())
	}
	if d := cmp.Diff([]string{"system: You are a pirate.", "user: hi", "assistant: ahoy", "user: who?"}, said); d != "" {
		t.Error(d)
	}
	if r.Sampling.Temperature == nil || *r.Sampling.Temperature != 0 || len(r.Stop) != 1 || len(r.Adapters) != 1 || r.Adapters[0].Name != BroughtAdapter {
		t.Errorf("%+v", r)
	}
	if own, err := filled(c, &llm.Request{Adapters: []llm.Adapter{}}); err != nil || len(own.Adapters) != 0 {
		t.Errorf("a request for no adapter gets %v: %v", own.Adapters, err)
	}
	if c, err := brought(blob.Manifest{Name: "plain", Files: []blob.File{{Role: blob.RoleModel}}}); c != nil || err != nil {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range []blob.Manifest{{Name: "x", Params: `{"temperature":"hot"}`}, {Name: "x", Params: `[`}, {Name: "x", Messages: `{}`}} {
		if _, err := brought(bad); llm.CodeOf(err) != llm.CodeCorrupt {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
