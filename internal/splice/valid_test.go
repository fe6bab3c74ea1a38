package splice

import (
	"encoding/json"
	"strings"
	"testing"
)

var values = []string{
	`{}`, `[]`, `{"a":1}`, ` { "a" : [ 1 , -2.5e+3 , true , false , null , "x\u00e9\n" ] } `, `"a"`, `0`, `-0`, `1E5`, `01`, `-`, `1.`, `.5`, `1e`,
	`{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{1:2}`, `"`, `"\x"`, `"\u12g4"`, `"\u12`, "\"\n\"", `nul`, `true1`, `{}{}`, ``, ` `, `[`, `{"a":1`, `\`, `"é"`, "\"\xff\"",
}

func TestPlain(t *testing.T) {
	for _, in := range values {
		if got, want := Plain([]byte(in)), json.Valid([]byte(in)); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	if deep := strings.Repeat("[", 500) + strings.Repeat("]", 500); Plain([]byte(deep)) {
		t.Error("500 lists within each other are plain")
	}
}

func FuzzPlain(f *testing.F) {
	for _, in := range values {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if got, want := Plain([]byte(in)), json.Valid([]byte(in)); got != want && strings.Count(in, "[")+strings.Count(in, "{") < maxDepth {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	})
}

// FuzzQuoted holds the end of a string to what a walk over each byte finds.
func FuzzQuoted(f *testing.F) {
	for _, in := range []string{`"a"b`, `"a\"b"c`, `"a\\"b`, `"\\\"x\\\\"y`, `"`, `"\`, `"\"`} {
		f.Add(in, 0)
	}
	f.Fuzz(func(t *testing.T, in string, from int) {
		if from < 0 || from >= len(in) {
			return
		}
		want := len(in)
		for i := from + 1; i < len(in); i++ {
			if in[i] == '\\' {
				i++
			} else if in[i] == '"' {
				want = i + 1
				break
			}
		}
		if got := Quoted([]byte(in), from); got != want {
			t.Errorf("%q from %d: %d, want %d", in, from, got, want)
		}
	})
}
