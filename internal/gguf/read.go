package gguf

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
)

// What a file may hold at most. Real files stay far below: the largest seen have
// some 100 keys, 2,000 tensors and 40 MB of metadata.
const (
	maxKeys      = 1 << 16
	maxTensors   = 1 << 17
	maxKeyLen    = 1<<16 - 1
	maxNameLen   = 1 << 10
	maxString    = 16 << 20
	maxNesting   = 3
	maxMetadata  = 1 << 30
	maxDims      = 4
	maxAlignment = 1 << 20

	defaultAlignment = 32
)

// Smallest sizes of an entry in the file, so that a count can be checked against
// the bytes that are left before anything is allocated for it.
const (
	minKeyBytes    = 8 + 1 + 4 + 1
	minTensorBytes = 8 + 1 + 4 + 4 + 8
)

// Tensor is one tensor's entry. Offset counts from the start of the file.
type Tensor struct {
	Name   string
	Dims   []uint64
	Type   Type
	Offset int64
	Size   int64
}

// Elements returns the number of weights.
func (t Tensor) Elements() uint64 {
	n := uint64(1)
	for _, d := range t.Dims {
		n *= d // cannot overflow: checked when the file was read
	}
	return n
}

// File is the parsed header of a GGUF file. Its methods may be called from
// several goroutines.
type File struct {
	// Version is 2 or 3.
	Version uint32
	// Alignment is what tensor offsets are multiples of.
	Alignment uint64
	// Size is the file's length and DataOffset where tensor data begins.
	Size, DataOffset int64
	// Tensors are in the order of the file.
	Tensors []Tensor

	r      io.ReaderAt
	closer io.Closer
	keys   []string
	values map[string]Value
	byName map[string]int
}

// Open reads the header of the file at path and keeps the file open for arrays
// and tensor data until Close.
func Open(path string) (*File, error) {
	fh, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := fh.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("gguf: %s is not a regular file", path)
	}
	if err != nil {
		return nil, errors.Join(err, fh.Close())
	}
	f, err := Read(fh, st.Size())
	if err != nil {
		return nil, errors.Join(err, fh.Close())
	}
	f.closer = fh
	return f, nil
}

