package main

import (
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/app/measure"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

// measureRunOptions are those of a run, with what is read from words.
type measureRunOptions struct {
	measure.Options
	on, streams   string
	pass          flags.Choice
	latency       int
	chat, outputs flags.Choice
	choices       flags.Choice
	seed          *flags.Optional[int64]
	temperature   *flags.Optional[float64]
	dry, yes      bool
}

func measureRunFlags(c *verb.Call) *measureRunOptions {
	o := &measureRunOptions{
		Options: measure.Defaults(), seed: flags.WholeNumber(), temperature: flags.NumberFrom(0, 1000), pass: flags.Choice{Value: "quality", Of: []string{"quality", "latency"}},
		chat: flags.Choice{Value: "auto", Of: []string{"auto", "yes", "no"}}, outputs: flags.Choice{Value: "yes", Of: []string{"yes", "no"}},
		choices: flags.Choice{Value: "likelihood", Of: []string{"likelihood", "letter"}},
	}
	f := c.Flags
	f.StringVar(&o.on, "on", "", "`NAME[,…]` suites, sets or files of tasks")
	f.StringVar(&o.streams, "streams", "8", "`N[,…]` how many questions are under way at once")
	f.IntVar(&o.Limit, "limit", 0, "`N` ask so many of the questions, of each family its share")
	f.IntVar(&o.Repeats, "repeats", 1, "`N` ask each question so often")
	f.Var(o.seed, "seed", "`NUMBER` of the order, of the choice and of sampling (default 1)")
	f.Var(o.temperature, "temperature", "`NUMBER` how freely words are chosen (default: what each task asks for, else 0)")
	f.IntVar(&o.MaxTokens, "max-tokens", 0, "`N` the longest answer, where a task allows longer ones")
	f.Var(&o.pass, "pass", "`PASS` quality, or latency for one more pass in which a few are asked one at a time")
	f.IntVar(&o.latency, "latency-items", 40, "`N` how many that are")
	f.Var(&o.chat, "chat", "`HOW` in the model's chat template (yes), as a text to be continued (no), or as its file says (auto)")
	f.Var(&o.choices, "choices", "`HOW` multiple choices are asked: the option that the model finds likeliest, or for its letter")
	f.StringVar(&o.Judge, "judge", "", "`MODEL` who judges answers beside a reference")
	f.Var(&o.outputs, "keep-outputs", "`YES` keep the answers with the samples: yes or no")
	f.StringVar(&o.Title, "title", "", "`TEXT` what the run is called")
	f.StringVar(&o.Out, "out", "", "`DIR` where the run is kept (default IRORI_HOME/runs/DATE-NAME)")
	f.StringVar(&o.Resume, "resume", "", "`DIR` go on with the run there")
	f.BoolVar(&o.Strict, "strict", false, "refuse a machine that is not quiet")
	f.BoolVar(&o.dry, "dry-run", false, "say what would be asked, and ask nothing")
	f.BoolVar(&o.yes, "yes", false, "spend what servers cost that are paid")
	return o
}

// read turns the words into options. With --resume, those of the run hold
// where nothing else was said.
func (o *measureRunOptions) read(c *verb.Call, models []string) (err error) {
	o.Models, o.On = models, slices.DeleteFunc(strings.Split(o.on, ","), func(s string) bool { return strings.TrimSpace(s) == "" })
	if o.Streams, err = measure.Streams(o.streams); err != nil {
		return verb.Wrong("--streams: "+err.Error(), "irori help measure")
	}
	if o.seed.Value != nil {
		o.Seed = uint64(*o.seed.Value)
	}
	if o.temperature.Value != nil {
		o.Temperature = o.temperature.Value
	}
	o.Chat, o.Choices, o.KeepOutputs = o.chat.Value, o.choices.Value, o.outputs.Value == "yes"
	if o.pass.Value == "latency" {
		o.Latency = o.latency
	}
	o.Command = os.Args
	if o.Limit < 0 || o.Repeats < 1 || o.MaxTokens < 0 || o.latency < 1 {
		return verb.Wrong("--limit and --max-tokens are 0 or more, --repeats and --latency-items 1 or more", "irori help measure")
	}
	if o.Resume == "" {
		switch {
		case len(models) == 0:
			return verb.Wrong("irori measure run needs a model", "irori measure run smollm2-135m-instruct --on quick")
		case len(o.On) == 0:
			return verb.Wrong("irori measure run needs --on", sprintf("irori measure run %s --on quick", models[0]))
		}
		return nil
	}
	said := map[string]bool{"models": len(models) > 0}
	c.Flags.Visit(func(f *flag.Flag) { said[f.Name] = true })
	if said["pass"] {
		said["latency-items"] = true
	}
	o.Options, err = measure.Resumed(o.Options, said)
	return err
}

// measureRun makes a run, or goes on with one.
func measureRun(ctx context.Context, c *verb.Call, o *measureRunOptions, models []string) error {
	if err := o.read(c, models); err != nil {
		return err
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	plan, err := measure.Make(ctx, env, o.Options)
	if err != nil {
		return err
	}
	sum, err := follow(ctx, c, env, o, plan)
	if err != nil || sum == nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(sum)
	}
	_, err = c.Out.Write([]byte(sum.Dir + "\n"))
	return err
}

// follow makes a planned run and shows how far it is; the summary is nil where
// nothing was to be asked.
func follow(ctx context.Context, c *verb.Call, env *app.Env, o *measureRunOptions, plan *measure.Plan) (*measure.Summary, error) {
	if o.dry {
		return nil, tellExtent(c, plan.Extent())
	}
	if money := plan.Money(env); money != "" && !o.yes {
		return nil, measure.Unconfirmed(money)
	} else if money != "" {
		c.Say("this costs money: %s", money)
	}
	line := term.NewStatus(term.ProgressOptions{Out: c.Err, Terminal: interactive(c.Err), Columns: func() int { return columns(c.Err) }})
	sum, err := measure.Do(ctx, env, plan, measure.Hooks{
		Say: func(format string, args ...any) {
			line.Done()
			c.Say(format, args...)
		},
		Progress: func(p measure.Progress) { line.Update(p.String()) },
	})
	line.Done()
	if err != nil {
		return nil, err
	}
	c.Say("%s in %s: %s", plural(sum.Samples, "sample", "samples"), unit.FormatDuration(time.Duration(sum.Seconds*float64(time.Second)).Round(time.Second)), sum.Tally())
	return sum, nil
}

// tellExtent says what would be asked.
func tellExtent(c *verb.Call, x measure.Extent) error {
	if c.JSON {
		return c.PrintJSON(x)
	}
	t := term.NewTable(term.Column{Title: "TARGET"}, term.Column{Title: "PASS"}, term.Column{Title: "STREAMS", Right: true},
		term.Column{Title: "QUESTIONS", Right: true}, term.Column{Title: "OUTPUT TOKENS AT MOST", Right: true})
	for _, e := range x.Parts {
		t.Row(e.Target, e.Pass, sprintf("%d", e.Streams), sprintf("%d", e.Questions), sprintf("%d", e.OutputTokens))
	}
	return t.Write(c.Out, columns(c.Out))
}
