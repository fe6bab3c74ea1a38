package suite

import (
	"testing"
)

// What a prompt of standard may have on average, and what a conversation adds
// to a question: the marks of its turns and SmolLM2's own system message.
const (
	maxMean = 180
	around  = 32
)

// TestLength bounds prompts by their characters: SmolLM2 makes a token of
// some four letters of English, and 1.7 of a character of Japanese. The test
// with its real tokenizer has the tag accept.
func TestLength(t *testing.T) {
	guess := func(s string) (int, error) {
		n := 0.0
		for _, r := range s {
			if r < 0x80 {
				n += 1 / 3.0
			} else {
				n += 1.8
			}
		}
		return int(n), nil
	}
	meanTokens(t, guess)
}

// meanTokens holds both ways of asking to the mean, in each language alone.
func meanTokens(t *testing.T, count func(string) (int, error)) {
	t.Helper()
	var chat, plain, n [2]int
	for _, f := range families {
		for _, e := range all(t, f, 0) {
			of := 0
			if e.language == "en" {
				of = 1
			}
			said := string(e.Tools)
			for _, turn := range e.Turns {
				said += turn.Content
			}
			c, err := count(said)
			p, also := count(e.Plain)
			if err != nil || also != nil {
				t.Fatal(err, also)
			}
			chat[of], plain[of], n[of] = chat[of]+c+around, plain[of]+p, n[of]+1
		}
	}
	for i, lang := range []string{"ja", "en"} {
		t.Logf("%s: %d tokens as a conversation, %d as a text", lang, chat[i]/n[i], plain[i]/n[i])
		if chat[i] > maxMean*n[i] || plain[i] > maxMean*n[i] {
			t.Errorf("%s: %d tokens as a conversation, %d as a text", lang, chat[i]/n[i], plain[i]/n[i])
		}
	}
}
