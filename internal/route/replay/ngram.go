package replay

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"unicode"

	"irori/internal/route/learn"
	"irori/internal/route/outcome"
)

// ngram is the baseline that every router has to beat: hashed words and pairs
// of words, two logistic regressions by AdaGrad, the difference of what they
// say. It splits at what is neither letter nor digit, so that a Japanese
// sentence is one word.
type ngram struct{ weak, strong *learn.Logistic }

const (
	ngramBits   = 18
	ngramEpochs = 6
	ngramRate   = .3
	ngramDecay  = 1e-6
)

func trainNgram(records []outcome.Record, seed uint64) *ngram {
	rows := make([]learn.Row, len(records))
	for i, r := range records {
		rows[i] = ngramRow(r.Question)
	}
	fit := func(label func(outcome.Record) bool) *learn.Logistic {
		l := &learn.Logistic{Weights: make([]float32, 1<<ngramBits)}
		rng := rand.New(rand.NewPCG(seed, 0x46))
		for range ngramEpochs {
			for _, i := range rng.Perm(len(rows)) {
				y := 0.0
				if label(records[i]) {
					y = 1
				}
				for _, c := range rows[i].Columns {
					l.Weights[c] *= 1 - ngramDecay
				}
				l.Update(rows[i], y, 1, ngramRate)
			}
		}
		return l
	}
	return &ngram{
		weak:   fit(func(r outcome.Record) bool { return *r.Weak >= .5 }),
		strong: fit(func(r outcome.Record) bool { return *r.Strong >= .5 }),
	}
}

func (n *ngram) score(question string) float64 {
	r := ngramRow(question)
	return learn.Sigmoid(n.strong.Margin(r)) - learn.Sigmoid(n.weak.Margin(r))
}

func ngramRow(question string) learn.Row {
	words := strings.FieldsFunc(strings.ToLower(question), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	seen := map[uint32]bool{}
	var row learn.Row
	put := func(parts ...string) {
		h := uint32(2166136261)
		for _, p := range parts {
			for i := range len(p) {
				h = (h ^ uint32(p[i])) * 16777619
			}
		}
		if h &= 1<<ngramBits - 1; !seen[h] {
			seen[h] = true
			row.Columns = append(row.Columns, h)
		}
	}
	for i, w := range words {
		put(w)
		if i > 0 {
			put(words[i-1], " ", w)
		}
	}
	put("L", string(rune('0'+bits.Len(uint(len(question)+1))-1)))
	value := float32(1 / math.Sqrt(float64(len(row.Columns))))
	for range row.Columns {
		row.Values = append(row.Values, value)
	}
	return row
}
