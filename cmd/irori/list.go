package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/catalog"
	"irori/internal/catalog/blob"
	"irori/internal/catalog/known"
	"irori/internal/gguf"
	"irori/internal/term"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type listOptions struct{ catalog bool }

func listVerb() *verb.Verb {
	return &verb.Verb{
		Name: "list", Args: "[WORD]", Short: "list the models on this machine, or those that can be pulled",
		Long: `WORD keeps those whose name, alias, family, kind or language holds it.

With --catalog, FITS says whether the model, quantized to four bits, has room
in the memory that is free now, and HOW how to get it: pull stands for
irori pull NAME.`,
		Examples: []string{"irori list", "irori list --catalog ja", "irori list --catalog qwen3 --json"},
		Flags: func(c *verb.Call) {
			o := &listOptions{}
			c.Opts = o
			c.Flags.BoolVar(&o.catalog, "catalog", false, "list the models that are known instead, with licence and languages")
			c.JSONFlag("one object a model")
		},
		Run: list,
	}
}

func list(_ context.Context, c *verb.Call) error {
	if err := c.Want(0, 1); err != nil {
		return err
	}
	word := ""
	if len(c.Args) > 0 {
		word = strings.ToLower(c.Args[0])
	}
	env, lib, err := library(c)
	if err != nil {
		return err
	}
	if c.Opts.(*listOptions).catalog {
		return listCatalog(c, env, lib, word)
	}
	return listHere(c, lib, word)
}

// row is a model on disk as `irori list --json` prints it.
type row struct {
	Name             string  `json:"name"`
	Source           string  `json:"source"`
	Bytes            int64   `json:"bytes"`
	Quantization     string  `json:"quantization,omitempty"`
	Architecture     string  `json:"architecture,omitempty"`
	Parameters       uint64  `json:"parameters,omitempty"`
	ActiveParameters uint64  `json:"active_parameters,omitempty"`
	ContextLength    *uint64 `json:"context_length,omitempty"`
	License          string  `json:"license,omitempty"`
	// Pooling is rank for a model that ranks, and another word for one that
	// is made for embeddings.
	Pooling gguf.Pooling `json:"pooling,omitempty"`
	Aliases []string     `json:"aliases,omitempty"`
	Pulled  time.Time    `json:"pulled,omitzero"`
	// Engine is whose the model is, where it is not Irori's own.
	Engine string `json:"engine,omitempty"`
}

func modelRow(m blob.Manifest, aliases map[string]string) row {
	r := row{
		Name: m.Name, Source: m.Source, Bytes: m.Size(), Quantization: m.Facts.Quantization, Architecture: m.Facts.Architecture,
		Parameters: m.Facts.Parameters, ActiveParameters: m.Facts.ActiveParameters, ContextLength: m.Facts.ContextLength,
		License: licenceOf(m), Pulled: m.Pulled, Pooling: m.Facts.Pooling,
	}
	for a, target := range aliases {
		if target == m.Name {
			r.Aliases = append(r.Aliases, a)
		}
	}
	slices.Sort(r.Aliases)
	return r
}

// licenceOf is the licence as the source or the file names it, else as the
// catalog does.
func licenceOf(m blob.Manifest) string {
	if k, ok := knownAs(m); ok && m.License == "" {
		return k.LicenceID
	}
	return m.License
}

// knownAs finds a model's row in the catalog.
func knownAs(m blob.Manifest) (known.Model, bool) {
	name, _, _ := strings.Cut(m.Name, ":")
	if k, ok := known.All().Find(name); ok {
		return k, true
	}
	return known.All().ByReference(m.Source)
}

