package openai

import (
	"bytes"
	"encoding/json"
	"strconv"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
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
	// Legacy is true where the client sent functions instead of tools, and
	// waits for function_call.
	Legacy bool
}

// sampling are the parameters that chat and text completions share.
type sampling struct {
	unhonoured
	Model               string             `json:"model"`
	Stream              bool               `json:"stream"`
	StreamOptions       *streamOptions     `json:"stream_options"`
	Temperature         *float32           `json:"temperature"`
	TopP                *float32           `json:"top_p"`
	TopK                *int               `json:"top_k"`
	MinP                *float32           `json:"min_p"`
	TypicalP            *float32           `json:"typical_p"`
	TopNSigma           *float32           `json:"top_n_sigma"`
	XTCProbability      *float32           `json:"xtc_probability"`
	XTCThreshold        *float32           `json:"xtc_threshold"`
	DynatempRange       *float32           `json:"dynatemp_range"`
	DynatempExponent    *float32           `json:"dynatemp_exponent"`
	Mirostat            *int               `json:"mirostat"`
	MirostatTau         *float32           `json:"mirostat_tau"`
	MirostatEta         *float32           `json:"mirostat_eta"`
	Samplers            []string           `json:"samplers"`
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
	NPredict            *int               `json:"n_predict"`
	N                   *int               `json:"n"`
	NCmpl               *int               `json:"n_cmpl"`
	Stop                stringList         `json:"stop"`
	IgnoreEOS           bool               `json:"ignore_eos"`
	ResponseFormat      *responseFormat    `json:"response_format"`
	Grammar             string             `json:"grammar"`
	JSONSchema          json.RawMessage    `json:"json_schema"`
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
		return err
	}
	*l = many
	return nil
}

// Misfit says where a value is neither form.
func (l *stringList) Misfit(v any, at string) error {
	switch v := v.(type) {
	case nil, string:
		return nil
	case []any:
		for i, x := range v {
			if _, ok := x.(string); !ok && x != nil {
				return body.Misfit(at+"["+strconv.Itoa(i)+"]", "a string", x)
			}
		}
		return nil
	}
	return body.Misfit(at, "a string or a list of strings", v)
}

