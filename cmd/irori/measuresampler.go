package main

import (
	"cmp"
	"context"
	"runtime"
	"time"

	"irori/internal/app"
	"irori/internal/app/sensors"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

// samplerOptions are those of irori measure sampler.
type samplerOptions struct {
	root  string
	hz    float64
	lasts time.Duration
}

func samplerFlags(c *verb.Call) *samplerOptions {
	o := &samplerOptions{hz: 20, lasts: 10 * time.Second}
	c.Flags.StringVar(&o.root, "sensor-root", "", "`DIR` read sensors of a tree that has sys in it, or is one")
	c.Flags.Float64Var(&o.hz, "hz", o.hz, "`N` readings a second and device")
	c.Flags.DurationVar(&o.lasts, "for", o.lasts, "`TIME` how long to sample, or to keep up each rate of a load")
	return o
}

// sampleSensors reads what this machine, or a tree, tells of its energy.
func sampleSensors(ctx context.Context, c *verb.Call, o *samplerOptions, words []string) error {
	switch {
	case len(words) > 0:
		return verb.Wrong(sprintf("irori measure sampler takes no word %q", words[0]), "irori measure sampler --for 30s")
	case !(o.hz > 0 && o.hz <= 1000):
		return verb.Wrong("--hz is from above 0 to 1000", "irori measure sampler --hz 20")
	case !(o.lasts > 0 && o.lasts <= 24*time.Hour):
		return verb.Wrong("--for is from above 0 to 24h", "irori measure sampler --for 30s")
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	find := env.SensorOptions()
	if o.root != "" {
		// A tree is read whole; of the settings only what is passed over counts.
		find = sensors.Options{Root: o.root, Wall: find.Wall}
	}
	found := sensors.Find(ctx, find)
	defer found.Close()
	if len(found.Used)+len(found.Beside) == 0 {
		why, hint := found.Why()
		return llm.Errorf(llm.CodeNotFound, "nothing to sample: %s", why).WithHint("%s", cmp.Or(hint, "irori doctor"))
	}
	// One processor is enough: to wake another costs more than to read.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := found.Watch(ctx, o.hz, o.lasts)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(r)
	}
	return tellSamples(c, r)
}

// tellSamples is the same for people.
func tellSamples(c *verb.Call, r sensors.Report) error {
	t := term.NewTable(term.Column{Title: "SENSOR"}, term.Column{Title: "COUNTS"}, term.Column{Title: "BY"}, term.Column{Title: "MEAN", Right: true},
		term.Column{Title: "MEDIAN"}, term.Column{Title: "ENERGY", Right: true}, term.Column{Title: "SEEN", Right: true}, term.Column{Title: "SAMPLES", Right: true})
	for _, d := range r.Devices {
		mean, median, energy := "", "", ""
		if d.Watts != nil {
			mean, energy = unit.Watts(*d.Watts).String(), unit.Joules(*d.Joules).String()
		}
		if d.MedianWatts != nil {
			median = sprintf("%s (%s to %s)", unit.Watts(*d.MedianWatts), unit.Watts(*d.MedianLowWatts), unit.Watts(*d.MedianHighWatts))
			if d.IdleWatts != nil {
				median += ", idle"
			}
		}
		name := d.Name
		if !d.Used {
			name += " (beside)"
		}
		t.Row(name, string(d.Scope), string(d.Class), mean, median, energy, sprintf("%.1f %%", 100*d.Coverage), sprintf("%d", d.Samples))
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	for _, line := range r.Notes() {
		c.Say("%s", line)
	}
	return nil
}
