package main

import (
	"cmp"
	"context"
	"flag"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/app"
	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/llm"
	"irori/internal/route/audit"
	"irori/internal/route/calibrate"
	"irori/internal/route/log"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
	"irori/internal/term"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

// hereOptions are those of the verbs on what was routed here.
type hereOptions struct {
	since, key, comment string
	save, into, with    string
	of                  where
}

func (o *hereOptions) flags(c *verb.Call) {
	c.Flags.StringVar(&o.since, "since", "", "`TIME` outcomes of requests from then on (90m, 24h, 7d, 2026-04-01)")
	c.Flags.StringVar(&o.key, "key", "", "`NAME` outcomes of that key, or reset what it said")
	c.Flags.StringVar(&o.comment, "comment", "", "`TEXT` why, with feedback; kept where the request's text is")
	c.Flags.StringVar(&o.save, "save", "", "`FILE` write the calibration there")
	c.Flags.StringVar(&o.into, "into", "", "`HOME` keep the calibration in that home, for requests routed there")
	c.Flags.StringVar(&o.with, "with", "", "`FILE` judge the answers by that calibration in place of a new one")
	c.Flags.Var(&o.of, "of", "`FIELD=VALUE` what a calibration is of, where the answers do not say: model, quantization, template, scorer, point, language; may be repeated")
}

// routeHere runs the verbs on what was routed here; ok is false for others.
func routeHere(ctx context.Context, c *verb.Call, o *hereOptions, words []string) (ok bool, err error) {
	run := map[string]func(context.Context, *verb.Call, *app.Env, []string) error{
		"outcomes": o.outcomes, "feedback": o.feedback, "status": o.status, "reset": o.reset,
	}[c.Args[0]]
	if run == nil {
		return false, nil
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return true, err
	}
	return true, run(ctx, c, env, words)
}

func noWords(c *verb.Call, words []string) error {
	if len(words) > 0 {
		return verb.Wrong(sprintf("irori route %s takes no word %q", c.Args[0], words[0]), "irori help route")
	}
	return nil
}

func (o *hereOptions) outcomes(ctx context.Context, c *verb.Call, env *app.Env, words []string) error {
	if err := noWords(c, words); err != nil {
		return err
	}
	w := routed.Which{Key: o.key}
	if o.since != "" {
		at, err := unit.ParseWhen(o.since, time.Now())
		if err != nil {
			return verb.Wrong("--since: "+err.Error(), "irori route outcomes --since 7d")
		}
		w.Since = at
	}
	t := term.NewTable(term.Column{Title: "TIME"}, term.Column{Title: "ID"}, term.Column{Title: "ANSWERED"}, term.Column{Title: "MODEL"},
		term.Column{Title: "DOUBT", Right: true}, term.Column{Title: "WEAK"}, term.Column{Title: "STRONG"}, term.Column{Title: "AUDIT"})
	err := outcomes.Rows(ctx, env.Home, w, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			if c.JSON {
				if err := c.PrintJSON(log.Record(r)); err != nil {
					return err
				}
				continue
			}
			model := cmp.Or(r.Weak.Model, r.Weak.Name)
			if r.Answered == routed.Strong {
				model = cmp.Or(r.Strong.Model, r.Strong.Name) // of servers of others the name is all that is known
			}
			t.Row(r.Time.Local().Format("2006-01-02 15:04:05"), r.ID, r.Answered, model, shareOf(r.Doubt, "%.3f", 1),
				labelled(r, routed.Weak), labelled(r, routed.Strong), r.Audit)
		}
		return nil
	})
	if err != nil || c.JSON {
		return err
	}
	return t.Write(c.Out, columns(c.Out))
}

func labelled(r *routed.Row, side string) string {
	l := log.Best(r, side)
	if l == nil {
		return ""
	}
	return sprintf("%.2g (%s)", l.Score, l.Source)
}

