package calls

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	for _, c := range []struct {
		gold  string
		calls []string // name and arguments
		right bool
	}{
		{`[{"name":"f","arguments":{"n":3,"s":"Tokyo"}}]`, []string{`f {"s":"ＴＯＫＹＯ","n":"3"}`}, true},
		{`[{"name":"f","arguments":{"n":"3.0"}}]`, []string{`f {"n":3}`}, true},
		{`[{"name":"f","arguments":{"n":3}}]`, []string{`f {"n":3,"m":1}`}, false},
		{`[{"name":"f","arguments":{"n":3}}]`, []string{`f {"n":3,"m":null,"k":""}`}, true},
		{`[{"name":"f","arguments":{"n":3},"optional":{"unit":"c"}}]`, []string{`f {"n":3,"unit":"C"}`}, true},
		{`[{"name":"f","arguments":{"n":3},"optional":{"unit":"c"}}]`, []string{`f {"n":3,"unit":"f"}`}, false},
		{`[{"name":"f","arguments":{"n":3}}]`, []string{`f {}`}, false},
		{`[{"name":"f","arguments":{"n":true}}]`, []string{`f {"n":"True"}`}, true},
		{`[{"name":"f","arguments":{"l":["a","b"]}}]`, []string{`f {"l":["A","b"]}`}, true},
		{`[{"name":"f","arguments":{"l":["a","b"]}}]`, []string{`f {"l":["b","a"]}`}, false},
		{`[{"name":"f","arguments":{"l":["a"]}}]`, []string{`f {"l":"a"}`}, true},
		{`[{"name":"f","arguments":{"o":{"a":{"b":1}}}}]`, []string{`f {"o":{"a":{"b":"1"}}}`}, true},
		{`[{"name":"f","arguments":{"d":{"$any":["2025-11-21","11/21"]}}}]`, []string{`f {"d":"11/21"}`}, true},
		{`[{"name":"f","arguments":{"d":{"$matches":"^2025"}}}]`, []string{`f {"d":"2025-1"}`}, true},
		{`[{"name":"f","arguments":{"d":{"$anything":true}}}]`, []string{`f {"d":[1]}`}, true},
		{`[{"name":"f","arguments":{"d":{"$anything":true}}}]`, []string{`f {}`}, false},
		{`[{"name":"f"}]`, []string{`f {"d":1}`}, true},
		{`[{"name":"f","arguments":{}}]`, []string{`f `}, true},
		{`[{"name":"f","arguments":{}}]`, []string{`g {}`}, false},
		{`[{"name":"f"},{"name":"g"}]`, []string{`g {}`, `f {}`}, true},
		{`{"calls":[{"name":"f"},{"name":"g"}],"ordered":true}`, []string{`g {}`, `f {}`}, false},
		{`{"any":[[{"name":"f"}],[{"name":"g"},{"name":"g"}]]}`, []string{`g {}`, `g {}`}, true},
		{`[{"name":"f"},{"name":"f","arguments":{"n":1}}]`, []string{`f {"n":1}`, `f {"n":2}`}, true}, // the first call has to move
		{`[{"name":"f","arguments":{"n":1}},{"name":"f","arguments":{"n":2}}]`, []string{`f {"n":1}`, `f {"n":1}`}, false},
		{`[]`, nil, true},
		{`[]`, []string{`f {}`}, false},
		{`[{"name":"f"}]`, nil, false},
	} {
		w, err := New(json.RawMessage(c.gold))
		if err != nil {
			t.Errorf("%s: %v", c.gold, err)
			continue
		}
		var list []Call
		for _, s := range c.calls {
			name, args, _ := strings.Cut(s, " ")
			list = append(list, Call{name, args})
		}
		m := w.Mark(list)
		if m.Right != c.right || !m.Readable || m.Right != (m.Why == "") {
			t.Errorf("%s for %s: %+v", c.gold, c.calls, m)
		}
		if w.None() != (c.gold == "[]") {
			t.Errorf("%s: %v", c.gold, w.None())
		}
	}
	w, err := New(json.RawMessage(`[{"name":"f"}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{`{`, `[1]`, `3`} {
		if m := w.Mark([]Call{{"f", args}}); m.Readable || m.Right {
			t.Errorf("%s: %+v", args, m)
		}
	}
}

func TestNew(t *testing.T) {
	for in, want := range map[string]string{
		``: "gold is missing", `null`: "gold is missing", `3`: "gold is neither", `{}`: "neither a list of calls", `[{"nam":"f"}]`: `unknown field "nam"`,
		`[{"arguments":{}}]`: "gold[0]: name is missing", `[{"name":"f","arguments":{"d":{"$sum":1}}}]`: "gold[0].f: d: $sum is not known",
		`[{"name":"f","arguments":{"d":{"$matches":"("}}}]`: "error parsing regexp", `[` + strings.Repeat(`{"name":"f"},`, 16) + `{"name":"f"}]`: "17 calls",
	} {
		if _, err := New(json.RawMessage(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func TestWritten(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"f","arguments":{"n":1}}`:                                                    `f {"n":1}`,
		"```json\n[{\"name\":\"f\",\"parameters\":{}}]\n```":                                  `f {}`,
		`<think>x</think>{"type":"function","function":{"name":"f","arguments":"{\"n\":1}"}}`: `f {"n":1}`,
		`<tool_call>{"name":"f","arguments":{}}</tool_call>`:                                  `f {}`,
		`I would call {"name":"f","arguments":{}}`:                                            "",
		`{"name":"f"}`: "",
		``:             "",
		`[1]`:          "",
	} {
		got := ""
		for _, c := range Written(text) {
			got += c.Name + " " + c.Arguments
		}
		if got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
