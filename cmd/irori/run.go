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
	"irori/internal/term/verb"
)

type runOptions struct {
	system      string
	temperature *flags.Optional[float64]
	maxTokens   *flags.Optional[int]
	seed        *flags.Optional[int64]
	verbose     bool
	accept      bool
}

func runVerb() *verb.Verb {
	return &verb.Verb{
		Name: "run", Args: "REF [PROMPT]", Short: "ask a model, or chat with it",
		Long: `REF is a reference as irori pull takes it, an alias, or irori/local for the
model that the server was started with. A model that is not here is pulled
first.

With a PROMPT, or text on standard input, the model answers once; with both,
the text stands behind the prompt. Otherwise a chat begins: /help in it tells
more. The running server answers, or one that is started for the while.`,
		Examples: []string{
			`irori run smollm2-135m-instruct "Say hello."`,
			`irori run smollm2-135m-instruct "Sum this up:" < README.md`,
			`irori run smollm2-135m-instruct`,
		},
		Flags: func(c *verb.Call) {
			o := &runOptions{temperature: flags.NumberFrom(0, 1000), maxTokens: flags.WholeFrom(1), seed: flags.WholeNumber()}
			c.Opts = o
			c.Flags.StringVar(&o.system, "system", "", "`TEXT` what the model is told before everything")
			c.Flags.Var(o.temperature, "temperature", "`NUMBER` how freely words are chosen; 0 always takes the likeliest (default: the model's own)")
			c.Flags.Var(o.maxTokens, "max-tokens", "`NUMBER` the longest answer, in tokens (default: what the context leaves)")
			c.Flags.Var(o.seed, "seed", "`NUMBER` the same one makes the same answer come out again")
			c.Flags.BoolVar(&o.verbose, "verbose", false, "say what each answer took: tokens, seconds, joules, money")
			acceptFlag(c, &o.accept)
			c.JSONFlag("one object with the answer")
		},
		Run: runModel, Words: verb.First(modelsAny),
	}
}

func runModel(ctx context.Context, c *verb.Call) (err error) {
	if err := c.Want(1, 2); err != nil {
		return err
	}
	prompt, once, err := prompt(c)
	if err != nil {
		return err
	}
	if !once && c.JSON {
		return verb.Wrong("--json needs a prompt", sprintf("irori run --json %s \"Hello\"", c.Args[0]))
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	o := c.Opts.(*runOptions)
	bar := newProgress(c.Err)
	chat, err := env.OpenChat(ctx, c.Args[0], o.accept, bar.pull, talk.Options{
		System: o.system, Temperature: o.temperature.Value, MaxTokens: o.maxTokens.Value, Seed: o.seed.Value,
	})
	bar.done()
	if err != nil {
		return badReference(err)
	}
	defer func() { err = errors.Join(err, chat.Close()) }()
	if once {
		return answer(ctx, c, chat, prompt, o.verbose)
	}
	return converse(ctx, c, chat, o.verbose)
}

// prompt joins the prompt with what comes through a pipe; once is false where
// a person sits at the terminal and gave none.
func prompt(c *verb.Call) (text string, once bool, err error) {
	if len(c.Args) == 2 {
		text, once = c.Args[1], true
	}
	if interactive(c.In) {
		if !once && !interactive(c.Out) {
			return "", false, verb.Wrong("a chat needs a terminal to write to", sprintf("irori run %s \"Hello\"", c.Args[0]))
		}
		return text, once, nil
	}
	// With a prompt, standard input may be one that nobody closes (a cron
	// job, an editor): only a pipe or a file is read then.
	if f, ok := c.In.(*os.File); once && ok && !hasContent(f) {
		if strings.TrimSpace(text) == "" {
			return "", false, verb.Wrong("the prompt is empty", sprintf("irori run %s \"Hello\"", c.Args[0]))
		}
		return text, true, nil
	}
	b, err := io.ReadAll(c.In)
	if err != nil {
		return "", false, err
	}
	piped := strings.TrimRight(string(b), "\n")
	if text != "" && piped != "" {
		text += "\n\n"
	}
	if text += piped; strings.TrimSpace(text) == "" {
		return "", false, verb.Wrong("the prompt is empty", sprintf("irori run %s \"Hello\"", c.Args[0]))
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
func answer(ctx context.Context, c *verb.Call, chat *talk.Chat, prompt string, verbose bool) error {
	v := &term.Voice{Out: c.Out, Dim: interactive(c.Out)}
	show := func(text string, thinking bool) { v.Show(term.Piece{Text: text, Thinking: thinking}) }
	if c.JSON {
		show = nil
	}
	a, err := chat.Ask(ctx, prompt, show)
	v.End()
	if err = errors.Join(err, v.Err()); err != nil {
		return err
	}
	if verbose {
		c.Say("%s", a.Note())
	}
	if c.JSON {
		return c.PrintJSON(a)
	}
	return nil
}

func converse(ctx context.Context, c *verb.Call, chat *talk.Chat, verbose bool) error {
	in, out := c.In.(*os.File), c.Out.(*os.File)
	console, err := term.OpenConsole(in, out)
	if err != nil {
		return err
	}
	defer console.Close()
	return term.Chat(ctx, term.ChatOptions{
		Console: console, Partner: partner{chat, verbose}, Title: chat.Model(),
		Explain: func(err error) string {
			var b strings.Builder
			c.Report(&b, err)
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
