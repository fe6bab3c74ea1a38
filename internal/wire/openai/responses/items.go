package responses

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
	"irori/internal/wire/openai/responses/toolbox"
)

// item is one entry of a conversation; which fields count follows from Type.
type item struct {
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Namespace string          `json:"namespace"`
	Arguments json.RawMessage `json:"arguments"`
	Input     string          `json:"input"`
	Output    json.RawMessage `json:"output"`
	Summary   json.RawMessage `json:"summary"`
	Sealed    string          `json:"encrypted_content"`
}

func place(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i) }

// inputItems reads input: a text, or a list of items.
func inputItems(raw json.RawMessage) ([]json.RawMessage, error) {
	switch {
	case body.Absent(raw):
		return nil, nil
	case raw[0] == '"':
		one, err := marshal(struct {
			Type    string `json:"type"`
			Role    string `json:"role"`
			Content []any  `json:"content"`
		}{"message", "user", []any{struct {
			Type string          `json:"type"`
			Text json.RawMessage `json:"text"`
		}{"input_text", raw}}})
		return []json.RawMessage{one}, err
	case raw[0] != '[':
		return nil, body.Wrong("input", "a string or a list of items", raw)
	}
	var list []json.RawMessage
	err := body.Read(raw, &list, "input")
	return list, err
}

// Past is what a conversation is made of besides the request's own input.
type Past struct {
	// Items came before, the oldest first.
	Items []json.RawMessage
	// Find returns an item that the input names by its id; nil where there is
	// none. It may be nil.
	Find func(id string) (json.RawMessage, error)
	// Open reads the sealed part of a compaction. It may be nil.
	Open func(sealed string) (string, error)
}

// Converse makes the messages of the request from what came before and its own
// input.
func (r *Request) Converse(p Past) error {
	t := &talk{past: p, tools: r.tools, calls: map[string]string{}}
	if len(r.instructions) > 0 {
		t.out = append(t.out, llm.Message{Role: llm.RoleDeveloper, Parts: r.instructions})
	}
	for i, raw := range p.Items {
		if err := t.add(raw, place("the earlier items", i)); err != nil {
			return err
		}
	}
	kept := r.input[:0:0]
	for i, raw := range r.input {
		at := place("input", i)
		raw, err := t.resolve(raw, at)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		if err := t.add(raw, at); err != nil {
			return err
		}
		kept = append(kept, raw)
	}
	r.input = kept
	// Thinking without anything after it is no turn.
	r.Messages = slices.DeleteFunc(t.out, func(m llm.Message) bool {
		return m.Role == llm.RoleAssistant && len(m.Parts) == 0 && len(m.ToolCalls) == 0
	})
	if len(r.Messages) == 0 {
		return body.Invalid("input", "input holds nothing that a model could read")
	}
	return nil
}

// talk turns items into messages.
type talk struct {
	past  Past
	tools *toolbox.Box
	// calls are the names of tools by the ids of their calls.
	calls map[string]string
	out   []llm.Message
}

func (t *talk) add(raw json.RawMessage, at string) error {
	var it item
	if len(raw) == 0 || raw[0] != '{' {
		return body.Wrong(at, "an object", raw)
	}
	if err := body.Read(raw, &it, at); err != nil {
		return err
	}
	switch it.Type {
	case "message":
		return t.message(it, at)
	case "function_call", "custom_tool_call":
		return t.call(it, at)
	case "function_call_output", "custom_tool_call_output":
		return t.output(it, at)
	case "reasoning":
		return t.reasoning(it, at)
	case "compaction", "compaction_summary":
		return t.compaction(it, at)
	case "":
		if it.Role != "" {
			return t.message(it, at)
		}
		return body.Invalid(body.Top(at), "%s.type is missing", at)
	}
	// What a tool of the vendor's service did; no other model knows of it.
	return nil
}

func (t *talk) message(it item, at string) error {
	parts, err := content(it.Content, at+".content")
	if err != nil {
		return err
	}
	role := llm.Role(it.Role)
	switch role {
	case llm.RoleUser, llm.RoleSystem, llm.RoleDeveloper:
	case llm.RoleAssistant:
		m := t.assistant()
		for _, p := range parts {
			m.Parts = appendText(m.Parts, p)
		}
		return nil
	case "":
		return body.Invalid(body.Top(at), "%s.role is missing", at)
	default:
		return body.Invalid(body.Top(at), "%s.role %q is not known; use developer, system, user or assistant", at, body.Short(it.Role))
	}
	if len(parts) == 0 {
		return body.Invalid(body.Top(at), "%s.content is missing or empty", at)
	}
	m := llm.Message{Role: role}
	for _, p := range parts {
		m.Parts = appendText(m.Parts, p)
	}
	t.out = append(t.out, m)
	return nil
}

