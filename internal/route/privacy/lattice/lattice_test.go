package lattice

import (
	"fmt"
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// A name is told from the words around it, in a list or not, and from a place.
func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"昨日安西さんと話した。":     "安西/Family/sure/titled",
		"総務部押切正和が担当。":     "押切正和/Full/sure",
		"押切 正和":           "押切 正和/Full/sure",
		"小田切、村瀬":          "小田切/Family/sure 村瀬/Family/sure",
		"彼氏の大輔が":          "大輔/Given/sure",
		"森林の原因を千葉県で調べた。":  "",
		"林業と東京都の高速道路":     "",
		"希望の光":            "",
		"今日の会議の資料を確認ください": "",
	} {
		tx := span.Fold(text)
		var got []string
		r := NewReader()
		for i := 0; i < tx.Len(); i++ {
			if !span.Han(tx.R[i]) {
				continue
			}
			j := End(tx, i)
			for _, f := range r.Names(nil, tx, i, j) {
				s := tx.Cut(f.Start, f.End) + "/" + [...]string{"Full", "Family", "Given", "Known"}[f.Kind]
				if f.Sure {
					s += "/sure"
				}
				if f.Titled {
					s += "/titled"
				}
				if f.Margin < 0 {
					t.Errorf("%q: %s is %d less likely than no name", text, s, -f.Margin)
				}
				got = append(got, s)
			}
			i = j
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

// No run of characters is too long or too odd.
func TestAnyRun(t *testing.T) {
	for n := range 3*longest + 2 {
		for _, s := range []string{"田", "々", "林森", "大谷翔平", "\U00020000"} {
			tx := span.Fold(strings.Repeat(s, n))
			for _, f := range NewReader().Names(nil, tx, 0, End(tx, 0)) {
				if f.Start < 0 || f.End > tx.Len() || f.Start >= f.End {
					t.Fatal(fmt.Sprint(f))
				}
			}
		}
	}
}

// What a word in katakana is, the list says.
func TestKatakana(t *testing.T) {
	for s, want := range map[string]Kana{"アイスクリーム": Ordinary, "アンナ": Person, "ヌヌヌ": Unknown} {
		if got := Katakana(s); got != want {
			t.Errorf("%s: %d, want %d", s, got, want)
		}
	}
}
