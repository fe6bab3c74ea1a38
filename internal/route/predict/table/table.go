// Package table writes and reads the numbers of a model's file, and holds what
// is read against what it may be. What they mean it does not know.
package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// Writer writes numbers and tables of them, little-endian, each table after its
// length.
type Writer struct{ B []byte }

// Count writes a number from 0 on.
func (w *Writer) Count(n int) { w.B = binary.AppendUvarint(w.B, uint64(n)) }

// Signed writes a whole number.
func (w *Writer) Signed(n int64) { w.B = binary.AppendVarint(w.B, n) }

// Float writes a number.
func (w *Writer) Float(v float32) { w.B = binary.LittleEndian.AppendUint32(w.B, math.Float32bits(v)) }

// Bool writes a yes or no.
func (w *Writer) Bool(v bool) {
	if v {
		w.B = append(w.B, 1)
		return
	}
	w.B = append(w.B, 0)
}

// Bytes writes bytes after their length.
func (w *Writer) Bytes(b []byte) {
	w.Count(len(b))
	w.B = append(w.B, b...)
}

// Floats writes numbers after their length.
func (w *Writer) Floats(v []float32) {
	w.Count(len(v))
	for _, x := range v {
		w.Float(x)
	}
}

// Reader reads what a Writer wrote, which may be anybody's: every length is held
// against what is left before anything is made for it, and every number against
// what it may be. The first fault ends it.
type Reader struct {
	// B is what is left, Err the first fault.
	B   []byte
	Err error
}

// Most bounds numbers, so that no sum of them overflows.
const Most = 1e6

// ErrContent and ErrCut are the faults.
var (
	ErrContent = errors.New("its content makes no sense")
	ErrCut     = errors.New("it ends too early")
)

// Fail ends the reading.
func (r *Reader) Fail(err error) {
	if r.Err == nil {
		r.Err = err
	}
	r.B = nil
}

// Count reads a number from 0 to most.
func (r *Reader) Count(most int) int {
	n, size := binary.Uvarint(r.B)
	if size <= 0 || n > uint64(most) {
		r.Fail(ErrContent)
		return 0
	}
	r.B = r.B[size:]
	return int(n)
}

// Signed reads a whole number.
func (r *Reader) Signed() int64 {
	n, size := binary.Varint(r.B)
	if size <= 0 {
		r.Fail(ErrCut)
		return 0
	}
	r.B = r.B[size:]
	return n
}

// Take reads n bytes without their length.
func (r *Reader) Take(n int) []byte {
	if n > len(r.B) {
		r.Fail(ErrCut)
		return nil
	}
	out := r.B[:n]
	r.B = r.B[n:]
	return out
}

// Float reads a number that is not too great.
func (r *Reader) Float() float32 {
	b := r.Take(4)
	if b == nil {
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(b))
	if !(v >= -Most && v <= Most) {
		r.Fail(ErrContent)
		return 0
	}
	return v
}

// Bool reads a yes or no.
func (r *Reader) Bool() bool {
	b := r.Take(1)
	if b != nil && b[0] > 1 {
		r.Fail(ErrContent)
	}
	return b != nil && b[0] == 1
}

// Exactly reads a length, which has to be n.
func (r *Reader) Exactly(n int) bool {
	if r.Count(n) != n {
		r.Fail(ErrContent)
	}
	return r.Err == nil
}

// Floats reads n numbers after their length.
func (r *Reader) Floats(n int) []float32 {
	if !r.Exactly(n) || len(r.B)/4 < n {
		r.Fail(ErrCut)
		return nil
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = r.Float()
	}
	return out
}

// Bytes reads n bytes after their length.
func (r *Reader) Bytes(n int) []byte {
	if !r.Exactly(n) {
		return nil
	}
	return bytes.Clone(r.Take(n)) // a part of a small file would keep all of it
}
