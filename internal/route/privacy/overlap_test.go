package privacy

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"irori/internal/route/privacy/span"
)

// TestOverlapKeepsTheStrictest checks that whatever lies over each other, each
// place is treated as strictly as anything found there wants, and so is the text.
func TestOverlapKeepsTheStrictest(t *testing.T) {
	classes := []Class{span.Key, span.Name, span.Email, "code", "free", "unnamed"}
	text := strings.Repeat("。", 40)
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Classes: map[Class]Treatment{}, Otherwise: rapid.SampledFrom(strictness).Draw(t, "otherwise")}
		for _, c := range classes[:5] {
			p.Classes[c] = rapid.SampledFrom(strictness).Draw(t, string(c))
		}
		var in []Span
		for range rapid.IntRange(0, 10).Draw(t, "n") {
			from := rapid.IntRange(0, 38).Draw(t, "from")
			in = append(in, Span{Class: rapid.SampledFrom(classes).Draw(t, "class"), Start: from, End: rapid.IntRange(from+1, 40).Draw(t, "to")})
		}
		s, err := New(Options{Policy: p, Extra: []Detector{{"given", func(*span.Text) []Span { return slices.Clone(in) }}}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		at := func(spans []Span, i int) (found bool, all Treatment) {
			all = Any
			for _, x := range spans {
				if x.Start <= i && i < x.End {
					found, all = true, Stricter(all, p.Decide([]Span{x}, nil).Treatment)
				}
			}
			return found, all
		}
		for i := range 40 {
			found, got := at(out, i)
			if wanted, want := at(in, i); found != wanted || got != want {
				t.Fatalf("%d is %s and not %s: %v of %v", i, got, want, out, in)
			}
		}
		if got, want := p.Decide(out, nil).Treatment, p.Decide(in, nil).Treatment; got != want {
			t.Fatalf("%s and not %s: %v of %v", got, want, out, in)
		}
	})
}

// TestARuleHidesNoStricterOne checks it with rules as people write them.
func TestARuleHidesNoStricterOne(t *testing.T) {
	set := Settings{Rules: []RuleSetting{
		{Class: "code", Words: []string{"tiger"}},
		{Class: "free", Pattern: "note .*", Treatment: "any"},
	}}
	s, err := set.Scanner()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"note tiger AKIAIOSFODNN7ABCDEFQ now": "[free][code][free][key][free]",
		"note AKIAIOSFODNN7ABCDEFQ":           "[free][key]",
		"mail tiger@example.com":              "mail [code][email]",
		"note all is well":                    "[free]",
	} {
		got, err := s.Scan(text)
		if err != nil || Mark(text, got) != want {
			t.Errorf("%q: %q %v", text, Mark(text, got), err)
		}
		if d := set.Policy().Decide(got, nil); (d.Treatment == LocalOnly) != (want != "[free]") {
			t.Errorf("%q: %v", text, d)
		}
	}
}

// TestReadTakesOneText checks that of two texts in one line neither counts.
func TestReadTakesOneText(t *testing.T) {
	for line, want := range map[string]string{
		`{"text":"a","n":1,"n":2}`:      "",
		`{"text":"a","Text":"b"}`:       "",
		`{"text":"a@b.com","text":"x"}`: "f:1: text is there twice",
		`{"text":"a","te\u0078t":"x"}`:  "f:1: text is there twice",
		`{"text":null}`:                 "f:1: text is missing",
		`{"Text":"a"}`:                  "f:1: text is missing",
		`{"text":3}`:                    "f:1: text is no string",
		`["a"]`:                         "f:1: no JSON object with a text",
	} {
		got, read := "", ""
		if err := Read("f", strings.NewReader(line), func(_ int, text string) error { read += text; return nil }); err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, want) || want == "" && (got != "" || read != "a") || want != "" && read != "" {
			t.Errorf("%s: %q, read %q", line, got, read)
		}
	}
}