// appendText adds a part. Parts are read apart, so the words of two do not run
// together where templates join them.
func appendText(parts []llm.Part, p llm.Part) []llm.Part {
	if n := len(parts); n > 0 && p.Type == llm.PartText && p.Text != "" && parts[n-1].Type == llm.PartText && parts[n-1].Text != "" {
		end, _ := utf8.DecodeLastRuneInString(parts[n-1].Text)
		begin, _ := utf8.DecodeRuneInString(p.Text)
		if !unicode.IsSpace(end) && !unicode.IsSpace(begin) {
			parts[n-1].Text += "\n"
		}
	}
	return append(parts, p)
}

// assistant is the turn of the model that more belongs to: an answer's items
// are one message. Words after a call that was answered are another.
func (t *talk) assistant() *llm.Message {
	if n := len(t.out); n > 0 && t.out[n-1].Role == llm.RoleAssistant {
		return &t.out[n-1]
	}
	t.out = append(t.out, llm.Message{Role: llm.RoleAssistant})
	return &t.out[len(t.out)-1]
}

// argumentText is the arguments as JSON text: the vendor sends a string, some
// clients the object itself.
func argumentText(raw json.RawMessage, at string) (string, error) {
	switch {
	case body.Absent(raw):
		return "", nil
	case raw[0] == '"':
		var s string
		err := body.Read(raw, &s, at)
		return s, err
	case raw[0] == '{':
		return string(raw), nil
	}
	return "", body.Wrong(at, "a string or an object", raw)
}

func (t *talk) call(it item, at string) error {
	if it.CallID == "" || it.Name == "" {
		return body.Invalid(body.Top(at), "%s needs call_id and name", at)
	}
	args, err := argumentText(it.Arguments, at+".arguments")
	if err != nil {
		return err
	}
	if it.Type == "custom_tool_call" {
		if args, err = toolbox.Arguments(it.Input); err != nil {
			return err
		}
	}
	name := t.tools.Flat(it.Namespace, it.Name)
	t.calls[it.CallID] = name
	m := t.assistant()
	m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: it.CallID, Name: name, Arguments: args})
	return nil
}

func (t *talk) output(it item, at string) error {
	name, ok := t.calls[it.CallID]
	switch {
	case it.CallID == "":
		return body.Invalid(body.Top(at), "%s.call_id is missing", at)
	case !ok:
		return body.Invalid(body.Top(at), "%s.call_id is %q, and no item before it calls a tool by that id", at, body.Short(it.CallID))
	case body.Absent(it.Output):
		return body.Invalid(body.Top(at), "%s.output is missing", at)
	}
	parts, err := content(it.Output, at+".output")
	if err != nil {
		return err
	}
	m := llm.Message{Role: llm.RoleTool, ToolCallID: it.CallID, Name: name}
	for _, p := range parts {
		m.Parts = appendText(m.Parts, p)
	}
	t.out = append(t.out, m)
	return nil
}

// thoughtMark begins the thinking that a provider signed: it comes back as it
// went out, and only the provider can tell whether it is unchanged.
const thoughtMark = "irori.thought.1."

func (t *talk) reasoning(it item, at string) error {
	var whole, short []struct {
		Text string `json:"text"`
	}
	if !body.Absent(it.Content) {
		if err := body.Read(it.Content, &whole, at+".content"); err != nil {
			return err
		}
	}
	if !body.Absent(it.Summary) {
		if err := body.Read(it.Summary, &short, at+".summary"); err != nil {
			return err
		}
	}
	if len(whole) == 0 {
		whole = short
	}
	var thoughts []llm.Thought
	if sealed, ok := strings.CutPrefix(it.Sealed, thoughtMark); ok {
		// What is damaged is left out: thinking is no more than a help.
		if b, err := base64.RawURLEncoding.DecodeString(sealed); err == nil && json.Unmarshal(b, &thoughts) != nil {
			thoughts = nil
		}
	}
	if len(whole) == 0 && len(thoughts) == 0 {
		return nil
	}
	m := t.assistant()
	for _, w := range whole {
		if m.Reasoning != "" && w.Text != "" {
			m.Reasoning += "\n"
		}
		m.Reasoning += w.Text
	}
	m.Thoughts = append(m.Thoughts, thoughts...)
	return nil
}

