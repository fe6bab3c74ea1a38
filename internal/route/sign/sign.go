// Package sign reads out of later requests of a conversation what they say of
// earlier answers: the same asked again, the last turn edited, a tool that
// failed with what it was called with.
//
// It keeps hashes under a secret, no text, bounded in number and time. It does
// not know who answered which request how: Answered is told.
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"io"
	"sync"
	"time"

	"irori/internal/llm"
	"irori/internal/store/routed"
)

// Kind is what was seen.
type Kind string

// The kinds of signs: the same asked again, the last turn changed, what a
// called tool reported, and a call that the tool could not read.
const (
	Retry Kind = "retry"
	Edit  Kind = "edit"
	Tool  Kind = "tool"
	Call  Kind = "call"
)

// Sign says something of an earlier answer.
type Sign struct {
	// ID is the earlier request, Side who answered it.
	ID, Side string
	Kind     Kind
	Score    float64
	// Undo takes the sign back: what looked like people is a program that
	// asks the same over and over.
	Undo bool
}

const (
	// within is how long after an answer the same question counts as a retry;
	// one that comes before atLeast is a program's.
	within  = 10 * time.Minute
	atLeast = time.Second
	// remembered bounds the answers that are known, and memory their age.
	remembered = 4096
	memory     = 2 * time.Hour
	// sampling is how many answers to one question make it a program's.
	sampling = 4
)

// Watch recognises later requests. It is safe for concurrent use.
type Watch struct {
	secret []byte
	mu     sync.Mutex
	// asked are answers by all that was asked, branch by what stood before the
	// last turn.
	asked, branch map[place]*seen
	order         []place
}

// place is a hash in the conversations of one key.
type place struct{ key, hash string }

// seen are the answers to one conversation.
type seen struct {
	ids  []string
	side string
	ended,
	first time.Time
	turn routed.Turn
	// signs are the ids that a retry was told of; toolTold that a tool's word
	// was.
	signs    []string
	toolTold string
}

// New makes a Watch.
func New(secret []byte) *Watch {
	return &Watch{secret: secret, asked: map[place]*seen{}, branch: map[place]*seen{}}
}

// Answered tells of an answer, once it is out.
func (w *Watch) Answered(key, id, side string, t routed.Turn, now time.Time) {
	if t.Asked == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := place{key, t.Asked}
	s := w.asked[at]
	if s == nil || now.Sub(s.ended) > within {
		if s == nil {
			w.order = append(w.order, at)
			if len(w.order) > remembered {
				w.forget()
			}
		}
		s = &seen{first: now, turn: t}
		w.asked[at] = s
	}
	for _, known := range s.ids {
		if known == id {
			s.side, s.ended = side, now
			return
		}
	}
	if len(s.ids) < sampling {
		s.ids = append(s.ids, id)
	} else {
		s.ids[sampling-1] = id
	}
	s.side, s.ended = side, now
	if t.Before != "" && t.Answered {
		w.branch[place{key, t.Before}] = s
	}
}

// forget drops the oldest half. The caller holds mu.
func (w *Watch) forget() {
	half := len(w.order) / 2
	for _, at := range w.order[:half] {
		s := w.asked[at]
		delete(w.asked, at)
		if s != nil && w.branch[place{at.key, s.turn.Before}] == s {
			delete(w.branch, place{at.key, s.turn.Before})
		}
	}
	w.order = append([]place(nil), w.order[half:]...)
}

// Look reads what a request says of earlier answers to its key, and where it
// stands itself.
func (w *Watch) Look(key string, req *llm.Request, now time.Time) (routed.Turn, []Sign) {
	hashes := w.hashes(req)
	n := len(hashes)
	if n == 0 {
		return routed.Turn{}, nil
	}
	t := routed.Turn{Asked: hashes[n-1]}
	if n > 1 && !req.Raw && req.Messages[n-1].Role == llm.RoleUser {
		t.Before = hashes[n-2]
		for _, m := range req.Messages[:n-1] {
			t.Answered = t.Answered || m.Role == llm.RoleAssistant
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Sign
	fresh := func(s *seen) bool {
		gap := now.Sub(s.ended)
		return gap >= atLeast && gap <= within
	}
	if s := w.asked[place{key, t.Asked}]; s != nil && fresh(s) {
		out = append(out, s.again()...)
	} else if s := w.branch[place{key, t.Before}]; s != nil && t.Answered && s.turn.Asked != t.Asked && fresh(s) {
		out = append(out, Sign{ID: s.last(), Side: s.side, Kind: Edit})
	}
	if k := lastCall(req); k > 0 {
		if s := w.asked[place{key, hashes[k-1]}]; s != nil && now.Sub(s.ended) <= memory && s.toolTold != s.last() {
			if kind, score, ok := Results(req.Messages[k+1:]); ok {
				s.toolTold = s.last()
				out = append(out, Sign{ID: s.last(), Side: s.side, Kind: kind, Score: score})
			}
		}
	}
	return t, out
}

func (s *seen) last() string { return s.ids[len(s.ids)-1] }

// again is the sign of the same question; from the fourth answer on it is a
// program's, and what was told is taken back.
func (s *seen) again() []Sign {
	if len(s.ids) < sampling-1 {
		s.signs = append(s.signs, s.last())
		return []Sign{{ID: s.last(), Side: s.side, Kind: Retry}}
	}
	var out []Sign
	for _, id := range s.signs {
		out = append(out, Sign{ID: id, Kind: Retry, Undo: true})
	}
	s.signs = nil
	return out
}

// lastCall is the position of the assistant's last message where that called
// tools and their results are the end of the conversation; else 0.
func lastCall(req *llm.Request) int {
	for k := len(req.Messages) - 1; k > 0; k-- {
		switch m := req.Messages[k]; {
		case m.Role == llm.RoleTool:
		case m.Role == llm.RoleAssistant && len(m.ToolCalls) > 0 && k < len(req.Messages)-1:
			return k
		default:
			return 0
		}
	}
	return 0
}

// hashes are those of each beginning of the conversation.
func (w *Watch) hashes(req *llm.Request) []string {
	h := hmac.New(sha256.New, w.secret)
	if req.Raw {
		if req.Prompt == "" {
			return nil
		}
		write(h, "raw", req.Prompt)
		return []string{short(h)}
	}
	out := make([]string, 0, len(req.Messages))
	for _, m := range req.Messages {
		write(h, string(m.Role), m.ToolCallID)
		for _, p := range m.Parts {
			write(h, string(p.Type), p.Text, p.URL)
		}
		for _, c := range m.ToolCalls {
			write(h, c.Name, c.Arguments)
		}
		out = append(out, short(h))
	}
	return out
}

func write(h hash.Hash, texts ...string) {
	var n [8]byte
	for _, t := range texts {
		binary.LittleEndian.PutUint64(n[:], uint64(len(t)))
		// A hash takes everything.
		_, _ = h.Write(n[:])
		_, _ = io.WriteString(h, t)
	}
}

// short is the hash so far.
func short(h hash.Hash) string { return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12]) }
