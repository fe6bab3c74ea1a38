package shield

import (
	"encoding/json"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// telling are values that somebody may put where a program's identifier stands.
var telling = map[string]string{
	"my number":   "マイナンバー 123456789018",
	"card":        "4111 1111 1111 1111",
	"key":         "sk-proj-9aB3xQ7LmZt2VwYp4RkN8sHd6FgJ1cUe",
	"check digit": "123456789018",
	"in a name":   "user_sk-proj-9aB3xQ7LmZt2VwYp4RkN8sHd6FgJ1cUe",
	"aws":         "AKIAIOSFODNN7QX2PLMA",
	"jwt":         "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
	"password":    "password: Tr0ub4dor&3x",
	"bank":        "口座番号 普通 1234567",
	"licence":     "運転免許証番号 123456789010",
	"phone":       "090-8123-4567",
	"email":       mail,
	"escaped":     "hanako.yamada%40example.co.jp",
	"name":        "佐藤健太郎さん",
}

// random are identifiers that programs make.
var random = []string{
	"019a8f3e-7d11-7cc2-9a54-2f3f8e0b6c1d", "642a1116-eecd-4723-9534-90466a84dfd6",
	"user_" + strings.Repeat("3f0e9b1c5d7a2e46", 4) + "_account_019a8f3e-7d11-4cc2-9a54-2f3f8e0b6c1d_session_41111111-1111-4111-8111-111111111111",
	"9c1f4a2b7d3e5f60718293a4b5c6d7e8", "toolu_01A09q90qw90lq917835Lq9Z", "qL3vX9rT2mZ8kW5yB1nC7dF4", "call_9aB3xQ7LmZt2VwYp4RkN8sHd", "u1",
}

// identified puts a value where identifiers stand.
func identified(v string) map[string]*llm.Request {
	q, _ := json.Marshal(v)
	out := map[string]*llm.Request{
		"the user":     {Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}, User: v},
		"a call":       {Messages: []llm.Message{{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: v, Name: "f", Arguments: "{}"}}}}},
		"its result":   {Messages: []llm.Message{{Role: llm.RoleTool, ToolCallID: v}}},
		"id in a body": relayed(`{"deep":[{"id":` + string(q) + `}]}`),
	}
	for _, f := range []string{"user", "safety_identifier", "prompt_cache_key", "previous_response_id"} {
		out[f] = relayed(`{"` + f + `":` + string(q) + `}`)
	}
	for _, f := range []string{"user_id", "session_id"} {
		out["metadata."+f] = relayed(`{"metadata":{"` + f + `":` + string(q) + `}}`)
	}
	return out
}

// TestIdentifiersAreRead checks that only what chance made leaves where a
// program's identifier stands.
func TestIdentifiersAreRead(t *testing.T) {
	for what, v := range telling {
		for where, req := range identified(v) {
			c := &cloud{}
			b, note := terms(t, privacy.Settings{}).Guard("up", c)
			if _, err := drain(b, req); err != nil && llm.CodeOf(err) != llm.CodePrivate {
				t.Errorf("%s as %s: %v", what, where, err)
			}
			for _, got := range c.got {
				r := got.(*llm.Request)
				if seen := c.seen(t); r.Relay != nil || strings.Contains(seen, v) {
					t.Errorf("%s as %s arrived (%s): %s", what, where, note, seen)
				}
			}
			if note.String() == "" {
				t.Errorf("%s as %s is not seen", what, where)
			}
		}
	}
	for _, v := range random {
		for where, req := range identified(v) {
			c := &cloud{}
			b, note := terms(t, privacy.Settings{}).Guard("up", c)
			if _, err := drain(b, req); err != nil || note.String() != "" || len(c.got) != 1 || c.got[0].(*llm.Request) != req {
				t.Errorf("%s as %s: %v %s", v, where, err, note)
			}
		}
	}
}

// TestKnownIdentifiers checks that a value of the text is masked as an identifier
// too.
func TestKnownIdentifiers(t *testing.T) {
	c := &cloud{}
	b, _ := terms(t, privacy.Settings{}).Guard("up", c)
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "Full name: Xqzt Blorf")}, User: "Xqzt Blorf"}
	if _, err := drain(b, req); err != nil || strings.Contains(c.seen(t), "Blorf") {
		t.Errorf("%v: %s", err, c.seen(t))
	}
}

// TestFirm checks that nothing is masked where all has to leave as it is.
func TestFirm(t *testing.T) {
	x := terms(t, privacy.Settings{})
	x.Firm = true
	for where, req := range places(mail) {
		c := &cloud{}
		b, note := x.Guard("up", c)
		if _, err := drain(b, req); llm.CodeOf(err) != llm.CodePrivate || len(c.got) > 0 {
			t.Errorf("%s: %v %s", where, err, note)
		}
	}
}

// TestDecidedAsItLeaves checks that what is decided of a request is what becomes
// of it.
func TestDecidedAsItLeaves(t *testing.T) {
	x := terms(t, privacy.Settings{})
	for _, v := range []string{mail, key, card, "fine"} {
		all := places(v + " and more")
		for where, req := range identified(v) {
			all["id "+where] = req
		}
		for where, req := range all {
			c := &cloud{}
			b, note := x.Guard("up", c)
			_, err := drain(b, req)
			want := privacy.Any
			switch {
			case err != nil:
				want = privacy.LocalOnly
			case note.String() != "":
				want = privacy.Redact
			}
			if d := x.Shield.Reading().Decide(t.Context(), privacy.LevelDetect, []*llm.Request{{Prompt: "x"}, req}); d.Treatment != want || d.Failed != (note.String() == "private: request") || d.Unread {
				t.Errorf("%s as %s: %+v, and then %s, %v", v, where, d, note, err)
			}
		}
	}
}
