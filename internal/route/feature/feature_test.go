package feature

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
)

func names(s string) []string {
	var out []string
	for _, n := range NewExtractor().Named(s) {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func TestTermsOfBothLanguages(t *testing.T) {
	if d := cmp.Diff([]string{"7", "cats", "cats, 7", "two", "two cats"}, names("Two CATS, 7!")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"を", "を解", "を解く", "式", "式を", "式を解", "式を解く", "解", "解く", "く"}, names("式を解く"), cmp.Transformer("sorted", func(s []string) []string {
		s = slices.Clone(s)
		slices.Sort(s)
		return s
	})); d != "" {
		t.Error(d)
	}
	// Full width and half width are alike, long words have pieces.
	if d := cmp.Diff(names("ABC 12"), names("ＡＢＣ　１２")); d != "" {
		t.Error(d)
	}
	if got := names("router"); !slices.Contains(got, "…oute…") {
		t.Error(got)
	}
}

func TestVectorsAreDistinctAndRepeatable(t *testing.T) {
	x := NewExtractor()
	var a, b Vector
	x.Vector("the cat and the dog and the cat", &a)
	x.Vector("猫がいる。Something else 42", &b)
	x.Vector("the cat and the dog and the cat", &b)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("what came before changes a vector: %s", d)
	}
	seen := map[uint32]bool{}
	total := float32(0)
	for _, term := range a.Terms {
		if seen[term.Bucket] {
			t.Error("a bucket comes twice")
		}
		seen[term.Bucket] = true
		total += term.Count
	}
	if total != 15 {
		t.Errorf("%g terms, want 8 words and 7 pairs", total)
	}
}

func TestForm(t *testing.T) {
	var v Vector
	NewExtractor().Vector("Solve x^2 = 16.5?\n4\nfour", &v)
	at := func(name string) float32 { return v.Form[slices.Index(FormNames(), name)] }
	if at("question marks") != 1 || at("numbers in the lines after the first") != .5 || at("capitals") == 0 || at("mathematical signs") == 0 || at("kanji") != 0 {
		t.Error(v.Form)
	}
	NewExtractor().Vector("漢字とカナ", &v)
	if at("kanji") != .4 || at("katakana") != .4 || at("kana and kanji") != 1 {
		t.Error(v.Form)
	}
	if len(FormNames()) != FormSize {
		t.Error("the measures and their names differ in number")
	}
}

// What is folded in one pass is what the tables of Unicode make of it.
func TestFoldIsThatOfTheTables(t *testing.T) {
	x := NewExtractor()
	var settled []rune
	for r := rune(0x80); r < 0x20000; r++ {
		if utf8.ValidRune(r) {
			settled = append(settled, r, 'か', 'A')
		}
	}
	for _, text := range []string{string(settled), "漢字とカナ、ーが", "ｶﾞ が", "xÿé", "Ⅷ①㍿ＡＢＣ"} {
		x.fold(text)
		got := string(x.norm)
		x.refold(text)
		if got != string(x.norm) || got != strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(text, "\uFFFD"))) {
			t.Errorf("%.40q is folded to %.40q and %.40q", text, got, x.norm)
		}
	}
	for _, r := range settled {
		x.fold("ア" + string(r) + "ア")
		got := string(x.norm)
		if x.refold("ア" + string(r) + "ア"); got != string(x.norm) {
			t.Fatalf("%q is folded to %q, not %q", r, got, x.norm)
		}
	}
}

// What is read in one pass is what folding, splitting and counting say.
func TestReadingIsThatOfTheParts(t *testing.T) {
	a, b := NewExtractor(), NewExtractor()
	rng := rand.New(rand.NewPCG(3, 4))
	signs := []rune("abcdefz ABZ  019.,,\n\n!?\"'`#(=>;_$\\^+-[かガー漢円々〇。、「（！？１９Ａé ÉñßΩЖ가ﾞｶ①㍿“”…×√¥\u3000\u0301\u3099\u200d\ufffd")
	texts := []string{"", "def f(x):\n  return x;", "#include <a>\n```\nclass A function(); => SELECT x", "3,141.5 and 2.5, 7,\n12", "ｶﾞ が cafe\u0301", "\xe3\x81", "a\xe3b\xff漢"}
	for range 4000 {
		r := make([]rune, rng.IntN(40))
		for i := range r {
			r[i] = signs[rng.IntN(len(signs))]
		}
		texts = append(texts, string(r))
	}
	for _, text := range texts {
		var c counts
		a.read(text, &c)
		b.fold(text)
		b.split()
		if string(a.norm) != string(b.norm) || !slices.Equal(a.words, b.words) || a.bytes != b.bytes {
			t.Fatalf("%q is read as %q, %v (%d), not %q, %v (%d)", text, a.norm, a.words, a.bytes, b.norm, b.words, b.bytes)
		}
		a.bound()
		a.buckets()
		var want []uint32
		for i := range a.words {
			for _, g := range a.grams(i, nil) {
				want = append(want, g.hash>>(32-Bits))
			}
		}
		if !slices.Equal(a.found, want) {
			t.Fatalf("%q has the terms %v, not %v", text, a.found, want)
		}
	}
}

