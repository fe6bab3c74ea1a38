package main

import (
	"context"

	"irori/internal/app"
	"irori/internal/term/verb"
)

// program is the command table, in the order of the help. Self is how it can be
// typed where it runs.
func program(self string) *verb.Program {
	return &verb.Program{
		Self:     self,
		About:    "irori serves language models on this machine and accounts for every request.",
		First:    `A first answer:  irori run smollm2-135m-instruct "Hello"`,
		Settings: "`FILE` the settings (default IRORI_HOME/config.yaml)",
		Verbs: []*verb.Verb{
			upVerb(), runVerb(), pullVerb(), listVerb(), showVerb(), rmVerb(), aliasVerb(), psVerb(), logVerb(), keysVerb(), measureVerb(), routeVerb(), forgetVerb(), connectVerb(), stopVerb(),
			doctorVerb(), completionVerb(), versionVerb(),
		},
		Advise: app.Advise,
	}
}

// dispatch finds the verb and runs it; its result is the exit status.
func dispatch(ctx context.Context, args []string, s verb.Streams) int {
	return program("irori").Run(ctx, args, s)
}
