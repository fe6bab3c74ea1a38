package order

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

func part(i int, id, name, args string) llm.ToolCallDelta {
	return llm.ToolCallDelta{Index: i, ID: id, Name: name, Arguments: args}
}

// TestCalls checks what goes out at which fragment: at once where calls come
// one after another, later where they are mixed.
func TestCalls(t *testing.T) {
	type step struct {
		in     llm.ToolCallDelta
		out    []llm.ToolCallDelta
		broken bool
	}
	for name, c := range map[string]struct {
		steps []step
		rest  []llm.ToolCallDelta
	}{
		"one after another": {[]step{
			{part(0, "a", "f", ""), []llm.ToolCallDelta{part(0, "a", "f", "")}, true},
			{part(0, "", "", `{"x":`), []llm.ToolCallDelta{part(0, "", "", `{"x":`)}, true},
			{part(0, "", "", `1}`), []llm.ToolCallDelta{part(0, "", "", `1}`)}, false},
			{part(3, "b", "g", `{}`), []llm.ToolCallDelta{part(1, "b", "g", `{}`)}, false},
		}, nil},
		"mixed": {[]step{
			{part(0, "a", "f", `{`), []llm.ToolCallDelta{part(0, "a", "f", `{`)}, true},
			{part(1, "b", "g", `{`), nil, true},
			{part(1, "", "", `}`), nil, true},
			{part(0, "", "", `}`), []llm.ToolCallDelta{part(0, "", "", `}`), part(1, "b", "g", `{}`)}, false},
		}, nil},
		"cut off": {[]step{
			{part(0, "a", "f", `{"x`), []llm.ToolCallDelta{part(0, "a", "f", `{"x`)}, true},
			{part(1, "b", "g", `{"y`), nil, true},
		}, []llm.ToolCallDelta{part(1, "b", "g", `{"y`)}},
		"without ids and arguments": {[]step{
			{part(0, "", "f", ""), []llm.ToolCallDelta{part(0, "toolu_0000", "f", "")}, true},
			{part(1, "", "g", ""), nil, true},
		}, []llm.ToolCallDelta{part(1, "toolu_0001", "g", "")}},
	} {
		var calls Calls
		if calls.Broken() {
			t.Errorf("%s: broken before anything came", name)
		}
		for i, s := range c.steps {
			if d := cmp.Diff(s.out, calls.Add(s.in)); d != "" || calls.Broken() != s.broken {
				t.Errorf("%s, fragment %d: broken %v, -want +got:\n%s", name, i, calls.Broken(), d)
			}
		}
		if d := cmp.Diff(c.rest, calls.Rest()); d != "" {
			t.Errorf("%s, the rest: %s", name, d)
		}
	}
}

// TestCallsAreBounded checks that a hostile upstream opens only so many.
func TestCallsAreBounded(t *testing.T) {
	var calls Calls
	n := 0
	for i := range Max + 10 {
		n += len(calls.Add(part(i, "a", "f", "{}")))
	}
	if n != Max {
		t.Errorf("%d fragments went out, want %d", n, Max)
	}
}
