package span

import (
	"strings"
	"testing"
)

// What Words finds is what trying all of them finds.
func TestWordsAreThoseOfTheText(t *testing.T) {
	all := []string{"さん", "さんま", "様", "殿", "ab", "abc", "b", " c ", "は", "はな", "xは"}
	w := NewWords(all...)
	text := Fold("さんまと殿様、abc c はな abさんは xはb bは")
	for i := -1; i <= text.Len()+1; i++ {
		first, longest, ends := -1, 0, false
		for k, s := range all {
			if text.Has(i, s) {
				if first < 0 {
					first = k
				}
				longest = max(longest, len([]rune(s)))
			}
			ends = ends || i > 0 && text.Ends(i, s)
		}
		which, n := w.At(text, i)
		if (n > 0) != (first >= 0) || n > 0 && (which != first || n != len([]rune(all[which]))) || w.Longest(text, i) != longest || w.End(text, i) != ends {
			t.Errorf("at %d: %d (%d runes), longest %d, end %v; want %d, %d, %v", i, which, n, w.Longest(text, i), w.End(text, i), first, longest, ends)
		}
		if i < 0 || i > text.Len() {
			continue
		}
		s, want, in := text.Cut(0, i), "", false
		for _, k := range all {
			in = in || strings.Contains(s, k)
			if want == "" && strings.HasSuffix(s, k) {
				want = k
			}
		}
		if w.In(s) != in {
			t.Errorf("%q has one of the words: %v", s, !in)
		}
		if got := w.Suffix(s); got != want {
			t.Errorf("%q ends with %q, not %q", s, got, want)
		}
	}
}
