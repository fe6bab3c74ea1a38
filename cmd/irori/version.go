package main

import (
	"context"
	"fmt"
	"runtime"

	"irori/internal/app"
)

func versionVerb() *verb {
	return &verb{
		name: "version", short: "print the version and what it was built for",
		flags: func(c *call) { c.flags.BoolVar(&c.json, "json", false, "print as JSON") },
		run: func(_ context.Context, c *call) error {
			if err := c.want(0, 0); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{
					"version": app.Version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "engine": app.EngineRelease,
				})
			}
			_, err := fmt.Fprintf(c.out, "irori %s (%s, %s/%s, engine llama.cpp %s)\n", app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, app.EngineRelease)
			return err
		},
	}
}
