package near

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"pull", "pull", 0}, {"pul", "pull", 1}, {"kitten", "sitting", 3}, {"adrr", "addr", 1}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestBest(t *testing.T) {
	of := []string{"list", "log", "run"}
	for word, want := range map[string]string{"lst": "list", "lgo": "log", "rn": "run", "something": "", "lst ": "list"} {
		if got := Best(word, of, 2); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
