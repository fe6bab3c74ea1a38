package resp

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/store"
	"irori/internal/wire/openai/responses"
)

// load reads a kept answer; what names it is the request's param at fault.
func (h *Handlers) load(r *http.Request, id, what, param string) (*store.Answer, error) {
	err := store.ErrNoAnswer
	var a *store.Answer
	if h.Kept != nil {
		a, err = h.Kept.Get(r.Context(), keyName(r), id)
	}
	return a, gone(err, what, id, param)
}

// gone turns the store's word that something is not there into the client's.
func gone(err error, what, id, param string) error {
	if !errors.Is(err, store.ErrNoAnswer) {
		return err
	}
	return llm.Errorf(llm.CodeNotFound, "there is no %s %q here", what, cut(id)).WithParam(param).
		WithHint("it was not kept (store: false), was deleted, or its time is over")
}

func cut(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}

// chain are the items of a response and of all that it goes on from.
func (h *Handlers) chain(r *http.Request, id string) ([]json.RawMessage, error) {
	const param = "previous_response_id"
	err := store.ErrNoAnswer
	var list []store.Answer
	if h.Kept != nil {
		list, err = h.Kept.Chain(r.Context(), keyName(r), id)
	}
	if err != nil {
		return nil, gone(err, "response", id, param)
	}
	var out []json.RawMessage
	for _, a := range list {
		if a.Pending {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "the response %q is not finished", a.ID).WithParam(param).
				WithHint("wait until GET /v1/responses/%s is completed", a.ID)
		}
		out = append(append(out, responses.Parted(a.Input)...), responses.Output(a.Body)...)
	}
	return out, nil
}

// find looks an item up by its id, which leads to its response.
func (h *Handlers) find(r *http.Request, id string) (json.RawMessage, error) {
	of := responses.ResponseOf(id)
	if of == "" || h.Kept == nil {
		return nil, nil
	}
	a, err := h.Kept.Get(r.Context(), keyName(r), of)
	if errors.Is(err, store.ErrNoAnswer) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, raw := range append(responses.Output(a.Body), responses.Parted(a.Input)...) {
		if responses.ItemID(raw) == id {
			return raw, nil
		}
	}
	return nil, nil
}

// get answers with a kept response, or with its stream.
func (h *Handlers) get(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	a, err := h.load(r, id, "response", "response_id")
	if err != nil {
		return err
	}
	rn := h.running(id)
	if r.URL.Query().Get("stream") == "true" {
		after, err := number(r, "starting_after", -1)
		if err != nil {
			return err
		}
		return h.replay(w, r, a, rn, after)
	}
	if rn != nil && a.Pending {
		a.Body = responses.Working(a.Body)
	}
	gateway.WriteJSON(w, http.StatusOK, a.Body)
	return nil
}

// replay writes the stream of a response after an event, as far as it is and
// then as it comes.
func (h *Handlers) replay(w http.ResponseWriter, r *http.Request, a *store.Answer, rn *run, after int) error {
	if rn == nil && !a.Pending && len(a.Events) == 0 && responses.Status(a.Body) != responses.StatusFailed {
		return llm.Errorf(llm.CodeInvalidRequest, "the stream of %q is not kept: only that of a response in the background is", a.ID).
			WithParam("stream").WithHint("leave stream out")
	}
	s := h.G.NewStream(w, "text/event-stream; charset=utf-8", sse.Comment)
	defer s.Close()
	if rn != nil {
		return rn.follow(r.Context(), s, after+1)
	}
	frames := split(a.Events)
	if len(frames) == 0 {
		return ignore(s.Write(responses.AppendLast(nil, a.Body, after+1)))
	}
	for _, f := range frames[min(len(frames), after+1):] {
		if err := s.Write(f); err != nil {
			return nil // the client left
		}
	}
	return nil
}

// ignore is for a client that left: nobody is there to be told.
func ignore(error) error { return nil }

// number reads a whole number of the query.
func number(r *http.Request, name string, usual int) (int, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, llm.Errorf(llm.CodeInvalidRequest, "%s is %q; it must be a whole number", name, cut(v)).WithParam(name)
	}
	return n, nil
}

func (h *Handlers) delete(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := h.load(r, id, "response", "response_id"); err != nil {
		return err
	}
	if rn := h.running(id); rn != nil {
		rn.cancel(errCancelled)
		select {
		case <-rn.done:
		case <-r.Context().Done():
			return llm.Wrap(llm.CodeCancelled, r.Context().Err(), "the client went away")
		}
	}
	if err := h.Kept.Delete(r.Context(), keyName(r), id); err != nil {
		return gone(err, "response", id, "response_id")
	}
	out, err := responses.EncodeDeleted(id, "response")
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}

// maxPage is the vendor's bound on a page.
const maxPage = 100

// page reads which part of a list is wanted.
func page(r *http.Request) (responses.Page, error) {
	p := responses.Page{After: r.URL.Query().Get("after"), Descending: true}
	var err error
	if p.Limit, err = number(r, "limit", 20); err != nil {
		return p, err
	}
	if p.Limit < 1 || p.Limit > maxPage {
		return p, llm.Errorf(llm.CodeInvalidRequest, "limit is %d; it must be from 1 to %d", p.Limit, maxPage).WithParam("limit")
	}
	switch order := r.URL.Query().Get("order"); order {
	case "", "desc":
	case "asc":
		p.Descending = false
	default:
		return p, llm.Errorf(llm.CodeInvalidRequest, "order is %q; use asc or desc", cut(order)).WithParam("order")
	}
	return p, nil
}

// items lists what a response was asked.
func (h *Handlers) items(w http.ResponseWriter, r *http.Request) error {
	a, err := h.load(r, r.PathValue("id"), "response", "response_id")
	if err != nil {
		return err
	}
	return list(w, r, responses.Parted(a.Input))
}

func list(w http.ResponseWriter, r *http.Request, items []json.RawMessage) error {
	p, err := page(r)
	if err != nil {
		return err
	}
	out, err := responses.EncodeItems(items, p)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}
