package toolbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// field is the one argument of the function that stands for a custom tool,
// which takes text.
const field = "input"

var customParameters = json.RawMessage(`{"type":"object","properties":{"` + field +
	`":{"type":"string"}},"required":["` + field + `"],"additionalProperties":false}`)

// maxName is the vendor's bound on the name of a function.
const maxName = 64

// Tool is what a function that the model sees stands for.
type Tool struct {
	Namespace, Name string
	Custom          bool
}

// Box maps the names that the model sees to the client's tools.
type Box struct{ byFlat map[string]Tool }

type toolBody struct {
	Type        string            `json:"type"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Parameters  json.RawMessage   `json:"parameters"`
	Format      json.RawMessage   `json:"format"`
	Tools       []json.RawMessage `json:"tools"`
	Function    json.RawMessage   `json:"function"`
}

// Read reads the tools of a request into r.
func Read(raw json.RawMessage, r *llm.Request) (*Box, error) {
	b := &Box{byFlat: map[string]Tool{}}
	if body.Absent(raw) {
		return b, nil
	}
	var list []json.RawMessage
	if err := body.Read(raw, &list, "tools"); err != nil {
		return nil, err
	}
	return b, b.readList(list, "", "tools", r)
}

func (b *Box) readList(list []json.RawMessage, namespace, at string, r *llm.Request) error {
	for i, raw := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		if len(raw) == 0 || raw[0] != '{' {
			return body.Wrong(here, "an object", raw)
		}
		var head struct {
			Type string `json:"type"`
		}
		if err := body.Read(raw, &head, here); err != nil {
			return err
		}
		switch head.Type {
		case "function", "custom", "":
		case "namespace":
			if namespace != "" {
				continue // there are none within another
			}
		default:
			// Only the vendor's service, or a model trained on it, can run
			// such a tool; clients send them by default.
			continue
		}
		var t toolBody
		if err := body.Read(raw, &t, here); err != nil {
			return err
		}
		if err := b.read(t, namespace, here, r); err != nil {
			return err
		}
	}
	return nil
}

func (b *Box) read(t toolBody, namespace, at string, r *llm.Request) error {
	if !body.Absent(t.Function) && t.Name == "" {
		// The shape of chat completions, which some clients send here too.
		if err := body.Read(t.Function, &t, at+".function"); err != nil {
			return err
		}
	}
	if t.Name == "" {
		return body.Invalid("tools", "%s.name is missing", at)
	}
	if t.Type == "namespace" {
		return b.readList(t.Tools, t.Name, at+".tools", r)
	}
	out := llm.Tool{Description: t.Description}
	if t.Type == "custom" {
		out.Parameters = customParameters
		out.Description = strings.TrimSpace(out.Description + "\n\n" + syntax(t.Format))
	} else {
		if err := objectOnly(t.Parameters, at+".parameters"); err != nil {
			return err
		}
		if !body.Absent(t.Parameters) {
			out.Parameters = t.Parameters
		}
	}
	known := len(b.byFlat)
	out.Name = b.name(Tool{Namespace: namespace, Name: t.Name, Custom: t.Type == "custom"})
	if len(b.byFlat) > known {
		r.Tools = append(r.Tools, out)
	}
	return nil
}

// syntax says in words what the text of a custom tool looks like.
func syntax(raw json.RawMessage) string {
	var f struct {
		Type       string `json:"type"`
		Syntax     string `json:"syntax"`
		Definition string `json:"definition"`
	}
	if body.Absent(raw) || json.Unmarshal(raw, &f) != nil || f.Definition == "" {
		return ""
	}
	return "The input follows this " + f.Syntax + " grammar:\n" + f.Definition
}

// objectOnly refuses parameters of another type than object: no format of
// calls has a place for them.
func objectOnly(parameters json.RawMessage, at string) error {
	if body.Absent(parameters) {
		return nil
	}
	if parameters[0] != '{' {
		return body.Wrong(at, "an object", parameters)
	}
	var p struct {
		Type json.RawMessage `json:"type"`
	}
	if err := body.Read(parameters, &p, at); err != nil || body.Absent(p.Type) {
		return err
	}
	var one string
	var several []string
	if json.Unmarshal(p.Type, &one) == nil && one == "object" || json.Unmarshal(p.Type, &several) == nil && slices.Contains(several, "object") {
		return nil
	}
	return body.Wrong(at+".type", `"object"`, p.Type)
}

// name gives a tool the name that the model sees: its own, with the namespace
// before it, and a mark where that is taken or too long.
func (b *Box) name(t Tool) string {
	flat := flatName(t.Namespace, t.Name)
	if other, taken := b.byFlat[flat]; taken && other != t {
		sum := sha256.Sum256([]byte(t.Namespace + "\x00" + t.Name))
		flat = flat[:min(len(flat), maxName-9)] + "_" + hex.EncodeToString(sum[:4])
	}
	b.byFlat[flat] = t
	return flat
}

func flatName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	flat := strings.TrimSuffix(namespace, "__") + "__" + name
	if len(flat) <= maxName {
		return flat
	}
	sum := sha256.Sum256([]byte(namespace + "\x00" + name))
	return strings.ToValidUTF8(flat[:maxName-9], "") + "_" + hex.EncodeToString(sum[:4])
}

// Flat is the name by which the model knows a tool of an earlier call.
func (b *Box) Flat(namespace, name string) string {
	for flat, t := range b.byFlat {
		if t.Namespace == namespace && t.Name == name {
			return flat
		}
	}
	return flatName(namespace, name)
}

// Of is the client's tool of a name that the model wrote.
func (b *Box) Of(flat string) Tool {
	if t, ok := b.byFlat[flat]; ok {
		return t
	}
	return Tool{Name: flat}
}

// chosen is a tool that tool_choice names.
type chosen struct {
	Type      string `json:"type"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Function  struct {
		Name string `json:"name"`
	} `json:"function"`
}

