package main

import (
	"context"
	"fmt"
	"runtime"

	"irori/internal/app"
	"irori/internal/term/verb"
)

// versionOf is the program as `irori version --json` prints it.
type versionOf struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Engine  string `json:"engine"`
	Release string `json:"engine_release"`
}

func versionVerb() *verb.Verb {
	return &verb.Verb{
		Name: "version", Short: "print the version and the engine it is made for",
		Long: `irori --version does the same.`, Examples: []string{"irori version --json"}, Settled: true,
		Flags: func(c *verb.Call) { c.JSONFlag("one object") },
		Run: func(_ context.Context, c *verb.Call) error {
			if err := c.Want(0, 0); err != nil {
				return err
			}
			if c.JSON {
				return c.PrintJSON(versionOf{app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, app.Engine, app.EngineRelease})
			}
			_, err := fmt.Fprintf(c.Out, "irori %s (%s, %s/%s, engine %s of release %s)\n", app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, app.Engine, app.EngineRelease)
			return err
		},
	}
}
