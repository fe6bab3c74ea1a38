package grammar

import (
	"encoding/json"
	"strconv"
	"strings"

	"irori/internal/llm"
)

// Syntax says how a model family writes tool calls: Prefix, the JSON object
// {NameKey: name, ArgsKey: arguments} and Suffix, or where NameKey is empty
// Prefix, name, Between, arguments, Suffix; Begin and End around all calls.
type Syntax struct {
	Begin, End, Prefix, Suffix, Separator string
	NameKey, ArgsKey, Between             string
	// JSON is false for families whose arguments are not JSON.
	JSON bool
}

// maxCalls bounds how many calls one forced answer may hold.
const maxCalls = 16

// Call is the grammar of an answer that must call a tool: any, or the one
// that choice names; several only where parallel is true.
func Call(s Syntax, tools []llm.Tool, choice llm.ToolChoice, parallel bool) (string, error) {
	if !s.JSON {
		return "", llm.Errorf(llm.CodeUnsupported, "this model's way of writing calls cannot be forced").
			WithParam("tool_choice").WithHint("use tool_choice auto")
	}
	var rules strings.Builder
	var calls []string
	n := 0
	for _, t := range tools {
		if choice.Mode == llm.ToolNamed && t.Name != choice.Name {
			continue
		}
		params := t.Parameters
		if len(params) == 0 || string(params) == "null" {
			params = json.RawMessage(`{"type":"object"}`)
		}
		b, root, err := newBuilder(params)
		if err != nil {
			return "", err
		}
		b.n = n
		args, err := b.schema(root, "tools/"+t.Name, 0)
		if err != nil {
			return "", err
		}
		call, err := s.call(t.Name, args)
		if err != nil {
			return "", err
		}
		name, err := b.rule(call)
		if err != nil {
			return "", err
		}
		calls = append(calls, name)
		rules.WriteString(b.String())
		n = b.n
	}
	if len(calls) == 0 {
		return "", llm.Errorf(llm.CodeInvalidRequest, "tool_choice names %q, which is not among the tools", choice.Name).WithParam("tool_choice")
	}
	root := "call"
	if parallel {
		root += " (" + literal(s.Separator) + " call){0," + strconv.Itoa(maxCalls-1) + "}"
		if s.Separator == "" {
			root = repeat("call", 1, maxCalls)
		}
	}
	return sound("root ::= " + literal(s.Begin) + " " + root + " " + literal(s.End) + "\n" +
		"call ::= " + strings.Join(calls, " | ") + "\n" + rules.String() + base)
}

func (s Syntax) call(name, args string) (string, error) {
	if s.NameKey == "" {
		return literal(s.Prefix+name+s.Between) + " " + args + " " + literal(s.Suffix), nil
	}
	quoted, err := jsonLiteral(name)
	if err != nil {
		return "", err
	}
	nameKey, err := jsonLiteral(s.NameKey)
	if err != nil {
		return "", err
	}
	argsKey, err := jsonLiteral(s.ArgsKey)
	if err != nil {
		return "", err
	}
	return literal(s.Prefix+"{") + " ws " + nameKey + ` ws ":" ws ` + quoted + ` ws "," ws ` + argsKey + ` ws ":" ws ` + args + " ws " + literal("}"+s.Suffix), nil
}
