package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/app/talk"
	"irori/internal/store"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

type logOptions struct {
	follow, body bool
	since, until string
	model        modelName
	keys         flags.Several
	status, by   flags.Choice
	limit        *flags.Optional[int]
}

func logVerb() *verb.Verb {
	return &verb.Verb{
		Name: "log", Args: "[show ID]", Short: "show what was asked, what it took and where it went",
		Long: `One line a request, the newest last. FIRST is the time to its first token, and
energy marked ≈ is modelled, not measured; sums keep the two apart. show ID
tells everything of one request, and the beginning of its id is enough.

TIME is a span back from now (90m, 24h, 7d), a day (2026-04-01), a local time
(2026-04-01T09:00) or RFC 3339.`,
		Examples: []string{"irori log --since 24h", "irori log --follow", "irori log --sum model --since 30d", "irori log --status error --json"},
		Flags: func(c *verb.Call) {
			o := &logOptions{limit: flags.WholeFrom(0), status: flags.Choice{Of: []string{"ok", "cancelled", "error"}}, by: flags.Choice{Of: []string{"model", "day", "key"}}}
			c.Opts = o
			c.Flags.BoolVar(&o.follow, "follow", false, "go on with requests as they end, until Ctrl-C")
			c.Flags.BoolVar(&o.body, "body", false, "with show: what was asked and answered, where it is kept, as JSON")
			c.Flags.StringVar(&o.since, "since", "", "`TIME` only requests from then on")
			c.Flags.StringVar(&o.until, "until", "", "`TIME` only requests before then")
			c.Flags.Var(&o.model, "model", "`MODEL` only requests that it answered; its own name, not an alias")
			c.Flags.Var(&o.keys, "key", "`NAME` only requests with that key; may be repeated")
			c.Flags.Var(&o.status, "status", "`STATUS` only requests that ended so: ok, cancelled or error")
			c.Flags.Var(o.limit, "limit", "`NUMBER` how many of the newest requests, 0 for all (default 50; with --json all)")
			c.Flags.Var(&o.by, "sum", "`WHAT` add up by model, by day or by key")
			c.JSONFlag("one object a request or a sum")
		},
		Run: runLog,
		Words: func(c *verb.Call) []string {
			if len(c.Args) > 0 {
				return nil
			}
			return []string{"show"}
		},
	}
}

func runLog(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 2); err != nil {
		return err
	}
	if len(c.Args) > 0 && (c.Args[0] != "show" || len(c.Args) != 2) {
		return verb.Wrong(sprintf("irori log takes no word but show ID, not %q", strings.Join(c.Args, " ")), "irori log show ID")
	}
	o := c.Opts.(*logOptions)
	f, err := o.filter(time.Now(), c.JSON)
	if err != nil {
		return err
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	switch {
	case o.body && len(c.Args) == 2:
		return showBody(ctx, c, env, c.Args[1])
	case o.body:
		return verb.Wrong("--body is for one request", "irori log show ID --body")
	case len(c.Args) == 2:
		return showRecord(ctx, c, env, c.Args[1])
	case o.by.Value != "":
		return sumLog(ctx, c, env, o.by.Value, f)
	}
	return listLog(ctx, c, env, o, f)
}

func (o *logOptions) filter(now time.Time, all bool) (store.Filter, error) {
	f := store.Filter{Keys: o.keys, Model: string(o.model), Status: store.Status(o.status.Value), Limit: 50}
	if all {
		f.Limit = 0
	}
	if o.limit.Value != nil {
		f.Limit = *o.limit.Value
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"since", o.since, &f.Since}, {"until", o.until, &f.Until}} {
		if t.text == "" {
			continue
		}
		at, err := unit.ParseWhen(t.text, now)
		if err != nil {
			return f, verb.Wrong("--"+t.flag+": "+err.Error(), "irori log --"+t.flag+" 24h")
		}
		*t.to = at
	}
	if o.by.Value != "" && o.follow {
		return f, verb.Wrong("--sum and --follow do not go together", "irori log --sum "+o.by.Value)
	}
	return f, nil
}

