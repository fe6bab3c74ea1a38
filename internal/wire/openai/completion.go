package openai

import (
	"bytes"
	"encoding/json"
	"fmt"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

type completionBody struct {
	sampling
	Prompt   json.RawMessage `json:"prompt"`
	Echo     bool            `json:"echo"`
	Logprobs *int            `json:"logprobs"`
	Suffix   string          `json:"suffix"`
	BestOf   *int            `json:"best_of"`
	// AddSpecialTokens is vLLM's; the begin token is always added to text.
	AddSpecialTokens json.RawMessage `json:"add_special_tokens"`
}

// maxPrompts bounds the prompts of one completion request.
const maxPrompts = 64

// DecodeCompletion reads the body of POST /v1/completions. A list of prompts
// gives one request each.
func DecodeCompletion(data []byte) (*Chat, error) {
	var b completionBody
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	if b.Suffix != "" {
		return nil, llm.Errorf(llm.CodeUnsupported, "suffix is not supported").WithParam("suffix")
	}
	least := 1
	if b.Echo {
		least = 0
	}
	r, err := b.request(least)
	if err != nil {
		return nil, err
	}
	if b.BestOf != nil && *b.BestOf > r.Choices() {
		return nil, llm.Errorf(llm.CodeUnsupported, "best_of above n is not supported").WithParam("best_of").WithHint("use n")
	}
	if !body.Absent(b.AddSpecialTokens) && !isNeutral(b.AddSpecialTokens, "true") {
		return nil, llm.Errorf(llm.CodeUnsupported, "add_special_tokens: false is not supported").
			WithParam("add_special_tokens").WithHint("send the prompt as token ids")
	}
	r.Raw, r.Echo = true, b.Echo
	if b.Logprobs != nil {
		if *b.Logprobs < 0 || *b.Logprobs > 20 {
			return nil, body.Invalid("logprobs", "logprobs is %d; it must be from 0 to 20", *b.Logprobs)
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
		return nil, body.Invalid(param, "%s is missing", param)
	}
	const want = "a string, a list of strings, token ids, or lists of token ids"
	switch raw[0] {
	case '"':
		var s string
		if err := body.Read(raw, &s, param); err != nil {
			return nil, err
		}
		return []llm.EmbedInput{{Text: s}}, nil
	case '[':
	default:
		return nil, body.Wrong(param, want, raw)
	}
	var tokens []int32
	if json.Unmarshal(raw, &tokens) == nil && len(tokens) > 0 {
		return []llm.EmbedInput{{Tokens: tokens}}, nil
	}
	var list []json.RawMessage
	if err := body.Read(raw, &list, param); err != nil {
		return nil, err
	}
	switch {
	case len(list) == 0:
		return nil, body.Invalid(param, "%s is an empty list", param)
	case list[0][0] == '-' || list[0][0] >= '0' && list[0][0] <= '9':
		// A list of ids with a mistake in it.
		return nil, body.Read(raw, &tokens, param)
	case len(list) > most:
		return nil, body.Invalid(param, "%s has %d entries; at most %d are possible", param, len(list), most)
	}
	out := make([]llm.EmbedInput, 0, len(list))
	for i, item := range list {
		var in llm.EmbedInput
		at := fmt.Sprintf("%s[%d]", param, i)
		switch item[0] {
		case '"':
			if err := body.Read(item, &in.Text, at); err != nil {
				return nil, err
			}
		case '[':
			if err := body.Read(item, &in.Tokens, at); err != nil {
				return nil, err
			}
			if len(in.Tokens) == 0 {
				return nil, body.Invalid(param, "%s is an empty list", at)
			}
		default:
			return nil, body.Wrong(at, "a string or a list of token ids", item)
		}
		out = append(out, in)
	}
	return out, nil
}
