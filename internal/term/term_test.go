package term

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
	}{
		{"", 0}, {"abc", 3}, {"かな漢字", 8}, {"ｱｲｳ", 3}, {"ＡＢ", 4}, {"か\u3099", 2}, {"が", 2}, {"e\u0301", 1},
		{"→…±", 3}, {"👍", 2}, {"👨‍👩‍👧", 2}, {"日本", 4}, {"█░", 2},
	} {
		if got := Width(c.text); got != c.width {
			t.Errorf("Width(%q) = %d, want %d", c.text, got, c.width)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdef", 4, "abc…"}, {"囲炉裏", 6, "囲炉裏"}, {"囲炉裏", 5, "囲炉…"}, {"囲炉裏", 4, "囲…"},
		{"囲炉裏", 1, "…"}, {"囲炉裏", 0, ""}, {"か\u3099き", 3, "か\u3099…"},
	} {
		got := Truncate(c.text, c.width)
		if got != c.want || Width(got) > c.width {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	if got, want := Clean("a\x1b]0;title\x07b\u009bc\r\nd\te"), "a]0;titlebc\nd\te"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Line(" two\nlines\t x "), "two lines x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	table := func() *Table {
		x := NewTable(Column{Title: "NAME", Shrink: true}, Column{Title: "NONE"}, Column{Title: "SIZE", Right: true}, Column{Title: "NOTE", Shrink: true})
		x.Row("囲炉裏のモデル", "", "1 KiB", "ja")
		x.Row("smollm2-135m", "", "93.8 MiB", "a note\nin two lines")
		return x
	}
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"wide": {0, `
NAME                SIZE  NOTE
囲炉裏のモデル     1 KiB  ja
smollm2-135m    93.8 MiB  a note in two lines
`},
		"narrow": {36, `
NAME              SIZE  NOTE
囲炉裏のモ…      1 KiB  ja
smollm2-135m  93.8 MiB  a note in t…
`},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := table().Write(&b, c.width); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTableGoesOn(t *testing.T) {
	x := NewTable(Column{Title: "A", Min: 4}, Column{Title: "B", Min: 3, Right: true})
	x.Row("x", "1")
	var b strings.Builder
	if err := x.Write(&b, 0); err != nil {
		t.Fatal(err)
	}
	x.Next()
	x.Row("y", "22")
	if err := x.Write(&b, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("A       B\nx       1\ny      22\n", b.String()); diff != "" {
		t.Error(diff)
	}
}

// clock is a clock that tests set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestProgressBar(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(1000, 0)}
	p := NewProgress(ProgressOptions{Out: &b, Terminal: true, Columns: func() int { return 81 }, Now: c.now})
	const mib = 1 << 20
	for i := range int64(21) {
		p.Update("囲炉裏 download", i*10*mib, 400*mib)
		c.at = c.at.Add(100 * time.Millisecond)
	}
	frames := strings.Split(b.String(), "\r")
	last := strings.TrimSuffix(frames[len(frames)-1], "\x1b[K")
	if want := "囲炉裏 download  ████████░░░░░░░░░   50%  200 MiB / 400 MiB  100 MiB/s  2 s left"; last != want {
		t.Errorf("got  %q\nwant %q", last, want)
	}
	if w := Width(last); w > 80 {
		t.Errorf("the bar is %d cells wide", w)
	}
	if n := len(frames) - 1; n != 11 {
		t.Errorf("%d frames: the first second shows nothing", n)
	}
	p.Done()
	if !strings.HasSuffix(b.String(), "\r\x1b[K") {
		t.Error("the bar stays")
	}
}

func TestProgressNarrow(t *testing.T) {
	for width := 1; width < 100; width++ {
		c := &clock{time.Unix(1000, 0)}
		p := NewProgress(ProgressOptions{Out: &strings.Builder{}, Terminal: true, Now: c.now})
		p.Update("a model of a long name  download", 0, 1<<30)
		c.at = c.at.Add(2 * time.Second)
		p.Update("a model of a long name  download", 1<<28, 1<<30)
		if got := p.bar(1<<28, 1<<30, width); Width(got) > max(width, 4) {
			t.Errorf("width %d: %q", width, got)
		}
	}
}

func TestProgressPlain(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(1000, 0)}
	p := NewProgress(ProgressOptions{Out: &b, Now: c.now})
	for i := range int64(120) {
		p.Update("m  download", i<<20, 0)
		c.at = c.at.Add(100 * time.Millisecond)
	}
	p.Done()
	want := "m  download  10.0 MiB  10.0 MiB/s\nm  download  60.0 MiB  10.0 MiB/s\nm  download  110 MiB  10.0 MiB/s\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// Where nothing is known but that it goes on, the time says so.
func TestProgressWaiting(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(1000, 0)}
	p := NewProgress(ProgressOptions{Out: &b, Now: c.now})
	for range 7 {
		p.Update("m  look up", 0, 0)
		c.at = c.at.Add(time.Second)
	}
	p.Update("m  download", 0, 100)
	if want := "m  look up  1 s\nm  look up  6 s\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestProgressQuick(t *testing.T) {
	var b strings.Builder
	c := &clock{time.Unix(1000, 0)}
	p := NewProgress(ProgressOptions{Out: &b, Terminal: true, Now: c.now})
	for range 9 {
		p.Update("m", 1, 2)
		c.at = c.at.Add(100 * time.Millisecond)
	}
	p.Done()
	if b.Len() > 0 {
		t.Errorf("what takes less than a second shows %q", b.String())
	}
}
