package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// tools reads the tools and how they may be called, also in the older form of
// functions and function_call.
func (b *chatBody) tools(r *llm.Request) error {
	for i, raw := range b.Tools {
		t, err := readTool(raw, fmt.Sprintf("tools[%d]", i))
		if err != nil {
			return err
		}
		if t != nil {
			r.Tools = append(r.Tools, *t)
		}
	}
	r.ParallelTools = b.ParallelToolCalls
	field := "tool_choice"
	var err error
	if len(b.Functions) > 0 || !body.Absent(b.FunctionCall) {
		field = "function_call"
		err = b.functions(r)
	} else {
		err = toolChoice(b.ToolChoice, r)
	}
	if err != nil {
		return err
	}
	choice := r.ToolChoice
	if choice.Mode != llm.ToolNamed && choice.Mode != llm.ToolRequired {
		return nil
	}
	if len(r.Tools) == 0 {
		return body.Invalid(field, "%s asks for a call, but there are no tools of type function", field)
	}
	if choice.Mode == llm.ToolNamed && !hasTool(r.Tools, choice.Name) {
		return body.Invalid(field, "%s names %q, which is not among the tools", field, body.Short(choice.Name))
	}
	if r.Format.Kind == llm.FormatGrammar {
		// A format says how an answer in words looks, and a forced call has
		// none; a grammar speaks of all that is written.
		return body.Invalid(r.Format.Field, "%s cannot hold together with a call that %s forces", r.Format.Field, field)
	}
	return nil
}

func hasTool(list []llm.Tool, name string) bool {
	return slices.ContainsFunc(list, func(t llm.Tool) bool { return t.Name == name })
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

func (f *function) tool(raw json.RawMessage, at string) (*llm.Tool, error) {
	if f.Name == "" {
		return nil, body.Invalid(body.Top(at), "%s.name is missing", at)
	}
	if !body.Absent(f.Parameters) && !strings.HasPrefix(string(f.Parameters), "{") {
		return nil, body.Wrong(at+".parameters", "an object", f.Parameters)
	}
	if err := objectOnly(f.Parameters, at+".parameters"); err != nil {
		return nil, err
	}
	return &llm.Tool{Name: f.Name, Description: f.Description, Parameters: f.Parameters, Raw: raw}, nil
}

// objectOnly refuses parameters of another type than object: no format of
// calls has a place for them.
func objectOnly(parameters json.RawMessage, at string) error {
	var p struct {
		Type json.RawMessage `json:"type"`
	}
	if body.Absent(parameters) {
		return nil
	}
	if err := body.Read(parameters, &p, at); err != nil {
		return err
	}
	if body.Absent(p.Type) {
		return nil
	}
	var one string
	var several []string
	if json.Unmarshal(p.Type, &one) == nil && one == "object" || json.Unmarshal(p.Type, &several) == nil && slices.Contains(several, "object") {
		return nil
	}
	return body.Wrong(at+".type", `"object"`, p.Type)
}

// readTool reads one tool. Of types other than function it returns nothing:
// tools that only a vendor's own service can run are dropped, not refused,
// since clients send them by default.
func readTool(raw json.RawMessage, at string) (*llm.Tool, error) {
	var t struct {
		Type     string          `json:"type"`
		Function json.RawMessage `json:"function"`
	}
	if err := body.Read(raw, &t, at); err != nil {
		return nil, err
	}
	if t.Type != "function" && t.Type != "" {
		return nil, nil
	}
	var f function
	if body.Absent(t.Function) {
		return nil, body.Invalid(body.Top(at), "%s.function is missing", at)
	}
	if err := body.Read(t.Function, &f, at+".function"); err != nil {
		return nil, err
	}
	return f.tool(raw, at+".function")
}

// functions reads the older form, of which one call at a time can be answered.
func (b *chatBody) functions(r *llm.Request) error {
	if len(b.Tools) > 0 || !body.Absent(b.ToolChoice) {
		return body.Invalid("functions", "functions and tools cannot both be sent; use tools")
	}
	for i, raw := range b.Functions {
		at := fmt.Sprintf("functions[%d]", i)
		var f function
		if err := body.Read(raw, &f, at); err != nil {
			return err
		}
		wrapped := append(append([]byte(`{"type":"function","function":`), raw...), '}')
		t, err := f.tool(wrapped, at)
		if err != nil {
			return err
		}
		r.Tools = append(r.Tools, *t)
	}
	one := false
	r.ParallelTools = &one
	if body.Absent(b.FunctionCall) {
		return nil
	}
	const at = "function_call"
	switch b.FunctionCall[0] {
	case '"':
		var s string
		if err := body.Read(b.FunctionCall, &s, at); err != nil {
			return err
		}
		if s != "auto" && s != "none" {
			return body.Invalid(at, "function_call %q is not known; use auto, none or an object with a name", body.Short(s))
		}
		r.ToolChoice.Mode = llm.ToolMode(s)
		return nil
	case '{':
		var o struct {
			Name string `json:"name"`
		}
		if err := body.Read(b.FunctionCall, &o, at); err != nil {
			return err
		}
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: o.Name}
		return nil
	}
	return body.Wrong(at, "auto, none or an object with a name", b.FunctionCall)
}

