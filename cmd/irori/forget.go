package main

import (
	"context"
	"time"

	"irori/internal/app"
	"irori/internal/app/answers"
	"irori/internal/app/kept"
	"irori/internal/app/outcomes"
	"irori/internal/llm"
	"irori/internal/store/body"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type forgetOptions struct {
	key, before string
	all         bool
}

// forgotten is how many requests `irori forget --json` found something of, and
// how many answers that were kept for clients, and outcomes of routed requests.
type forgotten struct {
	Requests int `json:"requests"`
	Answers  int `json:"answers"`
	Outcomes int `json:"outcomes"`
}

func forgetVerb() *verb.Verb {
	return &verb.Verb{
		Name: "forget", Args: "[ID]", Short: "delete what is kept of requests and answers",
		Long: `What requests asked and were answered is kept only for keys made with --keep full,
or with bodies.keep: full in the config; answers of /v1/responses are kept for
their clients, too. so are outcomes of routed requests, mostly without text. forget deletes all of these: of one request, of a key, or of the time
before TIME; together they narrow it down. The ledger keeps its figures, which
hold no text.

TIME is a span back from now (90m, 24h, 7d), a day (2026-04-01), a local time
(2026-04-01T09:00) or RFC 3339.`,
		Examples: []string{"irori forget 01a1fde1d566b90361cec2cb68359ccc", "irori forget --key anna", "irori forget --before 30d"},
		Flags: func(c *verb.Call) {
			o := &forgetOptions{}
			c.Opts = o
			c.Flags.StringVar(&o.key, "key", "", "`NAME` what that key asked")
			c.Flags.StringVar(&o.before, "before", "", "`TIME` what was asked before then")
			c.Flags.BoolVar(&o.all, "all", false, "everything")
			c.JSONFlag("one object with the numbers of requests and answers")
		},
		Run: forget,
	}
}

func forget(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 1); err != nil {
		return err
	}
	o := c.Opts.(*forgetOptions)
	var w body.Which
	w.Key = o.key
	if o.before != "" {
		at, err := unit.ParseWhen(o.before, time.Now())
		if err != nil {
			return verb.Wrong("--before: "+err.Error(), "irori forget --before 30d")
		}
		w.Before = at
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	if len(c.Args) == 1 {
		// The beginning of an id is enough everywhere.
		r, err := env.Ledger().Find(ctx, c.Args[0])
		if err != nil {
			return err
		}
		w.ID = r.ID
	}
	if w == (body.Which{}) && !o.all {
		return verb.Wrong("irori forget takes an ID, --key, --before or --all", "irori help forget")
	}
	n, err := kept.Forget(ctx, env.Home, w)
	if err != nil {
		return err
	}
	kept, err := answers.Forget(ctx, env.Home, w)
	if err != nil {
		return err
	}
	if err := env.ForgetAnswers(ctx); err != nil {
		return err
	}
	learnt, err := outcomes.Forget(ctx, env.Home, w)
	if err != nil {
		return err
	}
	if n == 0 && kept == 0 && learnt == 0 && w.ID != "" {
		return llm.Errorf(llm.CodeNotFound, "nothing is kept of the request %s", w.ID).WithHint("irori log show %s", w.ID)
	}
	return result(c, forgotten{n, kept, learnt}, "forgotten: %s, %s, %s", plural(n, "request", "requests"), plural(kept, "kept answer", "kept answers"),
		plural(learnt, "outcome", "outcomes"))
}
