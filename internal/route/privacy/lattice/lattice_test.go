package lattice

import (
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// A run of kanji is read as the likeliest words, names among them, in a list or
// not, and places apart.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"昨日安西さんと話した。": "昨日 安西/family",
		"総務部押切正和が担当。": "総務 部 押切/family 正和/given",
		"彼氏の大輔が":      "彼氏 大輔/given",
		"与那嶺さんと悠斗が":   "与那嶺/family 悠斗/given",
		"千葉県で調べた":     "千葉 県",
		"高速道路":        "高速 道路",
	} {
		tx := span.Fold(text)
		var got []string
		r := NewReader()
		for i := 0; i < tx.Len(); i++ {
			j := i
			for span.Han(tx.At(j)) {
				j++
			}
			for _, w := range r.Words(nil, tx, i, j) {
				s := tx.Cut(w.Start, w.End)
				switch w.Class {
				case family:
					s += "/family"
				case given:
					s += "/given"
				}
				got = append(got, s)
			}
			i = max(i, j-1)
		}
		if s := strings.Join(got, " "); !strings.HasPrefix(s, want) {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

// No run of characters is too long or too odd.
func TestAnyRun(t *testing.T) {
	for n := range 3*longest + 2 {
		for _, s := range []string{"田", "々", "林森", "大谷翔平", "\U00020000"} {
			tx := span.Fold(strings.Repeat(s, n))
			at := 0
			for _, w := range NewReader().Words(nil, tx, 0, tx.Len()) {
				if w.Start != at || w.End <= w.Start {
					t.Fatalf("%d of %s: %+v behind %d", n, s, w, at)
				}
				at = w.End
			}
			if tx.Len() <= longest && at != tx.Len() {
				t.Fatalf("%d of %s: the words end at %d", n, s, at)
			}
		}
	}
}

// What a word may be, the lists say, each with its cost.
func TestClasses(t *testing.T) {
	for s, want := range map[string]uint32{"田中": 1 << family, "大輔": 1 << given, "与那嶺": 1 << family, "会議": 0} {
		is, name, _ := Classes([]rune(s))
		if is&(1<<family|1<<given) != want || want != 0 && name == 63 {
			t.Errorf("%s: %b, its name costs %d", s, is, name)
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