// Read parses the header of the size bytes behind r. The File keeps r.
func Read(r io.ReaderAt, size int64) (*File, error) {
	if size < 0 {
		return nil, fmt.Errorf("gguf: a size of %d", size)
	}
	f := &File{Size: size, Alignment: defaultAlignment, r: r, values: map[string]Value{}, byName: map[string]int{}}
	c := newCursor(r, 0, min(size, maxMetadata))
	nTensors, nKeys, err := f.readPreamble(c)
	if err != nil {
		return nil, err
	}
	if err := f.readKeys(c, nKeys); err != nil {
		return nil, err
	}
	if err := f.readAlignment(); err != nil {
		return nil, err
	}
	if err := f.readTensors(c, nTensors); err != nil {
		return nil, err
	}
	if err := f.place(c.off); err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

func (f *File) readPreamble(c *cursor) (tensors, keys uint64, err error) {
	magic, err := c.peek(4)
	if err != nil {
		return 0, 0, fmt.Errorf("gguf: magic: %w", err)
	}
	if string(magic) != "GGUF" {
		return 0, 0, fmt.Errorf("gguf: magic: %q is not \"GGUF\": this is no GGUF file", magic)
	}
	c.off += 4
	if f.Version, err = c.u32(); err != nil {
		return 0, 0, fmt.Errorf("gguf: version: %w", err)
	}
	if err := checkVersion(f.Version); err != nil {
		return 0, 0, err
	}
	if tensors, err = c.u64(); err != nil {
		return 0, 0, fmt.Errorf("gguf: tensor count: %w", err)
	}
	if keys, err = c.u64(); err != nil {
		return 0, 0, fmt.Errorf("gguf: key count: %w", err)
	}
	if err := checkCount("tensor count", tensors, maxTensors, minTensorBytes, c.left()); err != nil {
		return 0, 0, err
	}
	return tensors, keys, checkCount("key count", keys, maxKeys, minKeyBytes, c.left())
}

func checkVersion(v uint32) error {
	switch {
	case v == 2 || v == 3:
		return nil
	case v == 1:
		return errors.New("gguf: version: 1 is not supported, convert the model again")
	case v != 0 && v&0xffff == 0 && bits.ReverseBytes32(v) <= 16:
		return fmt.Errorf("gguf: version: %d in big-endian order: big-endian files are not supported", bits.ReverseBytes32(v))
	}
	return fmt.Errorf("gguf: version: %d is not supported", v)
}

// checkCount refuses a count over the limit or one that the bytes left cannot
// hold.
func checkCount(field string, n, limit, each uint64, left int64) error {
	if n > limit {
		return fmt.Errorf("gguf: %s: %d is over the limit of %d", field, n, limit)
	}
	if n*each > uint64(left) {
		return fmt.Errorf("gguf: %s: %d cannot be held by the %d bytes left", field, n, left)
	}
	return nil
}

func (f *File) readKeys(c *cursor, n uint64) error {
	for i := range n {
		key, err := c.str(maxKeyLen)
		if err != nil {
			return fmt.Errorf("gguf: key %d: %w", i, err)
		}
		if key == "" {
			return fmt.Errorf("gguf: key %d: empty", i)
		}
		if _, dup := f.values[key]; dup {
			return fmt.Errorf("gguf: key %q: given twice", key)
		}
		k, err := c.u32()
		if err != nil {
			return fmt.Errorf("gguf: key %q: kind: %w", key, err)
		}
		v, err := readValue(c, Kind(k))
		if err != nil {
			return fmt.Errorf("gguf: key %q: %w", key, err)
		}
		f.keys = append(f.keys, key)
		f.values[key] = v
	}
	return nil
}

func readValue(c *cursor, k Kind) (Value, error) {
	v := Value{Kind: k}
	var err error
	switch {
	case !k.known():
		return v, fmt.Errorf("%s is not known", k)
	case k == String:
		v.str, err = c.str(maxString)
	case k == Array:
		v.Elem, v.Len, err = arrayHead(c)
		if err == nil {
			v.off = c.off
			err = skipArray(c, v.Elem, v.Len, 1)
			v.end = c.off
		}
	default:
		v.bits, err = c.scalar(k)
	}
	return v, err
}

func arrayHead(c *cursor) (Kind, uint64, error) {
	k, err := c.u32()
	if err != nil {
		return 0, 0, fmt.Errorf("array kind: %w", err)
	}
	if !Kind(k).known() {
		return 0, 0, fmt.Errorf("array of %s: not known", Kind(k))
	}
	n, err := c.u64()
	if err != nil {
		return 0, 0, fmt.Errorf("array length: %w", err)
	}
	return Kind(k), n, nil
}

// skipArray moves over the elements of an array, checking every length on the
// way.
func skipArray(c *cursor, elem Kind, n uint64, depth int) error {
	least := kindBytes[elem]
	switch elem {
	case String:
		least = 8
	case Array:
		least = 12
	}
	if n > uint64(c.left())/least {
		return fmt.Errorf("array of %d %s: %w: %d bytes are left", n, elem, errCut, c.left())
	}
	switch elem {
	case String:
		for i := range n {
			size, err := c.strLen(maxString)
			if err == nil {
				err = c.skip(size)
			}
			if err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	case Array:
		if depth >= maxNesting {
			return fmt.Errorf("arrays nested deeper than %d", maxNesting)
		}
		for i := range n {
			k, m, err := arrayHead(c)
			if err == nil {
				err = skipArray(c, k, m, depth+1)
			}
			if err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
	return c.skip(n * least)
}

func (f *File) readAlignment() error {
	v, ok := f.values["general.alignment"]
	if !ok {
		return nil
	}
	a, ok := asUint(v.Kind, v.bits)
	if !ok {
		return fmt.Errorf("gguf: key \"general.alignment\": a %s, not a whole number", v.Kind)
	}
	if a == 0 || a > maxAlignment || a&(a-1) != 0 {
		return fmt.Errorf("gguf: key \"general.alignment\": %d is not a power of two up to %d", a, maxAlignment)
	}
	f.Alignment = a
	return nil
}

func (f *File) readTensors(c *cursor, n uint64) error {
	f.Tensors = make([]Tensor, 0, n) // n is bounded by the bytes left
	for i := range n {
		name, err := c.str(maxNameLen)
		if err != nil {
			return fmt.Errorf("gguf: tensor %d: name: %w", i, err)
		}
		t, err := readTensor(c, name)
		if err != nil {
			return fmt.Errorf("gguf: tensor %q: %w", name, err)
		}
		if _, dup := f.byName[name]; dup {
			return fmt.Errorf("gguf: tensor %q: given twice", name)
		}
		if uint64(t.Offset)%f.Alignment != 0 {
			return fmt.Errorf("gguf: tensor %q: offset %d is not a multiple of %d", name, t.Offset, f.Alignment)
		}
		f.byName[name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

func readTensor(c *cursor, name string) (Tensor, error) {
	t := Tensor{Name: name}
	if name == "" {
		return t, errors.New("empty name")
	}
	nd, err := c.u32()
	if err != nil {
		return t, fmt.Errorf("number of dimensions: %w", err)
	}
	if nd > maxDims {
		return t, fmt.Errorf("%d dimensions, at most %d are possible", nd, maxDims)
	}
	t.Dims = make([]uint64, nd)
	elements := uint64(1)
	for i := range t.Dims {
		d, err := c.u64()
		if err != nil {
			return t, fmt.Errorf("dimension %d: %w", i, err)
		}
		if d == 0 {
			return t, fmt.Errorf("dimension %d: 0", i)
		}
		hi, lo := bits.Mul64(elements, d)
		if hi != 0 || lo > math.MaxInt64 {
			return t, fmt.Errorf("dimension %d: %d overflows the element count", i, d)
		}
		t.Dims[i], elements = d, lo
	}
	ty, err := c.u32()
	if err != nil {
		return t, fmt.Errorf("type: %w", err)
	}
	t.Type = Type(ty)
	if t.Size, err = tensorSize(t, elements); err != nil {
		return t, err
	}
	off, err := c.u64()
	if err != nil {
		return t, fmt.Errorf("offset: %w", err)
	}
	if off > math.MaxInt64 {
		return t, fmt.Errorf("offset %d: too large", off)
	}
	t.Offset = int64(off)
	return t, nil
}

func tensorSize(t Tensor, elements uint64) (int64, error) {
	l, ok := t.Type.layout()
	if !ok {
		if old := withdrawn[t.Type]; old != "" {
			return 0, fmt.Errorf("type %d (%s) was withdrawn, convert the model again", uint32(t.Type), old)
		}
		return 0, fmt.Errorf("type %d is not known", uint32(t.Type))
	}
	row := uint64(1)
	if len(t.Dims) > 0 {
		row = t.Dims[0]
	}
	if row%l.block != 0 {
		return 0, fmt.Errorf("rows of %d weights are no multiple of %s's block of %d", row, l.name, l.block)
	}
	blocks := elements / l.block
	if blocks > math.MaxInt64/l.nbytes {
		return 0, fmt.Errorf("%d weights of %s overflow", elements, l.name)
	}
	return int64(blocks * l.nbytes), nil
}

// place turns relative offsets into absolute ones and checks that every tensor
// lies in the file and that no two share bytes.
func (f *File) place(headerEnd int64) error {
	a := int64(f.Alignment)
	f.DataOffset = (headerEnd + a - 1) / a * a
	order := make([]int, len(f.Tensors))
	for i := range f.Tensors {
		t := &f.Tensors[i]
		order[i] = i
		end, carry := bits.Add64(uint64(f.DataOffset)+uint64(t.Offset), uint64(t.Size), 0)
		if carry != 0 || end > math.MaxInt64 {
			return fmt.Errorf("gguf: tensor %q: offset %d and size %d overflow", t.Name, t.Offset, t.Size)
		}
		if int64(end) > f.Size {
			return fmt.Errorf("gguf: tensor %q: ends at byte %d beyond the file's %d", t.Name, end, f.Size)
		}
		t.Offset += f.DataOffset
	}
	slices.SortFunc(order, func(i, j int) int {
		switch d := f.Tensors[i].Offset - f.Tensors[j].Offset; {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	for i := 1; i < len(order); i++ {
		before, t := f.Tensors[order[i-1]], f.Tensors[order[i]]
		if before.Offset+before.Size > t.Offset {
			return fmt.Errorf("gguf: tensor %q: overlaps tensor %q at byte %d", t.Name, before.Name, t.Offset)
		}
	}
	return nil
}

// Tensor returns the tensor of a name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// TensorReader returns a reader of a tensor's bytes.
func (f *File) TensorReader(t Tensor) *io.SectionReader {
	return io.NewSectionReader(f.r, t.Offset, t.Size)
}
