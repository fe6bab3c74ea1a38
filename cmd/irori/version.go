package main

import (
	"context"
	"fmt"
	"runtime"

	"irori/internal/app"
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

func versionVerb() *verb {
	return &verb{
		name: "version", short: "print the version and the engine it is made for",
		long: `irori --version does the same.`, examples: []string{"irori version --json"}, settled: true,
		flags: func(c *call) { c.jsonFlag("one object") },
		run: func(_ context.Context, c *call) error {
			if err := c.want(0, 0); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(versionOf{app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, app.Engine, app.EngineRelease})
			}
			_, err := fmt.Fprintf(c.out, "irori %s (%s, %s/%s, engine %s of release %s)\n", app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, app.Engine, app.EngineRelease)
			return err
		},
	}
}
