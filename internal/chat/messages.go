package chat

import (
	"encoding/json"
	"strings"

	"irori/internal/chat/jinja"
	"irori/internal/chat/output"
	"irori/internal/llm"
)

// quirks are the ways in which a template departs from what Hugging Face's
// users expect, and so how a conversation is put for it.
type quirks struct {
	// foldSystem puts system messages into the user turn that follows.
	foldSystem bool
	// foldLate does so with system messages after the first message only.
	foldLate bool
	// mergeTurns joins messages of one role that follow each other.
	mergeTurns bool
	// developer says that the template knows the role developer.
	developer bool
	// mergeSystems joins the system messages at the beginning.
	mergeSystems bool
	// emptyTools gives an empty list where there are no tools, not None.
	emptyTools bool
	// rawArgs says that arguments which are not JSON may be given as text.
	rawArgs bool
	// stringArgs gives the arguments of calls as JSON text.
	stringArgs bool
	// nullContent gives None as the content of a call without text.
	nullContent bool
	// typedContent gives content as a list of parts.
	typedContent bool
	// toolsInText describes tools in the system message, historyInText writes
	// calls and results as text.
	toolsInText, historyInText bool
	// reasoningKey is the name under which earlier thinking is given.
	reasoningKey string
}

// fallbacks lists the ways to try, the expected one first.
func (q quirks) fallbacks() []quirks {
	late, fold, merge := q, q, q
	late.foldLate = true
	fold.foldSystem = true
	merge.foldSystem, merge.mergeTurns = true, true
	text := merge
	text.historyInText = true
	bare := text
	bare.toolsInText = true
	out := []quirks{q}
	for _, x := range []quirks{late, fold, merge, text, bare} {
		if x != out[len(out)-1] {
			out = append(out, x)
		}
	}
	return out
}

// convert makes the list of dictionaries that templates read.
func (q quirks) convert(msgs []llm.Message) *jinja.List {
	list := jinja.NewList()
	for _, m := range q.reshape(msgs) {
		list.Items = append(list.Items, q.message(m))
	}
	return list
}

// reshape changes roles and joins messages as the quirks demand; it never
// changes the messages it is given.
func (q quirks) reshape(msgs []llm.Message) []llm.Message {
	out := make([]llm.Message, 0, len(msgs))
	var held []string
	for i, m := range msgs {
		if m.Role == llm.RoleDeveloper && !q.developer {
			m.Role = llm.RoleSystem
		}
		if q.historyInText {
			m = historyText(m)
		}
		system := m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper
		if system && (q.foldSystem || q.foldLate && i > 0) && !(q.foldLate && !q.foldSystem && onlySystems(out)) {
			held = append(held, m.Text())
			continue
		}
		if len(held) > 0 {
			// Where it stands, it must stay as the conversation grows: else
			// every turn would be computed anew from there.
			if text := strings.Join(held, "\n\n"); m.Role == llm.RoleUser {
				m = prefixed(m, text)
			} else {
				out = appendHeld(out, text)
			}
			held = nil
		}
		out = append(out, m)
	}
	if len(held) > 0 {
		out = appendHeld(out, strings.Join(held, "\n\n"))
	}
	if q.mergeSystems || q.foldLate && !q.foldSystem {
		out = mergeRole(out, func(r llm.Role) bool { return r == llm.RoleSystem })
	}
	if q.mergeTurns {
		out = mergeRole(out, func(r llm.Role) bool { return r == llm.RoleUser || r == llm.RoleAssistant })
	}
	return out
}

func onlySystems(msgs []llm.Message) bool {
	for _, m := range msgs {
		if m.Role != llm.RoleSystem && m.Role != llm.RoleDeveloper {
			return false
		}
	}
	return true
}

func prefixed(m llm.Message, text string) llm.Message {
	m.Parts = append([]llm.Part{{Type: llm.PartText, Text: text + "\n\n"}}, m.Parts...)
	return m
}

// appendHeld places a system text that no user turn follows.
func appendHeld(out []llm.Message, text string) []llm.Message {
	if n := len(out); n > 0 && out[n-1].Role == llm.RoleUser {
		m := out[n-1]
		m.Parts = append(append([]llm.Part{}, m.Parts...), llm.Part{Type: llm.PartText, Text: "\n\n" + text})
		out[n-1] = m
		return out
	}
	return append(out, llm.TextMessage(llm.RoleUser, text))
}

