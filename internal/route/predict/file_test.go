package predict

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/route/beyond"
	"irori/internal/route/feature"
)

func saved(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rich is a model with all that a file can hold.
func rich(t testing.TB) (*Model, []Example) {
	t.Helper()
	all := Examples(world(260, 7))
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range all {
		all[i].At = begin.Add(time.Duration(i) * time.Hour)
		if i%2 == 0 {
			n := i % 5
			all[i].Tools, all[i].Domain = &n, []string{"law", "sports"}[i/2%2]
		}
		v := make([]float32, 8)
		v[i%8], v[(i*3)%8] = 1, .5
		all[i].Embedding, all[i].EmbeddedBy = v, "small-embedder"
	}
	m, err := Fit(all[:200], Options{Seed: 9, Rounds: 12, Size: 8, Weak: "gemma", Strong: "cloud/large"})
	if err != nil {
		t.Fatal(err)
	}
	// These are too few outcomes to know of questions that are unlike them.
	m.beyond = unlike(t)
	m.chain = m.content()
	return m, all[200:]
}

// unlike is what a model of more outcomes than rich has knows of questions that
// are unlike them.
func unlike(t testing.TB) *beyond.Model {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 1))
	var all []beyond.Example
	var pictures []float32
	for i := range 2000 {
		e := beyond.Example{Form: make([]float64, feature.FormSize+1), Weak: float64(i % 2), Strong: 1, Count: 1}
		for j := range e.Form {
			e.Form[j] = rng.NormFloat64()
		}
		e.Form[0] = 1
		all, pictures = append(all, e), append(pictures, float32(i%3-1), float32(i%2))
	}
	return beyond.Fit(all, pictures, 2, .9, .1, 1)
}