func listLog(ctx context.Context, c *verb.Call, env *app.Env, o *logOptions, f store.Filter) error {
	if o.follow {
		return followLog(ctx, c, env, f)
	}
	env.Ledger().Settle(ctx)
	t := recordTable(false)
	for r, err := range env.Ledger().List(ctx, f) {
		if err != nil {
			return err
		}
		if !c.JSON {
			t.Row(recordCells(r)...)
		} else if err := c.PrintJSON(r); err != nil {
			return err
		}
	}
	waiting, err := sayWaiting(ctx, c, env)
	if err != nil {
		return err
	}
	switch n := t.Len(); {
	case c.JSON:
		return nil
	case n == 0 && waiting:
		return nil
	case n == 0:
		c.Say("the ledger has no such request")
		return nil
	case n == f.Limit && o.limit.Value == nil:
		c.Say("the newest %d; --limit 0 shows all", n)
	}
	return t.Write(c.Out, columns(c.Out))
}

// sayWaiting tells of requests that are in the journal only: that they are
// not in a list must not read as if they had not been.
func sayWaiting(ctx context.Context, c *verb.Call, env *app.Env) (some bool, err error) {
	w, err := env.Ledger().Waiting(ctx)
	if err != nil {
		return false, err
	}
	if n := len(w.Ended); n > 0 {
		c.Say("%s not in the list yet, in the journal only: irori log show ID finds them; if they stay there, irori doctor says why",
			plural(n, "request that ended is", "requests that ended are"))
	}
	if n := len(w.Open); n > 0 {
		c.Say("%s not ended, or had no end written", plural(n, "request has", "requests have"))
	}
	return len(w.Ended)+len(w.Open) > 0, nil
}

// followLog prints records one by one, until Ctrl-C.
func followLog(ctx context.Context, c *verb.Call, env *app.Env, f store.Filter) error {
	t := recordTable(true)
	if !c.JSON {
		// The titles stand there while nothing has happened yet.
		if err := t.Write(c.Out, columns(c.Out)); err != nil {
			return err
		}
	}
	for r, err := range env.Ledger().Follow(ctx, f) {
		if err != nil {
			return err
		}
		if c.JSON {
			err = c.PrintJSON(r)
		} else {
			t.Next()
			t.Row(recordCells(r)...)
			err = t.Write(c.Out, columns(c.Out))
		}
		if err != nil {
			return err
		}
	}
	return verb.ErrEnded // as it was asked to
}

// recordTable has fixed widths where rows come one by one.
func recordTable(follow bool) *term.Table {
	cols := []term.Column{
		{Title: "TIME", Min: 14}, {Title: "STATUS", Min: 9}, {Title: "MODEL", Shrink: true, Min: 22},
		{Title: "PROMPT", Right: true, Min: 6}, {Title: "CACHED", Right: true, Min: 6}, {Title: "OUTPUT", Right: true, Min: 6},
		{Title: "FIRST", Right: true, Min: 7}, {Title: "TOTAL", Right: true, Min: 7}, {Title: "ENERGY", Right: true, Min: 8},
		{Title: "COST", Right: true, Min: 13}, {Title: "ID"},
	}
	for i := range cols {
		if !follow {
			cols[i].Min = 0
		}
	}
	return term.NewTable(cols...)
}

func recordCells(r store.Record) []string {
	status := cmp.Or(string(r.Status), "open")
	if r.ErrorCode != "" {
		status += ": " + r.ErrorCode
	}
	return []string{
		localTime(r.Time), status, cmp.Or(r.Model, r.ModelRequested), number(r.PromptTokens), number(r.CachedTokens),
		number(r.OutputTokens), seconds(r.TTFTSeconds), seconds(r.TotalSeconds), energy(r.EnergyJ, r.EnergyMethod), cost(r), r.ID,
	}
}

