package predict

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"

	"irori/internal/llm"
	"irori/internal/route/feature"
	"irori/internal/route/predict/table"
	"irori/internal/route/whole"
)

// A model's file: the magic, the format's number, the chain (see Model), the
// length of the content, the content, and the SHA-256 of all before it. The
// content is the summary as JSON and then tables of numbers, little-endian,
// each after its length; loading.go reads it, storing.go writes it.
const (
	magic      = "IRORIPRE"
	fileFormat = 3
	// fileBefore is the format of models that know nothing of questions unlike
	// those of their training: it lacks the table that comes last.
	fileBefore = 2
	hashSize   = sha256.Size
	// maxFile bounds what is read: a model of a hundred thousand questions has
	// some 30 MB.
	maxFile = 256 << 20
)

var order = binary.LittleEndian

// Version names what a model has learnt, in 16 hexadecimal digits: the
// beginning of a hash of what training made and of every lesson since.
func (m *Model) Version() string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return hex.EncodeToString(m.chain[:8])
}

// content is the hash of what training made. The caller holds mu, and nothing
// has been learnt since.
func (m *Model) content() [hashSize]byte { return sha256.Sum256(m.store()) }

// link makes a lesson part of the version. The caller holds mu.
func (m *Model) link(v *feature.Vector, e *Example) {
	h := sha256.New()
	h.Write(m.chain[:])
	var b []byte
	for _, t := range v.Terms {
		b = order.AppendUint32(order.AppendUint32(b, t.Bucket), math.Float32bits(t.Count))
	}
	for side := range 2 {
		b = append(b, byte(side))
		if s := e.score(side); s != nil {
			b = order.AppendUint64(order.AppendUint64(b, math.Float64bits(*s)), math.Float64bits(e.counts(side)))
		}
	}
	if !e.At.IsZero() {
		b = order.AppendUint64(b, uint64(e.At.Unix()))
	}
	h.Write(b)
	h.Sum(m.chain[:0])
}

// WriteTo writes the model's file.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.file())
	return int64(n), err
}

func (m *Model) file() []byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	content := m.store()
	b := append(make([]byte, 0, len(content)+128), magic...)
	if m.beyond == nil {
		b = order.AppendUint32(b, fileBefore)
	} else {
		b = order.AppendUint32(b, fileFormat)
	}
	b = append(b, m.chain[:]...)
	b = order.AppendUint64(b, uint64(len(content)))
	b = append(b, content...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Save writes the model's file in place of what stood there: whole, or not at
// all.
func (m *Model) Save(path string) error {
	return whole.Write(path, m.file())
}

// errFormat says that a file is of another version of the format.
var errFormat = errors.New("it was written by another version of Irori")

// Load reads the model of a file. Of the options only Domain counts: a domain
// is told as it was in training, or not at all.
func Load(path string, o Options) (*Model, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no model at %s", path).
			WithHint("irori route train --in outcomes.jsonl --out %s", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is a folder, and a trained model is wanted", path).WithHint("ls -l %s", path)
	}
	m, err := Read(f, o)
	switch {
	case errors.Is(err, errNone):
		// Whatever it is, the hint must not be one that overwrites it.
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s cannot be used: %v", path, err).
			WithHint("a model is what irori route train --out wrote; outcomes to learn from now are named by --train")
	case err != nil:
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s cannot be used: %v", path, err).
			WithHint("irori route train --in outcomes.jsonl --out %s", path)
	}
	return m, nil
}

// Read reads the model of a file, as Load does.
func Read(r io.Reader, o Options) (*Model, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	const before = len(magic) + 4 + hashSize + 8
	switch {
	case len(b) > maxFile:
		return nil, errors.New("it is larger than a model can be")
	case len(b) < len(magic)+4 || string(b[:len(magic)]) != magic:
		return nil, errNone
	case order.Uint32(b[len(magic):]) != fileFormat && order.Uint32(b[len(magic):]) != fileBefore:
		return nil, errFormat
	case len(b) < before+hashSize:
		return nil, table.ErrCut
	}
	end := len(b) - hashSize
	if n := order.Uint64(b[before-8:]); n != uint64(end-before) {
		return nil, table.ErrCut
	}
	if sum := sha256.Sum256(b[:end]); !bytes.Equal(sum[:], b[end:]) {
		return nil, errors.New("its content has been changed or damaged")
	}
	m := &Model{domain: o.Domain}
	copy(m.chain[:], b[before-8-hashSize:])
	if err := m.load(b[before:end], order.Uint32(b[len(magic):]) == fileFormat); err != nil {
		return nil, err
	}
	if m.summary.Learnt == 0 && sha256.Sum256(b[before:end]) != m.chain {
		return nil, errors.New("its version is not that of its content")
	}
	return m, nil
}

var errNone = errors.New("it is no trained model")

// store makes the content. The caller holds mu.
func (m *Model) store() []byte {
	summary, err := json.Marshal(m.summary)
	if err != nil {
		panic(err) // numbers, strings and times of years that JSON has
	}
	w := &storing{table.Writer{B: make([]byte, 0, 1<<20+len(m.picture.Basis))}}
	w.Bytes(summary)
	w.Count(m.pictured)
	for _, part := range [][2]int{{0, m.pictured}, {m.pictured, len(m.buckets)}} {
		w.Count(part[1] - part[0])
		last := uint32(0)
		for c := part[0]; c < part[1]; c++ {
			w.Count(int(m.buckets[c] - last))
			w.Count(int(m.seen[c]))
			last = m.buckets[c]
		}
	}
	w.Count(m.picture.Size)
	w.Floats(m.picture.Scale)
	w.Bytes(m.picture.Basis)
	for _, s := range append(m.form[:len(m.form):len(m.form)], m.request[:]...) {
		w.Float(s.mean)
		w.Float(s.inverse)
	}
	w.Count(m.embedded)
	for side := range m.heads {
		h := &m.heads[side]
		w.logistic(h.words)
		w.trees(h.trees)
		w.Bool(h.embedded != nil)
		if h.embedded != nil {
			w.logistic(h.embedded)
		}
	}
	w.memory(m.past)
	if m.beyond != nil {
		m.beyond.Write(&w.Writer) // the last, and not there where nothing is known
	}
	return w.B
}
