package kinds

import "testing"

// TestOf finds words that stand where others do: a table packed wrongly would
// lose names without a word.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		t         *Table
		a, b, not string
	}{
		{English(), "tanaka", "suzuki", "invoice"}, {English(), "january", "february", "carpet"}, {Japanese(), "田中", "鈴木", "会議"}, {Japanese(), "名古屋", "大阪", "会議"},
	} {
		a, b, not := c.t.Of([]rune(c.a)), c.t.Of([]rune(c.b)), c.t.Of([]rune(c.not))
		if a == 0 || b == 0 || not == 0 {
			t.Errorf("%s %d, %s %d, %s %d: one is not known", c.a, a, c.b, b, c.not, not)
		}
		if c.t.Family(a) != c.t.Family(b) {
			t.Errorf("%s and %s are of the families %d and %d", c.a, c.b, c.t.Family(a), c.t.Family(b))
		}
		if c.t.Family(a) == c.t.Family(not) && a == not {
			t.Errorf("%s is %s's kind", c.not, c.a)
		}
	}
	if k := English().Of([]rune("zzyzxqq")); k != 0 || English().Family(0) != 0 {
		t.Errorf("what nobody writes is of kind %d", k)
	}
}
