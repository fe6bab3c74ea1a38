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
		long: `It changes nothing. The exit status is 1 when serving is impossible.`,
		flags: func(c *call) {
			o := &doctorOptions{}
			c.opts = o
			c.flags.BoolVar(&c.json, "json", false, "print one JSON object")
			c.flags.BoolVar(&o.example, "example-config", false, "print a settings file with every setting and its default")
			c.flags.BoolVar(&o.schema, "schema", false, "print the JSON Schema of the settings file")
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
			t.Row("", "", "→ "+f.Hint)
		}
	}
	return t.Write(c.out, 0)
}