// named is the function that an object of tool_choice names, in OpenAI's two
// forms.
type named struct {
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
	Name string `json:"name"`
}

func (n named) name() string {
	if n.Function.Name != "" {
		return n.Function.Name
	}
	return n.Name
}

func toolChoice(raw json.RawMessage, r *llm.Request) error {
	const at = "tool_choice"
	if body.Absent(raw) {
		return nil
	}
	switch raw[0] {
	case '"':
		var s string
		if err := body.Read(raw, &s, at); err != nil {
			return err
		}
		return toolMode(s, at, r)
	case '{':
		var o struct {
			named
			Allowed *allowedTools `json:"allowed_tools"`
		}
		if err := body.Read(raw, &o, at); err != nil {
			return err
		}
		switch {
		case o.Type == "allowed_tools":
			return o.Allowed.apply(r)
		case o.Type != "" && o.Type != "function":
			return llm.Errorf(llm.CodeUnsupported, "tool_choice.type %q is not supported; use function or allowed_tools", body.Short(o.Type)).WithParam(at)
		case o.name() == "":
			return body.Invalid(at, "tool_choice.function.name is missing")
		}
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: o.name()}
		return nil
	}
	return body.Wrong(at, "auto, none, required or an object that names a function", raw)
}

func toolMode(s, at string, r *llm.Request) error {
	switch s {
	case "auto", "none", "required":
		r.ToolChoice = llm.ToolChoice{Mode: llm.ToolMode(s)}
		return nil
	}
	return body.Invalid(body.Top(at), "%s %q is not known; use auto, none, required or a function", at, body.Short(s))
}

// allowedTools is OpenAI's way of narrowing the tools for one request.
type allowedTools struct {
	Mode  string  `json:"mode"`
	Tools []named `json:"tools"`
}

func (a *allowedTools) apply(r *llm.Request) error {
	const at = "tool_choice"
	if a == nil || len(a.Tools) == 0 {
		return body.Invalid(at, "tool_choice.allowed_tools.tools is missing or empty")
	}
	if a.Mode != "auto" && a.Mode != "required" {
		return body.Invalid(at, "tool_choice.allowed_tools.mode is %q; use auto or required", body.Short(a.Mode))
	}
	for i, t := range a.Tools {
		if t.Type != "" && t.Type != "function" {
			continue // a tool of a type that was dropped above
		}
		if !hasTool(r.Tools, t.name()) {
			return body.Invalid(at, "tool_choice.allowed_tools.tools[%d] names %q, which is not among the tools", i, body.Short(t.name()))
		}
	}
	r.Tools = slices.DeleteFunc(r.Tools, func(t llm.Tool) bool {
		return !slices.ContainsFunc(a.Tools, func(n named) bool { return n.name() == t.Name })
	})
	return toolMode(a.Mode, at+".allowed_tools.mode", r)
}
