package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"irori/internal/app"
	"irori/internal/app/outcomes"
	"irori/internal/route/audit"
	"irori/internal/route/calibrate"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/route/replay"
	"irori/internal/term"
	"irori/internal/term/verb"
)

type routeOptions struct {
	train, in, score string
	classes, rules   string
	seed             uint64
	shuffles         int
	alpha, delta     probability
	where            where
	stream           bool
	price            routePrice
	evaluate         evaluateOptions
	harm, tune       bool
	study, report    string
	accuracy         accuracy
	here             hereOptions
	policy           policyOptions
	trainOptions
}

func routeVerb() *verb.Verb {
	return &verb.Verb{
		Name: "route", Args: "check|train|score|explain|replay|evaluate|calibrate|privacy|outcomes|feedback|status|reset", Short: "check policies, explain requests, judge routers, find what is private",
		Long: `check says whether a policy, the file that says how irori up routes
requests, can be kept (default IRORI_HOME/policy.yaml); a policy that names an
unknown target, contradicts itself or can never be met is refused with its line;
--backend and --price are those of irori up, and so is a model named after the
file.

train learns from outcomes (JSONL with q, the question, and w and s, how good
the weak and the strong model's answers were, from 0 to 1) and keeps what it
learnt in a file; without --in and --out it learns from what was routed here.
score says of other questions what escalation to the strong model would bring,
by such a file or by outcomes: a higher score means escalate. explain says why;
with the id of a request, why that was answered by whom it was.

replay judges routers on recorded outcomes: Irori's, a plain n-gram baseline,
the oracle and chance. apgr is the mean share of the gap between the models
that is recovered (0.5 is chance), cpt50 and cpt80 the least shares of calls to
the strong model that recover so much of it, calls95 the least that reaches 95 %
of its quality. Without a file it replays what was routed here: audited
requests, of which both sides are known. Without --train or --model outcomes are
cross-validated, equal questions together. With --stream outcomes come one after another, and regret is shown of
a router that goes on learning from what its own choices reveal. With
--study a table of totals (figure, and oracle_saving or all_cloud and oracle)
gives what a router saves that is right --accuracy of the time.

evaluate says from a log (JSONL with w or s where it was revealed, and
propensity, the probability with which s was to be) what another policy would
have brought. It refuses where the log never tried what that policy does. The
policy is a file, or --threshold, --all-local or --all-cloud; without --in the
log is what was routed here.

calibrate finds the threshold of a score of doubt below which at most a share
--alpha of the local answers is wrong, with confidence 1 − --delta, out of
audited answers (JSONL with the score's field, and e, 1 where the answer was
wrong, or w, how good it was). With too few labels it promises nothing and says
how many more it needs. --harm bounds on average, without a confidence, the
share of all answers that are accepted, wrong, and right from the strong model
(needs s); --tune finds a threshold that is about right and promises nothing.

privacy finds what of texts is private (JSONL with text): keys, numbers that
identify, names, addresses. A span begins and ends at code points; people see
the text with the class in place of what was found.

outcomes lists what was routed here and what is known of the answers. feedback
takes your word on one (good, bad or a score). status says what is calibrated,
promised and watched, how many more audited answers are needed, and what the
server learnt of labels by itself. reset unlearns all labels and calibrations,
or what one key (--key) said, and what the server learnt of them.`,
		Examples: []string{
			"irori route check policy.yaml",
			"irori route score --train outcomes.jsonl --in questions.jsonl --json",
			"irori route train --in outcomes.jsonl --out router.model --weak gemma3 --strong cloud/large",
			`irori route explain --model router.model --text "Prove that √2 is irrational"`,
			"irori route replay outcomes.jsonl",
			"irori route replay --json",
			"irori route replay new.jsonl --train outcomes.jsonl --json",
			"irori route evaluate policy.yaml",
			"irori route explain 01a1fde1d566b90361cec2cb68359ccc",
			"irori route calibrate --in audited.jsonl --score doubt --alpha 0.1 --delta 0.1",
			"irori route privacy --in texts.jsonl",
			"irori route outcomes --since 7d --json",
			"irori route feedback 01a1fde1d566b90361cec2cb68359ccc good",
		},
		Flags: func(c *verb.Call) {
			o := &routeOptions{delta: .1, accuracy: .8, price: routePrice{share: .1}}
			c.Opts = o
			c.Flags.StringVar(&o.train, "train", "", "`FILE` outcomes to learn from")
			c.Flags.StringVar(&o.in, "in", "", "`FILE` questions, audited answers or texts, a JSON object a line; - is standard input")
			c.Flags.Uint64Var(&o.seed, "seed", 1, "`N` what chance begins with")
			c.Flags.IntVar(&o.shuffles, "shuffles", 1, "`N` how often a cross-validation is repeated")
			c.Flags.BoolVar(&o.stream, "stream", false, "replay the outcomes as a stream: a router that goes on learning beside one that does not")
			c.Flags.Var(&o.price, "price", "`SHARE` in a stream, what a call to the strong model costs where a right answer is worth 1; with check, as irori up takes it: NAME/MODEL=IN,OUT, may be repeated (default 0.1)")
			c.Flags.StringVar(&o.score, "score", "", "`FIELD` the member that holds the doubt: higher means escalate")
			c.Flags.Var(&o.alpha, "alpha", "`SHARE` the most that may be wrong of what is accepted")
			c.Flags.Var(&o.delta, "delta", "`SHARE` how likely the promise may fail")
			c.Flags.Var(&o.where, "where", "`FIELD=VALUE` keep audited answers whose member has the value; may be repeated")
			c.Flags.StringVar(&o.rules, "rules", "", "`FILE` what else privacy looks for: the section privacy of the settings, or a list of its rules (YAML)")
			c.Flags.StringVar(&o.classes, "classes", "", "`CLASS,…` what privacy looks for, as key,email,name (default all)")
			c.Flags.BoolVar(&o.harm, "harm", false, "calibrate: bound, on average only, the share of all answers that are accepted, wrong, and right from the strong model")
			c.Flags.BoolVar(&o.tune, "tune", false, "calibrate: a threshold that is about right on average, and promises nothing")
			c.Flags.StringVar(&o.study, "study", "", "`FILE` replay: totals that a study states, as CSV, instead of outcomes")
			c.Flags.Var(&o.accuracy, "accuracy", "`SHARE` with --study, how often the router is right")
			c.Flags.StringVar(&o.report, "report", "", "`DIR` replay: write a report, its pictures, figures and rows into a folder")
			o.evaluate.flags(c)
			o.here.flags(c)
			o.policy.flags(c)
			trainFlags(c, &o.trainOptions)
			c.JSONFlag("one object a question, or for the whole result")
		},
		Run: runRoute, Settled: true,
		Words: func(c *verb.Call) []string {
			if len(c.Args) == 0 {
				return []string{"check", "train", "score", "explain", "replay", "evaluate", "calibrate", "privacy", "outcomes", "feedback", "status", "reset"}
			}
			return nil
		},
	}
}

