package listed

import "testing"

// TestListed reads what the lists say of words: a list read wrongly would lose
// names without a word.
func TestListed(t *testing.T) {
	for word, want := range map[string]uint32{"soledad": Given, "the": Common, "airport": Institution, "tanaka": FamilyKana, "zzyzx": 0} {
		if is := Latin(word); is&want != want || want == 0 && is != 0 {
			t.Errorf("%s: %07b, want %07b", word, is, want)
		}
	}
	for word, want := range map[string]uint32{"さとう": KanaFamily, "はなこ": KanaGiven, "だけど": 0} {
		if is := Kana(word); is&want != want || want == 0 && is != 0 {
			t.Errorf("%s: %03b, want %03b", word, is, want)
		}
	}
	if !KanaBegins('さ', 3) || KanaBegins('ゃ', 2) {
		t.Error("the lengths of names in kana are wrong")
	}
	if !Famous("紫式部") || Famous("会議室") || !Foreign("マイケル") || Foreign("テーブル") {
		t.Error("people known by their whole names, or katakana, are wrong")
	}
}
