package main

import (
	"context"
	"time"

	"irori/internal/app"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

// stopped is what was ended, as `irori stop --json` prints it.
type stopped struct {
	Stopped  int    `json:"stopped,omitempty"`
	Unloaded string `json:"unloaded,omitempty"`
	// Lifted says that the model was quarantined, and is not any more.
	Lifted bool `json:"quarantine_lifted,omitempty"`
}

func stopVerb() *verb.Verb {
	return &verb.Verb{
		Name: "stop", Args: "[MODEL]", Short: "end the server, or take one model out of its memory",
		Long: `The server takes no new requests, ends those that run within its --grace, and
writes its ledger; irori stop returns when it is gone, and a second one waits
for the same. Where it runs in a terminal, Ctrl-C once more ends it without
waiting for requests. With MODEL, the server stays and gives that model up, once
its requests have ended or --grace is over; the next request loads it again,
which also lifts a quarantine.`,
		Examples: []string{"irori stop", "irori stop --wait 5m", "irori stop smollm2-135m-instruct"},
		Flags: func(c *verb.Call) {
			d := flags.Span(time.Minute)
			c.Opts = &d
			c.Flags.Var(&d, "wait", "`DURATION` how long to wait for the server to end")
			c.JSONFlag("one object that says what was stopped")
		},
		Words: verb.First(modelsLoaded),
		Run: func(ctx context.Context, c *verb.Call) error {
			if err := c.Want(0, 1); err != nil {
				return err
			}
			if len(c.Args) == 1 {
				_, r, err := serving(c)
				if err != nil {
					return err
				}
				lifted, err := r.Unload(ctx, c.Args[0])
				if err != nil {
					return err
				}
				said := "%s is not in memory any more"
				if lifted {
					said = "the quarantine of %s is lifted; the next request loads it again"
				}
				return result(c, stopped{Unloaded: c.Args[0], Lifted: lifted}, said, c.Args[0])
			}
			env, r, err := serverBy(c, (*app.Env).FindRunning)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, time.Duration(*c.Opts.(*flags.Span)))
			defer cancel()
			if err := env.Stop(ctx, r); err != nil {
				return err
			}
			return result(c, stopped{Stopped: r.PID}, "the server (process %d) has ended", r.PID)
		},
	}
}

// result prints what was done: an object with --json, else a line.
func result(c *verb.Call, v any, format string, args ...any) error {
	if c.JSON {
		return c.PrintJSON(v)
	}
	c.Say(format, args...)
	return nil
}
