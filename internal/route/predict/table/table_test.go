package table

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"testing"
)

// golden is what TestBytes writes: files that people keep hang on it.
const golden = "ac02" + "05" + "0000c03f" + "01" + "00" + "03616263" + "02" + "0000803f" + "000000c0"

func TestBytes(t *testing.T) {
	var w Writer
	w.Count(300)
	w.Signed(-3)
	w.Float(1.5)
	w.Bool(true)
	w.Bool(false)
	w.Bytes([]byte("abc"))
	w.Floats([]float32{1, -2})
	if got := hex.EncodeToString(w.B); got != golden {
		t.Fatalf("%s is written", got)
	}
	read := func(b []byte) (*Reader, bool) {
		r := &Reader{B: b}
		same := r.Count(300) == 300
		same = r.Signed() == -3 && same
		same = r.Float() == 1.5 && same
		same = r.Bool() && same
		same = !r.Bool() && same
		same = string(r.Bytes(3)) == "abc" && same
		return r, slices.Equal(r.Floats(2), []float32{1, -2}) && same
	}
	if r, same := read(w.B); !same || r.Err != nil || len(r.B) > 0 {
		t.Errorf("another comes back: %v, %d left", r.Err, len(r.B))
	}
	for n := range w.B {
		if r, _ := read(w.B[:n]); r.Err == nil || r.B != nil {
			t.Errorf("%d of %d bytes: %v", n, len(w.B), r.Err)
		}
	}
}

func TestFaults(t *testing.T) {
	floats := func(v ...float32) []byte {
		var w Writer
		w.Floats(v)
		return w.B
	}
	float := func(r *Reader) { r.Float() }
	two := func(r *Reader) { r.Floats(2) }
	for name, c := range map[string]struct {
		b    []byte
		read func(r *Reader)
		want error
	}{
		"the greatest count":       {[]byte{7}, func(r *Reader) { r.Count(7) }, nil},
		"a count too great":        {[]byte{8}, func(r *Reader) { r.Count(7) }, ErrContent},
		"a count of no end":        {bytes.Repeat([]byte{0xff}, 11), func(r *Reader) { r.Count(math.MaxInt) }, ErrContent},
		"a count beyond all":       {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, func(r *Reader) { r.Count(math.MaxInt) }, ErrContent},
		"no whole number":          {nil, func(r *Reader) { r.Signed() }, ErrCut},
		"the greatest number":      {floats(Most)[1:], float, nil},
		"the least number":         {floats(-Most)[1:], float, nil},
		"a number too great":       {floats(Most * 1.001)[1:], float, ErrContent},
		"a number too small":       {floats(-Most * 1.001)[1:], float, ErrContent},
		"no number":                {floats(float32(math.NaN()))[1:], float, ErrContent},
		"an infinite number":       {floats(float32(math.Inf(1)))[1:], float, ErrContent},
		"a number cut":             {[]byte{0, 0, 0}, float, ErrCut},
		"a yes or no of two":       {[]byte{2}, func(r *Reader) { r.Bool() }, ErrContent},
		"no yes or no":             {nil, func(r *Reader) { r.Bool() }, ErrCut},
		"a table":                  {floats(1, 2), two, nil},
		"a longer table":           {floats(1, 2, 3), two, ErrContent},
		"a shorter table":          {floats(1), two, ErrContent},
		"a table with a bad entry": {floats(1, float32(math.NaN())), two, ErrContent},
		"a table cut":              {floats(1, 2)[:8], two, ErrCut},
		"bytes cut":                {[]byte{2, 1}, func(r *Reader) { r.Bytes(2) }, ErrCut},
		"more bytes":               {[]byte{3, 1, 1, 1}, func(r *Reader) { r.Bytes(2) }, ErrContent},
		"a table that fits nowhere": {[]byte{0x80, 0x80, 0x80, 0x80, 0x10}, func(r *Reader) {
			if r.Floats(1<<32) != nil {
				t.Error("it is made")
			}
		}, ErrCut},
	} {
		r := &Reader{B: c.b}
		if c.read(r); !errors.Is(r.Err, c.want) || r.Err != nil && r.B != nil {
			t.Errorf("%s: %v, %d bytes left", name, r.Err, len(r.B))
		}
	}
	// The first fault is the one that is told, and what was read is a copy.
	r := &Reader{}
	r.Fail(ErrCut)
	r.Fail(ErrContent)
	if !errors.Is(r.Err, ErrCut) {
		t.Errorf("%v is told", r.Err)
	}
	file := []byte{1, 7}
	own := (&Reader{B: file}).Bytes(1)
	if file[1] = 9; own[0] != 7 {
		t.Error("what was read hangs on the file")
	}
}
