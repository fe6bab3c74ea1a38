package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"irori/internal/app"
	"irori/internal/catalog"
	"irori/internal/llm"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type upOptions struct {
	addr, readyFile string
	policy          string
	background      bool
	accept          bool
	grace           flags.Span
	backends        flags.Several
	prices          flags.Several
}

func upVerb() *verb.Verb {
	return &verb.Verb{
		Name: "up", Args: "[MODEL]", Short: "serve a model behind OpenAI's API on this machine",
		Long: `MODEL is a reference as irori pull takes it, and is pulled where it is not
here. Without one, the model served last is taken, or the best that fits this
machine and can be had; where --backend or the config names other servers,
they are enough, and neither a model nor the engine is needed. Other models
load when a request names them.

With a policy irori/auto is answered here or by a cloud as it says; without one
it is the model here.

The server says its address when it can answer. Ctrl-C ends it after the
requests that run, Ctrl-C again at once. An address that other machines can
reach needs a key in IRORI_API_KEY.`,
		Examples: []string{"irori up", "irori up smollm2-135m-instruct --addr 127.0.0.1:8080", "irori up --background && irori run irori/local \"Hello\""},
		Flags: func(c *verb.Call) {
			o := &upOptions{grace: flags.Span(30 * time.Second)}
			c.Opts = o
			c.Flags.StringVar(&o.addr, "addr", "", "`HOST:PORT` the address to listen on; port 0 takes a free one (default IRORI_ADDR, else 127.0.0.1:1616)")
			c.Flags.BoolVar(&o.background, "background", false, "return as soon as it can answer; irori stop ends it")
			acceptFlag(c, &o.accept)
			c.Flags.Var(&o.backends, "backend", "`NAME=KIND:URL` another server, whose models are NAME/MODEL; may be repeated; KIND is openai, llamaserver, vllm, lmstudio, ollama, anthropic or gemini; its key in IRORI_BACKEND_NAME_KEY")
			c.Flags.Var(&o.prices, "price", "`NAME/MODEL=IN,OUT[,CACHED[,CACHE_WRITE[,BATCH_IN[,BATCH_OUT]]]]` what its tokens cost per million; may be repeated")
			c.Flags.StringVar(&o.policy, "policy", "", "`FILE` how requests are routed (default policy.yaml in IRORI_HOME, which is ~/.local/share/irori where it is not set)")
			c.Flags.Var(&o.grace, "grace", "`DURATION` how long a stop waits for running requests")
			c.JSONFlag("one object, when it can answer")
			c.Flags.StringVar(&o.readyFile, "ready-file", "", "`FILE` where to write the same object, whole or not at all, for scripts that wait")
		},
		Run: up, Words: verb.First(modelsAny),
	}
}

func up(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 1); err != nil {
		return err
	}
	o := c.Opts.(*upOptions)
	if err := checkAddr(o.addr); err != nil {
		return err
	}
	if o.policy == "" && isSaid(c, "policy") {
		return verb.Wrong("--policy names no file", "irori up --policy policy.yaml, or without it the policy.yaml of the home")
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	if err := o.others(env); err != nil {
		return err
	}
	if err := checkModel(c, env); err != nil {
		return err
	}
	if o.readyFile != "" {
		// Whoever waits for the file shall not wait for ever.
		if st, err := os.Stat(filepath.Dir(o.readyFile)); err != nil || !st.IsDir() {
			return verb.Wrong(sprintf("--ready-file: there is no folder %s", filepath.Dir(o.readyFile)), "mkdir -p "+filepath.Dir(o.readyFile))
		}
	}
	if o.background {
		return upBackground(ctx, c, env, o)
	}
	bar := newProgress(c.Err)
	defer bar.done()
	model := ""
	if len(c.Args) > 0 {
		model = c.Args[0]
	}
	return env.Up(ctx, app.UpOptions{
		Addr: o.addr, Model: model, Policy: o.policy, AcceptTerms: o.accept, Grace: time.Duration(o.grace), Pull: bar.pull,
		OnStop: func(now func()) { hurry(c, time.Duration(o.grace), now) },
		OnReady: func(r app.Ready) {
			bar.done()
			announce(c, env, r)
			if o.readyFile != "" {
				if err := writeReady(o.readyFile, r); err != nil {
					env.Log.Error("ready file", "err", err)
				}
			}
		},
	})
}