func listHere(c *verb.Call, lib *catalog.Library, word string) error {
	models, err := lib.List()
	if err != nil {
		return err
	}
	aliases, err := lib.Aliases()
	if err != nil {
		return err
	}
	var rows []row
	have := map[string]bool{}
	for _, m := range models {
		have[m.Name] = true
		if r := modelRow(m, aliases); strings.Contains(strings.ToLower(r.Name+" "+strings.Join(r.Aliases, " ")), word) {
			rows = append(rows, r)
		}
	}
	own := len(rows)
	for _, ref := range lib.LocalOllama() {
		name := ref.String()
		if r, err := lib.Resolve(name); err == nil && !have[name] && strings.Contains(strings.ToLower(name), word) {
			offered := modelRow(r.Manifest, nil)
			offered.Engine, offered.Pulled = "ollama", time.Time{}
			rows = append(rows, offered)
		}
	}
	if c.JSON {
		for _, r := range rows {
			if err := c.PrintJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(rows) == 0 {
		c.Say("no model is here%s", orEmpty(" whose name holds ", word))
		c.Say("irori: hint: irori pull smollm2-135m-instruct, or irori list --catalog")
		return nil
	}
	if err := printModels(c, rows[:own]); err != nil {
		return err
	}
	if own == len(rows) {
		return nil
	}
	if own > 0 {
		c.Say("")
	}
	c.Say("in the local Ollama, usable as they are:")
	return printModels(c, rows[own:])
}

func printModels(c *verb.Call, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	t := term.NewTable(
		term.Column{Title: "NAME", Shrink: true}, term.Column{Title: "SIZE", Right: true}, term.Column{Title: "QUANT"},
		term.Column{Title: "PARAMS", Right: true}, term.Column{Title: "ACTIVE", Right: true}, term.Column{Title: "LICENCE", Shrink: true},
		term.Column{Title: "ALIASES", Shrink: true},
	)
	for _, r := range rows {
		active := ""
		if r.ActiveParameters != r.Parameters {
			active = count(r.ActiveParameters)
		}
		t.Row(r.Name, unit.Bytes(r.Bytes).String(), r.Quantization, count(r.Parameters), active, r.License, strings.Join(r.Aliases, ", "))
	}
	return t.Write(c.Out, columns(c.Out))
}

// entry is a model of the catalog as `irori list --catalog --json` prints it.
type entry struct {
	known.Model
	Here bool  `json:"here"`
	Fits *bool `json:"fits,omitempty"`
}

func listCatalog(c *verb.Call, env *app.Env, lib *catalog.Library, word string) error {
	t := term.NewTable(
		term.Column{Title: "NAME"}, term.Column{Title: "PARAMS", Right: true}, term.Column{Title: "ACTIVE", Right: true},
		term.Column{Title: "FITS"}, term.Column{Title: "LICENCE", Shrink: true}, term.Column{Title: "LANGUAGES", Shrink: true},
		term.Column{Title: "HOW"},
	)
	for _, m := range known.All().Models {
		text := strings.ToLower(strings.Join(append([]string{m.Name, m.Family, m.Home, string(m.Kind)}, m.Languages...), " "))
		if !strings.Contains(text, word) {
			continue
		}
		_, err := lib.Resolve(m.Name)
		e := entry{Model: m, Here: err == nil}
		if m.Parameters != nil {
			e.Fits = env.Fits(*m.Parameters)
		}
		if c.JSON {
			if err := c.PrintJSON(e); err != nil {
				return err
			}
			continue
		}
		t.Row(m.Name, counted(m.Parameters), counted(m.Active), known3(e.Fits), m.LicenceID, languages(m.Languages), howToGet(e))
	}
	if c.JSON {
		return nil
	}
	if t.Len() == 0 {
		c.Say("the catalog has no model that holds %q", word)
		c.Say("irori: hint: irori list --catalog, or give its place: irori pull hf:OWNER/REPO")
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

// known3 is a fact that may be unknown.
func known3(b *bool) string {
	if b == nil {
		return "?"
	}
	return yesNo(*b)
}

// languages puts the two that this program treats as equals in front and
// counts a long rest.
func languages(all []string) string {
	var out []string
	for _, want := range []string{"ja", "en"} {
		if slices.Contains(all, want) {
			out = append(out, want)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return l == "ja" || l == "en" })
	if len(rest) > 3 {
		return strings.Join(append(out, sprintf("+%d", len(rest))), " ")
	}
	return strings.Join(append(out, rest...), " ")
}

// howToGet is what stands behind irori and before the name.
func howToGet(e entry) string {
	switch {
	case e.Here:
		return "is here"
	case len(e.Get) == 0:
		return "no GGUF"
	}
	if l, ok := known.All().Licence(e.LicenceID); ok && l.Accept {
		return "pull --accept-terms"
	}
	return "pull"
}
