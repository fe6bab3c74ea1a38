package person

import "testing"

// TestFlags reads what the packed list says of words: a list packed wrongly
// would lose names without a word.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		word      string
		has, none uint32
	}{
		{"Agnieszka", isGiven, isWord}, {"abernathy", isFamily, isWord | isGiven}, {"O'Rourke", isFamily, isWord}, {"Jürgen", isGiven | isAlone, isWord},
		{"Baker", isFamily | isWord, 0}, {"Quarterly", isWord, isGiven | isFamily}, {"London", isPlace, isAlone}, {"Jean-Luc", isGiven, isWord},
		{"Zzyzxq", 0, isGiven | isFamily | isWord | isPlace},
	} {
		if f := flags(c.word); f&c.has != c.has || f&c.none != 0 {
			t.Errorf("%s: flags %05b, want %05b and none of %05b", c.word, f, c.has, c.none)
		}
	}
}

// TestSyllables counts syllables of the East, and none where a word has others.
func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{"Weimin": 2, "Ji-min": 2, "Quoc": 1, "Thanh": 1, "Xiaoling": 2, "Kowalski": 0, "Street": 0} {
		if got := syllables(word); got != want {
			t.Errorf("%s: %d syllables, want %d", word, got, want)
		}
	}
}
