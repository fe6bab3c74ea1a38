package sse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

type read struct {
	Name, Data string
	Cut        bool
}

func all(r *Reader) (out []read, err error) {
	for {
		e, err := r.Next()
		if err != nil {
			return out, err
		}
		out = append(out, read{e.Name, string(e.Data), e.Cut})
	}
}

func TestNext(t *testing.T) {
	for in, want := range map[string][]read{
		"data: a\n\ndata:b\n\n":                         {{"", "a", false}, {"", "b", false}},
		"data: a\r\ndata:  b\r\n\r\n: ping\r\n\r\n":     {{"", "a\n b", false}},
		"data: a\r\rdata: b\r\r":                        {{"", "a", false}, {"", "b", false}},
		"\ufeffevent: x\nid: 7\ndata: {}\nretry: 1\n\n": {{"x", "{}", false}},
		"event: lost\n\ndata: a\n\n":                    {{"", "a", false}},
		": only\n\n\n\n":                                nil,
		"data\n\n":                                      {{"", "", false}},
		"data: a\n":                                     {{"", "a", true}},
		"data: half":                                    {{"", "half", true}},
		"data: 囲炉裏\n\n":                                 {{"", "囲炉裏", false}},
		"a":                                             nil,
		"":                                              nil,
	} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in)), "eof": iotest.DataErrReader(strings.NewReader(in)),
		} {
			got, err := all(NewReader(r, 1000))
			if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%q, %s: %v %s", in, name, err, diff)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	for name, in := range map[string]io.Reader{
		"a line without end":      endless("data: x"),
		"an event without end":    endless("data: x\n"),
		"fields without end":      io.MultiReader(strings.NewReader("data: x\n"), endless("id: 5\n")),
		"a long line":             strings.NewReader("data: " + strings.Repeat("x", 200) + "\n\n"),
		"data of many short ones": strings.NewReader(strings.Repeat("data: xxxxxxxxx\n", 20) + "\n"),
	} {
		if got, err := all(NewReader(in, 100)); !errors.Is(err, ErrTooLong) || len(got) != 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	fault := errors.New("fault")
	if got, err := all(NewReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(fault)), 100)); !errors.Is(err, fault) || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := NewReader(nothing{}, 100).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader without progress: %v", err)
	}
}

// Ready tells events that are there from those that have to be waited for.
func TestReady(t *testing.T) {
	r := NewReader(iotest.DataErrReader(strings.NewReader("data: a\n\ndata: b\r\n\r\ndata: c")), 100)
	if r.Ready() {
		t.Error("nothing was read yet")
	}
	var ready []bool
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		ready = append(ready, r.Ready())
	}
	if d := cmp.Diff([]bool{true, false, false}, ready); d != "" {
		t.Error(d)
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

// endless repeats a text for ever.
type endless string

func (s endless) Read(p []byte) (int, error) { return copy(p, s), nil }

func TestLine(t *testing.T) {
	r := NewReader(strings.NewReader("{\"a\":1}\r\n\n  \n{\"b\":2}\n{\"c\""), 100)
	for _, want := range []string{`{"a":1}`, `{"b":2}`, `{"c"`} {
		line, cut, err := r.Line()
		if string(line) != want || cut != (want == `{"c"`) || err != nil {
			t.Errorf("%q %v %v, want %q", line, cut, err, want)
		}
	}
	if _, _, err := r.Line(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// FuzzNext holds that a stream reads the same however it is cut, and that no
// event is longer than the bound.
func FuzzNext(f *testing.F) {
	f.Add([]byte("event: a\r\ndata: b\r\rdata: c\n: d\n\n"))
	f.Add([]byte("\ufeffdata: x\n\ndata: y"))
	f.Add([]byte("data\ndata\n\n\r\n\r"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const most = 64
		a, errA := all(NewReader(bytes.NewReader(in), most))
		b, errB := all(NewReader(iotest.OneByteReader(bytes.NewReader(in)), most))
		if diff := cmp.Diff(a, b); diff != "" || !errors.Is(errA, errB) {
			t.Fatalf("%v %v %s", errA, errB, diff)
		}
		for _, e := range a {
			if len(e.Data) > most {
				t.Fatalf("an event of %d bytes", len(e.Data))
			}
		}
	})
}
