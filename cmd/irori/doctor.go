package main

import (
	"context"
	"io"
	"slices"

	"irori/internal/app"
	"irori/internal/config"
	"irori/internal/llm"
	"irori/internal/term"
)

type doctorOptions struct{ example, schema bool }

func doctorVerb() *verb {
	return &verb{
		name: "doctor", short: "look at this machine and say what stands in the way of serving",
		long: `It looks at the processor, memory, GPUs and sensors, loads the engine's
libraries once in a process of their own, tries whether the home folder can be
written, and asks the running server and the usual ports of other engines. It
changes nothing. → is a thing to type or to set.

The exit status is 1 where something makes serving impossible (fail).`,
		examples: []string{"irori doctor", "irori doctor --example-config > config.yaml"},
		flags: func(c *call) {
			o := &doctorOptions{}
			c.opts = o
			c.jsonFlag("one object with all findings")
			c.flags.BoolVar(&o.example, "example-config", false, "write a settings file with every setting and its default instead")
			c.flags.BoolVar(&o.schema, "schema", false, "write the JSON Schema of the settings file instead")
		},
		run: doctor,
	}
}

func doctor(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	switch o := c.opts.(*doctorOptions); {
	case o.example:
		_, err := io.WriteString(c.out, config.Example)
		return err
	case o.schema:
		_, err := io.WriteString(c.out, config.Schema)
		return err
	}
	env, err := app.Open(c.config, c.err)
	if err != nil {
		return err
	}
	d := env.Doctor(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(d)
	} else {
		err = printDiagnosis(c, d)
	}
	if err != nil || d.CanServe {
		return err
	}
	i := slices.IndexFunc(d.Findings, func(f app.Finding) bool { return f.Verdict == app.VerdictFail })
	return llm.Errorf(llm.CodeUnavailable, "this machine cannot serve: %s", d.Findings[i].Text).WithHint("%s", d.Findings[i].Hint)
}

func printDiagnosis(c *call, d app.Diagnosis) error {
	t := term.NewTable(term.Column{Title: "WHAT"}, term.Column{Title: ""}, term.Column{Title: "FOUND"})
	for _, f := range d.Findings {
		t.Row(f.About, string(f.Verdict), f.Text)
		if f.Hint != "" {
			t.Row("", "", "→ "+typed(f.Hint))
		}
	}
	return t.Write(c.out, 0)
}
