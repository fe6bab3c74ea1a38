// Package text holds what Irori knows of text itself: pieces of UTF-8 that
// arrive cut anywhere, what is no UTF-8, and stop strings in a stream.
//
// It knows no tokenizer, no model and no dialect.
package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Joiner turns bytes that arrive cut anywhere into whole characters: it holds
// an incomplete character back until the rest comes. Bytes that can never
// become a character come out as U+FFFD at once, so nothing ever stalls.
type Joiner struct{ held []byte }

// Push takes bytes and returns the characters that are complete.
func (j *Joiner) Push(b []byte) string {
	if len(j.held) == 0 && complete(b) {
		return string(b)
	}
	j.held = append(j.held, b...)
	n := len(j.held) - tail(j.held)
	if n == 0 {
		return ""
	}
	s := strings.ToValidUTF8(string(j.held[:n]), "\uFFFD")
	j.held = append(j.held[:0], j.held[n:]...)
	return s
}

// Flush returns what is still held, incomplete as it is.
func (j *Joiner) Flush() string {
	s := strings.ToValidUTF8(string(j.held), "\uFFFD")
	j.held = j.held[:0]
	return s
}

// Held is how many bytes wait for the rest of their character.
func (j *Joiner) Held() int { return len(j.held) }

func complete(b []byte) bool { return utf8.Valid(b) }

// NotUTF8 says in what way bytes are not UTF-8, to stand behind "the body is";
// "" where they are.
func NotUTF8(b []byte) string {
	if utf8.Valid(b) {
		return ""
	}
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return "in UTF-16, not in UTF-8"
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return fmt.Sprintf("not UTF-8: 0x%02x at byte %d", b[at], at+1)
		}
		at += n
	}
}

// tail is the number of bytes at the end of b that begin a character which
// more bytes could complete.
func tail(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		c := b[len(b)-i]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return i
			}
			return 0
		}
	}
	return 0
}

// Stopper finds stop strings in a stream, holding back no more text than
// could still become one.
type Stopper struct {
	stops []string
	held  string
}

// NewStopper makes a Stopper; empty stop strings are left out.
func NewStopper(stops []string) *Stopper {
	s := &Stopper{}
	for _, x := range stops {
		if x != "" {
			s.stops = append(s.stops, x)
		}
	}
	return s
}

// Push takes text and returns what may be shown. When a stop string is
// complete, found is that string, and out ends right before it.
func (s *Stopper) Push(text string) (out, found string) {
	if len(s.stops) == 0 {
		return text, ""
	}
	all := s.held + text
	at := -1
	for _, x := range s.stops {
		if i := strings.Index(all, x); i >= 0 && (at < 0 || i < at || i == at && len(x) > len(found)) {
			at, found = i, x
		}
	}
	if at >= 0 {
		s.held = ""
		return all[:at], found
	}
	keep := 0
	for _, x := range s.stops {
		keep = max(keep, overlap(all, x))
	}
	s.held = all[len(all)-keep:]
	return all[:len(all)-keep], ""
}

// Flush returns what was held back in vain.
func (s *Stopper) Flush() string {
	h := s.held
	s.held = ""
	return h
}

// overlap is the length of the longest end of text that begins x.
func overlap(text, x string) int {
	for n := min(len(text), len(x)-1); n > 0; n-- {
		if strings.HasSuffix(text, x[:n]) {
			return n
		}
	}
	return 0
}