func (o *hereOptions) feedback(ctx context.Context, c *verb.Call, env *app.Env, words []string) error {
	if len(words) != 2 {
		return verb.Wrong("irori route feedback takes the id of an answer, and good, bad or a score from 0 to 1", "irori route feedback ID good")
	}
	score, err := strconv.ParseFloat(words[1], 64)
	switch {
	case words[1] == "good":
		score = 1
	case words[1] == "bad":
		score = 0
	case err != nil || !(score >= 0 && score <= 1):
		return verb.Wrong(sprintf("%q is neither good nor bad nor a score from 0 to 1", words[1]), "irori route feedback ID 0.7")
	}
	score = max(0, score) // -0 would be told as it is
	g, err := outcomes.Say(ctx, env.Home, words[0], score, o.comment)
	if err != nil {
		return err
	}
	return result(c, g, "noted: the %s model's answer %s is worth %g", g.Side, g.ID, g.Score)
}

func (o *hereOptions) status(ctx context.Context, c *verb.Call, env *app.Env, words []string) error {
	if err := noWords(c, words); err != nil {
		return err
	}
	s, err := learnt.Stand(ctx, env.Home, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(s)
	}
	for _, line := range s.Words() {
		c.Say("%s", line)
	}
	if len(s.Calibrations) == 0 {
		return nil
	}
	t := term.NewTable(term.Column{Title: "MODEL"}, term.Column{Title: "POINT"}, term.Column{Title: "LANGUAGE"}, term.Column{Title: "AT MOST WRONG", Right: true}, term.Column{Title: "CONFIDENCE", Right: true},
		term.Column{Title: "LABELS", Right: true}, term.Column{Title: "LOCAL", Right: true}, term.Column{Title: "ALARM", Right: true}, term.Column{Title: "STATE"})
	for _, x := range s.Calibrations {
		state := x.State
		if x.State == "none" && x.Far {
			state = "none: even the least doubtful are wrong too often"
		} else if x.State == "unused" {
			state = "not used: " + x.Why
		} else if x.State != "promised" {
			state = sprintf("%s: need about %d more audited answers", x.State, x.NeedAnswers)
		}
		alarm := ""
		if x.Watch.Seen > 0 {
			alarm = sprintf("%.2g of %.3g", x.Watch.Wealth, 1/x.Delta)
		}
		t.Row(x.Model, x.Point, x.Language, percent(x.Alpha), percent(1-x.Delta), strconv.Itoa(x.N), sprintf("%.1f %%", 100*x.Local), alarm, state)
	}
	return t.Write(c.Out, columns(c.Out))
}

func (o *hereOptions) reset(ctx context.Context, c *verb.Call, env *app.Env, words []string) error {
	if err := noWords(c, words); err != nil {
		return err
	}
	if err := keyThere(ctx, env, o.key); err != nil {
		return err
	}
	n, err := outcomes.Reset(ctx, env.Home, o.key)
	if err != nil {
		return err
	}
	return result(c, struct {
		Labels int `json:"labels"`
	}{n}, "unlearnt: %s", plural(n, "label", "labels"))
}

// keyThere refuses a key that is neither kept nor ever had an answer routed.
func keyThere(ctx context.Context, env *app.Env, key string) error {
	book, err := env.Keys()
	if key == "" || err != nil || slices.ContainsFunc(book.Keys, func(k access.Key) bool { return k.Name == key }) {
		return err
	}
	found := false
	err = outcomes.Rows(ctx, env.Home, routed.Which{Key: key, Lean: true}, func(rows iter.Seq2[*routed.Row, error]) error {
		for _, err := range rows {
			found = true
			return err
		}
		return nil
	})
	if err == nil && !found {
		err = llm.Errorf(llm.CodeNotFound, "there is no key %.64q, and none of that name ever asked for what was routed", key).WithHint("irori keys list")
	}
	return err
}

// calibrated is what answers are calibrated as: what they say of themselves,
// and what they do not by --of.
func (o *hereOptions) calibrated(kinds map[string]string) (promise.Of, error) {
	of := promise.Of{
		Model: cmp.Or(kinds["model"], kinds["w_model"]), Quantization: cmp.Or(kinds["quantization"], kinds["w_quantization"]),
		Template: kinds["template"], Scorer: kinds["scorer"], Point: kinds["point"], Language: kinds["language"],
	}
	fields := map[string]*string{
		"model": &of.Model, "quantization": &of.Quantization, "template": &of.Template, "scorer": &of.Scorer, "point": &of.Point, "language": &of.Language,
	}
	if o.of.twice != "" {
		return of, verb.Wrong("--of "+o.of.twice, "irori help route")
	}
	for name, v := range o.of.of {
		to := fields[name]
		if to == nil {
			return of, verb.Wrong(sprintf("--of %s=%s: a calibration is of a model, quantization, template, scorer, point and language", name, v), "irori help route")
		}
		if *to != "" && *to != v {
			return of, verb.Wrong(sprintf("--of %s=%s: the answers say %q", name, v, *to), "irori help route")
		}
		*to = v
	}
	if points := []string{"before", "prefix", "answer"}; of.Point != "" && !slices.Contains(points, of.Point) {
		return of, verb.Wrong(sprintf("there is no decision point %q: there are %s", of.Point, strings.Join(points, ", ")), "irori route calibrate --in audited.jsonl --score doubt --alpha 0.1 --of model=NAME --of point=answer --save FILE")
	}
	return of, nil
}

