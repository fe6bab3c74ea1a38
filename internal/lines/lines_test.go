package lines

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// read puts lines and what ended them into one text.
func read(r io.Reader, max int) string {
	var out strings.Builder
	in := New(r, max)
	for n, b := range in.All() {
		fmt.Fprintf(&out, "%d%s ", n, b)
	}
	if n, err := in.Err(); err != nil {
		fmt.Fprintf(&out, "! %d: %v", n, err)
	}
	return strings.TrimSpace(out.String())
}

func TestAll(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"{}", "1{}"},
		{"{}\n", "1{}"},
		{mark + "{}\r\n\r\n \t\n [1] \n", "1{} 4[1]"},
		{mark + "\n" + mark + " {}\n" + mark, "2{}"},
		{"a" + mark + "b\n", "1a" + mark + "b"},
		{"a\n" + strings.Repeat("b", 1<<20) + "\nc", "1a ! 2: the line has more than 1 MiB"},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.HalfReader(strings.NewReader(c.in))} {
			if got := read(r, 1<<20); got != c.want {
				t.Errorf("%.40q: %.80q, not %q", c.in, got, c.want)
			}
		}
	}
}

func TestErr(t *testing.T) {
	in := New(io.MultiReader(strings.NewReader("a\n\nb"), iotest.ErrReader(io.ErrUnexpectedEOF)), 1<<20)
	for range in.All() {
	}
	if n, err := in.Err(); n != 4 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d: %v", n, err)
	}
	in = New(strings.NewReader("a\nb\nc"), 8)
	for range in.All() {
		break
	}
	for n, b := range in.All() {
		if n != 2 || string(b) != "b" {
			t.Errorf("after a break: %d%s", n, b)
		}
		break
	}
}

func FuzzAll(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbf{\"a\":1}\r\n\n{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 1<<16 {
			t.Skip()
		}
		whole := bytes.Split(b, []byte("\n"))
		in, last := New(bytes.NewReader(b), 1<<16), 0
		for n, line := range in.All() {
			if n <= last || n > len(whole) || len(line) == 0 || !bytes.Contains(whole[n-1], line) {
				t.Fatalf("%q: line %d is %q", b, n, line)
			}
			last = n
		}
		if n, err := in.Err(); err != nil {
			t.Fatalf("%q: %d: %v", b, n, err)
		}
	})
}

// Packed files are read as they were; damaged ones say so where they end.
func TestUnpacked(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("a\nb\ncc")); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	p := packed.String()
	for in, want := range map[string]string{
		"a\nb": "1a 2b", "": "", "\x1f": "1\x1f", p[:len(p)-4]: "1a 2b 3cc ! 4: cannot be read: unexpected EOF",
		p + "rubbish behind it": "1a 2b 3cc ! 4: cannot be read: gzip: invalid header", "\x1f\x8b": "! 1: cannot be read: unexpected EOF",
		p: "1a 2b 3cc", p + p: "1a 2b 3cca 4b 5cc",
	} {
		if got := read(Unpacked(strings.NewReader(in)), 1<<20); got != want {
			t.Errorf("%.20q: %q, not %q", in, got, want)
		}
	}
}
