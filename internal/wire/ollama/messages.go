package ollama

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irori/internal/llm"
)

type message struct {
	Role       string     `json:"role"`
	Content    string     `json:"content"`
	Thinking   string     `json:"thinking"`
	Images     []string   `json:"images"`
	ToolCalls  []toolCall `json:"tool_calls"`
	ToolName   string     `json:"tool_name"`
	ToolCallID string     `json:"tool_call_id"`
}

type toolCall struct {
	ID       string       `json:"id,omitempty"`
	Function calledByName `json:"function"`
}

type calledByName struct {
	Index     int             `json:"index"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

// conversation reads messages. Results of tools that name no call answer the
// open calls by the tool's name, else in their order.
func conversation(list []message, field string) ([]llm.Message, error) {
	var out []llm.Message
	var open []llm.ToolCall
	for i, m := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		c := llm.Message{Role: llm.Role(strings.ToLower(m.Role)), Reasoning: m.Thinking}
		if m.Content != "" || c.Role != llm.RoleAssistant {
			c.Parts = []llm.Part{{Type: llm.PartText, Text: m.Content}}
		}
		var err error
		if c.Parts, err = appendImages(c.Parts, m.Images, at+".images"); err != nil {
			return nil, err
		}
		switch c.Role {
		case llm.RoleSystem, llm.RoleUser:
		case llm.RoleAssistant:
			for j, t := range m.ToolCalls {
				call, err := t.canonical(fmt.Sprintf("%s.tool_calls[%d]", at, j), i, j)
				if err != nil {
					return nil, err
				}
				c.ToolCalls = append(c.ToolCalls, call)
			}
			open = slices.Clone(c.ToolCalls)
		case llm.RoleTool:
			c.ToolCallID, c.Name = m.ToolCallID, m.ToolName
			if n := answered(open, m); n >= 0 {
				c.ToolCallID, c.Name = open[n].ID, open[n].Name
				open = slices.Delete(open, n, n+1)
			}
		case "":
			return nil, invalid(at, "%s.role is missing", at)
		default:
			return nil, invalid(at, "%s.role %q is not known; use system, user, assistant or tool", at, short(m.Role))
		}
		out = append(out, c)
	}
	return out, nil
}

// canonical reads a call. One without an id gets one from its place, so that
// it is the same in every turn that follows: nine letters and digits, since
// some templates take no other.
func (t toolCall) canonical(at string, i, j int) (llm.ToolCall, error) {
	out := llm.ToolCall{ID: t.ID, Name: t.Function.Name}
	if out.Name == "" {
		return out, invalid(at, "%s.function.name is missing", at)
	}
	if out.ID == "" {
		out.ID = fmt.Sprintf("c%05d%03d", i%100000, j%1000)
	}
	switch args := t.Function.Arguments; {
	case absent(args):
	case args[0] == '{':
		out.Arguments = string(args)
	case args[0] == '"': // OpenAI's way, which some clients mix in
		if err := read(args, &out.Arguments, at+".function.arguments"); err != nil {
			return out, err
		}
	default:
		return out, wrong(at+".function.arguments", "an object", kindOf(args))
	}
	return out, nil
}

// answered finds the call that a tool's message answers, -1 for none.
func answered(open []llm.ToolCall, m message) int {
	by := func(is func(llm.ToolCall) bool) int { return slices.IndexFunc(open, is) }
	switch {
	case m.ToolCallID != "":
		return by(func(c llm.ToolCall) bool { return c.ID == m.ToolCallID })
	case m.ToolName != "":
		return by(func(c llm.ToolCall) bool { return c.Name == m.ToolName })
	case len(open) > 0:
		return 0
	}
	return -1
}

// kinds tell images by how their base64 begins.
var kinds = []struct{ begins, kind string }{
	{"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"}, {"Qk", "image/bmp"},
}

// appendImages adds images that came in base64.
func appendImages(parts []llm.Part, list []string, at string) ([]llm.Part, error) {
	for i, data := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		if data == "" {
			return nil, invalid(at, "%s is empty", here)
		}
		if _, err := base64.StdEncoding.DecodeString(data); err != nil {
			return nil, invalid(at, "%s is not base64: %v", here, err)
		}
		kind := "application/octet-stream"
		for _, k := range kinds {
			if strings.HasPrefix(data, k.begins) {
				kind = k.kind
				break
			}
		}
		parts = append(parts, llm.Part{Type: llm.PartImage, URL: "data:" + kind + ";base64," + data})
	}
	return parts, nil
}

// tools reads the tools. Types other than function are dropped, not refused:
// only a vendor's own service can run them.
func tools(list []json.RawMessage) ([]llm.Tool, error) {
	var out []llm.Tool
	for i, raw := range list {
		at := fmt.Sprintf("tools[%d]", i)
		var t struct {
			Type     string `json:"type"`
			Function *struct {
				Name        string          `json:"name"`
				Description string          `json:"description"`
				Parameters  json.RawMessage `json:"parameters"`
			} `json:"function"`
		}
		if err := read(raw, &t, at); err != nil {
			return nil, err
		}
		if t.Type != "" && t.Type != "function" {
			continue
		}
		switch {
		case t.Function == nil:
			return nil, invalid(at, "%s.function is missing", at)
		case t.Function.Name == "":
			return nil, invalid(at, "%s.function.name is missing", at)
		}
		p := t.Function.Parameters
		if absent(p) {
			p = nil
		} else if p[0] != '{' {
			return nil, wrong(at+".function.parameters", "an object", kindOf(p))
		}
		if err := objectOnly(p, at+".function.parameters"); err != nil {
			return nil, err
		}
		out = append(out, llm.Tool{Name: t.Function.Name, Description: t.Function.Description, Parameters: p, Raw: raw})
	}
	return out, nil
}

// objectOnly refuses parameters of another type than object: no format of
// calls has a place for them.
func objectOnly(parameters json.RawMessage, at string) error {
	var p struct {
		Type json.RawMessage `json:"type"`
	}
	if parameters == nil {
		return nil
	}
	if err := read(parameters, &p, at); err != nil {
		return err
	}
	var one string
	var several []string
	if !asks(p.Type) || json.Unmarshal(p.Type, &one) == nil && one == "object" ||
		json.Unmarshal(p.Type, &several) == nil && slices.Contains(several, "object") {
		return nil
	}
	return invalid(at, "%s.type must be \"object\"", at)
}