func runRoute(ctx context.Context, c *verb.Call) error {
	if len(c.Args) == 0 {
		return verb.Wrong("irori route takes check, train, score, explain, replay, evaluate, calibrate, privacy, outcomes, feedback, status or reset", "irori help route")
	}
	o, words := c.Opts.(*routeOptions), c.Args[1:]
	if ok, err := routeHere(ctx, c, &o.here, words); ok {
		return err
	}
	if ok, err := routePolicy(ctx, c, o, words); ok {
		return err
	}
	if c.Args[0] != "replay" && (c.Args[0] != "evaluate" || len(words) > 1) && len(words) > 0 {
		return verb.Wrong(sprintf("irori route %s takes no word %q", c.Args[0], words[0]), "irori help route")
	}
	switch c.Args[0] {
	case "train":
		return trainModel(ctx, c, o)
	case "explain":
		return explainQuestions(c, o)
	case "score":
		return scoreQuestions(c, o)
	case "replay":
		if o.study != "" && len(words) == 0 {
			return replayStudy(c, o)
		}
		if o.study != "" {
			return verb.Wrong(sprintf("--study takes the place of outcomes: %s is not replayed beside it", words[0]), "irori route replay --study totals.csv")
		}
		if len(words) > 1 {
			return verb.Wrong(sprintf("irori route replay takes one file, not %d words", len(words)), "irori route replay outcomes.jsonl")
		}
		return replayOutcomes(ctx, c, o, words)
	case "evaluate":
		return evaluatePolicy(ctx, c, o, words)
	case "calibrate":
		return calibrateScore(ctx, c, o)
	case "privacy":
		return findPrivate(c, o)
	}
	return verb.Wrong(sprintf("irori route cannot %q: it takes check, train, score, explain, replay, evaluate, calibrate, privacy, outcomes, feedback, status or reset", c.Args[0]), "irori help route")
}

