package main

import "irori/internal/term/verb"

import "context"

// aliased is an alias as `irori alias --json` prints it.
type aliased struct {
	Alias string `json:"alias"`
	Model string `json:"model"`
}

func aliasVerb() *verb.Verb {
	return &verb.Verb{
		Name: "alias", Args: "NAME MODEL", Short: "give a model a second name",
		Long: `NAME then works wherever a model is named, also in requests: a client that asks
for gpt-4o-mini gets the model of your choice. irori rm NAME takes it away.`,
		Examples: []string{"irori alias gpt-4o-mini smollm2-135m-instruct"},
		Flags:    func(c *verb.Call) { c.JSONFlag("one object with the alias") },
		Run: func(_ context.Context, c *verb.Call) error {
			if err := c.Want(2, 2); err != nil {
				return err
			}
			_, lib, err := library(c)
			if err != nil {
				return err
			}
			if err := lib.Alias(c.Args[0], c.Args[1]); err != nil {
				return badReference(err)
			}
			return result(c, aliased{c.Args[0], c.Args[1]}, "%s stands for %s", c.Args[0], c.Args[1])
		},
		Words: func(c *verb.Call) []string {
			if len(c.Args) != 1 {
				return nil
			}
			return modelsHere(c)
		},
	}
}
