// Package pass lets answers of Anthropic's messages through as they are
// written, and reads of them what the ledger needs, or all.
//
// It knows no transport, and leaves the reading to package ask.
package pass

import (
	"bytes"

	"irori/internal/llm"
	"irori/internal/mend"
	"irori/internal/wire/anthropic/ask"
)

// Watch reads the events of an answer that passes as it is written.
type Watch struct {
	*ask.Decoder
	usage *llm.Usage
	mend  mend.Mender
	// read says that all events are wanted.
	read bool
	// told says that it was told that the answer has more than its events.
	told bool
}

// NewWatch makes a Watch; read says that all events are wanted, not only those
// for the ledger.
func NewWatch(read bool) *Watch { return &Watch{Decoder: ask.NewDecoder(), read: read} }

// deltaHead is how an event with a piece of an answer begins: servers write an
// event's type first.
var deltaHead = []byte(`{"type":"content_block_delta"`)

// Pass looks at one event; see backend.Passer.
func (w *Watch) Pass(data []byte) (out []byte, pieces int, events []llm.Event, err error) {
	out = w.mend.Event(data)
	if !w.read && len(out) == len(data) && bytes.HasPrefix(out, deltaHead) && out[len(out)-1] == '}' && !bytes.Contains(out, []byte(`"signature_delta"`)) {
		return out, 1, nil, nil
	}
	read, err := w.Event(out)
	if err != nil {
		return nil, 0, nil, err
	}
	pieces, events = llm.Pieces(read)
	if w.read {
		if events = read; w.Beyond() && !w.told {
			w.told = true
			events = append(events, llm.Event{Type: llm.EventBeyond})
		}
	}
	return out, pieces, events, nil
}

// Event reads the data of one event, and remembers the usage in it.
func (w *Watch) Event(data []byte) ([]llm.Event, error) {
	events, err := w.Decoder.Event(data)
	for _, e := range events {
		if e.Usage != nil {
			w.usage = e.Usage
		}
	}
	return events, err
}

// Usage is the newest word on usage, nil where there was none.
func (w *Watch) Usage() *llm.Usage { return w.usage }

// End says whether the answer was whole.
func (w *Watch) End() ([]llm.Event, error) {
	switch {
	case w.Done():
		return []llm.Event{{Type: llm.EventUsage, Usage: w.usage}}, nil
	case w.usage == nil:
		return nil, llm.Errorf(llm.CodeBadAnswer, "its answer is empty")
	}
	return nil, llm.Errorf(llm.CodeBadAnswer, "its answer breaks off")
}

// Tail is nothing: an answer that lacks its end was cut.
func (w *Watch) Tail() []byte { return nil }
