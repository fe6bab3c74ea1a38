// Package gulp reads bodies to their end, in room of the length that they say
// they have.
//
// It bounds nothing: that is done in front of it.
package gulp

import "io"

// believed is how long a body may say that it is and get the room at once:
// who says more has to send it first.
const believed = 64 << 10

// All reads to the end. size is what the other side says of it, below 0 where
// it does not.
func All(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		size = 511
	}
	// One byte more, so that the end is found without growing.
	b := make([]byte, 0, min(size, believed)+1)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}
