package main

import (
	"context"
	"maps"
	"slices"

	"irori/internal/app"
	"irori/internal/catalog"
	"irori/internal/catalog/known"
	"irori/internal/llm"
	"irori/internal/term/verb"
)

// library opens the home and its models.
func library(c *verb.Call) (*app.Env, *catalog.Library, error) {
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return nil, nil, err
	}
	lib, err := env.Library()
	return env, lib, err
}

// badReference makes a wrong use of what is no reference at all.
func badReference(err error) error {
	if e, ok := err.(*llm.Error); ok && e.Code == llm.CodeInvalidRequest {
		return verb.Wrong(e.Error(), e.Hint)
	}
	return err
}

// modelsHere are the names that a verb on models takes: those on disk and
// their aliases.
func modelsHere(c *verb.Call) []string {
	_, lib, err := library(c)
	if err != nil {
		return nil
	}
	return lib.Names(true)
}

// modelsKnown are the names of the catalog.
func modelsKnown(*verb.Call) []string {
	var out []string
	for _, m := range known.All().Models {
		out = append(out, m.Name)
	}
	return out
}

// modelsAny are both.
func modelsAny(c *verb.Call) []string {
	out := append(modelsHere(c), modelsKnown(c)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// modelsLoaded are those in the memory of the server.
func modelsLoaded(c *verb.Call) []string {
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(env.LoadedModels(context.Background())))
}

// modelsLogged are the names that records may have: those on disk, without
// aliases, and those in memory.
func modelsLogged(c *verb.Call) []string {
	out := modelsLoaded(c)
	if _, lib, err := library(c); err == nil {
		out = append(out, lib.Names(false)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
