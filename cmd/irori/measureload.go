package main

import (
	"context"
	"time"

	"irori/internal/app"
	"irori/internal/app/measure"
	"irori/internal/eval/load"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

// measureLoadOptions are those of a load that a run has not.
type measureLoadOptions struct {
	rates, watts string
	ttft, itl    flags.Span
}

func measureLoadFlags(c *verb.Call) *measureLoadOptions {
	o := &measureLoadOptions{}
	c.Flags.StringVar(&o.rates, "rates", "", "`N[,…]` questions a second, for load")
	c.Flags.Var(&o.ttft, "ttft-limit", "`DURATION` by when an answer must begin to be of use")
	c.Flags.Var(&o.itl, "itl-limit", "`DURATION` how long 95 of 100 gaps between tokens may be at most")
	c.Flags.StringVar(&o.watts, "power-limits", "", "`WATTS[,…]` what the GPU is held to, one after the other; the administrator may")
	return o
}

// measureLoad puts a server under load.
func measureLoad(ctx context.Context, c *verb.Call, all *measureOptions, models []string) error {
	o, l := all.run, all.load
	if l.rates == "" {
		return verb.Wrong("irori measure load needs --rates", "irori measure load MODEL --rates 0.5,1,2 --for 60s --on quick")
	}
	if o.Resume != "" {
		return verb.Wrong("a load cannot be gone on with: begin it anew", "irori help measure")
	}
	if err := o.read(c, models); err != nil {
		return err
	}
	lo := measure.LoadOptions{Options: o.Options, For: all.sampler.lasts, Limits: load.Limits{TTFT: time.Duration(l.ttft), ITL: time.Duration(l.itl)}}
	var err error
	if lo.Rates, err = measure.Rates(l.rates); err != nil {
		return verb.Wrong("--rates: "+err.Error(), "irori help measure")
	}
	if l.watts != "" {
		list, err := measure.Rates(l.watts)
		if err != nil {
			return verb.Wrong("--power-limits: "+err.Error(), "irori help measure")
		}
		lo.Limit(list)
	}
	if lo.For < time.Second {
		return verb.Wrong("--for is a second or more", "irori help measure")
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	plan, err := measure.MakeLoad(ctx, env, lo)
	if err != nil {
		return err
	}
	sum, err := follow(ctx, c, env, o, plan)
	if err != nil || sum == nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(sum)
	}
	return sum.LoadTable().Write(c.Out, columns(c.Out))
}
