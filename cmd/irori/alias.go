package main

import "context"

// aliased is an alias as `irori alias --json` prints it.
type aliased struct {
	Alias string `json:"alias"`
	Model string `json:"model"`
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
			return c.result(aliased{c.args[0], c.args[1]}, "%s stands for %s", c.args[0], c.args[1])
		},
		words: func(c *call) []string {
			if len(c.args) != 1 {
				return nil
			}
			return modelsHere(c)
		},
	}
}
