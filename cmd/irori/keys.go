package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"irori/internal/access"
	"irori/internal/app"
	"irori/internal/app/keyring"
	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

type keysOptions struct {
	team                  string
	budgets, models       flags.Several
	rpm, tpm, atOnce      *flags.Optional[int]
	priority              *flags.Optional[int64]
	expires               flags.Span
	manage, noManage, all bool
	keep, privacy         flags.Choice
}

func keysVerb() *verb.Verb {
	return &verb.Verb{
		Name: "keys", Args: "create|set|list|revoke|spend|team [NAME]", Short: "give out API keys with budgets and limits",
		Long: `create NAME prints a new key, once: only its hash is kept. From the first key on
every request needs one; IRORI_API_KEY of the server and this command line go
on as before. set NAME changes the limits that are named, and leaves others.
revoke NAME ends a key at once. team NAME makes a team, or changes its limits,
which its keys share. spend tells what was used in the running windows.

AMOUNT is money (500JPY, $5), tokens (200k tokens) or energy (2kWh), followed
by /hour, /day, /week, /month, /year or /total; windows go by this machine's
calendar. A budget that is spent refuses further requests until its next
window; requests that run when it ends may overdraw it by what they take.`,
		Examples: []string{
			"irori keys create anna --budget 500JPY/month --rpm 60", "irori keys team lab --budget '2M tokens/day'",
			"irori keys create bot --team lab --models 'smollm2*'", "irori keys spend", "irori keys revoke anna",
		},
		Flags: func(c *verb.Call) {
			o := &keysOptions{rpm: flags.WholeFrom(0), tpm: flags.WholeFrom(0), atOnce: flags.WholeFrom(0), priority: flags.WholeNumber(), keep: flags.Choice{Of: []string{"off", "redacted", "full"}}, privacy: flags.Choice{Of: []string{"any", "detect", "redact", "local-only"}}}
			c.Opts = o
			c.Flags.StringVar(&o.team, "team", "", "`TEAM` the team that the key belongs to (create)")
			c.Flags.Var(&o.budgets, "budget", "`AMOUNT` what may be spent, like 500JPY/month; may be repeated, none takes all away")
			c.Flags.Var(o.rpm, "rpm", "`NUMBER` how many requests a minute, 0 for any number")
			c.Flags.Var(o.tpm, "tpm", "`NUMBER` how many tokens a minute, 0 for any number")
			c.Flags.Var(o.atOnce, "concurrent", "`NUMBER` how many requests at one time, 0 for any number")
			c.Flags.Var(&o.models, "models", "`NAMES` which models it may ask for, * stands for any text, all for all; may be repeated")
			c.Flags.Var(o.priority, "priority", "`NUMBER` waiting requests with a higher one go first (default 0)")
			c.Flags.Var(&o.expires, "expires", "`DURATION` when the key ends by itself, like 720h (create)")
			c.Flags.BoolVar(&o.manage, "manage", false, "let it pull, copy and delete models and read the metrics")
			c.Flags.BoolVar(&o.noManage, "no-manage", false, "take that right away")
			c.Flags.Var(&o.privacy, "privacy", "`LEVEL` what may leave for a cloud at most: any, detect, redact, or local-only, which uses none")
			c.Flags.Var(&o.keep, "keep", "`WHAT` what is kept of what it asks and is answered: off or full (default off)")
			c.Flags.BoolVar(&o.all, "all", false, "list keys that have ended too")
			c.JSONFlag("one object a key, a team or a window")
		},
		Run: runKeys,
		Words: func(c *verb.Call) []string {
			switch {
			case len(c.Args) == 0:
				return []string{"create", "set", "list", "revoke", "spend", "team"}
			case len(c.Args) == 1 && slices.Contains([]string{"set", "revoke", "spend"}, c.Args[0]):
				return keyNames(c)
			}
			return nil
		},
	}
}

// keyNames lists the live keys, for completion.
func keyNames(c *verb.Call) []string {
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return nil
	}
	b, err := env.Keys()
	if err != nil {
		return nil
	}
	var out []string
	for _, k := range b.Keys {
		if k.Live(time.Now()) {
			out = append(out, k.Name)
		}
	}
	return out
}

