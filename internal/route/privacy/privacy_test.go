package privacy

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"irori/internal/route/privacy/span"
)

// marked is a text with what must be found in brackets: "call {phone:090…}".
func marked(t *testing.T, s string) (text string, want []Span) {
	t.Helper()
	var out []rune
	for s != "" {
		i := strings.IndexRune(s, '⟦')
		if i < 0 {
			out = append(out, []rune(s)...)
			break
		}
		out = append(out, []rune(s[:i])...)
		class, rest, ok := strings.Cut(s[i+len("⟦"):], "|")
		value, after, closed := strings.Cut(rest, "⟧")
		if !ok || !closed {
			t.Fatalf("unbalanced: %s", s)
		}
		from := len(out)
		out = append(out, []rune(value)...)
		want = append(want, Span{Class: Class(class), Start: from, End: len(out)})
		s = after
	}
	return string(out), want
}

func scanner(t testing.TB, o Options) *Scanner {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestClasses are exact spans; a line without any must stay without. Keys are
// put together here, so that nobody takes this file for a leak.
func TestClasses(t *testing.T) {
	s := scanner(t, Options{Only: []Class{span.Key, span.MyNumber, span.Card, span.Bank, span.Document, span.Email, span.Phone, span.BirthDate, span.IP, "project"}, Rules: []Rule{{Class: "project", Words: []string{"Hotaru", "白鳥計画"}}, {Class: "project", Pattern: `KUMO-[0-9]{4}`}}})
	for line := range strings.SplitSeq(strings.ReplaceAll(classes, "~", ""), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		text, want := marked(t, strings.ReplaceAll(line, `\n`, "\n"))
		got, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		if !same(got, want) {
			t.Errorf("%s\n got %s", line, Mark(text, got))
		}
	}
}

func same(a, b []Span) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestAFailingDetectorBlocks(t *testing.T) {
	for name, find := range map[string]func(*span.Text) []span.Span{
		"panics":  func(*span.Text) []span.Span { panic("Taro's secret") },
		"outside": func(t *span.Text) []span.Span { return []span.Span{{Class: span.Key, Start: 0, End: t.Len() + 1}} },
		"runtime": func(t *span.Text) []span.Span { return []span.Span{{Class: span.Class(t.S[:1000])}} },
	} {
		s := scanner(t, Options{Extra: []Detector{{name, find}}})
		spans, err := s.Scan("mail taro@example.jp")
		if err == nil || strings.Contains(err.Error(), "Taro") || strings.Contains(err.Error(), "taro@") {
			t.Errorf("%s: %v", name, err)
		}
		if len(spans) != 1 {
			t.Errorf("%s: the others found %v", name, spans)
		}
		if d := DefaultPolicy().Decide(spans, err); d.Treatment != LocalOnly || !d.Failed {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestPolicy(t *testing.T) {
	p := DefaultPolicy()
	for _, c := range []struct {
		classes []Class
		want    Treatment
	}{
		{nil, Any}, {[]Class{span.Name}, Redact}, {[]Class{span.Name, span.Key}, LocalOnly}, {[]Class{"unheard-of"}, LocalOnly},
	} {
		var spans []Span
		for i, k := range c.classes {
			spans = append(spans, Span{Class: k, Start: i, End: i + 1})
		}
		if d := p.Decide(spans, nil); d.Treatment != c.want {
			t.Errorf("%v: %+v", c.classes, d)
		}
	}
	if d := p.Decide([]Span{{Class: span.Name, End: 1}}, errors.New("x")); d.Treatment != LocalOnly {
		t.Error(d)
	}
	if Stricter(Redact, "nonsense") != LocalOnly || Stricter(Any, Redact) != Redact {
		t.Error("stricter")
	}
	p = Policy{Classes: map[Class]Treatment{span.IP: Any}, Otherwise: "nonsense"}
	if d := p.Decide([]Span{{Class: span.IP, End: 1}}, nil); d.Treatment != Any || d.Classes != nil {
		t.Error(d)
	}
	if d := p.Decide([]Span{{Class: span.Name, End: 1}}, nil); d.Treatment != LocalOnly {
		t.Error(d)
	}
}

func TestRulesThatCannotBeKept(t *testing.T) {
	for _, r := range []Rule{{}, {Class: "x"}, {Class: "x", Pattern: "("}, {Class: "x", Pattern: "a*"}, {Class: "X Y", Words: []string{"a"}}, {Class: "x", Words: []string{" "}}} {
		if _, err := New(Options{Rules: []Rule{r}}); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

func FuzzScan(f *testing.F) {
	for line := range strings.SplitSeq(classes, "\n") {
		f.Add(line)
	}
	for _, end := range []string{"文", "この文", "山", "市", "区1", "(0", "+", "@", "a@", "記号", "1-", "ヶ丘4"} {
		f.Add(end)
	}
	f.Add("\xff\xfe〒\u3099か\u3099ｶﾞ👨‍👩‍👧‍👦 ﷺ")
	s := scanner(f, Options{})
	f.Fuzz(func(t *testing.T, text string) {
		spans, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		at, n := 0, utf8.RuneCountInString(text)
		for _, x := range spans {
			if x.Start < at || x.End <= x.Start || x.End > n {
				t.Fatalf("%v of %d in %q", spans, n, text)
			}
			at = x.End
		}
	})
}

// BenchmarkScan is what a request of 2,000 characters costs.
func BenchmarkScan(b *testing.B) {
	s := scanner(b, Options{})
	for name, unit := range map[string]string{
		"ja": "お世話になっております。営業部の鈴木です。東京都千代田区千代田1-1に資料を送りました。電話は03-1234-5678です。議事録を確認してください。",
		"en": "Dear Sarah Johnson, please send the invoice to 1234 Elm Street, Springfield, IL 62704 and call (415) 555-2671 when it is done. ",
	} {
		text := strings.Repeat(unit, 40)
		text = string([]rune(text)[:2000])
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Scan(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestNamesAgain finds a name that is known from elsewhere in a text, and what
// is called as people are is nobody's.
func TestNamesAgain(t *testing.T) {
	s := scanner(t, Options{Only: []Class{span.Name}})
	for text, want := range map[string]string{
		"S. Iyer and A. K. Mensah came. Action: Iyer to send it.":        "[name] and [name] came. Action: [name] to send it.",
		`Obituary of Eleanor "Nell" Sutherland, 91`:                      `Obituary of [name] "[name]" [name], 91`,
		"We flew from Kuala Lumpur to Rio de Janeiro.":                   "We flew from Kuala Lumpur to Rio de Janeiro.",
		"A Calvin Klein belt, and a courier note in Hindi, please.":      "A Calvin Klein belt, and a courier note in Hindi, please.",
		"i think marcus likes me but he keeps texting dani too":          "i think [name] likes me but he keeps texting [name] too",
		"I had a fight with Jasmine because she told everyone.":          "I had a fight with [name] because she told everyone.",
		"Should I learn Julia, Haskell or Pascal first?":                 "Should I learn Julia, Haskell or Pascal first?",
		"大河内部長は欠席。\n大河内:すみません。":                                          "[name]部長は欠席。\n[name]:すみません。",
		"娘のさくらと、長男秀樹に。":                                                  "娘の[name]と、長男[name]に。",
		"マツモトキヨシは安い。ハリー・ウィンストンは高い。":                                      "マツモトキヨシは安い。ハリー・ウィンストンは高い。",
		"[00:02] Naledi: can you see it?\n[00:05] Piotr: yes, a little.": "[00:02] [name]: can you see it?\n[00:05] [name]: yes, a little.",
	} {
		got, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		if m := Mark(text, got); m != want {
			t.Errorf("%q: %q, want %q", text, m, want)
		}
	}
}
