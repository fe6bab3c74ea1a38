package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAnySplitGivesTheSameText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringOf(rapid.RuneFrom([]rune("aé日本語😀\n"))).Draw(t, "text")
		var j Joiner
		var out strings.Builder
		for b := []byte(whole); len(b) > 0; {
			n := rapid.IntRange(1, len(b)).Draw(t, "n")
			s := j.Push(b[:n])
			if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
				t.Fatalf("a broken piece %q", s)
			}
			out.WriteString(s)
			b = b[n:]
		}
		if out.String() != whole || j.Held() != 0 {
			t.Fatalf("%q became %q", whole, out.String())
		}
	})
}

func TestInvalidBytesNeverStall(t *testing.T) {
	var j Joiner
	out := ""
	for _, b := range []byte{'a', 0xff, 'b', 0xe6, 'c', 0xe6, 0x97} {
		out += j.Push([]byte{b})
	}
	if out != "a\ufffdb\ufffdc" || j.Held() != 2 {
		t.Errorf("%q with %d bytes held", out, j.Held())
	}
	if rest := j.Flush(); rest != "\ufffd" {
		t.Errorf("%q", rest)
	}
}

func TestStopStrings(t *testing.T) {
	for _, c := range []struct {
		stops       []string
		pieces      []string
		shown, stop string
	}{
		{[]string{"END"}, []string{"a", "E", "N", "D", "x"}, "a", "END"},
		{[]string{"END"}, []string{"a E", "NO ", "EN"}, "a ENO EN", ""},
		{[]string{"\n\n", "###"}, []string{"a\n", "b##", "#c"}, "a\nb", "###"},
		{[]string{"ab", "abc"}, []string{"xabc"}, "x", "abc"},
		{[]string{"", "止"}, []string{"日本", "止まれ"}, "日本", "止"},
		{nil, []string{"a", "b"}, "ab", ""},
	} {
		s := NewStopper(c.stops)
		shown, stop := "", ""
		for _, p := range c.pieces {
			out, found := s.Push(p)
			shown += out
			if found != "" {
				stop = found
				break
			}
		}
		if stop == "" {
			shown += s.Flush()
		}
		if shown != c.shown || stop != c.stop {
			t.Errorf("%q over %q: shown %q, stopped at %q", c.stops, c.pieces, shown, stop)
		}
	}
}

// TestStopIsFoundHoweverTheTextIsCut compares with a search of the whole.
func TestStopIsFoundHoweverTheTextIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 30, -1).Draw(t, "text")
		stop := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 1, 4, -1).Draw(t, "stop")
		s := NewStopper([]string{stop})
		shown, found := "", ""
		for rest := whole; rest != "" && found == ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			var out string
			out, found = s.Push(rest[:n])
			shown += out
			rest = rest[n:]
		}
		if found == "" {
			shown += s.Flush()
		}
		want, _, _ := strings.Cut(whole, stop)
		if shown != want {
			t.Fatalf("%q with stop %q shows %q, want %q", whole, stop, shown, want)
		}
	})
}
