// Package cohere translates between the reranking APIs of Cohere and Jina,
// which llama-server and vLLM speak too, and package llm: as the server for
// clients, as the client of backends.
//
// The two differ in what they return beside the scores; one answer serves the
// clients of both. It knows no HTTP and no backend.
package cohere

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"irori/internal/llm"
	"irori/internal/text"
)

// Bounds of a request.
const maxDocuments = 10_000

// Request is a client's request.
type Request struct {
	*llm.RerankRequest
	// Show asks for the documents beside their scores.
	Show bool
}

// document is a text, or an object that holds one.
type document string

// UnmarshalJSON reads either form.
func (d *document) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*d = document(s)
		return nil
	}
	var o struct {
		Text *string `json:"text"`
	}
	if json.Unmarshal(b, &o) != nil || o.Text == nil {
		return llm.Errorf(llm.CodeInvalidRequest, "documents holds what is neither a string nor an object with a text").WithParam("documents")
	}
	*d = document(*o.Text)
	return nil
}

// Decode reads a request.
func Decode(body []byte) (*Request, error) {
	var b struct {
		Model     string     `json:"model"`
		Query     *document  `json:"query"`
		Documents []document `json:"documents"`
		Texts     []document `json:"texts"`
		Top       *int       `json:"top_n"`
		Show      bool       `json:"return_documents"`
		Fields    []string   `json:"rank_fields"`
	}
	if why := text.NotUTF8(body); why != "" {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the body is %s", why)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &b); err != nil {
		if e, ok := err.(*llm.Error); ok {
			return nil, e
		}
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s cannot be a %s", cmp.Or(e.Field, "the body"), e.Value).WithParam(e.Field)
		}
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: %v", err)
	}
	if b.Documents == nil {
		b.Documents = b.Texts
	}
	wrong := func(field, format string, args ...any) error {
		return llm.Errorf(llm.CodeInvalidRequest, format, args...).WithParam(field)
	}
	switch {
	case b.Query == nil:
		return nil, wrong("query", "query is missing")
	case len(b.Documents) == 0:
		return nil, wrong("documents", "documents is missing, or empty")
	case len(b.Documents) > maxDocuments:
		return nil, wrong("documents", "there are %d documents; at most %d are ranked at once", len(b.Documents), maxDocuments)
	case b.Top != nil && *b.Top < 1:
		return nil, wrong("top_n", "top_n is %d; it must be at least 1", *b.Top)
	case len(b.Fields) > 1 || len(b.Fields) == 1 && b.Fields[0] != "text":
		return nil, llm.Errorf(llm.CodeUnsupported, "rank_fields other than text are not supported").WithParam("rank_fields")
	}
	r := &Request{RerankRequest: &llm.RerankRequest{Model: b.Model, Query: string(*b.Query)}, Show: b.Show}
	for _, d := range b.Documents {
		r.Documents = append(r.Documents, string(d))
	}
	if r.Top = len(r.Documents); b.Top != nil {
		r.Top = min(*b.Top, r.Top)
	}
	return r, nil
}

type result struct {
	Index    int     `json:"index"`
	Score    float64 `json:"relevance_score"`
	Document *shown  `json:"document,omitempty"`
}

type shown struct {
	Text string `json:"text"`
}

type usageBody struct {
	Prompt *int `json:"prompt_tokens,omitempty"`
	Total  *int `json:"total_tokens,omitempty"`
	// Irori is what the request took, where it asks.
	Irori *llm.Spent `json:"irori,omitempty"`
}

