package ask

import (
	"bytes"
	"encoding/json"
	"maps"
	"strconv"

	"irori/internal/llm"
)

// Dialect says what a server takes besides what all of OpenAI's kind do.
type Dialect struct {
	// Vendor is OpenAI's own service: it refuses fields that it does not know,
	// and has newer names for some.
	Vendor bool
	// Template servers render chat templates, and take arguments for them.
	Template bool
	// Grammar servers take a GBNF grammar.
	Grammar bool
	// Repetition servers call the repeat penalty repetition_penalty.
	Repetition bool
}

type object = map[string]any

// set puts a value that was given into a body.
func set[T any](b object, name string, v *T) {
	if v != nil {
		b[name] = *v
	}
}

// Path is the endpoint that answers a request, below the server's /v1.
func Path(r *llm.Request) string {
	if r.Raw {
		return "/completions"
	}
	return "/chat/completions"
}

// EncodeRequest writes a request for a server. The answer is always asked for
// as a stream that ends with its usage: only so can every answer be counted
// and cut short.
func EncodeRequest(r *llm.Request, d Dialect) ([]byte, error) {
	if len(r.Adapters) > 0 {
		return nil, unsupported("adapters")
	}
	b := object{"model": r.Model, "stream": true, "stream_options": object{"include_usage": true}}
	if r.N > 1 {
		b["n"] = r.N
	}
	if len(r.Stop) > 0 {
		b["stop"] = r.Stop
	}
	if r.User != "" {
		b["user"] = r.User
	}
	limit := "max_tokens"
	if d.Vendor && !r.Raw {
		limit = "max_completion_tokens"
	}
	set(b, limit, r.MaxTokens)
	if r.IgnoreEOS {
		if d.Vendor {
			return nil, unsupported("ignore_eos")
		}
		b["ignore_eos"] = true
	}
	sampling(b, &r.Sampling, d)
	if err := format(b, r, d); err != nil {
		return nil, err
	}
	if r.Raw {
		raw(b, r)
	} else {
		chat(b, r, d)
	}
	return marshal(b)
}

func unsupported(field string) error {
	return llm.Errorf(llm.CodeUnsupported, "%s is not supported by this kind of backend", field).WithParam(field)
}

// sampling passes everything on that was said, in llama.cpp's names: a server
// that does not know a name says so itself, or passes over it.
func sampling(b object, s *llm.Sampling, d Dialect) {
	set(b, "temperature", s.Temperature)
	set(b, "top_p", s.TopP)
	set(b, "presence_penalty", s.PresencePenalty)
	set(b, "frequency_penalty", s.FrequencyPenalty)
	set(b, "seed", s.Seed)
	set(b, "top_k", s.TopK)
	set(b, "min_p", s.MinP)
	set(b, "typical_p", s.TypicalP)
	set(b, "top_n_sigma", s.TopNSigma)
	set(b, "xtc_probability", s.XTCProbability)
	set(b, "xtc_threshold", s.XTCThreshold)
	set(b, "dynatemp_range", s.DynatempRange)
	set(b, "dynatemp_exponent", s.DynatempExponent)
	set(b, "mirostat", s.Mirostat)
	set(b, "mirostat_tau", s.MirostatTau)
	set(b, "mirostat_eta", s.MirostatEta)
	name := "repeat_penalty"
	if d.Repetition {
		name = "repetition_penalty"
	}
	set(b, name, s.RepeatPenalty)
	set(b, "repeat_last_n", s.RepeatLastN)
	set(b, "dry_multiplier", s.DRYMultiplier)
	set(b, "dry_base", s.DRYBase)
	set(b, "dry_allowed_length", s.DRYAllowedLength)
	set(b, "dry_penalty_last_n", s.DRYPenaltyLastN)
	if s.DRYBreakers != nil {
		b["dry_sequence_breakers"] = s.DRYBreakers
	}
	if len(s.LogitBias) > 0 {
		bias := make(map[string]float32, len(s.LogitBias))
		for id, v := range s.LogitBias {
			// A ban is 100 below nothing in this API.
			bias[strconv.Itoa(int(id))] = max(v, -100)
		}
		b["logit_bias"] = bias
	}
}

func format(b object, r *llm.Request, d Dialect) error {
	switch r.Format.Kind {
	case llm.FormatJSON:
		b["response_format"] = object{"type": "json_object"}
	case llm.FormatJSONSchema:
		b["response_format"] = object{"type": "json_schema", "json_schema": object{"name": "answer", "schema": r.Format.Schema, "strict": true}}
	case llm.FormatGrammar:
		if !d.Grammar {
			return unsupported(r.FormatField())
		}
		b["grammar"] = r.Format.Grammar
	}
	return nil
}