func (c chosen) tool() (namespace, name string) {
	if c.Name == "" {
		return c.Namespace, c.Function.Name
	}
	return c.Namespace, c.Name
}

// has says by which name the model knows a tool, "" where it does not.
func (b *Box) has(c chosen) string {
	namespace, name := c.tool()
	if flat := b.Flat(namespace, name); b.byFlat[flat] != (Tool{}) {
		return flat
	}
	return ""
}

// Choose reads tool_choice.
func (b *Box) Choose(raw json.RawMessage, r *llm.Request) error {
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
		return b.mode(s, at, r)
	case '{':
	default:
		return body.Wrong(at, "auto, none, required or an object that names a tool", raw)
	}
	var c struct {
		chosen
		Mode  string   `json:"mode"`
		Tools []chosen `json:"tools"`
	}
	if err := body.Read(raw, &c, at); err != nil {
		return err
	}
	switch c.Type {
	case "allowed_tools":
		return b.allow(c.Mode, c.Tools, r)
	case "function", "custom", "":
	default:
		return llm.Errorf(llm.CodeUnsupported, "tool_choice.type %q is not supported: no such tool runs here", body.Short(c.Type)).
			WithParam(at).WithHint("use auto, none, required, function, custom or allowed_tools")
	}
	_, name := c.tool()
	flat := b.has(c.chosen)
	switch {
	case name == "":
		return body.Invalid(at, "tool_choice.name is missing")
	case flat == "":
		return body.Invalid(at, "tool_choice names %q, which is not among the tools", body.Short(name))
	}
	r.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: flat}
	return nil
}

func (b *Box) mode(s, at string, r *llm.Request) error {
	switch s {
	case "auto", "none":
	case "required":
		if len(r.Tools) == 0 {
			return body.Invalid(body.Top(at), "%s asks for a call, but there are no tools that run here", at)
		}
	default:
		return body.Invalid(body.Top(at), "%s %q is not known; use auto, none, required or an object", at, body.Short(s))
	}
	r.ToolChoice = llm.ToolChoice{Mode: llm.ToolMode(s)}
	return nil
}

// allow narrows the tools for one request.
func (b *Box) allow(mode string, list []chosen, r *llm.Request) error {
	const at = "tool_choice"
	if len(list) == 0 {
		return body.Invalid(at, "tool_choice.tools is missing or empty")
	}
	keep := map[string]bool{}
	for i, c := range list {
		_, name := c.tool()
		if c.Type != "" && c.Type != "function" && c.Type != "custom" {
			continue // a tool of a type that was dropped above
		}
		flat := b.has(c)
		if flat == "" {
			return body.Invalid(at, "tool_choice.tools[%d] names %q, which is not among the tools", i, body.Short(name))
		}
		keep[flat] = true
	}
	r.Tools = slices.DeleteFunc(r.Tools, func(t llm.Tool) bool { return !keep[t.Name] })
	if mode == "" {
		mode = "auto"
	}
	return b.mode(mode, "tool_choice.mode", r)
}
