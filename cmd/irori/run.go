package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"irori/internal/app"
	"irori/internal/app/talk"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/flags"
)

type runOptions struct {
	system      string
	temperature *flags.Optional[float64]
	maxTokens   *flags.Optional[int]
	seed        *flags.Optional[int64]
	verbose     bool
	accept      bool
}

func runVerb() *verb {
	return &verb{
		name: "run", args: "REF [PROMPT]", short: "ask a model, or chat with it",
		long: `REF is a reference as irori pull takes it, an alias, or irori/local for the
model that the server was started with. A model that is not here is pulled
first.

With a PROMPT, or text on standard input, the model answers once; with both,
the text stands behind the prompt. Otherwise a chat begins: /help in it tells
more. The running server answers, or one that is started for the while.`,
		examples: []string{
			`irori run smollm2-135m-instruct "Say hello."`,
			`irori run smollm2-135m-instruct "Sum this up:" < README.md`,
			`irori run smollm2-135m-instruct`,
		},
		flags: func(c *call) {
			o := &runOptions{temperature: flags.NumberFrom(0, 1000), maxTokens: flags.WholeFrom(1), seed: flags.WholeNumber()}
			c.opts = o
			c.flags.StringVar(&o.system, "system", "", "`TEXT` what the model is told before everything")
			c.flags.Var(o.temperature, "temperature", "`NUMBER` how freely words are chosen; 0 always takes the likeliest (default: the model's own)")
			c.flags.Var(o.maxTokens, "max-tokens", "`NUMBER` the longest answer, in tokens (default: what the context leaves)")
			c.flags.Var(o.seed, "seed", "`NUMBER` the same one makes the same answer come out again")
			c.flags.BoolVar(&o.verbose, "verbose", false, "say what each answer took: tokens, seconds, joules, money")
			c.acceptFlag(&o.accept)
			c.jsonFlag("one object with the answer")
		},
		run: runModel, words: first(modelsAny),
	}
}

func runModel(ctx context.Context, c *call) (err error) {
	if err := c.want(1, 2); err != nil {
		return err
	}
	prompt, once, err := c.prompt()
	if err != nil {
		return err
	}
	if !once && c.json {
		return &usageError{"--json needs a prompt", sprintf("irori run --json %s \"Hello\"", c.args[0])}
	}
	env, err := app.Open(c.config, c.err)
	if err != nil {
		return err
	}
	o := c.opts.(*runOptions)
	bar := newProgress(c.err)
	chat, err := env.OpenChat(ctx, c.args[0], o.accept, bar.pull, talk.Options{
		System: o.system, Temperature: o.temperature.Value, MaxTokens: o.maxTokens.Value, Seed: o.seed.Value,
	})
	bar.done()
	if err != nil {
		return badReference(err)
	}
	defer func() { err = errors.Join(err, chat.Close()) }()
	if once {
		return c.answer(ctx, chat, prompt, o.verbose)
	}
	return c.chat(ctx, chat, o.verbose)
}

// prompt joins the prompt with what comes through a pipe; once is false where
// a person sits at the terminal and gave none.
func (c *call) prompt() (text string, once bool, err error) {
	if len(c.args) == 2 {
		text, once = c.args[1], true
	}
	if interactive(c.in) {
		if !once && !interactive(c.out) {
			return "", false, &usageError{"a chat needs a terminal to write to", sprintf("irori run %s \"Hello\"", c.args[0])}
		}
		return text, once, nil
	}
	// With a prompt, standard input may be one that nobody closes (a cron
	// job, an editor): only a pipe or a file is read then.
	if f, ok := c.in.(*os.File); once && ok && !hasContent(f) {
		if strings.TrimSpace(text) == "" {
			return "", false, &usageError{"the prompt is empty", sprintf("irori run %s \"Hello\"", c.args[0])}
		}
		return text, true, nil
	}
	b, err := io.ReadAll(c.in)
	if err != nil {
		return "", false, err
	}
	piped := strings.TrimRight(string(b), "\n")
	if text != "" && piped != "" {
		text += "\n\n"
	}
	if text += piped; strings.TrimSpace(text) == "" {
		return "", false, &usageError{"the prompt is empty", sprintf("irori run %s \"Hello\"", c.args[0])}
	}
	return text, true, nil
}

// hasContent reports whether a file is a pipe or a file with something in it.
func hasContent(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return false
	}
	return st.Mode()&os.ModeNamedPipe != 0 || st.Mode().IsRegular() && st.Size() > 0
}

// answer answers once.
func (c *call) answer(ctx context.Context, chat *talk.Chat, prompt string, verbose bool) error {
	v := &term.Voice{Out: c.out, Dim: interactive(c.out)}
	show := func(text string, thinking bool) { v.Show(term.Piece{Text: text, Thinking: thinking}) }
	if c.json {
		show = nil
	}
	a, err := chat.Ask(ctx, prompt, show)
	v.End()
	if err = errors.Join(err, v.Err()); err != nil {
		return err
	}
	if verbose {
		c.say("%s", a.Note())
	}
	if c.json {
		return c.printJSON(a)
	}
	return nil
}

func (c *call) chat(ctx context.Context, chat *talk.Chat, verbose bool) error {
	in, out := c.in.(*os.File), c.out.(*os.File)
	console, err := term.OpenConsole(in, out)
	if err != nil {
		return err
	}
	defer console.Close()
	return term.Chat(ctx, term.ChatOptions{
		Console: console, Partner: partner{chat, verbose}, Title: chat.Model(),
		Explain: func(err error) string {
			var b strings.Builder
			report(&b, err)
			return strings.TrimSpace(b.String())
		},
	})
}

// partner lets a person talk with a model.
type partner struct {
	*talk.Chat
	verbose bool
}

// Ask asks the model. See term.Partner.
func (p partner) Ask(ctx context.Context, text string, show func(term.Piece)) (string, error) {
	a, err := p.Chat.Ask(ctx, text, func(s string, thinking bool) { show(term.Piece{Text: s, Thinking: thinking}) })
	note := ""
	if p.verbose {
		note = a.Note()
	}
	if llm.CodeOf(err) == llm.CodeCancelled {
		err = nil
	}
	return note, err
}