func (t *talk) compaction(it item, at string) error {
	if t.past.Open == nil {
		return llm.Errorf(llm.CodeUnsupported, "%s: a compaction cannot be read here", at).WithParam(body.Top(at))
	}
	summary, err := t.past.Open(it.Sealed)
	if err != nil {
		return body.Invalid(body.Top(at), "%s.encrypted_content was not made by this server, or is damaged", at)
	}
	t.out = append(t.out, llm.TextMessage(llm.RoleUser, compactionLead+summary))
	return nil
}

// resolve puts the item that a reference names in its place: nothing, where the
// conversation has it already.
func (t *talk) resolve(raw json.RawMessage, at string) (json.RawMessage, error) {
	var it item
	if len(raw) == 0 || raw[0] != '{' {
		return nil, body.Wrong(at, "an object", raw)
	}
	if err := body.Read(raw, &it, at); err != nil {
		return nil, err
	}
	if it.Type != "item_reference" && (it.Type != "" || it.Role != "" || it.ID == "") {
		return raw, nil
	}
	for _, past := range t.past.Items {
		if ItemID(past) == it.ID {
			return nil, nil
		}
	}
	var found json.RawMessage
	if t.past.Find != nil {
		var err error
		if found, err = t.past.Find(it.ID); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, llm.Errorf(llm.CodeNotFound, "%s: there is no item %q here", at, body.Short(it.ID)).WithParam(body.Top(at)).
			WithHint("send the item itself; with store: false nothing is kept")
	}
	return found, nil
}

// content reads a string or a list of parts.
func content(raw json.RawMessage, at string) ([]llm.Part, error) {
	switch {
	case body.Absent(raw):
		return nil, nil
	case raw[0] == '"':
		var s string
		if err := body.Read(raw, &s, at); err != nil {
			return nil, err
		}
		return []llm.Part{{Type: llm.PartText, Text: s}}, nil
	case raw[0] != '[':
		return nil, body.Wrong(at, "a string or a list of parts", raw)
	}
	var list []struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Refusal  string          `json:"refusal"`
		ImageURL json.RawMessage `json:"image_url"`
		FileID   string          `json:"file_id"`
	}
	if err := body.Read(raw, &list, at); err != nil {
		return nil, err
	}
	out := make([]llm.Part, 0, len(list))
	for i, p := range list {
		here := place(at, i)
		switch p.Type {
		case "input_text", "output_text", "text", "summary_text", "reasoning_text":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Text})
		case "refusal":
			out = append(out, llm.Part{Type: llm.PartText, Text: p.Refusal})
		case "input_image", "image_url":
			url, err := imageURL(p.ImageURL, p.FileID, here)
			if err != nil {
				return nil, err
			}
			out = append(out, llm.Part{Type: llm.PartImage, URL: url})
		case "":
			return nil, body.Invalid(body.Top(at), "%s.type is missing", here)
		case "input_file":
			return nil, llm.Errorf(llm.CodeUnsupported, "%s: files are not read", here).WithParam(body.Top(at)).
				WithHint("send the file's text as input_text")
		default:
			return nil, llm.Errorf(llm.CodeUnsupported, "%s: a part of type %q is not supported", here, body.Short(p.Type)).WithParam(body.Top(at))
		}
	}
	return out, nil
}

// imageURL reads an address, or an object that holds one as in chat.
func imageURL(raw json.RawMessage, file, at string) (string, error) {
	var s string
	var o struct {
		URL string `json:"url"`
	}
	switch {
	case body.Absent(raw) && file != "":
		return "", llm.Errorf(llm.CodeUnsupported, "%s: there are no files here to take an image from", at).WithParam(body.Top(at)).
			WithHint("send it as image_url: data:image/png;base64,…")
	case body.Absent(raw):
		return "", body.Invalid(body.Top(at), "%s.image_url is missing", at)
	case raw[0] == '"':
		err := body.Read(raw, &s, at+".image_url")
		return s, err
	case raw[0] != '{':
		return "", body.Wrong(at+".image_url", "a string", raw)
	}
	err := body.Read(raw, &o, at+".image_url")
	return o.URL, err
}
