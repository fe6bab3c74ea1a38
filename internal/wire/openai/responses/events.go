package responses

import (
	"bytes"
	"encoding/json"
	"strconv"

	"irori/internal/sse"
)

// event is one event of a stream; which fields count follows from Type.
type event struct {
	Type      string          `json:"type"`
	Seq       int             `json:"sequence_number"`
	ItemID    string          `json:"item_id,omitempty"`
	Output    *int            `json:"output_index,omitempty"`
	Content   *int            `json:"content_index,omitempty"`
	Summary   *int            `json:"summary_index,omitempty"`
	Delta     *string         `json:"delta,omitempty"`
	Logprobs  *[]logprob      `json:"logprobs,omitempty"`
	Part      *partBody       `json:"part,omitempty"`
	Text      *string         `json:"text,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments *string         `json:"arguments,omitempty"`
	Input     *string         `json:"input,omitempty"`
	Item      *itemBody       `json:"item,omitempty"`
	Response  json.RawMessage `json:"response,omitempty"`
	Code      string          `json:"code,omitempty"`
	Message   string          `json:"message,omitempty"`
	Param     *string         `json:"param,omitempty"`
}

// event appends one event with its number.
func (a *Answer) event(dst []byte, e event) []byte {
	if !a.frames {
		return dst
	}
	e.Seq = a.seq
	a.buf.Reset()
	if a.enc.Encode(e) != nil {
		return dst // its values always encode: raw JSON of others was read before
	}
	a.seq++
	return sse.AppendNamed(dst, e.Type, bytes.TrimRight(a.buf.Bytes(), "\n"))
}

// life appends an event with the whole response.
func (a *Answer) life(dst []byte, name string) []byte {
	if !a.frames {
		return dst
	}
	raw, err := a.Response()
	if err != nil {
		return dst
	}
	// By hand: an encoder would go through all of it once more.
	dst = append(append(append(dst, "event: "...), name...), "\ndata: {\"type\":\""...)
	dst = append(append(dst, name...), `","sequence_number":`...)
	dst = append(strconv.AppendInt(dst, int64(a.seq), 10), `,"response":`...)
	a.seq++
	return append(append(dst, raw...), "}\n\n"...)
}

// item appends an event with a whole item.
func (a *Answer) item(dst []byte, name string, p *part) []byte {
	return a.event(dst, event{Type: name, Output: &p.index, Item: &p.body})
}

// openText begins the part of an item, once.
func (a *Answer) openText(dst []byte, p *part, name string, whole partBody) []byte {
	if p.open {
		return dst
	}
	p.open = true
	e := event{Type: name, ItemID: p.body.ID, Output: &p.index, Part: &whole}
	return a.event(dst, a.at(p, e))
}

// closeText ends the part of an item: its text first, then the part.
func (a *Answer) closeText(dst []byte, p *part, text, name string, whole partBody) []byte {
	e := event{Type: text, ItemID: p.body.ID, Output: &p.index, Text: &whole.Text, Logprobs: whole.Logprobs}
	dst = a.event(dst, a.at(p, e))
	return a.event(dst, a.at(p, event{Type: name, ItemID: p.body.ID, Output: &p.index, Part: &whole}))
}

// at says in which part of its item an event happens: each has one.
func (a *Answer) at(p *part, e event) event {
	zero := 0
	if p.thought && a.q.summary {
		e.Summary = &zero
	} else {
		e.Content = &zero
	}
	return e
}
