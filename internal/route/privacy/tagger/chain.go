package tagger

import "irori/internal/route/privacy/span"

// Token is a word or a character that may be of a name, in runes of a text.
type Token struct {
	From, To int
	Features []uint32 // only where a model is fitted
	First    int      // how many of them are asked first
	score    [Labels]float32
}

// Chain is tokens that follow each other.
type Chain []Token

// bag takes the features of one token: it keeps them where there is no model, and
// sums what the model says of them where there is one.
type bag struct {
	m             *Model
	fs            []uint32
	first         int
	begin, inside int32
}

// lead is that of Outside, in nats, behind which nothing more is asked of a token: on
// 3,700 texts that the weights were not fitted to, the rest changes what is found by
// a thousandth.
const lead = 2.5

// hopeless reports whether what was asked first says that no name has the token.
func (b *bag) hopeless() bool {
	if b.m == nil {
		b.first = len(b.fs)
		return false
	}
	return float32(max(b.begin, b.inside))*b.m.Step < b.m.Bias-lead
}

func mix(h, a uint32) uint32 {
	h = (h ^ a) * 0x85ebca6b
	return h ^ h>>13
}

func (b *bag) done(h uint32) {
	h *= 0xc2b2ae35
	h ^= h >> 16
	if b.m == nil {
		b.fs = append(b.fs, h)
		return
	}
	r := b.m.row(h)
	b.begin += int32(r.Begin)
	b.inside += int32(r.Inside)
}

const spread = 0x9e3779b1

// one, two, three and four take a feature: what is asked, and the answers.
func (b *bag) one(what, x uint32) { b.done(mix(what*spread, x)) }

func (b *bag) two(what, x, y uint32) { b.done(mix(mix(what*spread, x), y)) }

func (b *bag) three(what, x, y, z uint32) { b.done(mix(mix(mix(what*spread, x), y), z)) }

func (b *bag) four(what, x, y, z, v uint32) { b.done(mix(mix(mix(mix(what*spread, x), y), z), v)) }

// score is what the features say of each label.
func (b *bag) score() [Labels]float32 {
	return [Labels]float32{b.m.Bias, float32(b.begin) * b.m.Step, float32(b.inside) * b.m.Step}
}

// token ends a token.
func (b *bag) token(from, to int) Token {
	t := Token{From: from, To: to, Features: b.fs, First: b.first}
	if b.m != nil {
		t.score = b.score()
	}
	*b = bag{m: b.m}
	return t
}

// spans are the names that labels make of a chain.
func (c Chain) spans(out []span.Span, labels []Label) []span.Span {
	for i, l := range labels {
		switch {
		case l == Begin:
			out = append(out, span.Span{Class: span.Name, Start: c[i].From, End: c[i].To})
		case l == Inside:
			out[len(out)-1].End = c[i].To
		}
	}
	return out
}

// find are the names of chains. Where there is one, the text is about people, and
// others need less to be one.
func (m *Model) find(chains []Chain) []span.Span {
	var out []span.Span
	var d decoder
	for range 2 {
		out = out[:0]
		for _, c := range chains {
			out = c.spans(out, d.decode(m, c))
		}
		if len(out) == 0 || m.Again == 0 {
			break
		}
		for _, c := range chains {
			for i := range c {
				c[i].score[Outside] = m.Bias - m.Again
			}
		}
	}
	return out
}

// Find returns the names of a text's chains. Those that were read without a model
// are scored by their features.
func (m *Model) Find(chains []Chain) []span.Span {
	for _, c := range chains {
		for i, tok := range c {
			if tok.Features != nil {
				b := bag{m: m}
				for n, f := range tok.Features {
					if n == tok.First && b.hopeless() {
						break
					}
					r := m.row(f)
					b.begin, b.inside = b.begin+int32(r.Begin), b.inside+int32(r.Inside)
				}
				c[i].score = b.score()
			}
		}
	}
	return m.find(chains)
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