func TestThreeReadsWhatTheLibraryReads(t *testing.T) {
	for r := rune(0x800); r <= 0xffff; r++ {
		b := utf8.AppendRune(nil, r)
		if got := three(b[0], b[1], b[2]); got != r && (got != 0 || kana(r) || kanji(r)) {
			t.Fatalf("%U is read as %U", r, got)
		}
	}
	for _, bad := range [][3]byte{{0xe3, 0x81, 'a'}, {0xe3, 'a', 0x81}, {0xe3, 0xc1, 0x81}, {0xe0, 0x80, 0x80}, {'a', 'b', 'c'}, {0xed, 0xa0, 0x80}} {
		if got := three(bad[0], bad[1], bad[2]); got != 0 {
			t.Errorf("% x is read as %U", bad, got)
		}
	}
}

func TestLongTextsLoseTheirMiddle(t *testing.T) {
	words := make([]string, 3000)
	for i := range words {
		words[i] = "ab"
	}
	words[0], words[100], words[1500], words[2999] = "first", "early", "middle", "last"
	for _, text := range []string{strings.Join(words, " "), strings.Repeat("漢", 700) + strings.Repeat("中", 400) + strings.Repeat("末", 300)} {
		got := names(text)
		for _, c := range []struct {
			what string
			is   bool
		}{{"first", true}, {"early", true}, {"middle", false}, {"last", true}, {"漢漢", true}, {"中", false}, {"末末末末", true}, {"漢末", false}} {
			if slices.Contains(got, c.what) != (c.is && strings.Contains(text, c.what)) {
				t.Errorf("%s: %v", c.what, !c.is)
			}
		}
	}
}

func FuzzVector(f *testing.F) {
	f.Add("a b\nc")
	f.Add(strings.Repeat("漢", 9000))
	f.Add("\xff\xfe")
	x := NewExtractor()
	f.Fuzz(func(t *testing.T, s string) {
		var v Vector
		x.Vector(s, &v)
		for _, n := range v.Form {
			if n != n {
				t.Fatalf("a measure of %q is no number", s)
			}
		}
		for i := range x.slot {
			if x.slot[i] != 0 {
				t.Fatal("a slot is left behind")
			}
		}
		if utf8.ValidString(s) && !utf8.ValidString(clip(s)) {
			t.Error("a character was cut")
		}
	})
}

func TestKeptVectorsComeBack(t *testing.T) {
	for _, q := range []string{"", "How many of the 12 trains leave Osaka, Osaka?", "漢字とカナの問題です"} {
		var v Vector
		NewExtractor().Vector(q, &v)
		back, err := ReadKept(v.Kept())
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(v.Terms, func(a, b Term) int { return int(a.Bucket) - int(b.Bucket) })
		if d := cmp.Diff(v.Form, back.Form); d != "" || len(back.Terms) != len(v.Terms) || len(v.Terms) > 0 && cmp.Diff(v.Terms, back.Terms) != "" {
			t.Errorf("%q: %v became %v", q, v, back)
		}
	}
	for _, bad := range []string{"", "!", "AA==", "Af//////////AQ=="} {
		if _, err := ReadKept(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestLanguage(t *testing.T) {
	var v Vector
	x := NewExtractor()
	for text, want := range map[string]string{"What is it?": "en", "それは何ですか？": "ja", "PythonでHello Worldを出力して": "ja", "Сколько будет?": "", "": ""} {
		if x.Vector(text, &v); v.Language() != want {
			t.Errorf("%q is %q", text, v.Language())
		}
	}
	names := FormNames()
	if names[formWords] != "words" || names[formWide] != "letters beyond ASCII" || names[formCJK] != "kana and kanji" {
		t.Error("measures have moved")
	}
}

func FuzzReadKept(f *testing.F) {
	var v Vector
	NewExtractor().Vector("two cats", &v)
	f.Add(v.Kept())
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ReadKept(s)
		if err != nil {
			return
		}
		for _, term := range v.Terms {
			if term.Bucket >= 1<<Bits {
				t.Fatal("a bucket beyond the last")
			}
		}
	})
}

func BenchmarkVector(b *testing.B) {
	x := NewExtractor()
	var v Vector
	s := strings.Repeat("How many of the 12 trains leave Osaka before noon? ", 40)
	b.ReportAllocs()
	for b.Loop() {
		x.Vector(s, &v)
	}
}
