package openai

import (
	"bytes"
	"encoding/json"

	"irori/internal/llm"
)

type completionBody struct {
	sampling
	Prompt   json.RawMessage `json:"prompt"`
	Echo     bool            `json:"echo"`
	Logprobs *int            `json:"logprobs"`
	Suffix   string          `json:"suffix"`
	BestOf   *int            `json:"best_of"`
}

// maxPrompts bounds the prompts of one completion request.
const maxPrompts = 64

// DecodeCompletion reads the body of POST /v1/completions. A list of prompts
// gives one request each.
func DecodeCompletion(body []byte) (*Chat, error) {
	var b completionBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	if b.Suffix != "" {
		return nil, llm.Errorf(llm.CodeUnsupported, "suffix is not supported").WithParam("suffix")
	}
	r, err := b.request()
	if err != nil {
		return nil, err
	}
	if b.BestOf != nil && *b.BestOf > r.Choices() {
		return nil, llm.Errorf(llm.CodeUnsupported, "best_of is not supported; use n").WithParam("best_of")
	}
	r.Raw, r.Echo = true, b.Echo
	if b.Logprobs != nil {
		if *b.Logprobs < 0 || *b.Logprobs > 20 {
			return nil, invalid("logprobs", "logprobs is %d; it must be from 0 to 20", *b.Logprobs)
		}
		r.Logprobs, r.TopLogprobs = true, *b.Logprobs
	}
	inputs, err := inputs(b.Prompt, "prompt", maxPrompts)
	if err != nil {
		return nil, err
	}
	out := &Chat{Stream: b.Stream, Model: b.Model, Completion: true, IncludeUsage: b.StreamOptions != nil && b.StreamOptions.IncludeUsage}
	for _, in := range inputs {
		c := *r
		c.Prompt, c.PromptTokens = in.Text, in.Tokens
		out.Requests = append(out.Requests, &c)
	}
	return out, nil
}

// inputs reads a string, tokens, or a list of either.
func inputs(raw json.RawMessage, param string, most int) ([]llm.EmbedInput, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, invalid(param, "%s is missing", param)
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []llm.EmbedInput{{Text: s}}, nil
	}
	var tokens []int32
	if json.Unmarshal(raw, &tokens) == nil && len(tokens) > 0 {
		return []llm.EmbedInput{{Tokens: tokens}}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return nil, invalid(param, "%s must be a string, a list of strings, or lists of token ids", param)
	}
	if len(list) > most {
		return nil, invalid(param, "%s has %d entries; at most %d are possible", param, len(list), most)
	}
	out := make([]llm.EmbedInput, 0, len(list))
	for i, item := range list {
		var in llm.EmbedInput
		if json.Unmarshal(item, &in.Text) != nil {
			if err := json.Unmarshal(item, &in.Tokens); err != nil || len(in.Tokens) == 0 {
				return nil, invalid(param, "%s[%d] must be a string or a list of token ids", param, i)
			}
		}
		out = append(out, in)
	}
	return out, nil
}
