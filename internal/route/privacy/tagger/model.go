package tagger

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the weights
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Label says what a token is.
type Label uint8

// The labels of the chain.
const (
	Outside Label = iota
	Begin
	Inside
	Labels
)

// Row is a feature's weights: for Begin and for Inside, in steps of the model's
// Step; Outside has none. The mark tells features apart that share a place, and
// is 0 where none is.
type Row struct {
	Mark          uint16
	Begin, Inside int8
}

// Model is a linear-chain conditional random field over hashed features: what
// each feature says for each label, and what each label says for the next.
// It is read only, and safe for concurrent use.
type Model struct {
	// Rows is an open hash table of features; their number is a power of two.
	Rows []Row
	// Next is what a label, first index, says for the one behind it; the last row
	// is the beginning of a chain.
	Next [Labels + 1][Labels]float32
	// Step is the size of one step of weights.
	Step float32
	// Bias is added to Outside: the higher, the fewer names, found or wrong.
	Bias float32
	// Again is what Outside loses where a text has a name already.
	Again float32
}

// mark is a feature's mark.
func mark(f uint32) uint16 { return uint16(f>>16) | 1 }

// Put keeps a feature's weights, and reports whether there was room.
func (m *Model) Put(f uint32, begin, inside int8) bool {
	mask := uint32(len(m.Rows) - 1)
	for i, n := f&mask, 0; n < 64; i, n = (i+1)&mask, n+1 {
		if r := &m.Rows[i]; r.Mark == 0 {
			*r = Row{mark(f), begin, inside}
			return true
		} else if r.Mark == mark(f) {
			return false
		}
	}
	return false
}

// row is a feature's.
func (m *Model) row(f uint32) Row {
	mask, is := uint32(len(m.Rows)-1), mark(f)
	for i := f & mask; ; i = (i + 1) & mask {
		if r := m.Rows[i]; r.Mark == is || r.Mark == 0 {
			return r
		}
	}
}

// decoder finds the likeliest labels of chains, by Viterbi's algorithm.
type decoder struct {
	back   [][Labels]Label
	labels []Label
}

// decode returns the labels of a chain, until it is asked again.
func (d *decoder) decode(m *Model, c Chain) []Label {
	n := len(c)
	for len(d.back) < n {
		d.back = append(d.back, [Labels]Label{})
		d.labels = append(d.labels, Outside)
	}
	var at [Labels]float32
	for l := range Labels {
		at[l] = m.Next[Labels][l] + c[0].score[l]
	}
	for i := 1; i < n; i++ {
		var to [Labels]float32
		for l := range Labels {
			best, from := at[0]+m.Next[0][l], Outside
			for k := Begin; k < Labels; k++ {
				if s := at[k] + m.Next[k][l]; s > best {
					best, from = s, k
				}
			}
			to[l], d.back[i][l] = best+c[i].score[l], from
		}
		at = to
	}
	last := Outside
	for l := range Labels {
		if at[l] > at[last] {
			last = l
		}
	}
	for i := n - 1; i >= 0; i-- {
		d.labels[i] = last
		last = d.back[i][last]
	}
	return d.labels[:n]
}

// Write packs a model.
func (m *Model) Write(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, v := range []any{uint32(len(m.Rows)), m.Step, m.Bias, m.Again, m.Next, m.Rows} {
		if err := binary.Write(z, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	return z.Close()
}

// Read unpacks a model that Write packed.
func Read(packed []byte) (*Model, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	m, n := &Model{}, uint32(0)
	for _, v := range []any{&n, &m.Step, &m.Bias, &m.Again, &m.Next} {
		if err := binary.Read(z, binary.LittleEndian, v); err != nil {
			return nil, err
		}
	}
	if n == 0 || n&(n-1) != 0 || n > 1<<22 {
		return nil, fmt.Errorf("%d rows of weights", n)
	}
	m.Rows = make([]Row, n)
	return m, binary.Read(z, binary.LittleEndian, m.Rows)
}

// Shut makes a model's gate keep out the words with a feature.
func (m *Model) Shut(feature uint32) bool { return m.Put(feature, shut, shut) }

// shut is the weight of what a gate keeps out; no other is so low.
const shut = -128

//go:embed english.gz
var englishPacked []byte

//go:embed japanese.gz
var japanesePacked []byte

func load(packed []byte) func() *Model {
	return sync.OnceValue(func() *Model {
		m, err := Read(packed)
		if err != nil {
			panic(err) // the program was built wrongly
		}
		return m
	})
}

var englishModel, japaneseModel = load(englishPacked), load(japanesePacked)
