package ids

import (
	"encoding/json"
	"testing"
)

func TestTake(t *testing.T) {
	var b Book
	for i, c := range []struct{ id, why string }{
		{`7`, ""},
		{`"7"`, ""}, // a text is another id
		{`"a"`, ""},
		{`-1`, ""},
		{`1e3`, ""},
		{`"\u0061"`, `is "\u0061", which line 3 has already`},
		{`7`, "is 7, which line 1 has already"},
		{``, "is missing"},
		{`null`, "is missing"},
		{`true`, "is neither a string nor a number"},
		{`[1]`, "is neither a string nor a number"},
		{`{}`, "is neither a string nor a number"},
	} {
		got := ""
		if err := b.Take(json.RawMessage(c.id), i+1); err != nil {
			got = err.Error()
		}
		if got != c.why {
			t.Errorf("%s: %q, not %q", c.id, got, c.why)
		}
	}
	if Name(json.RawMessage(`"\u0061"`)) != "a" || Name(json.RawMessage(`1.0`)) != "1.0" {
		t.Error("names")
	}
}

func TestPlainly(t *testing.T) {
	for in, want := range map[string][2]string{
		`[1]`:            {"", "is a list, where an object is wanted"},
		`"a"`:            {"", "is a string, where an object is wanted"},
		`3`:              {"", "is a number, where an object is wanted"},
		`true`:           {"", "is true or false, where an object is wanted"},
		`{"n":{}}`:       {"n", "is an object, which is of the wrong type"},
		`{"n":"x"}`:      {"n", "is a string, which is of the wrong type"},
		`{"n":1e999}`:    {"n", "is 1e999, which is of the wrong type"},
		`{"in":{"m":1}}`: {"in.m", "is a number, which is of the wrong type"},
		`{`:              {"", "is no JSON: unexpected end of JSON input"},
	} {
		var row struct {
			N  float64 `json:"n"`
			In struct {
				M string `json:"m"`
			} `json:"in"`
		}
		err := json.Unmarshal([]byte(in), &row)
		if err == nil {
			t.Fatal(in)
		}
		if member, what := Plainly(err); member != want[0] || what != want[1] {
			t.Errorf("%s: %q, %q", in, member, what)
		}
	}
}
