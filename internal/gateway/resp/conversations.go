package resp

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/wire/openai/responses"
)

// said are the items of a conversation.
func (h *Handlers) said(r *http.Request, id string) ([]json.RawMessage, error) {
	a, err := h.load(r, id, "conversation", "conversation")
	if err != nil {
		return nil, err
	}
	return responses.Parted(a.Input), nil
}

// extend adds items to the end of a conversation.
func (h *Handlers) extend(ctx context.Context, key, id string, items []json.RawMessage) error {
	return h.change(ctx, key, id, func(a *store.Answer) error {
		var err error
		a.Input, err = responses.Joined(append(responses.Parted(a.Input), items...))
		return err
	})
}

// change reads a conversation, and keeps what became of it.
func (h *Handlers) change(ctx context.Context, key, id string, edit func(*store.Answer) error) error {
	h.turns.Lock()
	defer h.turns.Unlock()
	a, err := h.Kept.Get(ctx, key, id)
	if err != nil {
		return gone(err, "conversation", id, "conversation")
	}
	if err := edit(a); err != nil {
		return err
	}
	a.Expires = time.Now().Add(h.For)
	return h.Kept.Put(ctx, a)
}

// conversation runs an endpoint that needs answers to be kept.
func (h *Handlers) conversation(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if h.Kept == nil {
			return llm.Errorf(llm.CodeUnsupported, "no conversations are kept here").WithHint("set responses.keep in the config")
		}
		return f(w, r)
	}
}

func (h *Handlers) open(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	now := time.Now()
	c, err := responses.DecodeConversation(body, gateway.NewID(now), now.Unix())
	if err != nil {
		return err
	}
	input, err := responses.Joined(c.Items)
	if err != nil {
		return err
	}
	err = h.Kept.Put(r.Context(), &store.Answer{
		ID: c.ID, Key: keyName(r), Created: now, Expires: now.Add(h.For), Input: input, Body: c.Body,
	})
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, c.Body)
	return nil
}

func (h *Handlers) show(w http.ResponseWriter, r *http.Request) error {
	a, err := h.load(r, r.PathValue("id"), "conversation", "conversation_id")
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, a.Body)
	return nil
}

// note changes the metadata of a conversation.
func (h *Handlers) note(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	var out []byte
	err = h.change(r.Context(), keyName(r), r.PathValue("id"), func(a *store.Answer) error {
		a.Body, err = responses.UpdateConversation(a.Body, body)
		out = a.Body
		return err
	})
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}

func (h *Handlers) end(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := h.Kept.Delete(r.Context(), keyName(r), id); err != nil {
		return gone(err, "conversation", id, "conversation_id")
	}
	out, err := responses.EncodeDeleted(id, "conversation.deleted")
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}

func (h *Handlers) lines(w http.ResponseWriter, r *http.Request) error {
	items, err := h.said(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	return list(w, r, items)
}

// say adds items to a conversation.
func (h *Handlers) say(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	items, err := responses.DecodeItems(body, gateway.NewID(time.Now()))
	if err != nil {
		return err
	}
	if err := h.extend(r.Context(), keyName(r), r.PathValue("id"), items); err != nil {
		return err
	}
	out, err := responses.EncodeItems(items, responses.Page{Limit: len(items)})
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}

func (h *Handlers) line(w http.ResponseWriter, r *http.Request) error {
	items, err := h.said(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, raw := range items {
		if responses.ItemID(raw) == r.PathValue("item") {
			gateway.WriteJSON(w, http.StatusOK, raw)
			return nil
		}
	}
	return noItem(r)
}

func noItem(r *http.Request) error {
	return llm.Errorf(llm.CodeNotFound, "there is no item %q in this conversation", cut(r.PathValue("item"))).WithParam("item_id")
}

// unsay takes an item out of a conversation, and answers with what is left.
func (h *Handlers) unsay(w http.ResponseWriter, r *http.Request) error {
	var out []byte
	err := h.change(r.Context(), keyName(r), r.PathValue("id"), func(a *store.Answer) error {
		var left []json.RawMessage
		all := responses.Parted(a.Input)
		for _, raw := range all {
			if responses.ItemID(raw) != r.PathValue("item") {
				left = append(left, raw)
			}
		}
		if len(left) == len(all) {
			return noItem(r)
		}
		var err error
		a.Input, err = responses.Joined(left)
		out = a.Body
		return err
	})
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}
