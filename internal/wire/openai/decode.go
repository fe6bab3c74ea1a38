package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"irori/internal/llm"
)

// Chat is a decoded request for a chat completion or a completion.
type Chat struct {
	// Requests are the requests to answer: one, or one per prompt of a
	// completion.
	Requests []*llm.Request
	Stream   bool
	// IncludeUsage asks for a last chunk with the usage.
	IncludeUsage bool
	// Model is the model as the client named it.
	Model string
	// Completion is true for the older endpoint.
	Completion bool
}

// sampling are the parameters that chat and text completions share.
type sampling struct {
	Model               string             `json:"model"`
	Stream              bool               `json:"stream"`
	StreamOptions       *streamOptions     `json:"stream_options"`
	Temperature         *float32           `json:"temperature"`
	TopP                *float32           `json:"top_p"`
	TopK                *int               `json:"top_k"`
	MinP                *float32           `json:"min_p"`
	TypicalP            *float32           `json:"typical_p"`
	RepeatPenalty       *float32           `json:"repeat_penalty"`
	RepetitionPenalty   *float32           `json:"repetition_penalty"`
	RepeatLastN         *int               `json:"repeat_last_n"`
	PresencePenalty     *float32           `json:"presence_penalty"`
	FrequencyPenalty    *float32           `json:"frequency_penalty"`
	DRYMultiplier       *float32           `json:"dry_multiplier"`
	DRYBase             *float32           `json:"dry_base"`
	DRYAllowedLength    *int               `json:"dry_allowed_length"`
	DRYPenaltyLastN     *int               `json:"dry_penalty_last_n"`
	DRYSequenceBreakers []string           `json:"dry_sequence_breakers"`
	LogitBias           map[string]float32 `json:"logit_bias"`
	Seed                *int64             `json:"seed"`
	MaxTokens           *int               `json:"max_tokens"`
	MaxCompletionTokens *int               `json:"max_completion_tokens"`
	N                   *int               `json:"n"`
	Stop                stringList         `json:"stop"`
	IgnoreEOS           bool               `json:"ignore_eos"`
	ResponseFormat      *responseFormat    `json:"response_format"`
	Grammar             string             `json:"grammar"`
	User                string             `json:"user"`
	Adapters            []adapter          `json:"adapters"`
	LoRA                []adapter          `json:"lora"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type adapter struct {
	Name  string   `json:"name"`
	Scale *float32 `json:"scale"`
}

type responseFormat struct {
	Type       string          `json:"type"`
	Schema     json.RawMessage `json:"schema"`
	JSONSchema *struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
	Grammar string `json:"grammar"`
}

// stringList is a string or a list of strings.
type stringList []string

// UnmarshalJSON reads either form.
func (l *stringList) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = stringList{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("stop must be a string or a list of strings")
	}
	*l = many
	return nil
}

// request makes the canonical request of the shared parameters.
func (s *sampling) request() (*llm.Request, error) {
	r := &llm.Request{
		Model: s.Model, Stop: s.Stop, IgnoreEOS: s.IgnoreEOS, Stream: s.Stream, User: s.User,
		MaxTokens: s.MaxTokens,
		Sampling: llm.Sampling{
			Temperature: s.Temperature, TopP: s.TopP, TopK: s.TopK, MinP: s.MinP, TypicalP: s.TypicalP,
			RepeatPenalty: s.RepeatPenalty, RepeatLastN: s.RepeatLastN,
			PresencePenalty: s.PresencePenalty, FrequencyPenalty: s.FrequencyPenalty,
			DRYMultiplier: s.DRYMultiplier, DRYBase: s.DRYBase, DRYAllowedLength: s.DRYAllowedLength,
			DRYPenaltyLastN: s.DRYPenaltyLastN, DRYBreakers: s.DRYSequenceBreakers,
		},
	}
	if s.MaxCompletionTokens != nil {
		r.MaxTokens = s.MaxCompletionTokens
	}
	if r.MaxTokens != nil && *r.MaxTokens == -1 {
		// llama.cpp's way of saying "no bound".
		r.MaxTokens = nil
	}
	if r.MaxTokens != nil && *r.MaxTokens < 1 {
		return nil, invalid("max_tokens", "max_tokens is %d; it must be at least 1", *r.MaxTokens)
	}
	if s.RepetitionPenalty != nil && s.RepeatPenalty == nil {
		r.Sampling.RepeatPenalty = s.RepetitionPenalty
	}
	if s.Seed != nil {
		seed := uint32(*s.Seed)
		r.Sampling.Seed = &seed
	}
	if s.N != nil {
		if *s.N < 1 || *s.N > 128 {
			return nil, invalid("n", "n is %d; it must be from 1 to 128", *s.N)
		}
		r.N = *s.N
	}
	if len(s.Stop) > 64 {
		return nil, invalid("stop", "stop has %d entries; at most 64 are possible", len(s.Stop))
	}
	if err := s.bias(r); err != nil {
		return nil, err
	}
	if err := s.format(r); err != nil {
		return nil, err
	}
	for _, a := range append(s.Adapters, s.LoRA...) {
		if a.Name == "" {
			return nil, invalid("adapters", "an adapter has no name")
		}
		scale := float32(1)
		if a.Scale != nil {
			scale = *a.Scale
		}
		r.Adapters = append(r.Adapters, llm.Adapter{Name: a.Name, Scale: scale})
	}
	return r, nil
}

func (s *sampling) bias(r *llm.Request) error {
	if len(s.LogitBias) == 0 {
		return nil
	}
	r.Sampling.LogitBias = make(map[int32]float32, len(s.LogitBias))
	for k, v := range s.LogitBias {
		id, err := strconv.ParseInt(k, 10, 32)
		if err != nil || id < 0 {
			return invalid("logit_bias", "logit_bias names %q, which is no token id", k)
		}
		if v < -100 || v > 100 {
			return invalid("logit_bias", "logit_bias of token %d is %v; it must be from -100 to 100", id, v)
		}
		// At the ends of the range OpenAI promises a ban or an exclusive
		// selection; 100 does neither against unbounded logits.
		r.Sampling.LogitBias[int32(id)] = v
		if v == -100 {
			r.Sampling.LogitBias[int32(id)] = -1e9
		}
	}
	return nil
}

func (s *sampling) format(r *llm.Request) error {
	if s.Grammar != "" {
		r.Format = llm.Format{Kind: llm.FormatGrammar, Grammar: s.Grammar}
	}
	f := s.ResponseFormat
	if f == nil {
		return nil
	}
	switch f.Type {
	case "text", "":
	case "json_object":
		r.Format = llm.Format{Kind: llm.FormatJSON}
		if len(f.Schema) > 0 {
			r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: f.Schema}
		}
	case "json_schema":
		if f.JSONSchema == nil || len(f.JSONSchema.Schema) == 0 {
			return invalid("response_format", "response_format of type json_schema has no json_schema.schema")
		}
		r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: f.JSONSchema.Schema}
	case "grammar":
		if f.Grammar == "" {
			return invalid("response_format", "response_format of type grammar has no grammar")
		}
		r.Format = llm.Format{Kind: llm.FormatGrammar, Grammar: f.Grammar}
	default:
		return invalid("response_format", "response_format.type %q is not known; use text, json_object, json_schema or grammar", f.Type)
	}
	return nil
}

func invalid(param, format string, args ...any) error {
	return llm.Errorf(llm.CodeInvalidRequest, format, args...).WithParam(param)
}

// decode reads one JSON object into v and says in words what is wrong with it.
func decode(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	err := dec.Decode(v)
	if err == nil {
		if _, err := dec.Token(); err != io.EOF {
			return llm.Errorf(llm.CodeInvalidRequest, "the body holds more than one JSON value")
		}
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		// The shared parameters are an embedded struct, whose name is ours.
		field := strings.TrimPrefix(e.Field, "sampling.")
		if field == "" {
			return llm.Errorf(llm.CodeInvalidRequest, "the body must be a JSON object, not %s", e.Value)
		}
		return invalid(field, "%s must be %s, not %s", field, kindName(e.Type.Kind().String()), e.Value)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: %v at byte %d", e, e.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return llm.Errorf(llm.CodeInvalidRequest, "the body is not JSON: it is empty or cut short")
	}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%v", err)
}

// kindName says a Go kind in JSON's words.
func kindName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "bool":
		return "true or false"
	case kind == "slice":
		return "a list"
	case kind == "map", kind == "struct":
		return "an object"
	}
	return fmt.Sprintf("a %s", kind)
}
