package main

import (
	"context"
	"errors"

	"irori/internal/catalog"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type rmOptions struct{ unused bool }

func rmVerb() *verb.Verb {
	return &verb.Verb{
		Name: "rm", Args: "REF…", Short: "remove models or aliases from this machine",
		Long: `Nothing is asked. Files that another model needs stay; a file: model and one of
the local Ollama lose their name here, not their file. A model that the server
has in memory stays there until irori stop MODEL.

--unused removes what no model needs: downloads that were stopped, and files
that a killed pull left.`,
		Examples: []string{"irori rm smollm2-135m-instruct", "irori rm --unused"},
		Flags: func(c *verb.Call) {
			o := &rmOptions{}
			c.Opts = o
			c.Flags.BoolVar(&o.unused, "unused", false, "remove stopped downloads and files that no model needs, and no model")
			c.JSONFlag("one object a name")
		},
		Run: remove, Words: modelsHere,
	}
}

// removed is a name that went, as `irori rm --json` prints it.
type removed struct {
	Removed string `json:"removed,omitempty"`
	Freed   int64  `json:"freed_bytes"`
	// InMemory says that the server still has the model, and with it the
	// space of its files.
	InMemory bool `json:"in_memory,omitempty"`
}

// remove goes on with the others when one cannot be removed.
func remove(ctx context.Context, c *verb.Call) error {
	if c.Opts.(*rmOptions).unused {
		return removeUnused(c)
	}
	if err := c.Want(1, -1); err != nil {
		return err
	}
	env, lib, err := library(c)
	if err != nil {
		return err
	}
	loaded := env.LoadedModels(ctx)
	var failed error
	for _, name := range c.Args {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := removeOne(c, lib, name, loaded)
		if err != nil {
			if failed != nil {
				c.Report(c.Err, failed)
			}
			failed = err
		}
	}
	return failed
}

func removeOne(c *verb.Call, lib *catalog.Library, name string, loaded map[string]bool) error {
	aliases, err := lib.Aliases()
	if err != nil {
		return err
	}
	_, alias := aliases[name]
	m, err := lib.Manifest(name)
	freed, rerr := lib.Remove(name)
	if rerr != nil {
		return rerr
	}
	r := removed{Removed: name, Freed: freed, InMemory: err == nil && !alias && loaded[m.Name]}
	switch {
	case alias:
		return result(c, r, "the alias %s is removed", name)
	case r.InMemory && freed == 0:
		return result(c, r, "%s is removed; the server still has it in memory: irori stop %s", name, m.Name)
	case r.InMemory:
		return result(c, r, "%s is removed; the server still has it in memory, and %s are free once it gives it up: irori stop %s", name, unit.Bytes(freed), m.Name)
	}
	return result(c, r, "%s is removed, %s freed", name, unit.Bytes(freed))
}

func removeUnused(c *verb.Call) error {
	if len(c.Args) > 0 {
		return verb.Wrong("--unused removes no model; name models without it", "irori rm "+c.Args[0])
	}
	_, lib, err := library(c)
	if err != nil {
		return err
	}
	freed, err := lib.RemoveUnused()
	if err != nil && freed == 0 {
		return err
	}
	return errors.Join(err, result(c, removed{Freed: freed}, "%s freed that no model needed", unit.Bytes(freed)))
}