// outcomesOf reads a file of outcomes; - is standard input.
func outcomesOf(c *verb.Call, path string, need outcome.Need) ([]outcome.Record, error) {
	name, in, err := input(c, path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return outcome.Read(name, in, need)
}

// toReplay are the outcomes to replay: those of a file, or what was routed here.
func toReplay(ctx context.Context, c *verb.Call, o *routeOptions, words []string) (path string, r replay.Chosen, err error) {
	var all []outcome.Record
	of := "requests that were routed here"
	if len(words) == 1 {
		path, of = words[0], "records"
		all, err = outcomesOf(c, path, outcome.Replayed)
	} else {
		var env *app.Env
		if env, err = app.Open(c.Config, c.Err); err == nil {
			all, err = outcomes.Records(ctx, env.Home)
		}
	}
	if err != nil {
		return path, r, err
	}
	need := replay.Least
	if o.train != "" || o.model != "" {
		need = 1
	}
	if r = replay.Both(all); len(words) == 0 || r.LeftOut > 0 {
		err = outcome.About(path, r.Enough(of, need))
	}
	return path, r, err
}

func replayOutcomes(ctx context.Context, c *verb.Call, o *routeOptions, words []string) error {
	if o.model != "" && (o.train != "" || o.stream) {
		return verb.Wrong("--model takes the place of --train, and of what --stream learns", "irori route replay outcomes.jsonl --model router.model")
	}
	if o.shuffles < 1 {
		return verb.Wrong(fmt.Sprintf("--shuffles %d: it is how often a cross-validation is repeated, 1 or more", o.shuffles), "irori route replay outcomes.jsonl --shuffles 5")
	}
	path, chosen, err := toReplay(ctx, c, o, words)
	if err != nil {
		return err
	}
	records := chosen.Records
	if said := chosen.Said(); said != "" && (o.stream || c.JSON) {
		c.Say("%s", strings.TrimSpace(said))
	}
	if o.stream {
		return outcome.About(path, streamOutcomes(c, o, records))
	}
	options := replay.Options{Seed: o.seed, Shuffles: o.shuffles}
	var r *replay.Result
	switch {
	case o.model != "":
		var m *predict.Model
		if m, err = routerOf(c, o); err != nil {
			return err
		}
		r, err = replay.ByModel(m, records, options)
	case o.train != "":
		var train []outcome.Record
		if train, err = outcomesOf(c, o.train, outcome.Scores); err != nil {
			return err
		}
		r, err = replay.HeldOut(train, records, options)
	default:
		r, err = replay.CrossValidated(records, options)
	}
	if err != nil {
		return outcome.About(cmp.Or(o.train, path), err)
	}
	r.LeftOut, r.Thinned = chosen.LeftOut, chosen.Thinned
	if o.report != "" {
		paths := []string{cmp.Or(path, "outcomes.db")}
		if o.train != "" {
			paths = append(paths, o.train)
		}
		if err := reportReplay(c, o, r, records, paths...); err != nil {
			return err
		}
	}
	if c.JSON {
		return c.PrintJSON(r)
	}
	t := term.NewTable(term.Column{Title: "ROUTER"}, term.Column{Title: "APGR", Right: true}, term.Column{Title: "95 % INTERVAL"}, term.Column{Title: "CPT50", Right: true}, term.Column{Title: "CPT80", Right: true}, term.Column{Title: "CALLS AT 95 %", Right: true})
	for _, name := range []string{"irori", "ngram", "random", "oracle"} {
		f, ok := r.Routers[name]
		if !ok {
			continue
		}
		within := ""
		if f.Low != nil {
			within = sprintf("%.3f to %.3f", *f.Low, *f.High)
		}
		t.Row(name, shareOf(f.APGR, "%.3f", 1), within, shareOf(f.CPT50, "%.1f %%", 100), shareOf(f.CPT80, "%.1f %%", 100), shareOf(f.Calls95, "%.1f %%", 100))
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	say := sprintf("%d questions, %s; all local %.3f, all cloud %.3f.", r.Questions, r.Method, r.Weak, r.Strong)
	if r.Paired != nil {
		say += sprintf(" Irori over n-grams: %+.3f (%.3f to %.3f), p = %.2g.", r.Paired.Diff, r.Paired.Low, r.Paired.High, r.Paired.P)
	}
	if r.Outside != nil {
		say += sprintf(" On groups that training did not hold: APGR %.3f.", *r.Outside)
	}
	say += chosen.Said()
	if r.Predictor != "" {
		say += sprintf(" By model %s: what it was trained on must not be among them.", r.Predictor)
	}
	c.Say("%s", say)
	return nil
}

// streamOutcomes lets routers decide question after question.
func streamOutcomes(c *verb.Call, o *routeOptions, records []outcome.Record) error {
	if !(o.price.share > 0 && o.price.share < 1) || o.train != "" {
		return verb.Wrong("--stream takes a --price between 0 and 1, and no --train", "irori route replay outcomes.jsonl --stream --price 0.1")
	}
	all, err := replay.Stream(records, replay.StreamOptions{Seed: o.seed, Price: o.price.share})
	if err != nil {
		return err
	}
	t := term.NewTable(term.Column{Title: "QUESTIONS", Right: true}, term.Column{Title: "GOES ON LEARNING", Right: true}, term.Column{Title: "FROZEN", Right: true}, term.Column{Title: "FROZEN, CORRECTED", Right: true}, term.Column{Title: "ALL LOCAL", Right: true}, term.Column{Title: "ALL CLOUD", Right: true})
	for _, r := range all {
		if c.JSON {
			if err := c.PrintJSON(r); err != nil {
				return err
			}
			continue
		}
		t.Row(strconv.Itoa(r.Questions), sprintf("%.1f", r.Online), sprintf("%.1f", r.Frozen), sprintf("%.1f", r.Corrected), sprintf("%.1f", r.AllLocal), sprintf("%.1f", r.AllCloud))
	}
	if c.JSON {
		return nil
	}
	last := all[len(all)-1]
	c.Say("Regret: what was lost against always knowing the better choice, where a right answer is worth 1 and a call to the strong model costs %g. Learning gained %.1f (%.1f to %.1f) over the frozen router; %d questions were escalated only to learn of them.",
		o.price.share, last.Gained, last.Low, last.High, last.Explored)
	return t.Write(c.Out, columns(c.Out))
}

// shareOf is a figure for people, empty where there is none.
func shareOf(v *float64, format string, times float64) string {
	if v == nil {
		return ""
	}
	return sprintf(format, *v*times)
}

func calibrateScore(ctx context.Context, c *verb.Call, o *routeOptions) error {
	switch {
	case o.in == "" || o.score == "" || o.alpha == 0 && o.here.with == "":
		return verb.Wrong("irori route calibrate needs --in, --score and --alpha", "irori route calibrate --in audited.jsonl --score doubt --alpha 0.1 --delta 0.1")
	}
	if o.where.twice != "" {
		return verb.Wrong("--where "+o.where.twice, "irori help route")
	}
	name, in, err := input(c, o.in)
	if err != nil {
		return err
	}
	defer in.Close()
	points, kinds, err := audit.ReadKinds(name, in, o.score, o.where.of)
	if err != nil {
		return err
	}
	switch {
	case o.harm && o.tune:
		return verb.Wrong("--harm and --tune are two thresholds", "irori help route")
	case (o.harm || o.tune) && (o.here.save != "" || o.here.into != "" || o.here.with != ""):
		return verb.Wrong("what --harm and --tune find promises nothing of single answers, and is not kept", "irori help route")
	case o.harm:
		return boundHarm(c, o, points)
	case o.tune:
		return tuneThreshold(c, o, points)
	case o.here.with != "":
		return o.here.judgeBy(c, o, kinds, points)
	}
	b := calibrate.LearnThenTest(points, float64(o.alpha), float64(o.delta))
	if err := o.here.keepCalibration(ctx, c, kinds, points, b); err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(audit.Tell(b))
	}
	if b.Promised {
		c.Say("With a doubt of at most %.6g, %d of %d answers are accepted (%.1f %%), %d of them wrong; at most %s of such answers are, with %s confidence.",
			b.Threshold, b.Accepted, b.N, 100*float64(b.Accepted)/float64(b.N), b.Errors, percent(b.Alpha), percent(1-b.Delta))
		return nil
	}
	if b.Far {
		c.Say("Nothing is promised: even the least doubtful of %d answers are wrong more often than %s. If answers stay as they are no number of labels carries it; %d more are the least, were none of them wrong.", b.N, percent(b.Alpha), b.Need)
		return nil
	}
	c.Say("Nothing is promised: %d labels do not carry it. About %d more would in half of the cases, if answers stay as they are.", b.N, b.Need)
	return nil
}

// probability is a flag from 0 to 1, both excluded.
type probability float64

// String is the flag as it was given.
func (p *probability) String() string {
	if p == nil || *p == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*p), 'g', -1, 64)
}

// Set reads a share.
func (p *probability) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v < 1) {
		return errors.New("a share between 0 and 1 is wanted")
	}
	*p = probability(v)
	return nil
}

// accuracy is a flag above 0 and up to 1: a router may be right every time.
type accuracy float64

// String is the flag as it was given.
func (a *accuracy) String() string { return (*probability)(a).String() }

// Set reads a share.
func (a *accuracy) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= 1) {
		return errors.New("a share above 0 and up to 1 is wanted")
	}
	*a = accuracy(v)
	return nil
}

// where is a flag of members and values, given once for each.
type where struct {
	of audit.Where
	// twice says which member was given two values.
	twice string
}

// String is the flag as it was given.
func (w *where) String() string { return "" }

// Set reads FIELD=VALUE.
func (w *where) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("FIELD=VALUE is wanted")
	}
	if was, twice := w.of[name]; twice && was != value {
		w.twice = name + "=" + value + ": " + name + " was " + was + " before, and can be one only"
	}
	if w.of == nil {
		w.of = audit.Where{}
	}
	w.of[name] = value
	return nil
}
