package body

import (
	"encoding/json"
	"strings"
	"testing"

	"irori/internal/llm"
)

func TestDecode(t *testing.T) {
	type inner struct {
		Deep []map[string]*float32 `json:"deep"`
	}
	var v struct {
		inner
		Raw json.RawMessage `json:"raw"`
	}
	for in, want := range map[string]string{
		`{"deep":[{"a":1.5}],"raw":[1]}`: "",
		`{"DEEP":[{"a":null}]}`:          "",
		`{"deep":[{"a":1},{"b":"x"}]}`:   `deep[1].b must be a number, not the string "x"`,
		`{"Deep":5}`:                     "deep must be a list, not the number 5",
		`{"deep":5,"deep":[]}`:           "the body cannot be read: a field stands twice",
		"\ufeff{\"deep\":[]}":            "",
		"\xff\xfe{\x00}\x00":             "the body is in UTF-16, not in UTF-8",
		``:                               "the body is not JSON: it is empty or cut short",
		`{"deep":`:                       "the body is not JSON: it is empty or cut short",
		`{"deep":}`:                      "the body is not JSON: ",
		`{} []`:                          "the body holds more than one JSON value",
	} {
		err := Decode([]byte(in), &v)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)):
			t.Errorf("%s: %v, want %q", in, err, want)
		case err != nil && llm.CodeOf(err) != llm.CodeInvalidRequest:
			t.Errorf("%s: code %s", in, llm.CodeOf(err))
		}
	}
}

func TestLongValuesAreShortened(t *testing.T) {
	var s struct {
		N int `json:"n"`
	}
	err := Decode([]byte(`{"n":"`+strings.Repeat("囲", 1000)+`"}`), &s)
	if err == nil || len(err.Error()) > 200 || !strings.Contains(err.Error(), "囲…") {
		t.Errorf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":1}],"c":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v struct {
			A []map[string]int `json:"a"`
			C *string          `json:"c"`
		}
		if err := Decode(b, &v); err != nil && llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("%q: %v", b, err)
		}
	})
}
