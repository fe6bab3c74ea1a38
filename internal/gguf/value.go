package gguf

import (
	"fmt"
	"iter"
	"math"
)

// Kind is the type of a metadata value.
type Kind uint32

// The kinds of metadata values, by their numbers in the file.
const (
	Uint8 Kind = iota
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Float32
	Bool
	String
	Array
	Uint64
	Int64
	Float64
)

var kindNames = [...]string{
	"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array",
	"uint64", "int64", "float64",
}

// kindBytes is the width of a value; 0 for strings and arrays, whose width
// varies.
var kindBytes = [...]uint64{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

// String returns the kind's name.
func (k Kind) String() string {
	if int64(k) < int64(len(kindNames)) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint32(k))
}

func (k Kind) known() bool { return int64(k) < int64(len(kindNames)) }

// Value is one metadata value. An array's elements stay in the file: Value
// holds only their kind, count and place.
type Value struct {
	Kind Kind
	// Elem and Len describe an array.
	Elem Kind
	Len  uint64

	bits uint64 // scalars, as their bits
	str  string
	off  int64 // where an array's elements begin
	end  int64
}

// Bytes returns how many bytes of the file an array's elements take.
func (v Value) Bytes() int64 { return v.end - v.off }

// asUint returns an unsigned or non-negative integer.
func asUint(k Kind, bits uint64) (uint64, bool) {
	switch k {
	case Uint8, Uint16, Uint32, Uint64:
		return bits, true
	case Int8, Int16, Int32, Int64:
		return bits, int64(bits) >= 0
	}
	return 0, false
}

func asInt(k Kind, bits uint64) (int64, bool) {
	switch k {
	case Uint8, Uint16, Uint32, Uint64:
		return int64(bits), bits <= math.MaxInt64
	case Int8, Int16, Int32, Int64:
		return int64(bits), true
	}
	return 0, false
}

func asFloat(k Kind, bits uint64) (float64, bool) {
	switch k {
	case Float32:
		return float64(math.Float32frombits(uint32(bits))), true
	case Float64:
		return math.Float64frombits(bits), true
	}
	return 0, false
}

// scalar reads one value of a fixed width; signed ones are sign-extended.
func (c *cursor) scalar(k Kind) (uint64, error) {
	b, err := c.peek(int(kindBytes[k]))
	if err != nil {
		return 0, err
	}
	var u uint64
	for i := len(b) - 1; i >= 0; i-- {
		u = u<<8 | uint64(b[i])
	}
	c.off += int64(len(b))
	switch k {
	case Int8:
		return uint64(int64(int8(u))), nil
	case Int16:
		return uint64(int64(int16(u))), nil
	case Int32:
		return uint64(int64(int32(u))), nil
	case Bool:
		if u > 1 {
			return 0, fmt.Errorf("a bool of %d", u)
		}
	}
	return u, nil
}

// Value returns the value of a key.
func (f *File) Value(key string) (Value, bool) {
	v, ok := f.values[key]
	return v, ok
}

// Keys yields the metadata keys in the order of the file.
func (f *File) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, k := range f.keys {
			if !yield(k) {
				return
			}
		}
	}
}

// String returns the text of a key; ok is false where it is absent or is not a
// string.
func (f *File) String(key string) (s string, ok bool) {
	v, ok := f.values[key]
	return v.str, ok && v.Kind == String
}

// Uint returns a whole number that is not negative, of any width.
func (f *File) Uint(key string) (uint64, bool) {
	v := f.lookup(key)
	return asUint(v.Kind, v.bits)
}

// Int returns a whole number of any width.
func (f *File) Int(key string) (int64, bool) {
	v := f.lookup(key)
	return asInt(v.Kind, v.bits)
}

// Float returns a floating point number of either width.
func (f *File) Float(key string) (float64, bool) {
	v := f.lookup(key)
	return asFloat(v.Kind, v.bits)
}

// Bool returns a truth value.
func (f *File) Bool(key string) (value, ok bool) {
	v := f.lookup(key)
	return v.bits == 1, v.Kind == Bool
}

// lookup returns the value of a key, or one of kind Array, which no scalar
// getter accepts, where the key is absent.
func (f *File) lookup(key string) Value {
	if v, ok := f.values[key]; ok {
		return v
	}
	return Value{Kind: Array}
}

// Strings yields the strings of an array, read from the file as it goes. The
// first error ends it; a key that is absent or no array of strings is an error.
func (f *File) Strings(key string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		v, ok := f.values[key]
		if !ok || v.Kind != Array || v.Elem != String {
			yield("", fmt.Errorf("gguf: key %q: no array of strings", key))
			return
		}
		c := newCursor(f.r, v.off, v.end)
		for i := range v.Len {
			s, err := c.str(maxString)
			if err != nil {
				yield("", fmt.Errorf("gguf: key %q: element %d: %w", key, i, err))
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// elements yields the bits of the elements of an array of fixed width.
func (f *File) elements(key string, v Value) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		c := newCursor(f.r, v.off, v.end)
		for i := range v.Len {
			bits, err := c.scalar(v.Elem)
			if err != nil {
				yield(0, fmt.Errorf("gguf: key %q: element %d: %w", key, i, err))
				return
			}
			if !yield(bits, nil) {
				return
			}
		}
	}
}

// Ints yields the whole numbers (or truth values, as 0 and 1) of an array.
func (f *File) Ints(key string) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		v, ok := f.values[key]
		_, whole := asInt(v.Elem, 0)
		if !ok || v.Kind != Array || !whole && v.Elem != Bool {
			yield(0, fmt.Errorf("gguf: key %q: no array of whole numbers", key))
			return
		}
		for bits, err := range f.elements(key, v) {
			if !yield(int64(bits), err) || err != nil {
				return
			}
		}
	}
}

// Floats yields the floating point numbers of an array.
func (f *File) Floats(key string) iter.Seq2[float64, error] {
	return func(yield func(float64, error) bool) {
		v, ok := f.values[key]
		if _, float := asFloat(v.Elem, 0); !ok || v.Kind != Array || !float {
			yield(0, fmt.Errorf("gguf: key %q: no array of floating point numbers", key))
			return
		}
		for bits, err := range f.elements(key, v) {
			x, _ := asFloat(v.Elem, bits)
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}