func mergeRole(msgs []llm.Message, joins func(llm.Role) bool) []llm.Message {
	var out []llm.Message
	for _, m := range msgs {
		n := len(out)
		if n == 0 || out[n-1].Role != m.Role || !joins(m.Role) || len(out[n-1].ToolCalls) > 0 || len(m.ToolCalls) > 0 {
			out = append(out, m)
			continue
		}
		last := out[n-1]
		last.Parts = append(append(append([]llm.Part{}, last.Parts...), llm.Part{Type: llm.PartText, Text: "\n\n"}), m.Parts...)
		out[n-1] = last
	}
	return out
}

// message makes one dictionary, its keys in the order users write them.
func (q quirks) message(m llm.Message) *jinja.Map {
	d := jinja.NewMap().Set("role", string(m.Role)).Set("content", q.content(m))
	if m.Reasoning != "" {
		d.Set(q.reasoningKey, m.Reasoning)
	}
	if len(m.ToolCalls) > 0 {
		calls := jinja.NewList()
		for _, c := range m.ToolCalls {
			calls.Items = append(calls.Items, q.toolCall(c))
		}
		d.Set("tool_calls", calls)
	}
	if m.ToolCallID != "" {
		d.Set("tool_call_id", m.ToolCallID)
	}
	if m.Name != "" {
		d.Set("name", m.Name)
	}
	return d
}

func (q quirks) content(m llm.Message) any {
	if m.HasImage() || q.typedContent {
		l := jinja.NewList()
		for _, p := range m.Parts {
			if p.Type == llm.PartImage {
				l.Items = append(l.Items, jinja.NewMap().Set("type", "image"))
			} else {
				l.Items = append(l.Items, jinja.NewMap().Set("type", "text").Set("text", p.Text))
			}
		}
		return l
	}
	text := m.Text()
	if text == "" && q.nullContent && len(m.ToolCalls) > 0 {
		return nil
	}
	return text
}

func (q quirks) toolCall(c llm.ToolCall) *jinja.Map {
	args := strings.TrimSpace(c.Arguments)
	if args == "" {
		args = "{}"
	}
	v, err := jinja.DecodeJSON([]byte(args))
	_, object := v.(*jinja.Map)
	switch {
	case q.stringArgs, err != nil && q.rawArgs:
		v = args
	case err != nil || !object:
		// What a model once wrote badly must not end the conversation.
		v = jinja.NewMap().Set("arguments", args)
	}
	d := jinja.NewMap()
	if c.ID != "" {
		d.Set("id", c.ID)
	}
	return d.Set("type", "function").Set("function", jinja.NewMap().Set("name", c.Name).Set("arguments", v))
}

// historyText writes calls and their results as text, in the generic format,
// for templates that know neither.
func historyText(m llm.Message) llm.Message {
	switch {
	case len(m.ToolCalls) > 0:
		parts := append([]llm.Part{}, m.Parts...)
		for _, c := range m.ToolCalls {
			name, _ := json.Marshal(c.Name) // a string always encodes
			args := c.Arguments
			if !json.Valid([]byte(args)) {
				args = "{}"
			}
			text := "<tool_call>\n{\"name\": " + string(name) + ", \"arguments\": " + args + "}\n</tool_call>"
			if len(parts) > 0 {
				text = "\n" + text
			}
			parts = append(parts, llm.Part{Type: llm.PartText, Text: text})
		}
		m.Parts, m.ToolCalls = parts, nil
	case m.Role == llm.RoleTool:
		return llm.TextMessage(llm.RoleUser, "<tool_response>\n"+m.Text()+"\n</tool_response>")
	}
	return m
}

// callShape says in words how the model is to write a call. DeepSeek's models
// were trained on a shape that their templates show in past calls only.
func (t *Template) callShape() string {
	switch {
	case t.format != output.FormatDeepSeek:
		return "a JSON object with its name and arguments between <tool_call> and </tool_call>:\n" +
			"<tool_call>\n{\"name\": \"NAME\", \"arguments\": {…}}\n</tool_call>"
	case strings.Contains(t.source, "```json"):
		return "its name and its arguments as JSON in exactly this form, several calls one after the other:\n" +
			"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\n{…}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
	}
	return "its name and its arguments as JSON in exactly this form, several calls one after the other:\n" +
		"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>NAME<｜tool▁sep｜>{…}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
}

// toolPrompt describes tools in words to a model whose template has no place
// for them, and how to call one in the generic format.
func toolPrompt(tools []llm.Tool, shape string) llm.Message {
	var b strings.Builder
	b.WriteString("You can call these functions to help with the request. They are given as JSON, one a line:\n<tools>\n")
	for _, tool := range tools {
		if v, err := toolValue(tool); err == nil {
			if s, err := jinja.EncodeJSON(v); err == nil {
				b.WriteString(s + "\n")
			}
		}
	}
	b.WriteString("</tools>\nTo call one, write " + shape)
	return llm.TextMessage(llm.RoleSystem, b.String())
}