// Encode writes an answer.
func Encode(q *Request, id, model string, res *llm.RerankResult, spent *llm.Spent) ([]byte, error) {
	type version struct {
		Version string `json:"version"`
	}
	b := struct {
		ID      string   `json:"id"`
		Object  string   `json:"object"`
		Model   string   `json:"model"`
		Results []result `json:"results"`
		Meta    struct {
			API version `json:"api_version"`
		} `json:"meta"`
		Usage usageBody `json:"usage"`
	}{ID: id, Object: "list", Model: model, Results: []result{}}
	b.Meta.API.Version = "2"
	b.Usage = usageBody{res.Usage.PromptTokens, res.Usage.PromptTokens, spent}
	for _, r := range res.Ranks {
		out := result{Index: r.Index, Score: r.Score}
		if q.Show {
			out.Document = &shown{q.Documents[r.Index]}
		}
		b.Results = append(b.Results, out)
	}
	return marshal(b)
}

// EncodeError writes an error as the clients of both APIs, and those of
// OpenAI's, find it.
func EncodeError(e *llm.Error, kind string) []byte {
	text := e.Error()
	if e.Hint != "" {
		text += " (hint: " + e.Hint + ")"
	}
	b := struct {
		Message string `json:"message"`
		Detail  string `json:"detail"`
		Error   struct {
			Message string `json:"message"`
			Type    string `json:"type"`
			Code    string `json:"code"`
			Param   string `json:"param,omitempty"`
		} `json:"error"`
	}{Message: text, Detail: text}
	b.Error.Message, b.Error.Type, b.Error.Code, b.Error.Param = text, kind, string(e.Code), e.Param
	out, err := marshal(b)
	if err != nil {
		return []byte(`{"message":"internal error"}`)
	}
	return out
}

// marshal leaves < and > as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// EncodeAsk writes a request for a backend. All scores are asked for: which of
// them are the best is said here.
func EncodeAsk(r *llm.RerankRequest) ([]byte, error) {
	return marshal(struct {
		Model     string   `json:"model"`
		Query     string   `json:"query"`
		Documents []string `json:"documents"`
		Top       int      `json:"top_n"`
	}{r.Model, r.Query, r.Documents, len(r.Documents)})
}

// DecodeAnswer reads a backend's answer to a request: the best first.
func DecodeAnswer(data []byte, r *llm.RerankRequest) (*llm.RerankResult, error) {
	var b struct {
		Results []struct {
			Index *int     `json:"index"`
			Score *float64 `json:"relevance_score"`
		} `json:"results"`
		Usage *usageBody `json:"usage"`
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, llm.Errorf(llm.CodeBadAnswer, "its scores cannot be read")
	}
	seen := make([]bool, len(r.Documents))
	out := &llm.RerankResult{}
	for _, x := range b.Results {
		if x.Index == nil || x.Score == nil || *x.Index < 0 || *x.Index >= len(seen) || seen[*x.Index] || math.IsInf(*x.Score, 0) {
			return nil, llm.Errorf(llm.CodeBadAnswer, "it sent a score that belongs to none of the %d documents", len(seen))
		}
		seen[*x.Index] = true
		out.Ranks = append(out.Ranks, llm.Rank{Index: *x.Index, Score: *x.Score})
	}
	if len(out.Ranks) != len(seen) {
		return nil, llm.Errorf(llm.CodeBadAnswer, "it sent %d scores for %d documents", len(out.Ranks), len(seen))
	}
	slices.SortStableFunc(out.Ranks, func(a, b llm.Rank) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Index, b.Index)) })
	out.Ranks = out.Ranks[:min(max(r.Top, 1), len(out.Ranks))]
	if u := b.Usage; u != nil {
		if out.Usage.PromptTokens = cmp.Or(u.Prompt, u.Total); out.Usage.PromptTokens != nil {
			out.Usage.OutputTokens, out.Usage.Source = llm.IntPtr(0), llm.UsageBackend
		}
	}
	return out, nil
}

// Refusal is the error of a server that does not rank, given that of its
// answer; others stay as they are.
func Refusal(status int, e *llm.Error) *llm.Error {
	switch status {
	case 404, 405, 501:
		return llm.Errorf(llm.CodeUnsupported, "it does not rerank: %s", e.Message).WithHint("start llama-server with --reranking and a model made for it, or name a model that ranks")
	}
	return e
}
