package engine

import (
	"math"

	"irori/internal/engine/ffi"
)

// constraint is a grammar as the sampler sees it.
type constraint struct {
	g    *ffi.Grammar
	one  []ffi.TokenData
	list []ffi.TokenData
}

func newConstraint(m *ffi.Model, gbnf string) (*constraint, error) {
	g, err := m.NewGrammar(gbnf)
	if err != nil {
		return nil, err
	}
	return &constraint{g: g, one: make([]ffi.TokenData, 1)}, nil
}

// Allows applies the grammar to a list of that one token.
func (c *constraint) Allows(token int32) bool {
	c.one[0] = ffi.TokenData{ID: token, Logit: 1}
	c.g.Apply(c.one)
	return !math.IsInf(float64(c.one[0].Logit), -1)
}

// Mask applies the grammar to the whole vocabulary.
func (c *constraint) Mask(logits []float32) {
	if c.list == nil {
		c.list = make([]ffi.TokenData, len(logits))
	}
	for i, v := range logits {
		c.list[i] = ffi.TokenData{ID: int32(i), Logit: v}
	}
	c.g.Apply(c.list)
	for i := range c.list {
		logits[i] = c.list[i].Logit
	}
}

// Accept advances the grammar. Only tokens that passed Allows or Mask come
// here: the library ends the process over any other.
func (c *constraint) Accept(token int32) { c.g.Accept(token) }

func (c *constraint) free() { c.g.Free() }

// findEOG lists the end tokens. Asking for a whole vocabulary takes some
// milliseconds, so it is done once, for the first request that needs it.
func (e *Engine) findEOG() {
	e.eogOnce.Do(func() {
		for t := range int32(e.model.NVocab) {
			if e.model.IsEOG(t) {
				e.eogTokens = append(e.eogTokens, t)
			}
		}
	})
}

// banEOG makes the end tokens impossible, for requests that ignore them.
func (e *Engine) banEOG(logits []float32) {
	for _, t := range e.eogTokens {
		logits[t] = float32(math.Inf(-1))
	}
}
