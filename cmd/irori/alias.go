package main

import (
	"context"
	"errors"

	"irori/internal/unit"
)

func rmVerb() *verb {
	return &verb{
		name: "rm", args: "REF…", short: "remove models or aliases from this machine",
		long: `Nothing is asked. Files that another model needs stay; a file: model and one of
the local Ollama lose their name here, not their file.`,
		examples: []string{"irori rm smollm2-135m-instruct"},
		flags:    func(c *call) { c.jsonFlag("one object a name") },
		run:      remove, words: modelsHere,
	}
}

// remove goes on with the others when one cannot be removed.
func remove(ctx context.Context, c *call) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	_, lib, err := c.library()
	if err != nil {
		return err
	}
	var failed error
	for _, name := range c.args {
		if err := ctx.Err(); err != nil {
			return err
		}
		freed, err := lib.Remove(name)
		if err != nil {
			if failed != nil {
				report(c.err, failed)
			}
			failed = err
			continue
		}
		err = c.result(map[string]any{"removed": name, "freed_bytes": freed}, "%s is removed, %s freed", name, unit.Bytes(freed))
		if err != nil {
			return errors.Join(failed, err)
		}
	}
	return failed
}

func aliasVerb() *verb {
	return &verb{
		name: "alias", args: "NAME MODEL", short: "give a model a second name",
		long: `NAME then works wherever a model is named, also in requests: a client that asks
for gpt-4o-mini gets the model of your choice. irori rm NAME takes it away.`,
		examples: []string{"irori alias gpt-4o-mini smollm2-135m-instruct"},
		flags:    func(c *call) { c.jsonFlag("one object with the alias") },
		run: func(_ context.Context, c *call) error {
			if err := c.want(2, 2); err != nil {
				return err
			}
			_, lib, err := c.library()
			if err != nil {
				return err
			}
			if err := lib.Alias(c.args[0], c.args[1]); err != nil {
				return badReference(err)
			}
			return c.result(map[string]string{"alias": c.args[0], "model": c.args[1]}, "%s stands for %s", c.args[0], c.args[1])
		},
		words: func(c *call) []string {
			if len(c.args) != 1 {
				return nil
			}
			return modelsHere(c)
		},
	}
}
