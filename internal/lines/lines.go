// Package lines reads what stands in lines, such as JSON Lines: each with its
// number, bounded, without byte order marks, blanks around it and empty lines.
//
// It does not know what a line says, nor what the file is called.
package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Reader goes through lines once.
type Reader struct {
	s   *bufio.Scanner
	n   int
	max int
}

// New makes a reader of lines of less than max bytes.
func New(r io.Reader, max int) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, min(max, 64<<10)), max)
	return &Reader{s: s, max: max}
}

// All are the lines that are not empty, each with its number, counted from one.
// The bytes hold until the next line.
func (r *Reader) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for r.s.Scan() {
			r.n++
			// A mark may stand before any line: files that were put together
			// bring one each.
			b := bytes.TrimSpace(bytes.TrimPrefix(r.s.Bytes(), []byte("\xef\xbb\xbf")))
			if len(b) > 0 && !yield(r.n, b) {
				return
			}
		}
	}
}

// Err says why the lines ended before the file did, and at which of them; nil
// where all were read.
func (r *Reader) Err() (line int, err error) {
	switch err := r.s.Err(); {
	case err == nil:
		return 0, nil
	case errors.Is(err, bufio.ErrTooLong):
		return r.n + 1, fmt.Errorf("the line has more than %d MiB", r.max>>20)
	default:
		return r.n + 1, fmt.Errorf("cannot be read: %w", err)
	}
}
