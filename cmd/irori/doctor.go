package main

import (
	"context"
	"io"
	"slices"

	"irori/internal/app"
	"irori/internal/config"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
)

type doctorOptions struct{ example, schema bool }

func doctorVerb() *verb.Verb {
	return &verb.Verb{
		Name: "doctor", Short: "look at this machine and say what stands in the way of serving",
		Long: `It looks at the processor, memory, GPUs and sensors, loads the engine's
libraries once in a process of their own, tries whether the home folder can be
written, and asks the running server and the usual ports of other engines. It
changes nothing. → is a thing to type or to set.

The exit status is 1 where something makes serving impossible (fail).`,
		Examples: []string{"irori doctor", "irori doctor --example-config > config.yaml"},
		Flags: func(c *verb.Call) {
			o := &doctorOptions{}
			c.Opts = o
			c.JSONFlag("one object with all findings")
			c.Flags.BoolVar(&o.example, "example-config", false, "write a settings file with every setting and its default instead")
			c.Flags.BoolVar(&o.schema, "schema", false, "write the JSON Schema of the settings file instead")
		},
		Run: doctor,
	}
}

func doctor(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 0); err != nil {
		return err
	}
	switch o := c.Opts.(*doctorOptions); {
	case o.example:
		_, err := io.WriteString(c.Out, config.Example)
		return err
	case o.schema:
		_, err := io.WriteString(c.Out, config.Schema)
		return err
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	d := env.Doctor(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.JSON {
		err = c.PrintJSON(d)
	} else {
		err = printDiagnosis(c, d)
	}
	if err != nil || d.CanServe {
		return err
	}
	i := slices.IndexFunc(d.Findings, func(f app.Finding) bool { return f.Verdict == app.VerdictFail })
	return llm.Errorf(llm.CodeUnavailable, "this machine cannot serve: %s", d.Findings[i].Text).WithHint("%s", d.Findings[i].Hint)
}

func printDiagnosis(c *verb.Call, d app.Diagnosis) error {
	t := term.NewTable(term.Column{Title: "WHAT"}, term.Column{Title: ""}, term.Column{Title: "FOUND"})
	for _, f := range d.Findings {
		t.Row(f.About, string(f.Verdict), f.Text)
		if f.Hint != "" {
			t.Row("", "", "→ "+c.Typed(f.Hint))
		}
	}
	return t.Write(c.Out, 0)
}
