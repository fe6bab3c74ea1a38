package oai

import (
	"net/http"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/wire/cohere"
)

// rerankPaths are where the clients of Cohere, Jina and their like ask.
var rerankPaths = []string{"POST /v1/rerank", "POST /rerank", "POST /v2/rerank"}

func (h *Handlers) rerank(w http.ResponseWriter, r *http.Request) error {
	body, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	q, err := cohere.Decode(body)
	if err != nil {
		return err
	}
	f, err := h.G.Admit(r, "rerank", q.Model, false)
	if err != nil {
		return err
	}
	res, err := f.Rerank(r.Context(), q.RerankRequest)
	f.End(r.Context(), err)
	f.Header(w.Header())
	if err != nil {
		return err
	}
	out, err := cohere.Encode(q, f.ID, f.Lease.Model, res, f.Spent())
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	f.Trailer(w.Header())
	return nil
}

func failRerank(w http.ResponseWriter, e *llm.Error) {
	status, kind := gateway.Status(e.Code)
	gateway.Refusal(w.Header(), e)
	gateway.WriteJSON(w, status, cohere.EncodeError(e, kind))
}
