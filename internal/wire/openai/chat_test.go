package openai

import (
	"errors"
	"strings"
	"testing"

	"irori/internal/llm"
)

// What cannot be meant is refused by its place, and not read as something else.
func TestChatRefusals(t *testing.T) {
	const call = `{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}`
	for _, c := range []struct{ name, body, param, says string }{
		{"a byte of Latin-1", "{\"messages\":[{\"role\":\"user\",\"content\":\"caf\xe9\"}]}", "", "0xe9 at byte 43"},
		{"a cut character", "{\"messages\":[{\"role\":\"user\",\"content\":\"\xe5\x9b\"}]}", "", "0xe5 at byte 40"},
		{"behind a mark", "\ufeff{\"user\":\"\xff\",\"messages\":[]}", "", "0xff at byte 13"},
		{"an effort", `{"messages":[{"role":"user","content":"a"}],"reasoning_effort":"extreme"}`, "reasoning_effort", `"extreme" is not known; use none, minimal, low, medium, high, xhigh`},
		{"an answer to nothing", `{"messages":[{"role":"user","content":"a"},{"role":"tool","tool_call_id":"c1","content":"ok"}]}`, "messages[1]", `messages[1].tool_call_id is "c1"`},
		{"an answer to another", `{"messages":[` + call + `,{"role":"tool","tool_call_id":"c2","content":"ok"}]}`, "messages[1]", `"c2"`},
		{"an answer too early", `{"messages":[{"role":"tool","tool_call_id":"c1","content":"ok"},` + call + `]}`, "messages[0]", `"c1"`},
	} {
		_, err := DecodeChat([]byte(c.body))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Code != llm.CodeInvalidRequest || e.Param != c.param || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s: %v (%+v)", c.name, err, e)
		}
	}
	for _, ok := range []string{
		`{"messages":[` + call + `,{"role":"tool","tool_call_id":"c1","content":"ok"}]}`,
		`{"messages":[` + call + `,{"role":"tool","content":"ok"}]}`,
		`{"messages":[{"role":"user","content":"囲炉裏 � \ud83d\udd25"}],"reasoning_effort":"xhigh"}`,
		`{"messages":[{"role":"user","content":"a"}],"reasoning_effort":null}`,
	} {
		if _, err := DecodeChat([]byte(ok)); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}
