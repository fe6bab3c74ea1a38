package ffi

import (
	"errors"
	"math"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Grammar is a GBNF grammar with its parse state. It is not safe for
// concurrent use.
type Grammar struct {
	lib  *Lib
	ptr  uintptr
	one  [1]TokenData
	list []TokenData
}

// NewGrammar compiles a GBNF text whose root rule is "root".
func (m *Model) NewGrammar(gbnf string) (*Grammar, error) {
	p := m.lib.grammarInit(m.vocab, gbnf, "root")
	if p == 0 {
		return nil, errors.New("the library could not compile the grammar")
	}
	return &Grammar{lib: m.lib, ptr: p}, nil
}

// apply sets the logit of every token in list that the grammar forbids next
// to -Inf. The list is only masked, not reordered.
func (g *Grammar) apply(list []TokenData) {
	if len(list) == 0 {
		return
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&list[0])
	a := &tokenDataArray{Data: uintptr(unsafe.Pointer(&list[0])), Size: uint64(len(list)), Selected: -1}
	purego.SyscallN(g.lib.sym.smplApply, g.ptr, uintptr(unsafe.Pointer(a)))
	runtime.KeepAlive(a)
}

// Allows reports whether token may come next.
func (g *Grammar) Allows(token int32) bool {
	g.one[0] = TokenData{ID: token, Logit: 1}
	g.apply(g.one[:])
	return !math.IsInf(float64(g.one[0].Logit), -1)
}

// Mask sets the logit of every forbidden token to -Inf.
func (g *Grammar) Mask(logits []float32) {
	if g.list == nil {
		g.list = make([]TokenData, len(logits))
	}
	for i, v := range logits {
		g.list[i] = TokenData{ID: int32(i), Logit: v}
	}
	g.apply(g.list)
	for i := range g.list {
		logits[i] = g.list[i].Logit
	}
}

// Accept advances the grammar by a token, which must have passed Allows or
// Mask: the library ends the process otherwise.
func (g *Grammar) Accept(token int32) {
	purego.SyscallN(g.lib.sym.smplAccept, g.ptr, uintptr(token))
}

// Free releases the grammar.
func (g *Grammar) Free() { purego.SyscallN(g.lib.sym.smplFree, g.ptr) }
