package engine

import (
	"errors"
	"time"

	"irori/internal/chat"
	"irori/internal/engine/ffi"
	"irori/internal/engine/grammar"
	"irori/internal/gguf"
	"irori/internal/llm"
	"irori/internal/worker"
)

// dialogue is the model's chat side: its template, and how it writes calls
// and reasoning.
type dialogue struct {
	template *chat.Template
	// err is why there is none; completions still work.
	err     error
	format  chat.Format
	special bool
	bos     string
}

// newDialogue compiles the model's template, or the override.
func newDialogue(m *ffi.Model, override string) *dialogue {
	source := override
	if source == "" {
		source = m.ChatTemplate()
	}
	text := func(t int32) string { return string(m.Piece(nil, t, true)) }
	d := &dialogue{}
	if t := m.BOS(); t >= 0 {
		d.bos = text(t)
	}
	eos := ""
	if t := m.EOS(); t >= 0 {
		eos = text(t)
	}
	d.template, d.err = chat.Compile(chat.Options{
		Source: source, BOS: d.bos, EOS: eos,
		HasToken: func(s string) bool {
			ids, err := m.Tokenize(s, false, true)
			return err == nil && len(ids) == 1
		},
	})
	if d.err == nil {
		d.format = d.template.Format()
		d.special = printsControl(d.format)
	}
	return d
}

// printsControl says whether a format's markers are control tokens, whose
// text must reach the parser.
func printsControl(f chat.Format) bool {
	switch f {
	case chat.FormatLlama3, chat.FormatMistral, chat.FormatMistralArgs, chat.FormatDeepSeek, chat.FormatHarmony, chat.FormatGemmaCall:
		return true
	}
	return false
}

func (d *dialogue) describe(r *worker.Ready) {
	if d.err != nil {
		r.TemplateError = d.err.Error()
		return
	}
	r.TemplateFormat = string(d.format)
	r.Tools, r.Thinking = d.template.Caps().SupportsTools, d.template.Caps().SupportsThinking
}

// render makes the prompt of a chat request.
func (d *dialogue) render(req *llm.Request) (prompt string, thinking bool, err error) {
	if d.err != nil {
		return "", false, d.err
	}
	in := chat.Input{
		Messages: req.Messages, AddGenerationPrompt: true, Args: req.TemplateArgs,
		Think: req.Think, Effort: req.Effort, Now: time.Now(),
	}
	if req.ToolChoice.Mode != llm.ToolNone {
		in.Tools = req.Tools
	}
	prompt, err = d.template.Render(in)
	if err != nil {
		return "", false, err
	}
	return prompt, chat.OpensThinking(prompt), nil
}

func (d *dialogue) parser(req *llm.Request, thinking bool) *chat.Parser {
	return chat.NewParser(d.format, chat.ParserOptions{Tools: req.Tools, ToolChoice: req.ToolChoice, StartInThinking: thinking})
}

// grammar returns the GBNF that the output must follow, or nothing. Errors
// name the field that asked for it.
func (d *dialogue) grammar(req *llm.Request) (string, error) {
	g, err := d.writeGrammar(req)
	if err == nil && g != "" {
		err = grammar.Check(g)
	}
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Param != "tool_choice" {
		e.Param = req.FormatField()
	}
	return g, err
}

func (d *dialogue) writeGrammar(req *llm.Request) (string, error) {
	if req.ForcesCall() {
		// A small model that is let go on calls until it is cut; several forced
		// calls must be asked for.
		several := req.ParallelTools != nil && *req.ParallelTools
		return grammar.Call(grammar.Syntax(d.format.CallSyntax()), req.Tools, req.ToolChoice, several)
	}
	switch req.Format.Kind {
	case llm.FormatJSON:
		return grammar.JSON(), nil
	case llm.FormatJSONSchema:
		return grammar.FromSchema(req.Format.Schema)
	case llm.FormatGrammar:
		return req.Format.Grammar, nil
	}
	return "", nil
}

// kvBytes is what one token takes in the cache, by the file's own facts; 0
// where they do not say.
func kvBytes(path, kvType string) int64 {
	f, err := gguf.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	name := kvType
	if name == "" {
		name = "f16"
	}
	t, ok := gguf.ParseType(name)
	if !ok {
		return 0
	}
	n, err := f.KVBytesPerToken(t, t)
	if err != nil {
		return 0
	}
	return int64(n)
}
