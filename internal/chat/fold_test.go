package chat

import (
	"strings"
	"testing"

	"irori/internal/llm"
)

// TestLateSystemTextStaysInPlace checks that a system text in the middle of a
// conversation, for a template that takes none there, does not move when turns
// are added: what was computed once can be used again.
func TestLateSystemTextStaysInPlace(t *testing.T) {
	const noSystem = `{% for m in messages %}{% if m.role == 'system' and not loop.first %}{{ raise_exception('no') }}{% endif %}<{{ m.role }}>{{ m.content }}{% if m.tool_calls %}[{{ m.tool_calls[0].function.name }}]{% endif %}</{{ m.role }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}`
	tmpl, err := Compile(Options{Source: noSystem})
	if err != nil {
		t.Fatal(err)
	}
	u, sys, call, res := llm.RoleUser, llm.RoleSystem, called("call00001", "{}"), result("call00001", "SUNNY")
	all := []llm.Message{say(sys, "first"), say(u, "ask"), say(sys, "late"), call, res, say(sys, "later"), call, res}
	before := ""
	for _, n := range []int{3, 6, 8} {
		out, err := tmpl.Render(Input{Messages: all[:n], AddGenerationPrompt: true})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out, before) || strings.Count(out, "late") != min(n/3, 2) {
			t.Errorf("with %d messages:\n%s\ndoes not begin with\n%s", n, out, before)
		}
		before = strings.TrimSuffix(out, "<assistant>")
	}
	if !strings.Contains(before, "<user>ask\n\nlate</user>") {
		t.Errorf("the system text is not in the turn before it: %s", before)
	}
}
