package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"irori/internal/llm"
)

// mostJSON bounds what is read as JSON; a schema that is longer is not checked.
const (
	mostJSON   = 4 << 20
	mostSchema = 256 << 10
)

// format checks what the request's response format asks for.
func format(req *llm.Request, text string) (Kind, string) {
	if req.Format.Kind != llm.FormatJSON && req.Format.Kind != llm.FormatJSONSchema {
		return "", ""
	}
	v, err := value(text)
	if err != nil {
		return JSON, "the answer is not the JSON that was asked for: " + err.Error()
	}
	if _, ok := v.(map[string]any); !ok && req.Format.Kind == llm.FormatJSON {
		return JSON, "the answer is JSON, and no object"
	}
	if req.Format.Kind == llm.FormatJSONSchema {
		if why := against(req.Format.Schema, v); why != "" {
			return Schema, "the answer does not fit its schema: " + why
		}
	}
	return "", ""
}

// value reads one JSON text and nothing behind it.
func value(text string) (any, error) {
	if len(text) > mostJSON {
		return nil, errors.New("it is longer than is read")
	}
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("it ends too soon")
		}
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind it")
	}
	return v, nil
}

// short is a reason on one line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// tools checks the calls, and whether there had to be one.
func tools(req *llm.Request, a Answer) string {
	if len(a.Calls) == 0 {
		switch {
		case req.ForcesCall():
			return "a tool had to be called, and none was"
		case len(req.Tools) > 0 && req.ToolChoice.Mode != llm.ToolNone && writtenCall(a.Text):
			return "a tool call stands in the text, where no client finds it"
		}
		return ""
	}
	if len(req.Tools) == 0 || req.ToolChoice.Mode == llm.ToolNone {
		return "a tool is called, and none may be"
	}
	for _, c := range a.Calls {
		if why := stranger(req, c.Name); why != "" {
			return why
		}
		v, err := value(orEmpty(c.Arguments))
		if err != nil {
			return fmt.Sprintf("the arguments of %s are no JSON: %s", name(c.Name), err)
		}
		if _, ok := v.(map[string]any); !ok {
			return fmt.Sprintf("the arguments of %s are no object", name(c.Name))
		}
		for _, t := range req.Tools {
			if t.Name != c.Name {
				continue
			}
			if why := against(t.Parameters, v); why != "" {
				return fmt.Sprintf("the arguments of %s do not fit: %s", name(c.Name), why)
			}
			break
		}
	}
	return ""
}

// orEmpty reads no arguments as an empty object, as clients do.
func orEmpty(arguments string) string {
	if strings.TrimSpace(arguments) == "" {
		return "{}"
	}
	return arguments
}

// stranger says that a tool is not there, or not the one that was named.
func stranger(req *llm.Request, tool string) string {
	if tool == "" {
		return ""
	}
	if req.ToolChoice.Mode == llm.ToolNamed && tool != req.ToolChoice.Name {
		return fmt.Sprintf("%s is called where %s was named", name(tool), name(req.ToolChoice.Name))
	}
	for _, t := range req.Tools {
		if t.Name == tool {
			return ""
		}
	}
	return fmt.Sprintf("there is no tool %s", name(tool))
}

// name is a tool's name in a sentence; a model may write anything for one.
func name(s string) string { return fmt.Sprintf("%.60q", s) }

// writtenCall reports marks of calls that the reader of calls did not take.
func writtenCall(text string) bool {
	for _, mark := range []string{"<tool_call>", "<function_call>", "<function=", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}
