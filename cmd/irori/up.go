package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"time"

	"irori/internal/app"
)

type upOptions struct {
	addr, readyFile string
	background      bool
	accept          bool
	grace           time.Duration
}

func upVerb() *verb {
	return &verb{
		name: "up", args: "[MODEL]", short: "serve: load a model and answer OpenAI's API on this machine",
		long: `MODEL is a reference as in irori pull; without one, the model served last, or
the best that fits this machine and can be had. Ctrl-C ends the server after
the requests that run.`,
		flags: func(c *call) {
			o := &upOptions{}
			c.opts = o
			c.flags.StringVar(&o.addr, "addr", "", "the `address` to listen on (default IRORI_ADDR or 127.0.0.1:1616; port 0 takes a free one)")
			c.flags.BoolVar(&o.background, "background", false, "start in the background and return when it can answer")
			c.flags.BoolVar(&o.accept, "accept-terms", false, "accept the licence of a model that asks for it")
			c.flags.DurationVar(&o.grace, "grace", 30*time.Second, "how long a stop waits for running requests")
			c.flags.BoolVar(&c.json, "json", false, "print one line of JSON when ready")
			c.flags.StringVar(&o.readyFile, "ready-file", "", "also write that line to this `file`")
		},
		run: up,
	}
}

func up(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	o := c.opts.(*upOptions)
	env, err := app.Open(c.config, c.err)
	if err != nil {
		return err
	}
	if o.background {
		return upBackground(ctx, c, env, o)
	}
	bar := newProgress(c.err)
	defer bar.done()
	model := ""
	if len(c.args) > 0 {
		model = c.args[0]
	}
	return env.Up(ctx, app.UpOptions{
		Addr: o.addr, Model: model, AcceptTerms: o.accept, Grace: o.grace, Pull: bar.pull,
		OnReady: func(r app.Ready) {
			bar.done()
			c.announce(env, r)
			if o.readyFile != "" {
				if err := writeReady(o.readyFile, r); err != nil {
					env.Log.Error("ready file", "err", err)
				}
			}
		},
	})
}

// announce says that the server can answer, and how to ask it.
func (c *call) announce(env *app.Env, r app.Ready) {
	if c.json {
		if err := c.printJSON(r); err != nil {
			env.Log.Error("stdout", "err", err)
		}
		return
	}
	c.say("irori %s answers at %s", app.Version, r.URL)
	c.say("  model   %s", describe(r))
	c.say("  runs on %s", r.Placement)
	c.say("  energy  %s", r.Energy)
	key := ""
	if len(env.Config.APIKeys) > 0 {
		key = ` -H "Authorization: Bearer $IRORI_API_KEY"`
	}
	c.say("  try     curl -s %s/v1/chat/completions%s -H 'Content-Type: application/json' \\", r.URL, key)
	c.say(`            -d '{"model":"irori/local","messages":[{"role":"user","content":"Say hello."}]}'`)
	c.say("  or      %s run %s", callName(), r.Model)
}

// callName is how this program can be typed: its name where the shell finds
// it, else the path that it was called by.
func callName() string {
	if _, err := exec.LookPath("irori"); err == nil {
		return "irori"
	}
	return os.Args[0]
}

func describe(r app.Ready) string {
	s := r.Model
	if r.Quantization != "" {
		s += " (" + r.Quantization + ")"
	}
	if r.Context > 0 {
		s += sprintf(", %d tokens of context", r.Context)
	}
	return s
}

// writeReady writes the line whole or not at all.
func writeReady(path string, r app.Ready) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

func upBackground(ctx context.Context, c *call, env *app.Env, o *upOptions) error {
	var args []string
	if c.config != "" {
		args = append(args, "--config", c.config)
	}
	if o.addr != "" {
		args = append(args, "--addr", o.addr)
	}
	if o.accept {
		args = append(args, "--accept-terms")
	}
	args = append(args, "--grace", o.grace.String())
	r, err := env.StartBackground(ctx, append(args, c.args...), func(line string) { env.Log.Debug(line) })
	if err != nil {
		return err
	}
	c.announce(env, *r)
	if o.readyFile != "" {
		if err := writeReady(o.readyFile, *r); err != nil {
			return err
		}
	}
	if !c.json {
		c.say("  log     %s", env.LogFile())
		c.say("  end it  irori stop")
	}
	return nil
}