// request makes the canonical request of the shared parameters. least is the
// smallest max_tokens that has a meaning at the endpoint.
func (s *sampling) request(least int) (*llm.Request, error) {
	if err := refuse(&s.unhonoured); err != nil {
		return nil, err
	}
	r := &llm.Request{
		Model: s.Model, Stop: s.Stop, IgnoreEOS: s.IgnoreEOS, Stream: s.Stream, User: s.User,
		MaxTokens: s.MaxTokens,
		Sampling: llm.Sampling{
			Temperature: s.Temperature, TopP: s.TopP, TopK: s.TopK, MinP: s.MinP, TypicalP: s.TypicalP,
			TopNSigma: s.TopNSigma, XTCProbability: s.XTCProbability, XTCThreshold: s.XTCThreshold,
			DynatempRange: s.DynatempRange, DynatempExponent: s.DynatempExponent,
			Mirostat: s.Mirostat, MirostatTau: s.MirostatTau, MirostatEta: s.MirostatEta,
			RepeatPenalty: s.RepeatPenalty, RepeatLastN: s.RepeatLastN,
			PresencePenalty: s.PresencePenalty, FrequencyPenalty: s.FrequencyPenalty,
			DRYMultiplier: s.DRYMultiplier, DRYBase: s.DRYBase, DRYAllowedLength: s.DRYAllowedLength,
			DRYPenaltyLastN: s.DRYPenaltyLastN, DRYBreakers: s.DRYSequenceBreakers,
		},
	}
	limit := "max_tokens"
	switch {
	case s.MaxCompletionTokens != nil:
		r.MaxTokens, limit = s.MaxCompletionTokens, "max_completion_tokens"
	case s.MaxTokens == nil && s.NPredict != nil:
		r.MaxTokens, limit = s.NPredict, "n_predict"
	}
	if r.MaxTokens != nil && *r.MaxTokens == -1 {
		// llama.cpp's way of saying "no bound".
		r.MaxTokens = nil
	}
	if r.MaxTokens != nil && *r.MaxTokens < least {
		return nil, body.Invalid(limit, "%s is %d; it must be at least %d", limit, *r.MaxTokens, least)
	}
	if s.RepetitionPenalty != nil && s.RepeatPenalty == nil {
		r.Sampling.RepeatPenalty = s.RepetitionPenalty
	}
	if s.Seed != nil {
		seed := uint32(*s.Seed)
		r.Sampling.Seed = &seed
	}
	if s.N == nil {
		s.N = s.NCmpl
	}
	if s.N != nil {
		if *s.N < 1 || *s.N > 128 {
			return nil, body.Invalid("n", "n is %d; it must be from 1 to 128", *s.N)
		}
		r.N = *s.N
	}
	if len(s.Stop) > 64 {
		return nil, body.Invalid("stop", "stop has %d entries; at most 64 are possible", len(s.Stop))
	}
	if err := s.bias(r); err != nil {
		return nil, err
	}
	if err := s.format(r); err != nil {
		return nil, err
	}
	if err := s.order(r); err != nil {
		return nil, err
	}
	for _, l := range []struct {
		field string
		list  []adapter
	}{{"adapters", s.Adapters}, {"lora", s.LoRA}} {
		for i, a := range l.list {
			if a.Name == "" {
				return nil, body.Invalid(l.field, "%s[%d].name is missing; an adapter goes by the name that the config gives it", l.field, i)
			}
			scale := float32(1)
			if a.Scale != nil {
				scale = *a.Scale
			}
			r.Adapters = append(r.Adapters, llm.Adapter{Name: a.Name, Scale: scale})
		}
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
			return body.Invalid("logit_bias", "logit_bias names %q, which is no token id", k)
		}
		if v < -100 || v > 100 {
			return body.Invalid("logit_bias", "logit_bias of token %d is %v; it must be from -100 to 100", id, v)
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

// format reads what constrains the output; only one thing can.
func (s *sampling) format(r *llm.Request) error {
	f, err := s.ResponseFormat.format()
	if err != nil {
		return err
	}
	if !body.Absent(s.JSONSchema) {
		if f.Kind != llm.FormatText {
			return body.Invalid("json_schema", "json_schema and response_format cannot both hold; leave one out")
		}
		f = llm.Format{Kind: llm.FormatJSONSchema, Schema: s.JSONSchema, Field: "json_schema"}
	}
	if s.Grammar != "" {
		if f.Kind != llm.FormatText {
			return body.Invalid("grammar", "grammar and %s cannot both hold; leave one out", f.Field)
		}
		f = llm.Format{Kind: llm.FormatGrammar, Grammar: s.Grammar, Field: "grammar"}
	}
	r.Format = f
	return nil
}

func (f *responseFormat) format() (llm.Format, error) {
	const field = "response_format"
	if f == nil {
		return llm.Format{}, nil
	}
	switch f.Type {
	case "text":
		return llm.Format{}, nil
	case "json_object":
		if body.Absent(f.Schema) {
			return llm.Format{Kind: llm.FormatJSON, Field: field}, nil
		}
		return llm.Format{Kind: llm.FormatJSONSchema, Schema: f.Schema, Field: field}, nil
	case "json_schema":
		if f.JSONSchema == nil || body.Absent(f.JSONSchema.Schema) {
			return llm.Format{}, body.Invalid(field, "response_format.json_schema.schema is missing")
		}
		return llm.Format{Kind: llm.FormatJSONSchema, Schema: f.JSONSchema.Schema, Field: field}, nil
	case "grammar":
		if f.Grammar == "" {
			return llm.Format{}, body.Invalid(field, "response_format.grammar is missing")
		}
		return llm.Format{Kind: llm.FormatGrammar, Grammar: f.Grammar, Field: field}, nil
	case "":
		return llm.Format{}, body.Invalid(field, "response_format.type is missing; use text, json_object, json_schema or grammar")
	}
	return llm.Format{}, body.Invalid(field, "response_format.type %q is not known; use text, json_object, json_schema or grammar", body.Short(f.Type))
}
