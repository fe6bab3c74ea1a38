// Package anthropic is a backend that speaks Anthropic's Messages API to a
// server of somebody else.
//
// It joins the codec in wire/anthropic/ask to the transport in package backend.
package anthropic

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"

	"irori/internal/backend"
	"irori/internal/llm"
	"irori/internal/splice"
	"irori/internal/wire/anthropic/ask"
	"irori/internal/wire/anthropic/pass"
)

// Version is the version of the API, as its header wants it.
const Version = "2023-06-01"

// Backend answers through a server.
type Backend struct{ up *backend.Upstream }

// New makes a Backend at a server whose address ends where /messages begins.
func New(up *backend.Upstream) *Backend { return &Backend{up} }

// Generate sends a request. See llm.Backend.
func (b *Backend) Generate(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	if r.Relay != nil && r.Relay.Dialect == llm.DialectAnthropic {
		return b.pass(ctx, r)
	}
	// Always as a stream: only so can an answer be cut short.
	streamed := *r
	streamed.Stream = true
	body, err := ask.EncodeRequest(&streamed)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	return b.up.Generate(ctx, &backend.Call{
		Path: "/messages", Body: body, Model: r.Model, ID: r.ID, Whole: ask.DecodeMessage, Fail: ask.DecodeError,
		Decoder: func() backend.Decoder { return &decoder{Decoder: ask.NewDecoder()} },
	})
}

// pass sends a request as its client wrote it, with the headers of its
// dialect, and lets the answer through unless it is to be told in events, an
// error's words too.
func (b *Backend) pass(ctx context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	model, err := json.Marshal(r.Model)
	if err != nil {
		return func(yield func(llm.Event, error) bool) { yield(llm.Event{}, err) }
	}
	whole := ask.DecodeMessage
	if !r.Relay.Told {
		whole = backend.PassWhole(r.Stream, r.Relay.Read, ask.ReadMessage)
	}
	path := "/messages"
	if r.Relay.Query != "" {
		path += "?" + r.Relay.Query
	}
	return b.up.Generate(ctx, &backend.Call{
		Path: path, Body: splice.Set(r.Relay.Body, "model", model), Model: r.Model, ID: r.ID, Fail: ask.DecodeError,
		Header: r.Relay.Header, Named: true, Dialect: llm.DialectAnthropic,
		Whole: whole, Read: r.Relay.Read,
		Decoder: func() backend.Decoder {
			if !r.Stream || r.Relay.Told {
				return &decoder{Decoder: ask.NewDecoder()}
			}
			return pass.NewWatch(r.Relay.Read)
		},
	})
}

// CountPrompt asks the server how many tokens a conversation has, in its
// client's own words where they are of this dialect. See llm.PromptCounter.
func (b *Backend) CountPrompt(ctx context.Context, r *llm.Request) (int, error) {
	c := &backend.Call{Path: "/messages/count_tokens", Model: r.Model, ID: r.ID}
	var err error
	if r.Relay != nil && r.Relay.Dialect == llm.DialectAnthropic {
		var model []byte
		if model, err = json.Marshal(r.Model); err != nil {
			return 0, err
		}
		c.Body, c.Header, c.Dialect = splice.Set(r.Relay.Body, "model", model), r.Relay.Header, llm.DialectAnthropic
		if r.Relay.Query != "" {
			c.Path += "?" + r.Relay.Query
		}
	} else if c.Body, err = question(r); err != nil {
		return 0, err
	}
	var out struct {
		Input *int `json:"input_tokens"`
	}
	c.Whole = func(body []byte) ([]llm.Event, error) {
		if err := json.Unmarshal(body, &out); err != nil || out.Input == nil {
			return nil, llm.Errorf(llm.CodeBadAnswer, "its count of tokens cannot be read")
		}
		return nil, nil
	}
	none := false
	c.Fail = func(status int, body []byte) *llm.Error {
		none = status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented
		return ask.DecodeError(status, body)
	}
	for _, err := range b.up.Generate(ctx, c) {
		if err != nil && none {
			// Clients take this as a word to estimate by themselves.
			return 0, llm.Errorf(llm.CodeNotFound, "backend %s cannot count tokens", b.up.Name())
		}
		if err != nil {
			return 0, err
		}
	}
	if out.Input == nil {
		return 0, llm.Errorf(llm.CodeBadAnswer, "backend %s: it gave no count of tokens", b.up.Name())
	}
	return *out.Input, nil
}

// question is what of a request bears on its prompt: the endpoint refuses the
// rest.
func question(r *llm.Request) ([]byte, error) {
	body, err := ask.EncodeRequest(r)
	if err != nil {
		return nil, err
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, err
	}
	for _, name := range []string{"max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata"} {
		delete(whole, name)
	}
	return json.Marshal(whole)
}

// decoder remembers the usage that went by.
type decoder struct {
	*ask.Decoder
	usage *llm.Usage
}

// Event reads the data of one event.
func (d *decoder) Event(data []byte) ([]llm.Event, error) {
	events, err := d.Decoder.Event(data)
	for _, e := range events {
		if e.Usage != nil {
			d.usage = e.Usage
		}
	}
	return events, err
}

// End says whether the answer was whole.
func (d *decoder) End() ([]llm.Event, error) {
	if d.Done() {
		return nil, nil
	}
	if d.usage == nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "its answer is empty")
	}
	return nil, llm.Errorf(llm.CodeBadAnswer, "its answer breaks off")
}

// Usage is the newest word on usage.
func (d *decoder) Usage() *llm.Usage { return d.usage }

// Models asks for the names that the server serves.
func (b *Backend) Models(ctx context.Context) ([]string, error) {
	out, err := b.up.Get(ctx, "/models?limit=1000")
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(out, &list); err != nil || list.Data == nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "backend %s: it gave no list of models", b.up.Name())
	}
	var names []string
	for _, m := range list.Data {
		if m.ID != "" {
			names = append(names, m.ID)
		}
	}
	return names, nil
}
