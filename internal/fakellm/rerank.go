package fakellm

import (
	"encoding/json"
	"net/http"
	"slices"
)

// rerank scores each document by how many of the query's words are in it, in
// the documents' order.
func (s *Server) rerank(w http.ResponseWriter, r *http.Request) {
	seen, k, err := s.note(r)
	var a struct {
		Model     string   `json:"model"`
		Query     string   `json:"query"`
		Documents []string `json:"documents"`
	}
	if err == nil {
		err = json.Unmarshal(seen.Body, &a)
	}
	switch {
	case err != nil:
		writeJSON(w, http.StatusBadRequest, openaiFail(http.StatusBadRequest, err.Error()))
		return
	case k.Status != 0:
		writeJSON(w, k.Status, openaiFail(k.Status, "a fault that was asked for"))
		return
	}
	words := tokens(a.Query)
	results, total := make([]object, len(a.Documents)), len(words)
	for i, d := range a.Documents {
		have, n := tokens(d), 0
		total += len(have)
		for _, word := range words {
			if slices.Contains(have, word) {
				n++
			}
		}
		results[i] = object{"index": i, "relevance_score": float64(n) / float64(max(len(words), 1))}
	}
	writeJSON(w, http.StatusOK, object{"model": a.Model, "object": "list", "results": results, "usage": object{"prompt_tokens": total, "total_tokens": total}})
}
