package embedded_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"irori/internal/llm"
)

func TestBadGrammarsNameTheirFieldAndPlace(t *testing.T) {
	b := small(t)
	pid := b.Status().PID
	for name, c := range map[string]struct {
		format       llm.Format
		param, words string
	}{
		"ill-formed": {llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= \"a\"\nx = 5", Field: "grammar"}, "grammar", "line 2, column 3"},
		"undefined":  {llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= thing", Field: "response_format"}, "response_format", "rule thing is not defined"},
		"left":       {llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= e\ne ::= e \"+\" e | \"1\"", Field: "grammar"}, "grammar", "rule e begins with itself"},
		// The library takes this one and the next, and fills the memory.
		"left by a detour": {llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= a root \"x\" | \"y\"\na ::= b\nb ::= \"\"", Field: "grammar"}, "grammar", "rule root begins with itself"},
		"backwards":        {llm.Format{Kind: llm.FormatGrammar, Grammar: "root ::= \"a\"{5,2}", Field: "grammar"}, "grammar", "from 5 to 2"},
		"schema":           {llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(`{"not":{}}`), Field: "json_schema"}, "json_schema", `"not"`},
	} {
		r := raw("x", 4)
		r.Format = c.format
		_, err := ask(t.Context(), b, r)
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Param != c.param || !strings.Contains(e.Message, c.words) {
			t.Errorf("%s: %v (%+v), want %s about %q", name, err, e, c.param, c.words)
		}
	}
	r := &llm.Request{ID: "t", MaxTokens: ptr(4), Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "x")}}
	r.Tools, r.ToolChoice.Mode = []llm.Tool{{Name: "f", Parameters: json.RawMessage(`{"not":{}}`)}}, llm.ToolRequired
	if _, err := ask(t.Context(), b, r); err == nil || err.(*llm.Error).Param != "tools" {
		t.Errorf("a tool's schema: %v", err)
	}
	if got := b.Status().PID; got != pid {
		t.Errorf("the worker died on the way")
	}
}

// TestFormatsCompile checks that the library takes what package grammar
// writes, and that what comes out keeps it.
func TestFormatsCompile(t *testing.T) {
	b := small(t)
	for _, format := range []string{"date", "time", "date-time", "duration", "uuid", "hostname", "email", "ipv4", "ipv6"} {
		r := raw("The value is ", 120)
		r.Sampling = llm.Sampling{Temperature: ptr(float32(2)), TopK: ptr(0), TopP: ptr(float32(1)), MinP: ptr(float32(0)), Seed: ptr(uint32(7))}
		r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(`{"format":"` + format + `"}`)}
		a := mustAsk(t, b, r)
		if !strings.HasPrefix(a.text[0], `"`) || a.finish[0] == llm.FinishStop && !json.Valid([]byte(a.text[0])) {
			t.Errorf("%s: %q (%s)", format, a.text[0], a.finish[0])
		}
	}
}

func TestADeadEndIsNoCrash(t *testing.T) {
	b := small(t)
	r := raw("x", 20)
	r.IgnoreEOS = true
	r.Format = llm.Format{Kind: llm.FormatGrammar, Grammar: `root ::= "yes"`}
	if a := mustAsk(t, b, r); a.text[0] != "yes" || a.finish[0] != llm.FinishStop {
		t.Errorf("after the grammar's end: %q, %s", a.text[0], a.finish[0])
	}
	r = raw("x", 20)
	r.Format = llm.Format{Kind: llm.FormatGrammar, Grammar: `root ::= [^\x00-\U0010FFFF]`, Field: "grammar"}
	_, err := ask(t.Context(), b, r)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Param != "grammar" || e.Code != llm.CodeUnsupported {
		t.Errorf("a class of nothing: %v", err)
	}
}
