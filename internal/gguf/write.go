package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Writer collects metadata and tensors and writes them as a version 3 file. The
// zero value is ready to use.
type Writer struct {
	keys    []string
	kinds   map[string][]byte // kind and value, as they stand in the file
	tensors []Tensor
	data    []io.Reader
	names   map[string]bool
	align   uint64
}

// Put sets a key. value is a bool, an integer or float of a sized type, an int
// (written as int32 or, where it does not fit, int64), a string, or a slice of
// these.
func (w *Writer) Put(key string, value any) error {
	if key == "" || len(key) > maxKeyLen {
		return fmt.Errorf("gguf: key %q: a key has 1 to %d bytes", key, maxKeyLen)
	}
	b, err := encode(value)
	if err != nil {
		return fmt.Errorf("gguf: key %q: %w", key, err)
	}
	if key == "general.alignment" {
		a, ok := value.(uint32)
		if !ok || a == 0 || a&(a-1) != 0 {
			return fmt.Errorf("gguf: key %q: must be a uint32 and a power of two", key)
		}
		w.align = uint64(a)
	}
	if w.kinds == nil {
		w.kinds = map[string][]byte{}
	}
	if _, ok := w.kinds[key]; !ok {
		w.keys = append(w.keys, key)
	}
	w.kinds[key] = b
	return nil
}

// Add appends a tensor whose bytes are read from data when the file is written.
// Offset and Size of t are worked out.
func (w *Writer) Add(t Tensor, data io.Reader) error {
	if w.names[t.Name] || t.Name == "" {
		return fmt.Errorf("gguf: tensor %q: empty or given twice", t.Name)
	}
	if len(t.Dims) > maxDims {
		return fmt.Errorf("gguf: tensor %q: %d dimensions, at most %d are possible", t.Name, len(t.Dims), maxDims)
	}
	elements := uint64(1)
	for _, d := range t.Dims {
		if d == 0 || elements > math.MaxInt64/d {
			return fmt.Errorf("gguf: tensor %q: dimensions %v are 0 or overflow", t.Name, t.Dims)
		}
		elements *= d
	}
	size, err := tensorSize(t, elements)
	if err != nil {
		return fmt.Errorf("gguf: tensor %q: %w", t.Name, err)
	}
	t.Size = size
	if w.names == nil {
		w.names = map[string]bool{}
	}
	w.names[t.Name] = true
	w.tensors = append(w.tensors, t)
	w.data = append(w.data, data)
	return nil
}

// WriteTo writes the file. The readers given to Add are consumed, so that it
// works once.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	align := w.align
	if align == 0 {
		align = defaultAlignment
	}
	le := binary.LittleEndian
	head := append([]byte("GGUF"), 3, 0, 0, 0)
	head = le.AppendUint64(head, uint64(len(w.tensors)))
	head = le.AppendUint64(head, uint64(len(w.keys)))
	for _, k := range w.keys {
		head = append(appendString(head, k), w.kinds[k]...)
	}
	var off uint64
	for _, t := range w.tensors {
		head = appendString(head, t.Name)
		head = le.AppendUint32(head, uint32(len(t.Dims)))
		for _, d := range t.Dims {
			head = le.AppendUint64(head, d)
		}
		head = le.AppendUint32(head, uint32(t.Type))
		head = le.AppendUint64(head, off)
		off += padded(uint64(t.Size), align)
	}
	head = append(head, make([]byte, padded(uint64(len(head)), align)-uint64(len(head)))...)
	n, err := out.Write(head)
	written := int64(n)
	for i, t := range w.tensors {
		if err != nil {
			break
		}
		var m int64
		m, err = io.CopyN(out, w.data[i], t.Size)
		written += m
		if err != nil {
			return written, fmt.Errorf("gguf: tensor %q: %d of %d bytes: %w", t.Name, m, t.Size, err)
		}
		n, err = out.Write(make([]byte, padded(uint64(t.Size), align)-uint64(t.Size)))
		written += int64(n)
	}
	return written, err
}

func padded(n, align uint64) uint64 { return (n + align - 1) / align * align }

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// encode returns the kind and the bytes of a value as they stand in a file.
func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case []string:
		return encodeSlice(v)
	case []uint8:
		return encodeSlice(v)
	case []int8:
		return encodeSlice(v)
	case []uint16:
		return encodeSlice(v)
	case []int16:
		return encodeSlice(v)
	case []uint32:
		return encodeSlice(v)
	case []int32:
		return encodeSlice(v)
	case []float32:
		return encodeSlice(v)
	case []bool:
		return encodeSlice(v)
	case []uint64:
		return encodeSlice(v)
	case []int64:
		return encodeSlice(v)
	case []float64:
		return encodeSlice(v)
	}
	k, b, err := encodeOne(nil, value)
	if err != nil {
		return nil, err
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(k)), b...), nil
}

func encodeSlice[T any](v []T) ([]byte, error) {
	var zero T
	k, _, err := encodeOne(nil, zero)
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(Array))
	b = binary.LittleEndian.AppendUint32(b, uint32(k))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(v)))
	for _, x := range v {
		if _, b, err = encodeOne(b, x); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// encodeOne appends one value that is no array.
func encodeOne(b []byte, value any) (Kind, []byte, error) {
	le := binary.LittleEndian
	switch v := value.(type) {
	case string:
		if len(v) > maxString {
			return 0, nil, fmt.Errorf("a string of %d bytes is over the limit of %d", len(v), maxString)
		}
		return String, appendString(b, v), nil
	case bool:
		if v {
			return Bool, append(b, 1), nil
		}
		return Bool, append(b, 0), nil
	case uint8:
		return Uint8, append(b, v), nil
	case int8:
		return Int8, append(b, uint8(v)), nil
	case uint16:
		return Uint16, le.AppendUint16(b, v), nil
	case int16:
		return Int16, le.AppendUint16(b, uint16(v)), nil
	case uint32:
		return Uint32, le.AppendUint32(b, v), nil
	case int32:
		return Int32, le.AppendUint32(b, uint32(v)), nil
	case float32:
		return Float32, le.AppendUint32(b, math.Float32bits(v)), nil
	case uint64:
		return Uint64, le.AppendUint64(b, v), nil
	case int64:
		return Int64, le.AppendUint64(b, uint64(v)), nil
	case float64:
		return Float64, le.AppendUint64(b, math.Float64bits(v)), nil
	case int:
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return encodeOne(b, int32(v))
		}
		return encodeOne(b, int64(v))
	}
	return 0, nil, fmt.Errorf("a %T cannot be written", value)
}