func TestASavedModelSaysTheSame(t *testing.T) {
	m, more := rich(t)
	trained := m.Version()
	m.Learn(more[:40]...)
	if m.Version() == trained || m.Learnt() != 40 {
		t.Error("lessons do not change the version")
	}
	path := filepath.Join(t.TempDir(), "model")
	for range 2 { // the second time in place of the first
		if err := m.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	back, err := Load(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		for _, e := range more {
			if a, b := m.Of(e.Question), back.Of(e.Question); a != b {
				t.Fatalf("%s: %+v is %+v after loading", when, a, b)
			}
		}
		if m.Version() != back.Version() || !bytes.Equal(saved(t, m), saved(t, back)) {
			t.Fatalf("%s: the file of a loaded model is another", when)
		}
	}
	same("loaded")
	s := back.Summary()
	if s.Weak != "gemma" || s.Strong != "cloud/large" || s.Examples != 200 || s.Seed != 9 || s.Embedder != "small-embedder" || s.Learnt != 40 ||
		s.English+s.Japanese != 200 || s.Japanese == 0 || *s.WeakMean <= 0 || s.First.Month() != 3 || len(s.Domains) != 2 {
		t.Errorf("%+v", s)
	}
	// What is learnt after loading is what would have been learnt without.
	m.Learn(more[40:]...)
	back.Learn(more[40:]...)
	same("taught")
	m.Reset()
	back.Reset()
	same("reset")
	if m.Learnt() != 0 {
		t.Error("lessons are left")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

func TestTheVersionIsThatOfWhatWasLearnt(t *testing.T) {
	all := world(120, 3)
	a, b := Train(all, Options{Seed: 1, Rounds: 5}), Train(all, Options{Seed: 1, Rounds: 5})
	c, d := Train(all, Options{Seed: 2, Rounds: 5}), Train(all[1:], Options{Seed: 1, Rounds: 5})
	if a.Version() != b.Version() || len(a.Version()) != 16 {
		t.Errorf("%s and %s", a.Version(), b.Version())
	}
	if a.Version() == c.Version() || a.Version() == d.Version() {
		t.Error("another seed or another outcome makes the same version")
	}
	one := 1.0
	a.Update("x", &one, nil, 1)
	b.Update("x", nil, &one, 1)
	if a.Version() == b.Version() {
		t.Error("another lesson makes the same version")
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	m, _ := rich(t)
	good := saved(t, m)
	dir := t.TempDir()
	load := func(b []byte) error {
		path := filepath.Join(dir, "m")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, Options{})
		return err
	}
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		want   string
	}{
		"empty":   {func([]byte) []byte { return nil }, "no trained model"},
		"other":   {func([]byte) []byte { return []byte(`{"q":"a","w":1,"s":0}`) }, "no trained model"},
		"future":  {func(b []byte) []byte { b[8] = 99; return b }, "another version"},
		"cut":     {func(b []byte) []byte { return b[:len(b)-9] }, "ends too early"},
		"flipped": {func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, "changed or damaged"},
		"version": {func(b []byte) []byte { b[13] ^= 4; return seal(b) }, "not that of its content"},
	} {
		err := load(c.change(bytes.Clone(good)))
		var e *llm.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || !strings.Contains(e.Hint, "irori route train") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Load(filepath.Join(dir, "none"), Options{})
	var e *llm.Error
	if !errors.As(err, &e) || e.Code != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
}

// seal writes the sum that belongs to a changed file.
func seal(b []byte) []byte {
	sum := sha256.Sum256(b[:len(b)-hashSize])
	return append(b[:len(b)-hashSize:len(b)-hashSize], sum[:]...)
}

// framed is a file with any content, whose sums are right.
func framed(content []byte, format uint32) []byte {
	b := order.AppendUint32([]byte(magic), format)
	chain := sha256.Sum256(content)
	b = order.AppendUint64(append(b, chain[:]...), uint64(len(content)))
	b = append(b, content...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// withstand reads content that may be anybody's: whatever is accepted answers
// with probabilities, and learns.
func withstand(t *testing.T, content []byte) (accepted bool) {
	t.Helper()
	m, err := Read(bytes.NewReader(framed(content, fileFormat)), Options{})
	if err != nil {
		m, err = Read(bytes.NewReader(framed(content, fileBefore)), Options{})
	}
	if err != nil {
		return false
	}
	one := 1.0
	for range 2 {
		e := m.Explain("Translate the word cedar into French, 川について", 3)
		for _, p := range []float64{e.Weak, e.Strong} {
			if !(p >= 0 && p <= 1) || math.IsNaN(e.Benefit()) {
				t.Fatalf("%+v", e)
			}
		}
		m.Update("Translate the word cedar into French", &one, nil, 1)
		m.Learn(Example{Question: Question{Text: "cedar", At: time.Unix(1, 0)}, Strong: &one})
	}
	m.Reset()
	saved(t, m)
	return true
}

func TestHostileContent(t *testing.T) {
	m, more := rich(t)
	m.Learn(more[:5]...)
	m.summary.Learnt = 0 // the chain of framed is the content's
	content := m.store()
	if !withstand(t, content) {
		t.Fatal("what was stored is refused")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for i := range 3000 {
		changed := bytes.Clone(content)
		switch i % 3 {
		case 0:
			changed = changed[:rng.IntN(len(changed))]
		default:
			for range i % 3 {
				changed[rng.IntN(len(changed))] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(rng.IntN(256))}[rng.IntN(6)]
			}
		}
		if withstand(t, changed) {
			accepted++
		}
	}
	// A changed weight cannot be told from another weight.
	if accepted == 0 || accepted > 2000 {
		t.Errorf("%d of 3000 are accepted", accepted)
	}
}

func FuzzRead(f *testing.F) {
	m := Train(world(20, 7), Options{Seed: 9, Rounds: 2, Size: 2})
	f.Add(m.store())
	f.Add(m.store()[:100])
	f.Fuzz(func(t *testing.T, content []byte) { withstand(t, content) })
}
