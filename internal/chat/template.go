package chat

import (
	"encoding/json"
	"strings"
	"time"

	"irori/internal/chat/jinja"
	"irori/internal/chat/output"
	"irori/internal/llm"
)

// Options describe a model's template.
type Options struct {
	// Name is used in messages.
	Name string
	// Source is the model's chat template; empty chooses a built-in one.
	Source string
	// BOS and EOS are the texts of the tokens that templates may print.
	BOS, EOS string
	// HasToken tells whether a text is a token of its own in the model's
	// vocabulary. It chooses the built-in template; nil knows no token.
	HasToken func(text string) bool
	// Limits bound the template's work.
	Limits jinja.Limits
}

// Input is one conversation to render.
type Input struct {
	Messages            []llm.Message
	Tools               []llm.Tool
	AddGenerationPrompt bool
	// Args are passed on to the template as variables.
	Args map[string]json.RawMessage
	// Think switches thinking on or off where the template can; nil leaves it.
	Think *bool
	// Effort is the reasoning effort, where the template knows one.
	Effort string
	// Now is the date that templates may print; zero means the clock's.
	Now time.Time
}

// Caps say what a template can do, as found by rendering probes with it.
type Caps struct {
	// SupportsTools says that it prints the tools it is given.
	SupportsTools bool
	// SupportsSystem says that it takes a system message.
	SupportsSystem bool
	// SupportsThinking says that thinking can be switched.
	SupportsThinking bool
	// StartsThinking says that a prompt ends inside open thinking by default.
	StartsThinking bool
}

// Template renders conversations. It is safe for concurrent use.
type Template struct {
	name     string
	source   string
	tmpl     *jinja.Template
	bos, eos string
	caps     Caps
	format   Format
	quirks   quirks
}

// Compile parses the template, or chooses a built-in one, and probes what it
// can take.
func Compile(o Options) (*Template, error) {
	if o.Name == "" {
		o.Name = "chat"
	}
	if o.Source == "" {
		src, err := builtin(o.HasToken)
		if err != nil {
			return nil, err
		}
		o.Source = src
	}
	tmpl, err := jinja.Parse(o.Name, o.Source, o.Limits)
	if err != nil {
		return nil, llm.Wrap(llm.CodeUnsupported, err, "the model's chat template cannot be read")
	}
	t := &Template{
		name: o.Name, source: o.Source, tmpl: tmpl, bos: o.BOS, eos: o.EOS, format: output.Detect(o.Source),
	}
	t.probe()
	if !t.caps.SupportsTools && t.format != output.FormatHarmony && t.format != output.FormatDeepSeek {
		// Tools are described to it in words, in the generic format.
		t.format = output.FormatGeneric
	}
	return t, nil
}

// Caps returns what the template can do.
func (t *Template) Caps() Caps { return t.caps }

// Format returns how the model writes calls and reasoning.
func (t *Template) Format() Format { return t.format }

// Source returns the template's text.
func (t *Template) Source() string { return t.source }

// Render makes the prompt. What the template cannot take, such as a system
// message where it knows none, is put in a way that it can. An error of code
// invalid_request carries the template's own reason.
func (t *Template) Render(in Input) (string, error) {
	var first error
	for _, q := range t.quirks.fallbacks() {
		out, err := t.render(in, q)
		if err == nil {
			return out, nil
		}
		if first == nil {
			first = err
		}
	}
	if why, ok := jinja.Raised(first); ok {
		return "", llm.Wrap(llm.CodeInvalidRequest, first, "the model's chat template refuses the conversation: %s", why).
			WithParam("messages")
	}
	return "", llm.Wrap(llm.CodeInvalidRequest, first, "the model's chat template fails").WithParam("messages")
}

func (t *Template) render(in Input, q quirks) (string, error) {
	msgs := in.Messages
	tools := in.Tools
	if len(tools) > 0 && q.toolsInText {
		msgs = append([]llm.Message{toolPrompt(tools, t.callShape())}, msgs...)
		tools = nil
	}
	list := q.convert(msgs)
	vars := jinja.NewMap()
	for k, raw := range in.Args {
		v, err := jinja.DecodeJSON(raw)
		if err != nil {
			return "", llm.Wrap(llm.CodeInvalidRequest, err, "template argument %q", k).WithParam("chat_template_kwargs")
		}
		vars.Set(k, v)
	}
	setDefault := func(k string, v any) {
		if _, ok := vars.Get(k); !ok {
			vars.Set(k, v)
		}
	}
	if in.Think != nil {
		setDefault("enable_thinking", *in.Think)
		setDefault("thinking", *in.Think)
	}
	if in.Effort != "" {
		setDefault("reasoning_effort", in.Effort)
	}
	setDefault("documents", nil)
	setDefault("bos_token", t.bos)
	setDefault("eos_token", t.eos)
	vars.Set("messages", list)
	vars.Set("tools", nil)
	if q.emptyTools {
		vars.Set("tools", jinja.NewList())
	}
	if len(tools) > 0 {
		l, err := toolList(tools)
		if err != nil {
			return "", err
		}
		vars.Set("tools", l)
	}
	vars.Set("add_generation_prompt", in.AddGenerationPrompt)
	t.setOldNames(vars, in)
	env := jinja.Env{}
	if !in.Now.IsZero() {
		env.Now = func() time.Time { return in.Now }
	}
	return t.tmpl.Render(vars, env)
}

// setOldNames gives the variables that a few templates read in place of the
// usual ones: the tools as text, and the date.
func (t *Template) setOldNames(vars *jinja.Map, in Input) {
	if !strings.Contains(t.source, "+ functions") || !strings.Contains(t.source, "datetime") {
		return
	}
	now := in.Now
	if now.IsZero() {
		now = time.Now()
	}
	text := ""
	if tools, ok := vars.Get("tools"); ok && tools != nil {
		text, _ = jinja.EncodeJSON(tools) // decoded JSON always encodes
	}
	for k, v := range map[string]any{"functions": text, "datetime": now.Format("Mon Jan 02 2006 15:04:05 MST")} {
		if _, ok := vars.Get(k); !ok {
			vars.Set(k, v)
		}
	}
}

// toolList makes the tools in OpenAI's shape, as the client wrote them where
// it did.
func toolList(tools []llm.Tool) (*jinja.List, error) {
	l := jinja.NewList()
	for _, tool := range tools {
		v, err := toolValue(tool)
		if err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "tool %q", tool.Name).WithParam("tools")
		}
		l.Items = append(l.Items, v)
	}
	return l, nil
}

func toolValue(tool llm.Tool) (any, error) {
	if len(tool.Raw) > 0 {
		return jinja.DecodeJSON(tool.Raw)
	}
	fn := jinja.NewMap().Set("name", tool.Name).Set("description", tool.Description)
	params := tool.Parameters
	if len(params) == 0 {
		params = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	p, err := jinja.DecodeJSON(params)
	if err != nil {
		return nil, err
	}
	return jinja.NewMap().Set("type", "function").Set("function", fn.Set("parameters", p)), nil
}

// thinkOpeners begin reasoning, in one format or another.
var thinkOpeners = []string{"<think>", "[THINK]", "<seed:think>", "<|think|>"}

// OpensThinking reports whether a prompt ends inside open thinking, so that
// the output begins with reasoning.
func OpensThinking(prompt string) bool {
	prompt = strings.TrimRight(prompt, " \t\r\n")
	for _, open := range thinkOpeners {
		if strings.HasSuffix(prompt, open) {
			return true
		}
	}
	return false
}
