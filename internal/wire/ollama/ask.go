package ollama

import (
	"encoding/json"
	"fmt"
	"strings"

	"irori/internal/llm"
)

type askBody struct {
	Model       string            `json:"model"`
	Prompt      string            `json:"prompt,omitempty"`
	Raw         bool              `json:"raw,omitempty"`
	Messages    []askMessage      `json:"messages,omitempty"`
	Stream      bool              `json:"stream"`
	Format      json.RawMessage   `json:"format,omitempty"`
	Options     json.RawMessage   `json:"options,omitempty"`
	Think       any               `json:"think,omitempty"`
	Logprobs    bool              `json:"logprobs,omitempty"`
	TopLogprobs int               `json:"top_logprobs,omitempty"`
	Tools       []json.RawMessage `json:"tools,omitempty"`
}

type askMessage struct {
	Role       string     `json:"role"`
	Content    string     `json:"content"`
	Thinking   string     `json:"thinking,omitempty"`
	Images     []string   `json:"images,omitempty"`
	ToolCalls  []toolCall `json:"tool_calls,omitempty"`
	ToolName   string     `json:"tool_name,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

// EncodeRequest writes a request for an upstream: for /api/generate where it
// is Raw, else for /api/chat. What would change the answer and has no place
// there is refused by name.
func EncodeRequest(r *llm.Request) ([]byte, error) {
	if err := refuse(r); err != nil {
		return nil, err
	}
	b := askBody{Model: r.Model, Stream: r.Stream, Logprobs: r.Logprobs, TopLogprobs: r.TopLogprobs}
	o := Options{Sampling: r.Sampling, MaxTokens: r.MaxTokens, Stop: r.Stop}
	var err error
	if b.Options, err = o.encode(); err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the options cannot be written for the upstream")
	}
	switch r.Format.Kind {
	case llm.FormatJSON:
		b.Format = json.RawMessage(`"json"`)
	case llm.FormatJSONSchema:
		b.Format = r.Format.Schema
	}
	switch {
	case r.Think != nil && *r.Think && (r.Effort == "low" || r.Effort == "medium" || r.Effort == "high"):
		b.Think = r.Effort
	case r.Think != nil:
		b.Think = *r.Think
	case r.Effort == "low" || r.Effort == "medium" || r.Effort == "high":
		b.Think = r.Effort
	}
	if r.Raw {
		b.Prompt, b.Raw = r.Prompt, true
	} else {
		if b.Messages, err = ask(r.Messages); err != nil {
			return nil, err
		}
		if r.ToolChoice.Mode != llm.ToolNone {
			b.Tools = askTools(r.Tools)
		}
	}
	out, err := marshal(b)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the request cannot be written for the upstream")
	}
	return out, nil
}

// refuse names what the API has no place for.
func refuse(r *llm.Request) error {
	s := r.Sampling
	on := func(v *float32) bool { return v != nil && *v != 0 }
	for _, c := range []struct {
		asked bool
		field string
	}{
		{r.PromptTokens != nil, "prompt"}, {r.Echo, "echo"}, {r.Choices() > 1, "n"}, {r.IgnoreEOS, "ignore_eos"},
		{r.ForcesCall(), "tool_choice"}, {r.Format.Kind == llm.FormatGrammar, r.FormatField()},
		{len(s.LogitBias) > 0, "logit_bias"}, {len(r.Adapters) > 0, "adapters"},
		{on(s.DRYMultiplier), "dry_multiplier"}, {on(s.XTCProbability), "xtc_probability"},
		{s.TopNSigma != nil && *s.TopNSigma > 0, "top_n_sigma"}, {on(s.DynatempRange), "dynatemp_range"},
	} {
		if c.asked {
			return llm.Errorf(llm.CodeUnsupported, "%s is not supported by Ollama's API", c.field).WithParam(c.field)
		}
	}
	return nil
}

// ask writes messages. A developer's are the system's: Ollama knows no other.
func ask(msgs []llm.Message) ([]askMessage, error) {
	var out []askMessage
	for i, m := range msgs {
		a := askMessage{Role: string(m.Role), Content: m.Text(), Thinking: m.Reasoning}
		if m.Role == llm.RoleDeveloper {
			a.Role = string(llm.RoleSystem)
		}
		for _, p := range m.Parts {
			if p.Type != llm.PartImage {
				continue
			}
			_, data, whole := strings.Cut(p.URL, ";base64,")
			if !whole || !strings.HasPrefix(p.URL, "data:") {
				return nil, llm.Errorf(llm.CodeUnsupported, "messages[%d]: an image by its address is not supported by Ollama's API", i).
					WithParam("messages").WithHint("send the image in base64")
			}
			a.Images = append(a.Images, data)
		}
		for j, c := range m.ToolCalls {
			a.ToolCalls = append(a.ToolCalls, toolCall{ID: c.ID, Function: calledByName{Index: j, Name: c.Name, Arguments: object(c.Arguments)}})
		}
		if m.Role == llm.RoleTool {
			a.ToolName, a.ToolCallID = m.Name, m.ToolCallID
			if m.ToolFailed {
				// There is no place for the mark, so it must be said.
				a.Content = strings.TrimSuffix("error: "+a.Content, ": ")
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// askTools writes tools as their client did, where it wrote them so.
func askTools(list []llm.Tool) []json.RawMessage {
	var out []json.RawMessage
	for _, t := range list {
		if len(t.Raw) > 0 {
			out = append(out, t.Raw)
			continue
		}
		p := t.Parameters
		if absent(p) {
			p = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		name, _ := marshal(t.Name) // strings always encode
		description, _ := marshal(t.Description)
		out = append(out, fmt.Appendf(nil, `{"type":"function","function":{"name":%s,"description":%s,"parameters":%s}}`, name, description, p))
	}
	return out
}
