package feature

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Kept is a vector as text, for logs that keep no questions: buckets and
// counts, then the measures, in base64. A bucket stands for many words, and
// which of them was meant cannot be told from it alone; who guesses a question
// can test the guess.
func (v *Vector) Kept() string {
	terms := slices.Clone(v.Terms)
	slices.SortFunc(terms, func(a, b Term) int { return cmp.Compare(a.Bucket, b.Bucket) })
	out := binary.AppendUvarint([]byte{keptFormat}, uint64(len(terms)))
	last := uint32(0)
	for _, t := range terms {
		out = binary.AppendUvarint(out, uint64(t.Bucket-last))
		out = binary.AppendUvarint(out, uint64(t.Count))
		last = t.Bucket
	}
	for _, f := range v.Form {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(out)
}

// keptFormat is the first byte of a kept vector: it changes with what buckets
// and measures mean.
const keptFormat = 1

// maxCount bounds how often a term is in a text, which is itself bounded.
const maxCount = maxText + 1

var errKept = errors.New("no question in numbers of this version")

// ReadKept reads a vector that Kept wrote.
func ReadKept(text string) (*Vector, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != keptFormat {
		return nil, errKept
	}
	b = b[1:]
	number := func(most uint64) uint64 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > most {
			err = errKept
			return 0
		}
		b = b[size:]
		return n
	}
	v := &Vector{}
	n := number(uint64(len(b)) / 2)
	at := uint64(0)
	for i := uint64(0); i < n && err == nil; i++ {
		step := number(1<<Bits - 1)
		if at += step; at >= 1<<Bits || i > 0 && step == 0 {
			return nil, errKept
		}
		v.Terms = append(v.Terms, Term{Bucket: uint32(at), Count: float32(number(maxCount))})
	}
	if err != nil || len(b) != 4*FormSize {
		return nil, errKept
	}
	for i := range v.Form {
		f := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if f != f || f < 0 || f > 1e6 {
			return nil, errKept
		}
		v.Form[i] = f
	}
	return v, nil
}

// Language is the language that a text looks like: "ja", "en" for letters of
// ASCII, or "" where it is neither.
func (v *Vector) Language() string {
	switch cjk, wide := v.Form[formCJK], v.Form[formWide]; {
	case cjk > .1:
		return "ja"
	case wide < .1 && v.Form[formWords] > 0:
		return "en"
	}
	return ""
}

// Where the measures that Language needs stand.
const (
	formWords = 1
	formWide  = 18
	formCJK   = 19
)
