package ffi

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Tokenize returns the tokens of text. addSpecial adds what the model wants
// at the ends; parseSpecial reads special tokens spelled out in the text.
func (m *Model) Tokenize(text string, addSpecial, parseSpecial bool) ([]int32, error) {
	if len(text) == 0 && !addSpecial {
		return nil, nil
	}
	if len(text) > 1<<30 {
		return nil, fmt.Errorf("text of %d bytes is too long to tokenize", len(text))
	}
	buf := make([]int32, len(text)/3+16)
	src := append([]byte(text), 0)
	for range 2 {
		n := word(m.lib.sym.tokenize, m.vocab, uintptr(unsafe.Pointer(&src[0])), uintptr(len(text)),
			uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), cbool(addSpecial), cbool(parseSpecial))
		runtime.KeepAlive(src)
		if n >= 0 {
			return buf[:n], nil
		}
		if n == -1<<31 {
			break
		}
		buf = make([]int32, -n)
	}
	return nil, fmt.Errorf("the library could not tokenize a text of %d bytes", len(text))
}

func cbool(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// Piece appends the bytes of a token to dst. special renders control tokens
// as text; otherwise they are empty. A piece may be part of a character.
func (m *Model) Piece(dst []byte, token int32, special bool) []byte {
	if token < 0 || int(token) >= m.NVocab {
		return dst
	}
	var buf [64]byte
	n := word(m.lib.sym.piece, m.vocab, uintptr(token), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, cbool(special))
	if n >= 0 {
		return append(dst, buf[:n]...)
	}
	long := make([]byte, -n)
	n = word(m.lib.sym.piece, m.vocab, uintptr(token), uintptr(unsafe.Pointer(&long[0])), uintptr(len(long)), 0, cbool(special))
	return append(dst, long[:max(n, 0)]...)
}

// IsEOG reports whether token ends generation.
func (m *Model) IsEOG(token int32) bool { return flag(m.lib.sym.isEOG, m.vocab, uintptr(token)) }

// IsControl reports whether token is a control token.
func (m *Model) IsControl(token int32) bool {
	return flag(m.lib.sym.isControl, m.vocab, uintptr(token))
}

// AddsBOS reports whether the model wants a begin token in front of text.
func (m *Model) AddsBOS() bool { return flag(m.lib.sym.addBOS, m.vocab) }

// AddsEOS reports whether the model wants an end token behind text.
func (m *Model) AddsEOS() bool { return flag(m.lib.sym.addEOS, m.vocab) }

// AddsSEP reports whether the model wants a separator between two texts.
func (m *Model) AddsSEP() bool { return flag(m.lib.sym.addSEP, m.vocab) }

// SEP is the separator's token, or -1.
func (m *Model) SEP() int32 { return word(m.lib.sym.sep, m.vocab) }

// BOS, EOS and EOT return the special tokens' ids, or -1.
func (m *Model) BOS() int32 { return word(m.lib.sym.bos, m.vocab) }

// EOS is the end-of-sequence token, or -1.
func (m *Model) EOS() int32 { return word(m.lib.sym.eos, m.vocab) }

// EOT is the end-of-turn token, or -1.
func (m *Model) EOT() int32 { return word(m.lib.sym.eot, m.vocab) }
