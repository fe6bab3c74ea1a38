package gguf

import (
	"fmt"
	"math"
	"strings"
)

// Type is the number of a tensor's element type (ggml_type in llama.cpp). It is
// another number space than FileType.
type Type uint32

// The tensor types that this package names in code. The others are known by
// number and by name, see ParseType.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q2_K Type = 10
	Q3_K Type = 11
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14
	BF16 Type = 30
)

// layout is how one tensor type packs: bytes for each block of weights.
type layout struct {
	name   string
	block  uint64
	nbytes uint64
}

// layouts is indexed by Type; an empty name is a number that was never given or
// was taken back.
var layouts = [...]layout{
	0: {"F32", 1, 4}, 1: {"F16", 1, 2},
	2: {"Q4_0", 32, 18}, 3: {"Q4_1", 32, 20},
	6: {"Q5_0", 32, 22}, 7: {"Q5_1", 32, 24}, 8: {"Q8_0", 32, 34}, 9: {"Q8_1", 32, 36},
	10: {"Q2_K", 256, 84}, 11: {"Q3_K", 256, 110}, 12: {"Q4_K", 256, 144},
	13: {"Q5_K", 256, 176}, 14: {"Q6_K", 256, 210}, 15: {"Q8_K", 256, 292},
	16: {"IQ2_XXS", 256, 66}, 17: {"IQ2_XS", 256, 74}, 18: {"IQ3_XXS", 256, 98},
	19: {"IQ1_S", 256, 50}, 20: {"IQ4_NL", 32, 18}, 21: {"IQ3_S", 256, 110},
	22: {"IQ2_S", 256, 82}, 23: {"IQ4_XS", 256, 136},
	24: {"I8", 1, 1}, 25: {"I16", 1, 2}, 26: {"I32", 1, 4}, 27: {"I64", 1, 8}, 28: {"F64", 1, 8},
	29: {"IQ1_M", 256, 56}, 30: {"BF16", 1, 2},
	34: {"TQ1_0", 256, 54}, 35: {"TQ2_0", 256, 66},
	39: {"MXFP4", 32, 17}, 40: {"NVFP4", 64, 36}, 41: {"Q1_0", 128, 18}, 42: {"Q2_0", 64, 18},
}

// withdrawn are the type numbers that older files carry and that llama.cpp took
// back; saying so helps more than "unknown".
var withdrawn = map[Type]string{
	4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
	36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8",
}

func (t Type) layout() (layout, bool) {
	if uint64(t) >= uint64(len(layouts)) || layouts[t].name == "" {
		return layout{}, false
	}
	return layouts[t], true
}

// String returns the type's name in llama.cpp's spelling, such as "Q4_K".
func (t Type) String() string {
	if l, ok := t.layout(); ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Block returns how many weights one block holds and how many bytes it takes;
// ok is false for a type that is not known.
func (t Type) Block() (weights, bytes uint64, ok bool) {
	l, ok := t.layout()
	return l.block, l.nbytes, ok
}

// RowBytes returns the bytes that n weights take, rounded up to whole blocks.
func (t Type) RowBytes(n uint64) (uint64, error) {
	l, ok := t.layout()
	if !ok {
		return 0, fmt.Errorf("gguf: %s is not known", t)
	}
	blocks := n / l.block
	if n%l.block != 0 {
		blocks++
	}
	if blocks > math.MaxInt64/l.nbytes {
		return 0, fmt.Errorf("gguf: %d weights of %s overflow", n, t)
	}
	return blocks * l.nbytes, nil
}

// ParseType returns the type of a name, in either case.
func ParseType(name string) (Type, bool) {
	for i, l := range layouts {
		if l.name != "" && strings.EqualFold(l.name, name) {
			return Type(i), true
		}
	}
	return 0, false
}

// FileType is the value of general.file_type: the recipe that the whole file was
// quantized with. It is another number space than Type.
type FileType uint32

// fileTypes is indexed by FileType.
var fileTypes = [...]string{
	0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1",
	10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M",
	16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
	19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S",
	25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M",
	32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0", 41: "Q2_0",
}

// String returns the quantization's name, such as "Q4_K_M".
func (t FileType) String() string {
	if uint64(t) < uint64(len(fileTypes)) && fileTypes[t] != "" {
		return fileTypes[t]
	}
	return fmt.Sprintf("file type %d", uint32(t))
}

// Known reports whether the number has a name.
func (t FileType) Known() bool {
	return uint64(t) < uint64(len(fileTypes)) && fileTypes[t] != ""
}

// QuantizationNames lists the names that general.file_type can stand for, in
// the order of their numbers.
func QuantizationNames() []string {
	var out []string
	for _, n := range fileTypes {
		if n != "" {
			out = append(out, n)
		}
	}
	return out
}