// keepCalibration writes a calibration where it was asked for.
func (o *hereOptions) keepCalibration(ctx context.Context, c *verb.Call, kinds map[string]string, points []calibrate.Point, b calibrate.Bound) error {
	if o.save == "" && o.into == "" {
		return nil
	}
	of, err := o.calibrated(kinds)
	if err != nil {
		return err
	}
	if of.Model == "" || of.Point == "" {
		return verb.Wrong("a calibration that is kept must name what it holds for: a model and a point at least",
			"irori route calibrate --in audited.jsonl --score doubt --alpha 0.1 --of model=NAME --of point=answer --save FILE")
	}
	made := promise.New(of, b, time.Now())
	if o.save != "" {
		if err := made.Write(o.save); err != nil {
			return err
		}
	}
	if o.into == "" {
		return nil
	}
	said, err := o.against(ctx, of, points)
	if err != nil {
		return err
	}
	if !made.Promised {
		return llm.Errorf(llm.CodeInvalidRequest, "nothing is promised, so there is nothing to keep in %s%s", o.into, said).WithHint("irori route status")
	}
	if said != "" {
		c.Say("In %s%s.", o.into, said)
	}
	return outcomes.Put(ctx, o.into, made)
}

// against sets aside what the home that is written to promises and the answers
// contradict, and says so; "" where it promised nothing.
func (o *hereOptions) against(ctx context.Context, of promise.Of, points []calibrate.Point) (said string, err error) {
	stood, err := outcomes.Against(ctx, o.into, of, points)
	for _, s := range stood {
		if s.Contradicted {
			said += sprintf("; %d of the %d answers that its promise accepts are wrong, and it promised at most %s: that contradicts it, so it is set aside, and nothing is promised until enough new answers were audited", s.Errors, s.Accepted, percent(s.Alpha))
		} else {
			said += sprintf("; its promise of at most %s wrong stands, the answers do not contradict it", percent(s.Alpha))
		}
	}
	return said, err
}

// promisesAs refuses a share of errors or a confidence that is not the one that
// a calibration was made for: its threshold says nothing of another.
func promisesAs(c *verb.Call, asked *routeOptions, cal *promise.Calibration, file string) (err error) {
	c.Flags.Visit(func(f *flag.Flag) {
		for name, v := range map[string][2]float64{"alpha": {float64(asked.alpha), cal.Alpha}, "delta": {float64(asked.delta), cal.Delta}} {
			if f.Name == name && v[0] != v[1] {
				err = verb.Wrong(sprintf("--%s is %g, and %s was made for %g: its threshold says nothing of another", name, v[0], file, v[1]), "irori route calibrate --in audited.jsonl --score doubt --with "+file)
			}
		}
	})
	return err
}

// judgeBy counts what a calibration's threshold would have accepted of answers,
// where it is of the same.
func (o *hereOptions) judgeBy(c *verb.Call, asked *routeOptions, kinds map[string]string, points []calibrate.Point) error {
	of, err := o.calibrated(kinds)
	if err != nil {
		return err
	}
	cal, err := promise.Load(o.with, of)
	if err != nil {
		return err
	}
	if err := promisesAs(c, asked, cal, o.with); err != nil {
		return err
	}
	t := audit.TellWith(cal.Bound(), points)
	say := sprintf("Of %d answers %d are accepted by %s, %d of them wrong.", t.N, t.Accepted, o.with, t.Errors)
	if t.Contradicted {
		say += sprintf(" That contradicts its promise of at most %s (a binomial test at %g), so nothing is promised: calibrate anew.", percent(t.Alpha), t.Delta)
	}
	return result(c, t, "%s", say)
}
