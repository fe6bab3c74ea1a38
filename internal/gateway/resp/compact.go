package resp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/openai/responses"
)

// Seal closes texts so that only who has its key can make or read them.
type Seal struct{ aead cipher.AEAD }

// SealKey is the length of a Seal's key.
const SealKey = 32

// sealMark begins a sealed text.
const sealMark = "irori.compaction.1."

// NewSeal makes a Seal of a key of SealKey bytes.
func NewSeal(key []byte) (*Seal, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Seal{aead}, err
}

// Close seals a text.
func (s *Seal) Close(text string) string {
	nonce := make([]byte, s.aead.NonceSize())
	// crypto/rand ends the process where it fails.
	_, _ = rand.Read(nonce)
	return sealMark + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(text), []byte(sealMark)))
}

// Open reads a sealed text.
func (s *Seal) Open(sealed string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, sealMark)
	b, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || len(b) < s.aead.NonceSize() {
		return "", errors.New("not sealed here")
	}
	n := s.aead.NonceSize()
	out, err := s.aead.Open(nil, b[:n], b[n:], []byte(sealMark))
	return string(out), err
}

// compact answers with a conversation made shorter: the model itself writes
// what is to be known of it.
func (h *Handlers) compact(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	if h.Seal == nil {
		return llm.Errorf(llm.CodeUnsupported, "nothing is compacted here")
	}
	q, err := responses.DecodeCount(body)
	if err != nil {
		return err
	}
	past, err := h.past(r, q)
	if err != nil {
		return err
	}
	if err := q.Converse(past); err != nil {
		return err
	}
	q.Summarise()
	// What is to be made shorter may be too long already.
	q.Truncate = true
	f, err := h.G.Admit(r, "responses", q.Model, false)
	if err != nil {
		return err
	}
	reply := responses.Reply{Key: f.ID, Model: f.Lease.Model, Created: gateway.CreatedAt(f.ID)}
	k := &work{h: h, q: q, f: f, reply: reply, a: responses.NewAnswer(q, reply, false)}
	err = k.generate(r.Context(), func(e llm.Event) error {
		k.a.Append(nil, e)
		return nil
	})
	if err == nil && strings.TrimSpace(k.a.Text()) == "" {
		err = llm.Errorf(llm.CodeBadAnswer, "the model wrote no summary")
	}
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out, err := q.EncodeCompaction(past.Items, reply, h.Seal.Close(k.a.Text()), f.Usage(), f.Spent())
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}
