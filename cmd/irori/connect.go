package main

import (
	"context"

	"irori/internal/app"
	"irori/internal/app/connect"

	"irori/internal/term"
	"irori/internal/term/verb"
)

type connectOptions struct {
	undo, force, print bool
	model, small, url  string
}

// connected is a client that was pointed here.
type connected struct {
	Client string `json:"client"`
	URL    string `json:"url,omitempty"`
	Model  string `json:"model,omitempty"`
	// Files are those that were written, or would be.
	Files       []string `json:"files,omitempty"`
	Environment []string `json:"environment,omitempty"`
	Then        string   `json:"then,omitempty"`
	Undone      bool     `json:"undone,omitempty"`
}

func connectVerb() *verb.Verb {
	return &verb.Verb{
		Name: "connect", Args: "[CLIENT]", Short: "point a coding agent or another client at this server",
		Long: `CLIENT is codex, claude, opencode, aider, continue or open-webui. Its settings
are changed where they lie, and nothing else in them; --undo puts back what there
was. --print only shows what would be written. open-webui takes its settings from
its environment, which is printed.

The key is that of IRORI_API_KEY, where it is set. codex and opencode read it from
there each time; the others have it in their settings.`,
		Examples: []string{"irori connect codex", "irori connect claude --model qwen3-8b --small irori/local", "irori connect codex --undo", "irori connect opencode --print"},
		Flags: func(c *verb.Call) {
			o := &connectOptions{}
			c.Opts = o
			c.Flags.BoolVar(&o.undo, "undo", false, "put back what there was before")
			c.Flags.BoolVar(&o.force, "force", false, "with --undo: also where the settings were changed since; they are kept beside it")
			c.Flags.BoolVar(&o.print, "print", false, "show what would be written, and write nothing")
			c.Flags.StringVar(&o.model, "model", "irori/auto", "`MODEL` for the work")
			c.Flags.StringVar(&o.small, "small", "irori/local", "`MODEL` for titles and summaries")
			c.Flags.StringVar(&o.url, "url", "", "`URL` the server's (default that of the running one)")
			c.JSONFlag("one object with the client and its files")
		},
		Run: runConnect,
		Words: func(c *verb.Call) []string {
			if len(c.Args) > 0 {
				return nil
			}
			return connect.Names()
		},
	}
}

func runConnect(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 1); err != nil {
		return err
	}
	if len(c.Args) == 0 {
		return listClients(c)
	}
	o, name := c.Opts.(*connectOptions), c.Args[0]
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	if o.undo {
		if err := env.Disconnect(name, o.force); err != nil {
			return err
		}
		return result(c, connected{Client: name, Undone: true}, "%s has its own settings again", name)
	}
	if o.force {
		return verb.Wrong("--force goes with --undo", "irori connect "+name+" --undo --force")
	}
	t, err := env.ConnectTarget(ctx, o.url, o.model, o.small)
	if err != nil {
		return err
	}
	plan, err := env.Connect(name, t, o.print)
	if err != nil {
		return err
	}
	return tellPlan(c, connected{Client: name, URL: t.URL, Model: t.Model, Environment: plan.Environment, Then: plan.Then}, plan, o.print, t.Context == 0)
}

// tellPlan says what was written, or shows what would be.
func tellPlan(c *verb.Call, out connected, plan *connect.Plan, only, unknown bool) error {
	for _, f := range plan.Files {
		out.Files = append(out.Files, f.Path)
	}
	if c.JSON {
		return c.PrintJSON(out)
	}
	for _, f := range plan.Files {
		if !only {
			c.Say("written: %s", f.Path)
			continue
		}
		c.Say("%s", f.Title())
		if _, err := c.Out.Write(f.After); err != nil {
			return err
		}
	}
	for _, v := range out.Environment {
		if _, err := c.Out.Write([]byte(v + "\n")); err != nil {
			return err
		}
	}
	if len(out.Environment) > 0 {
		c.Say("set these in the environment of %s", out.Client)
	}
	c.Say("then: %s", out.Then)
	if unknown && len(plan.Files) > 0 {
		c.Say("how long a context %s has is not known here, so nothing is said of it; of the server's own model it is, while that runs", out.Model)
	}
	if !only && len(plan.Files) > 0 {
		c.Say("back: irori connect %s --undo", out.Client)
	}
	return nil
}

func listClients(c *verb.Call) error {
	if c.JSON {
		return verb.Wrong("irori connect takes a client", "irori connect codex --json")
	}
	t := term.NewTable(term.Column{Title: "CLIENT"}, term.Column{Title: "WHAT", Shrink: true})
	for _, name := range connect.Names() {
		t.Row(name, connect.Describe(name))
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	c.Say("irori connect CLIENT points one here")
	return nil
}
