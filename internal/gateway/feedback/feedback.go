// Package feedback takes what clients say of answers that they got.
//
// It knows neither what was routed nor what is learnt; who takes the word
// decides whose word counts.
package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
)

// Handlers are the endpoint.
type Handlers struct {
	G *gateway.Gateway
	// Say takes a word.
	Say func(context.Context, log.Word) (*log.Given, error)
	// Fail writes errors, in the shape of the API that the path belongs to.
	Fail func(http.ResponseWriter, *llm.Error)
}

// Routes lists the endpoint.
func (h *Handlers) Routes() []gateway.Route {
	return []gateway.Route{{Pattern: "POST /v1/feedback", Handle: h.feedback, Fail: h.Fail}}
}

func (h *Handlers) feedback(w http.ResponseWriter, r *http.Request) error {
	b, err := h.G.Body(w, r)
	if err != nil {
		return err
	}
	word, err := decode(b)
	if err != nil {
		return err
	}
	k := gateway.KeyOf(r.Context())
	if word.Owner = k == nil; k != nil {
		word.Key = k.Name
	}
	given, err := h.Say(r.Context(), *word)
	if err != nil {
		return err
	}
	out, err := json.Marshal(given)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, out)
	return nil
}

// wrong says what a body is in place of a word, without the names of types.
func wrong(err error) string {
	kinds := map[reflect.Kind]string{
		reflect.Struct: "an object", reflect.String: "a text", reflect.Float64: "a number that can be kept", reflect.Bool: "true or false",
	}
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return "it is no JSON: " + err.Error()
	case e.Field == "":
		return "it must be an object, not " + described(e.Value)
	}
	t := e.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return e.Field + " must be " + kinds[t.Kind()] + ", not " + described(e.Value)
}

// described is what encoding/json calls a value.
func described(value string) string {
	switch value {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	case "string":
		return "a text"
	case "number":
		return "a number"
	}
	return value // a number with its digits
}

// decode reads {"id", "score"} or {"id", "good"}, and a comment.
func decode(b []byte) (*log.Word, error) {
	var in struct {
		ID      *string  `json:"id"`
		Score   *float64 `json:"score"`
		Good    *bool    `json:"good"`
		Comment string   `json:"comment"`
	}
	err := json.Unmarshal(b, &in)
	if err == nil {
		if twice := outcome.Twice(b, func(n string) bool { return n == "id" || n == "score" || n == "good" || n == "comment" }); twice != "" {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is there twice, and nobody can say which counts", twice).WithParam(twice)
		}
	}
	if err != nil {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the body is no word on an answer: %s", wrong(err)).
			WithHint(`send {"id": "X-Irori-Id of the answer", "score": 0.8}, or "good": true in place of the score`)
	}
	switch {
	case in.ID == nil || *in.ID == "":
		return nil, llm.Errorf(llm.CodeInvalidRequest, "id is missing: the X-Irori-Id of the answer").WithParam("id")
	case in.Score == nil && in.Good == nil:
		return nil, llm.Errorf(llm.CodeInvalidRequest, "score, from 0 to 1, is missing").WithParam("score").WithHint(`"good": true or false will do too`)
	case in.Score != nil && in.Good != nil:
		return nil, llm.Errorf(llm.CodeInvalidRequest, "score and good are two words on one answer: send one").WithParam("good")
	case in.Score != nil && !(*in.Score >= 0 && *in.Score <= 1):
		return nil, llm.Errorf(llm.CodeInvalidRequest, "score must be from 0 to 1, not %g", *in.Score).WithParam("score")
	}
	out := &log.Word{ID: *in.ID, Comment: in.Comment}
	switch {
	case in.Score != nil:
		out.Score = *in.Score
	case *in.Good:
		out.Score = 1
	}
	return out, nil
}