func runKeys(ctx context.Context, c *verb.Call) error {
	if len(c.Args) == 0 {
		return verb.Wrong("irori keys takes create, set, list, revoke, spend or team", "irori keys list")
	}
	what := c.Args[0]
	low, high := 2, 2
	switch what {
	case "create", "set", "revoke", "team":
	case "list":
		low, high = 1, 1
	case "spend":
		low = 1
	default:
		return verb.Wrong(sprintf("irori keys cannot %q: it takes create, set, list, revoke, spend or team", what), "irori help keys")
	}
	if n := len(c.Args); n < low || n > high {
		if n < low {
			return verb.Wrong(sprintf("irori keys %s takes a name", what), "irori keys "+what+" NAME")
		}
		return verb.Wrong(sprintf("irori keys %s takes no word %q", what, c.Args[high]), "irori help keys")
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	o := c.Opts.(*keysOptions)
	switch what {
	case "list":
		return listKeys(c, env, o.all)
	case "spend":
		return spendKeys(ctx, c, env)
	case "revoke":
		return revokeKey(ctx, c, env)
	}
	return changeKeys(ctx, c, env, o, what)
}

// limits lays what flags say over limits.
func (o *keysOptions) limits(l *access.Limits) error {
	for _, f := range []struct {
		from *flags.Optional[int]
		to   *int
	}{{o.rpm, &l.RequestsPerMinute}, {o.tpm, &l.TokensPerMinute}, {o.atOnce, &l.Concurrent}} {
		if f.from.Value != nil {
			*f.to = *f.from.Value
		}
	}
	if len(o.budgets) == 0 {
		return nil
	}
	l.Budgets = nil
	if len(o.budgets) == 1 && o.budgets[0] == "none" {
		return nil
	}
	for _, s := range o.budgets {
		b, err := access.ParseBudget(s)
		if err != nil {
			return verb.Wrong("--budget: "+err.Error(), "irori keys set NAME --budget 500JPY/month")
		}
		l.Budgets = append(l.Budgets, b)
	}
	return nil
}

// key lays what flags say over a key.
func (o *keysOptions) key(k *access.Key) error {
	if o.keep.Value == "redacted" {
		return llm.Errorf(llm.CodeUnsupported, "nothing can be redacted yet, so nothing would be kept").WithHint("irori keys set NAME --keep full, or --keep off")
	}
	if o.keep.Value != "" {
		k.Keep = o.keep.Value
	}
	if o.privacy.Value != "" {
		k.Privacy = o.privacy.Value
	}
	if len(o.models) > 0 {
		k.Models = nil
		for _, s := range o.models {
			for _, m := range strings.Split(s, ",") {
				if m = strings.TrimSpace(m); m != "" && m != "all" {
					k.Models = append(k.Models, m)
				}
			}
		}
	}
	if o.priority.Value != nil {
		k.Priority = int(*o.priority.Value)
	}
	k.Manage = (k.Manage || o.manage) && !o.noManage
	return o.limits(&k.Limits)
}

// madeKey is a new key as it is printed; the secret is never shown again.
type madeKey struct {
	Name   string `json:"name"`
	Secret string `json:"secret"`
	access.Limits
}

func changeKeys(ctx context.Context, c *verb.Call, env *app.Env, o *keysOptions, what string) error {
	name, now, secret := c.Args[1], time.Now(), ""
	var limits access.Limits
	err := env.EditKeys(ctx, func(b *access.Book) (err error) {
		switch what {
		case "team":
			t := access.Team{Name: name}
			if old := b.Team(name); old != nil {
				t = *old
			}
			if err := o.limits(&t.Limits); err != nil {
				return err
			}
			limits = t.Limits
			return b.PutTeam(t)
		case "create":
			k := access.Key{Name: name, Team: o.team}
			if o.expires > 0 {
				k.Expires = now.Add(time.Duration(o.expires)).UTC().Truncate(time.Second)
			}
			if err := o.key(&k); err != nil {
				return err
			}
			limits = k.Limits
			secret, err = b.Create(k, now)
			return err
		}
		k := b.Key(name)
		if k == nil || !k.Live(now) {
			return llm.Errorf(llm.CodeNotFound, "there is no key %q", name).WithHint("irori keys list")
		}
		if err := o.key(k); err != nil {
			return err
		}
		limits = k.Limits
		return nil
	})
	if err != nil && secret == "" {
		return err
	}
	limited := limits.String()
	if limited == "" {
		limited = "no limits"
	}
	switch {
	case secret == "":
		return result(c, struct {
			Name string `json:"name"`
			access.Limits
		}{name, limits}, "%s: %s", name, limited)
	case c.JSON:
		if jerr := c.PrintJSON(madeKey{name, secret, limits}); jerr != nil {
			return jerr
		}
	default:
		c.Say("the key %s (%s); it is shown only now:", name, limited)
		if _, werr := c.Out.Write([]byte(secret + "\n")); werr != nil {
			return werr
		}
	}
	return err
}

func revokeKey(ctx context.Context, c *verb.Call, env *app.Env) error {
	name := c.Args[1]
	err := env.EditKeys(ctx, func(b *access.Book) error { return b.Revoke(name, time.Now()) })
	if err != nil {
		return err
	}
	return result(c, struct {
		Name    string `json:"name"`
		Revoked bool   `json:"revoked"`
	}{name, true}, "the key %s is revoked", name)
}

// shownKey is a key as it is listed.
type shownKey struct {
	access.Key
	Live bool `json:"live"`
}

func listKeys(c *verb.Call, env *app.Env, all bool) error {
	b, err := env.Keys()
	if err != nil {
		return err
	}
	t := term.NewTable(
		term.Column{Title: "KEY"}, term.Column{Title: "ENDS"}, term.Column{Title: "TEAM"}, term.Column{Title: "STATE"},
		term.Column{Title: "MADE"}, term.Column{Title: "MODELS", Shrink: true}, term.Column{Title: "LIMITS", Shrink: true},
	)
	now := time.Now()
	for _, k := range b.Keys {
		live := k.Live(now)
		if !live && !all {
			continue
		}
		if c.JSON {
			if err := c.PrintJSON(shownKey{k, live}); err != nil {
				return err
			}
			continue
		}
		state := "live"
		switch {
		case !k.Revoked.IsZero():
			state = "revoked"
		case !live:
			state = "expired"
		case !k.Expires.IsZero():
			state = "until " + localTime(k.Expires)
		}
		models := strings.Join(k.Models, " ")
		if models == "" {
			models = "all"
		}
		limits := k.Limits.String()
		if k.Manage {
			limits = strings.TrimPrefix(limits+", manages models", ", ")
		}
		t.Row(k.Name, "…"+k.Ends, k.Team, state, localTime(k.Created), models, limits)
	}
	for _, x := range b.Teams {
		if !c.JSON {
			t.Row("", "", x.Name, "team", "", "", x.Limits.String())
		}
	}
	if c.JSON {
		return nil
	}
	if t.Len() == 0 {
		c.Say("there are no keys; irori keys create NAME makes one")
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

func spendKeys(ctx context.Context, c *verb.Call, env *app.Env) error {
	only := ""
	if len(c.Args) > 1 {
		only = c.Args[1]
	}
	lines, err := env.KeySpend(ctx, only)
	if err != nil {
		return err
	}
	t := term.NewTable(
		term.Column{Title: "KEY"}, term.Column{Title: "TEAM"}, term.Column{Title: "WINDOW"}, term.Column{Title: "REQUESTS", Right: true},
		term.Column{Title: "TOKENS", Right: true}, term.Column{Title: "ENERGY", Right: true}, term.Column{Title: "COST", Right: true},
		term.Column{Title: "BUDGET", Shrink: true},
	)
	for _, l := range lines {
		if c.JSON {
			if err := c.PrintJSON(l); err != nil {
				return err
			}
			continue
		}
		t.Row(spendCells(l)...)
	}
	if c.JSON {
		return nil
	}
	if len(lines) == 0 {
		c.Say("there are no keys; irori keys create NAME makes one")
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

func spendCells(l keyring.Line) []string {
	window := string(l.Per)
	if !l.Since.IsZero() {
		window += " from " + l.Since.Format(time.DateOnly)
	}
	var joules, budgets []string
	for _, m := range slices.Sorted(maps.Keys(l.Energy)) {
		e := l.Energy[m]
		joules = append(joules, energy(&e.Joules, m))
	}
	for _, b := range l.Budgets {
		budgets = append(budgets, b.Shown(b.Spent)+" of "+b.Budget.String())
	}
	return []string{
		l.Key, l.Team, window, some(l.Requests), number(l.Tokens), strings.Join(joules, ", "), costs(store.Sum{Energy: l.Energy, Cost: l.Cost}), strings.Join(budgets, ", "),
	}
}
