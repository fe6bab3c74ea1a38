package lexicon

import "testing"

// TestFlags reads what the packed list says of words: a list packed wrongly
// would lose names without a word.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		word      string
		has, none uint32
	}{
		{"Agnieszka", Given, Word}, {"abernathy", Family, Word | Given}, {"O'Rourke", Family, Word}, {"Jürgen", Given | Alone, Word},
		{"Baker", Family | Word, 0}, {"Quarterly", Word, Given | Family}, {"London", Place, Alone}, {"Jean-Luc", Given, Word},
		{"Zzyzxq", 0, Given | Family | Word | Place},
	} {
		if f := Flags(c.word); f&c.has != c.has || f&c.none != 0 {
			t.Errorf("%s: flags %05b, want %05b and none of %05b", c.word, f, c.has, c.none)
		}
	}
}

// TestSyllables counts syllables of the East, and none where a word has others.
func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{"Weimin": 2, "Ji-min": 2, "Quoc": 1, "Thanh": 1, "Xiaoling": 2, "Kowalski": 0, "Street": 0} {
		if got := Syllables(word); got != want {
			t.Errorf("%s: %d syllables, want %d", word, got, want)
		}
	}
}
