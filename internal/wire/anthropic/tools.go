package anthropic

import (
	"encoding/json"
	"fmt"
	"slices"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// tools reads the tools and how they may be called.
func (b *messagesBody) tools(r *llm.Request) error {
	var dropped []string
	for i, raw := range b.Tools {
		at := fmt.Sprintf("tools.%d", i)
		var head struct {
			Type string `json:"type"`
			Name string `json:"name"`
		}
		if err := read(raw, &head, at); err != nil {
			return err
		}
		if head.Type != "" && head.Type != "custom" {
			// Only the vendor's service, or a model trained on it, knows what
			// such a tool takes; clients send them by default.
			dropped = append(dropped, head.Name)
			continue
		}
		t, err := readTool(raw, at)
		if err != nil {
			return err
		}
		r.Tools = append(r.Tools, *t)
	}
	return toolChoice(b.ToolChoice, r, dropped)
}

func readTool(raw json.RawMessage, at string) (*llm.Tool, error) {
	var t struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"input_schema"`
	}
	if err := read(raw, &t, at); err != nil {
		return nil, err
	}
	if t.Name == "" {
		return nil, invalid(at, "%s.name: field required", at)
	}
	out := &llm.Tool{Name: t.Name, Description: t.Description}
	if shape.Absent(t.InputSchema) {
		return out, nil
	}
	var schema struct {
		Type json.RawMessage `json:"type"`
	}
	if err := read(t.InputSchema, &schema, at+".input_schema"); err != nil {
		return nil, err
	}
	if !shape.Absent(schema.Type) && !namesObject(schema.Type) {
		// No format of calls has a place for other arguments.
		return nil, invalid(at, "%s.input_schema.type must be \"object\"", at)
	}
	out.Parameters = t.InputSchema
	return out, nil
}

// namesObject reports whether a schema's type is or may be "object".
func namesObject(raw json.RawMessage) bool {
	var one string
	var several []string
	return json.Unmarshal(raw, &one) == nil && one == "object" || json.Unmarshal(raw, &several) == nil && slices.Contains(several, "object")
}

// toolChoice reads tool_choice; dropped are the names of tools that were left
// out.
func toolChoice(raw json.RawMessage, r *llm.Request, dropped []string) error {
	const at = "tool_choice"
	if shape.Absent(raw) {
		return nil
	}
	var c struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Disabled bool   `json:"disable_parallel_tool_use"`
	}
	if err := read(raw, &c, at); err != nil {
		return err
	}
	if c.Disabled {
		one := false
		r.ParallelTools = &one
	}
	switch c.Type {
	case "auto":
		r.ToolChoice.Mode = llm.ToolAuto
	case "none":
		r.ToolChoice.Mode = llm.ToolNone
	case "any":
		if len(r.Tools) == 0 {
			return invalid(at, "tool_choice asks for a call, but there are no tools that run here")
		}
		r.ToolChoice.Mode = llm.ToolRequired
	case "tool":
		has := func(t llm.Tool) bool { return t.Name == c.Name }
		switch {
		case c.Name == "":
			return invalid(at, "tool_choice.name: field required")
		case slices.Contains(dropped, c.Name):
			return llm.Errorf(llm.CodeUnsupported, "tool_choice names %q, which only the vendor's own service runs", shape.Short(c.Name)).WithParam(at)
		case !slices.ContainsFunc(r.Tools, has):
			return invalid(at, "tool_choice names %q, which is not among the tools", shape.Short(c.Name))
		}
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: c.Name}
	default:
		return invalid(at, "tool_choice.type %q is not known; use auto, any, tool or none", shape.Short(c.Type))
	}
	return nil
}
