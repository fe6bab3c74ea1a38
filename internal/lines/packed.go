package lines

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
)

// maxUnpacked bounds what comes out of a file that is packed.
const maxUnpacked = 4 << 30

// Unpacked reads what is packed by gzip as it was before, and all else as it
// is. A damaged file fails where it is read.
func Unpacked(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, err := b.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return b
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return failed{err}
	}
	return io.MultiReader(io.LimitReader(z, maxUnpacked), &rest{z})
}

// rest fails where there is more than the bound lets through.
type rest struct{ z io.Reader }

func (r *rest) Read([]byte) (int, error) {
	for {
		n, err := r.z.Read(make([]byte, 1))
		switch {
		case n > 0:
			return 0, errors.New("more than 4 GiB are packed into it")
		case err != nil:
			return 0, err
		}
	}
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
