package gulp

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestAll(t *testing.T) {
	for _, n := range []int{0, 1, 510, 511, 512, 100_000} {
		in := bytes.Repeat([]byte("x"), n)
		for _, said := range []int64{-1, 0, 1, int64(n), int64(n) + 1, 1 << 50} {
			got, err := All(iotest.OneByteReader(bytes.NewReader(in)), said)
			if err != nil || !bytes.Equal(got, in) {
				t.Errorf("%d bytes that say they are %d: %d, %v", n, said, len(got), err)
			}
			if cap(got) > max(2*n+1024, believed+1024) {
				t.Errorf("%d bytes that say they are %d take the room of %d", n, said, cap(got))
			}
		}
	}
	got, err := All(io.MultiReader(bytes.NewReader([]byte("ab")), iotest.ErrReader(io.ErrUnexpectedEOF)), 2)
	if string(got) != "ab" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", got, err)
	}
}