// isSaid reports whether a flag was said.
func isSaid(c *verb.Call, name string) (yes bool) {
	c.Flags.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

// hurry lets a second Ctrl-C end what runs, and a third the process.
func hurry(c *verb.Call, grace time.Duration, now func()) {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	c.Say("irori is stopping: requests that run have %s to end; Ctrl-C again ends them now", unit.FormatDuration(grace))
	go func() {
		<-again
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		now()
	}()
}

// checkModel refuses what is no name of a model before anything is started.
func checkModel(c *verb.Call, env *app.Env) error {
	if len(c.Args) == 0 {
		return nil
	}
	lib, err := env.Library()
	if err != nil {
		return err
	}
	if _, err = lib.Resolve(c.Args[0]); err != nil { // an alias may look like anything
		_, err = catalog.Parse(c.Args[0])
	}
	return badReference(err)
}

// others lays the servers of the flags, and their prices, over the settings.
func (o *upOptions) others(env *app.Env) error {
	add := func(of flags.Several, to func(string) error) error {
		for _, s := range of {
			if err := to(s); err != nil {
				hint := ""
				if x, ok := errors.AsType[*llm.Error](err); ok {
					hint = x.Hint
				}
				return verb.Wrong(err.Error(), hint)
			}
		}
		return nil
	}
	if err := add(o.backends, env.Config.AddBackend); err != nil {
		return err
	}
	return add(o.prices, env.Config.AddPrice)
}

// checkAddr refuses what cannot be an address to listen on.
func checkAddr(addr string) error {
	if addr == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return verb.Wrong(sprintf("--addr cannot be %q: it is HOST:PORT", addr), "irori up --addr 127.0.0.1:1616")
	}
	return nil
}

// announce says that the server can answer, and how to ask it.
func announce(c *verb.Call, env *app.Env, r app.Ready) {
	if c.JSON {
		if err := c.PrintJSON(r); err != nil {
			env.Log.Error("stdout", "err", err)
		}
		return
	}
	c.Say("irori %s answers at %s", app.Version, r.URL)
	model := "irori/local"
	switch {
	case r.Model == "":
		c.Say("  model   none is here, and no backend says yet what it has: irori ps shows them")
		model = "BACKEND/MODEL"
	case r.Engine == "":
		model = r.Model
		fallthrough
	default:
		c.Say("  model   %s", describe(r))
	}
	c.Say("  runs on %s", r.Placement)
	c.Say("  energy  %s", r.Energy)
	key := ""
	if len(env.Config.APIKeys) > 0 {
		key = ` -H "Authorization: Bearer $IRORI_API_KEY"`
	}
	c.Say("  try     curl -s %s/v1/chat/completions%s -H 'Content-Type: application/json' \\", r.URL, key)
	c.Say(`            -d '{"model":"%s","messages":[{"role":"user","content":"Say hello."}],"max_tokens":64}'`, model)
	c.Say("  or      irori run %s", cmp.Or(r.Model, model))
}

func describe(r app.Ready) string {
	s := r.Model
	if r.Quantization != "" {
		s += " (" + r.Quantization + ")"
	}
	if r.Context > 0 {
		s += sprintf(", %d tokens of context", r.Context)
	}
	if r.ContextTrained > 0 && r.Context > r.ContextTrained {
		s += sprintf(", more than the %d that it was trained for", r.ContextTrained)
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

// relay passes on how far a server in the background is with a pull; what it
// logs stays in its log.
func relay(c *verb.Call, line string) {
	if !strings.HasPrefix(line, "irori: ") && !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "{") {
		c.Say("%s", line)
	}
}

func upBackground(ctx context.Context, c *verb.Call, env *app.Env, o *upOptions) error {
	var args []string
	if c.Config != "" {
		args = append(args, "--config", c.Config)
	}
	if o.addr != "" {
		args = append(args, "--addr", o.addr)
	}
	if o.policy != "" {
		args = append(args, "--policy", o.policy)
	}
	if o.accept {
		args = append(args, "--accept-terms")
	}
	for _, b := range o.backends {
		args = append(args, "--backend", b)
	}
	for _, p := range o.prices {
		args = append(args, "--price", p)
	}
	args = append(args, "--grace", time.Duration(o.grace).String())
	r, err := env.StartBackground(ctx, append(args, c.Args...), func(line string) { relay(c, line) })
	if err != nil {
		return err
	}
	announce(c, env, *r)
	if o.readyFile != "" {
		if err := writeReady(o.readyFile, *r); err != nil {
			return err
		}
	}
	if !c.JSON {
		c.Say("  log     %s", env.LogFile())
		c.Say("  end it  irori stop")
	}
	return nil
}
