package main

import (
	"context"
	"time"

	"irori/internal/app"
	"irori/internal/term/flags"
)

// stopped is what was ended, as `irori stop --json` prints it.
type stopped struct {
	Stopped  int    `json:"stopped,omitempty"`
	Unloaded string `json:"unloaded,omitempty"`
	// Lifted says that the model was quarantined, and is not any more.
	Lifted bool `json:"quarantine_lifted,omitempty"`
}

func stopVerb() *verb {
	return &verb{
		name: "stop", args: "[MODEL]", short: "end the server, or take one model out of its memory",
		long: `The server takes no new requests, ends those that run within its --grace, and
writes its ledger; irori stop returns when it is gone, and a second one waits
for the same. Where it runs in a terminal, Ctrl-C once more ends it without
waiting for requests. With MODEL, the server stays and gives that model up, once
its requests have ended or --grace is over; the next request loads it again,
which also lifts a quarantine.`,
		examples: []string{"irori stop", "irori stop --wait 5m", "irori stop smollm2-135m-instruct"},
		flags: func(c *call) {
			d := flags.Span(time.Minute)
			c.opts = &d
			c.flags.Var(&d, "wait", "`DURATION` how long to wait for the server to end")
			c.jsonFlag("one object that says what was stopped")
		},
		words: first(modelsLoaded),
		run: func(ctx context.Context, c *call) error {
			if err := c.want(0, 1); err != nil {
				return err
			}
			if len(c.args) == 1 {
				_, r, err := c.running()
				if err != nil {
					return err
				}
				lifted, err := r.Unload(ctx, c.args[0])
				if err != nil {
					return err
				}
				said := "%s is not in memory any more"
				if lifted {
					said = "the quarantine of %s is lifted; the next request loads it again"
				}
				return c.result(stopped{Unloaded: c.args[0], Lifted: lifted}, said, c.args[0])
			}
			env, r, err := c.runs((*app.Env).FindRunning)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, time.Duration(*c.opts.(*flags.Span)))
			defer cancel()
			if err := env.Stop(ctx, r); err != nil {
				return err
			}
			return c.result(stopped{Stopped: r.PID}, "the server (process %d) has ended", r.PID)
		},
	}
}

// result prints what was done: an object with --json, else a line.
func (c *call) result(v any, format string, args ...any) error {
	if c.json {
		return c.printJSON(v)
	}
	c.say(format, args...)
	return nil
}
