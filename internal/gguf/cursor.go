package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// window is how much is read at a time: large enough that a vocabulary of a
// quarter of a million strings costs a few hundred reads.
const window = 64 << 10

// errCut is returned when a read goes past the end of what may be read; the
// callers put the name of the field in front of it.
var errCut = errors.New("cut off")

// cursor walks over the bytes of a file from front to back. It never reads
// beyond limit and holds one window of bytes.
type cursor struct {
	r     io.ReaderAt
	limit int64 // the first byte that may not be read
	off   int64 // the next byte
	buf   []byte
	start int64 // where buf begins in the file
}

func newCursor(r io.ReaderAt, off, limit int64) *cursor {
	return &cursor{r: r, limit: limit, off: off}
}

// left returns how many bytes may still be read.
func (c *cursor) left() int64 { return c.limit - c.off }

// peek returns the next n bytes (n ≤ window) without consuming them.
func (c *cursor) peek(n int) ([]byte, error) {
	if int64(n) > c.left() {
		return nil, fmt.Errorf("%w: needs %d bytes at byte %d, %d are left", errCut, n, c.off, c.left())
	}
	if c.off >= c.start && c.off+int64(n) <= c.start+int64(len(c.buf)) {
		i := c.off - c.start
		return c.buf[i : i+int64(n)], nil
	}
	want := min(int64(window), c.left())
	if int64(cap(c.buf)) < want {
		c.buf = make([]byte, want)
	}
	c.buf = c.buf[:want]
	got, err := c.r.ReadAt(c.buf, c.off)
	c.buf, c.start = c.buf[:got], c.off
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: the file ends at byte %d", errCut, c.off+int64(got))
		}
		return nil, err
	}
	return c.buf[:n], nil
}

func (c *cursor) u32() (uint32, error) {
	b, err := c.peek(4)
	if err != nil {
		return 0, err
	}
	c.off += 4
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) u64() (uint64, error) {
	b, err := c.peek(8)
	if err != nil {
		return 0, err
	}
	c.off += 8
	return binary.LittleEndian.Uint64(b), nil
}

// skip moves over n bytes that must be there.
func (c *cursor) skip(n uint64) error {
	if n > uint64(c.left()) {
		return fmt.Errorf("%w: needs %d bytes at byte %d, %d are left", errCut, n, c.off, c.left())
	}
	c.off += int64(n)
	return nil
}

// strLen reads the length that stands before a string and checks it against
// limit and the bytes that are left.
func (c *cursor) strLen(limit uint64) (uint64, error) {
	n, err := c.u64()
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, fmt.Errorf("a string of %d bytes is over the limit of %d", n, limit)
	}
	if n > uint64(c.left()) {
		return 0, fmt.Errorf("%w: a string of %d bytes at byte %d, %d are left", errCut, n, c.off, c.left())
	}
	return n, nil
}

// str reads a string: its length and then its bytes.
func (c *cursor) str(limit uint64) (string, error) {
	n, err := c.strLen(limit)
	if err != nil {
		return "", err
	}
	if n <= window {
		b, err := c.peek(int(n))
		if err != nil {
			return "", err
		}
		c.off += int64(n)
		return string(b), nil
	}
	b := make([]byte, n)
	if got, err := c.r.ReadAt(b, c.off); uint64(got) < n {
		return "", fmt.Errorf("%w: %w", errCut, err)
	}
	c.off += int64(n)
	return string(b), nil
}
