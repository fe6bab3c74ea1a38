package mask

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"irori/internal/route/privacy/span"
)

func TestTokensAreStable(t *testing.T) {
	c := New()
	a := c.Redact("山田と佐藤と山田", []span.Span{{Class: span.Name, Start: 0, End: 2}, {Class: span.Name, Start: 3, End: 5}, {Class: span.Name, Start: 6, End: 8}})
	if want := "[[NAME_1]]と[[NAME_2]]と[[NAME_1]]"; a != want {
		t.Errorf("%s, want %s", a, want)
	}
	if b := c.Redact("佐藤", []span.Span{{Class: span.Name, Start: 0, End: 2}}); b != "[[NAME_2]]" {
		t.Error(b)
	}
	if b := c.Redact("1", []span.Span{{Class: "my_number", Start: 0, End: 1}}); b != "[[MY_NUMBER_1]]" || c.Restore(b) != "1" {
		t.Error(b)
	}
}

// TestWhatModelsDoToTokens are tokens as they come back.
func TestWhatModelsDoToTokens(t *testing.T) {
	c := New()
	c.Redact("Taro", []span.Span{{Class: span.Name, Start: 0, End: 4}})
	for in, want := range map[string]string{
		"[[NAME_1]]": "Taro", "[NAME_1]": "Taro", "[[name_1]]": "Taro", "[[ NAME_1 ]]": "Taro", "[[NAME 1]]": "Taro", "[[NAME-1]]": "Taro",
		`\[\[NAME\_1\]\]`: "Taro", "［［NAME_1］］": "Taro", "【NAME_1】": "Taro", "**[[Name_1]]**'s": "**Taro**'s", "[[NAME_1]": "Taro",
		"[[NAME_2]]": "[[NAME_2]]", "[[NAME_1": "[[NAME_1", "NAME_1": "NAME_1", "[x](y)": "[x](y)", "[[NAME_01]]": "[[NAME_01]]", "[[[NAME_1]]]": "[Taro]",
	} {
		if got := c.Restore(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
		for cut := range len(in) {
			s := c.Stream(false)
			if got := s.Write(in[:cut]) + s.Write(in[cut:]) + s.End(); got != want {
				t.Errorf("%s, cut at %d, became %s", in, cut, got)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	c := New()
	find := func(s string) ([]span.Span, error) {
		if i := strings.Index(s, "Ta\"ro\n"); i >= 0 {
			return []span.Span{{Class: span.Name, Start: i, End: i + 6}}, nil
		}
		return nil, nil
	}
	in := `{"to": "x Ta\"ro\n", "n": 1.50, "k\u0061":["[[NAME_1]]"]}`
	masked, err := c.RedactJSON(in, find)
	if err != nil || strings.Contains(masked, "ro") || !strings.Contains(masked, "1.50") {
		t.Fatal(masked, err)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(in), &a), json.Unmarshal([]byte(c.RestoreJSON(masked)), &b)); err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("%s\n%s", x, y)
	}
	if _, err := c.RedactJSON(in, func(string) ([]span.Span, error) { return nil, errors.New("x") }); err == nil {
		t.Error("a failed detector passed")
	}
}

// law is restore(redact(x)) == x, whatever is in x, whole and in pieces.
func law(t *testing.T, text string, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	c := New()
	c.Redact("a b", []span.Span{{Class: span.Name, Start: 0, End: 1}, {Class: span.Email, Start: 2, End: 3}})
	var spans []span.Span
	for at, n := 0, utf8.RuneCountInString(text); ; {
		from := at + r.IntN(6)
		to := from + 1 + r.IntN(5)
		if to > n {
			break
		}
		spans = append(spans, span.Span{Class: span.Classes[r.IntN(len(span.Classes))], Start: from, End: to})
		at = to
	}
	masked := c.Redact(text, spans)
	if got := c.Restore(masked); got != text {
		t.Fatalf("%q became %q through %q", text, got, masked)
	}
	s, out := c.Stream(false), ""
	for rest := masked; rest != ""; {
		n := 1 + r.IntN(min(len(rest), 7))
		out += s.Write(rest[:n])
		rest = rest[n:]
		if len(s.held) > 2*maxLabel+maxDigits+2*maxSpace+16 {
			t.Fatalf("%d bytes are held back", len(s.held))
		}
	}
	if out += s.End(); out != text {
		t.Fatalf("in pieces %q became %q through %q", text, out, masked)
	}
}

func FuzzLaw(f *testing.F) {
	for i, s := range []string{"", "山田太郎さんは[[NAME_1]]です", "[[[NAME_1]]] [[EMAIL_1", `\[\[NAME\_1\]\]`, "[[TEXT_1]]［NAME_1］", "\xff[\xfe[NAME_1]]", strings.Repeat("[", 99), "[ N A 1 ]", "【【【NAME 1】】】", `\\\[[NAME_1]`} {
		f.Add(s, uint64(i))
	}
	f.Fuzz(law)
}

// TestLaw tries pieces of tokens in random order.
func TestLaw(t *testing.T) {
	pieces := []string{"[", "]", "[[", "]]", "NAME", "_", "1", "[[NAME_1]]", "\\", " ", "［", "】", "-", "山", "a", "TEXT_1", "EMAIL", "\xe3", "\n"}
	for seed := range uint64(20000) {
		r := rand.New(rand.NewPCG(seed, 2))
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		law(t, b.String(), seed)
	}
}