func raw(b object, r *llm.Request) {
	b["prompt"] = r.Prompt
	if r.PromptTokens != nil {
		b["prompt"] = r.PromptTokens
	}
	if r.Echo {
		b["echo"] = true
	}
	if r.Logprobs {
		b["logprobs"] = r.TopLogprobs
	}
}

func chat(b object, r *llm.Request, d Dialect) {
	b["messages"] = messages(r.Messages, d)
	if r.Logprobs {
		b["logprobs"] = true
		if r.TopLogprobs > 0 {
			b["top_logprobs"] = r.TopLogprobs
		}
	}
	if r.Effort != "" {
		b["reasoning_effort"] = r.Effort
	}
	if d.Template {
		args := maps.Clone(r.TemplateArgs)
		if r.Think != nil {
			if args == nil {
				args = map[string]json.RawMessage{}
			}
			args["enable_thinking"] = strconv.AppendBool(nil, *r.Think)
		}
		if len(args) > 0 {
			b["chat_template_kwargs"] = args
		}
	}
	if len(r.Tools) == 0 {
		return
	}
	tools := make([]any, len(r.Tools))
	for i, t := range r.Tools {
		if tools[i] = t.Raw; len(t.Raw) == 0 {
			f := object{"name": t.Name}
			if t.Description != "" {
				f["description"] = t.Description
			}
			if len(t.Parameters) > 0 {
				f["parameters"] = t.Parameters
			}
			tools[i] = object{"type": "function", "function": f}
		}
	}
	b["tools"] = tools
	set(b, "parallel_tool_calls", r.ParallelTools)
	switch r.ToolChoice.Mode {
	case llm.ToolNamed:
		b["tool_choice"] = object{"type": "function", "function": object{"name": r.ToolChoice.Name}}
	case llm.ToolNone, llm.ToolRequired, llm.ToolAuto:
		b["tool_choice"] = string(r.ToolChoice.Mode)
	}
}

// messages are a conversation. Results of tools are words in this API, so that
// images among them stand in a message of the user's after the last result.
func messages(msgs []llm.Message, d Dialect) []object {
	list := make([]object, 0, len(msgs))
	var seen []llm.Part
	show := func() {
		if seen != nil {
			list = append(list, message(&llm.Message{Role: llm.RoleUser, Parts: seen}, d))
			seen = nil
		}
	}
	for i := range msgs {
		m := &msgs[i]
		if m.Role != llm.RoleTool {
			show()
		} else if m.HasImage() {
			words := *m
			words.Parts = nil
			for _, p := range m.Parts {
				if p.Type == llm.PartImage {
					seen = append(seen, p)
				} else {
					words.Parts = append(words.Parts, p)
				}
			}
			m = &words
		}
		list = append(list, message(m, d))
	}
	show()
	return list
}

func message(m *llm.Message, d Dialect) object {
	out := object{"role": string(m.Role)}
	if m.Role == llm.RoleDeveloper && !d.Vendor {
		out["role"] = "system"
	}
	if m.Name != "" {
		out["name"] = m.Name
	}
	if m.Reasoning != "" && !d.Vendor {
		out["reasoning_content"] = m.Reasoning
	}
	switch {
	case m.HasImage():
		list := make([]object, len(m.Parts))
		for i, p := range m.Parts {
			if list[i] = (object{"type": "text", "text": p.Text}); p.Type == llm.PartImage {
				list[i] = object{"type": "image_url", "image_url": object{"url": p.URL}}
			}
		}
		out["content"] = list
	case len(m.Parts) == 0 && len(m.ToolCalls) > 0:
		out["content"] = nil
	default:
		out["content"] = m.Text()
	}
	if m.Role == llm.RoleTool {
		out["tool_call_id"] = m.ToolCallID
	}
	if len(m.ToolCalls) > 0 {
		calls := make([]object, len(m.ToolCalls))
		for i, c := range m.ToolCalls {
			args := c.Arguments
			if args == "" {
				args = "{}"
			}
			calls[i] = object{"id": c.ID, "type": "function", "function": object{"name": c.Name, "arguments": args}}
		}
		out["tool_calls"] = calls
	}
	return out
}

// marshal writes JSON without escaping HTML: text goes as it is.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the request cannot be written for the backend")
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
