package learn

import (
	"encoding/binary"
	"math"
)

// View is a picture as others are compared with it, which are kept in steps of
// 1/127 from 1 to 255, where 128 is none. It holds whole numbers, two to a
// word, so that a multiplication makes two products and adds them.
type View struct {
	words [MaxSize / 2]int64
	used  int   // of words
	sum   int64 // of the numbers
}

// fineness is how many steps to 1 a picture has that is compared with others.
const fineness = 1 << 13

// Set makes it the view of a picture.
func (v *View) Set(picture []float32) {
	v.used, v.sum = Stride(len(picture))/2, 0
	clear(v.words[:v.used])
	for j, x := range picture {
		step := int64(math.Round(float64(x) * fineness))
		v.sum += step
		// Byte b of eight meets the word b modulo 4. What is below 32 bits there
		// is multiplied into what is above them, and the other way round.
		v.words[j/8*4+j%4] += step << (32 - j%8/4*32)
	}
}

// Cosine is that of the picture and another, times 127.
func (v *View) Cosine(other []uint8) float32 {
	const lanes = 0x0000_00ff_0000_00ff
	var a, b, c, d int64
	words := v.words[:v.used]
	for len(words) >= 8 && len(other) >= 16 {
		w, o := (*[8]int64)(words), (*[16]uint8)(other)
		x, y := binary.LittleEndian.Uint64(o[:8]), binary.LittleEndian.Uint64(o[8:])
		a += int64(x&lanes)*w[0] + int64(y&lanes)*w[4]
		b += int64(x>>8&lanes)*w[1] + int64(y>>8&lanes)*w[5]
		c += int64(x>>16&lanes)*w[2] + int64(y>>16&lanes)*w[6]
		d += int64(x>>24&lanes)*w[3] + int64(y>>24&lanes)*w[7]
		words, other = words[8:], other[16:]
	}
	for ; len(words) >= 4 && len(other) >= 8; words, other = words[4:], other[8:] {
		x := binary.LittleEndian.Uint64(other)
		a += int64(x&lanes) * words[0]
		b += int64(x>>8&lanes) * words[1]
		c += int64(x>>16&lanes) * words[2]
		d += int64(x>>24&lanes) * words[3]
	}
	// Below 32 bits are products that nobody asked for: at most a step of many.
	return float32((a+b+c+d)>>32-middle*v.sum) / fineness
}
