// Package dialogue is a loaded model's chat side: its template, how it writes
// calls and reasoning, and the grammar that a request's format asks for.
//
// It knows nothing of batches, caches and sampling.
package dialogue

import (
	"errors"
	"time"

	"irori/internal/chat"
	"irori/internal/engine/ffi"
	"irori/internal/engine/grammar"
	"irori/internal/engine/grammar/gbnf"
	"irori/internal/llm"
	"irori/internal/worker"
)

// Dialogue is the chat side of one model.
type Dialogue struct {
	// BOS is the text of the token that begins a prompt, where there is one.
	BOS string
	// Special says that the parser must see the text of control tokens: the
	// model's markers are such.
	Special bool

	template *chat.Template
	// err is why there is none; completions still work.
	err    error
	format chat.Format
}

// New compiles the model's template, or the override.
func New(m *ffi.Model, override string) *Dialogue {
	source := override
	if source == "" {
		source = m.ChatTemplate()
	}
	text := func(t int32) string { return string(m.Piece(nil, t, true)) }
	d := &Dialogue{}
	if t := m.BOS(); t >= 0 {
		d.BOS = text(t)
	}
	eos := ""
	if t := m.EOS(); t >= 0 {
		eos = text(t)
	}
	d.template, d.err = chat.Compile(chat.Options{
		Source: source, BOS: d.BOS, EOS: eos,
		HasToken: func(s string) bool {
			ids, err := m.Tokenize(s, false, true)
			return err == nil && len(ids) == 1
		},
	})
	if d.err == nil {
		d.format = d.template.Format()
		d.Special = printsControl(d.format)
	}
	return d
}

// printsControl says whether a format's markers are control tokens, whose
// text must reach the parser.
func printsControl(f chat.Format) bool {
	switch f {
	case chat.FormatLlama3, chat.FormatMistral, chat.FormatMistralArgs, chat.FormatDeepSeek, chat.FormatDSML, chat.FormatHarmony, chat.FormatGemmaCall:
		return true
	}
	return false
}

// Describe adds to what a worker tells of itself when it is ready.
func (d *Dialogue) Describe(r *worker.Ready) {
	if d.err != nil {
		r.TemplateError = d.err.Error()
		return
	}
	r.TemplateFormat = string(d.format)
	r.Tools, r.Thinking = d.template.Caps().SupportsTools, d.template.Caps().SupportsThinking
}

// Render makes the prompt of a chat request; thinking says that it ends inside
// of the model's reasoning.
func (d *Dialogue) Render(req *llm.Request) (prompt string, thinking bool, err error) {
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

// Parser makes what tells a request's answer, calls and reasoning apart.
func (d *Dialogue) Parser(req *llm.Request, thinking bool) *chat.Parser {
	return chat.NewParser(d.format, chat.ParserOptions{Tools: req.Tools, ToolChoice: req.ToolChoice, StartInThinking: thinking})
}

// Grammar returns the GBNF that the output must follow, or nothing. Errors
// name the field that asked for it.
func (d *Dialogue) Grammar(req *llm.Request) (string, error) {
	g, err := d.writeGrammar(req)
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Param != "tool_choice" {
		e.Param = req.FormatField()
	}
	return g, err
}

func (d *Dialogue) writeGrammar(req *llm.Request) (string, error) {
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
		return req.Format.Grammar, gbnf.Check(req.Format.Grammar)
	}
	return "", nil
}