func localTime(t time.Time) string { return t.Local().Format("01-02 15:04:05") }

func number[T int | int64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

func seconds(s *float64) string {
	if s == nil {
		return ""
	}
	return unit.FormatDuration(time.Duration(*s * float64(time.Second)))
}

func energy(j *float64, m store.EnergyMethod) string {
	if j == nil {
		return ""
	}
	return talk.EnergyMark(string(m)) + unit.Joules(*j).String()
}

// cost is what a request cost, or the bounds of it, or the lower one, where only
// those are known.
func cost(r store.Record) string {
	if r.Cost == nil && r.CostLow != nil && r.CostHigh != nil {
		return unit.FormatMoney(*r.CostLow, r.Currency) + "–" + unit.FormatMoney(*r.CostHigh, r.Currency)
	}
	if r.Cost == nil && r.CostLow != nil {
		return "≥" + unit.FormatMoney(*r.CostLow, r.Currency)
	}
	return money(r.Cost, r.Currency, r.EnergyMethod)
}

func money(v *float64, currency string, m store.EnergyMethod) string {
	if v == nil {
		return ""
	}
	return talk.EnergyMark(string(m)) + unit.FormatMoney(*v, currency)
}

// sumLog adds up by model or day. Measured and modelled energy have columns
// of their own, and currencies stand side by side.
func sumLog(ctx context.Context, c *verb.Call, env *app.Env, by string, f store.Filter) error {
	sums, err := env.Ledger().Sums(ctx, store.SumQuery{Filter: f, ByModel: by == "model", ByDay: by == "day", ByKey: by == "key", Zone: time.Local})
	if err != nil {
		return err
	}
	t := term.NewTable(
		term.Column{Title: strings.ToUpper(by), Shrink: true}, term.Column{Title: "REQUESTS", Right: true}, term.Column{Title: "ERRORS", Right: true},
		term.Column{Title: "CANCELLED", Right: true}, term.Column{Title: "PROMPT", Right: true}, term.Column{Title: "CACHED", Right: true},
		term.Column{Title: "OUTPUT", Right: true}, term.Column{Title: "MEASURED", Right: true}, term.Column{Title: "MODELLED", Right: true},
		term.Column{Title: "PROVIDER", Right: true}, term.Column{Title: "COST", Right: true},
	)
	for _, s := range sums {
		if c.JSON {
			if err := c.PrintJSON(s); err != nil {
				return err
			}
			continue
		}
		of := func(m store.EnergyMethod) string {
			e, ok := s.Energy[m]
			if !ok {
				return ""
			}
			return energy(&e.Joules, m)
		}
		t.Row(cmp.Or(s.Model, s.Day, s.Key, "(none)"), strconv.FormatInt(s.Requests, 10), some(s.Errors), some(s.Cancelled), number(s.PromptTokens),
			number(s.CachedTokens), number(s.OutputTokens), of(store.EnergyMeasured), of(store.EnergyModelled), of(store.EnergyProvider), costs(s))
	}
	waiting, err := sayWaiting(ctx, c, env)
	if err != nil || c.JSON {
		return err
	}
	if len(sums) == 0 && waiting {
		return nil
	}
	if len(sums) == 0 {
		c.Say("the ledger has no such request")
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

func some(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// costs are the sums in each currency, marked where modelled energy is in
// them.
func costs(s store.Sum) string {
	var out []string
	mark := ""
	if _, ok := s.Energy[store.EnergyModelled]; ok {
		mark = talk.EnergyMark(string(store.EnergyModelled))
	}
	for _, currency := range slices.Sorted(maps.Keys(s.Cost)) {
		out = append(out, mark+unit.FormatMoney(s.Cost[currency].Amount, currency))
	}
	return strings.Join(out, ", ")
}
