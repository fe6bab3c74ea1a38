package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

func psVerb() *verb.Verb {
	return &verb.Verb{
		Name: "ps", Short: "show the running server and the models in its memory",
		Long: `A model is loading, ready, restarting after a crash, or quarantined after the
third crash within ten minutes; irori stop MODEL lifts that. The star marks
the server's own model, irori/local. PARALLEL is how many requests it answers
at once, RUNNING how many it does now, CONTEXT the most tokens of one, WAITING
how many wait for their turn; who they are stands below.

The exit status is 3 where no server runs.`,
		Examples: []string{"irori ps", "irori ps --json"},
		Flags:    func(c *verb.Call) { c.JSONFlag("one object with the server and its models") },
		Run:      ps,
	}
}

func ps(ctx context.Context, c *verb.Call) error {
	if err := c.Want(0, 0); err != nil {
		return err
	}
	_, r, err := serving(c)
	if err != nil {
		return err
	}
	s, err := r.Status(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(s)
	}
	c.Say("irori %s at %s, process %d, up %s", s.Version, s.URL, s.PID, ago(s.Started))
	c.Say("energy: %s", s.Energy)
	if s.LedgerFault != "" {
		c.Say("requests are refused, since they cannot be recorded: %s", s.LedgerFault)
	}
	if len(s.Models) == 0 {
		c.Say("no model is in memory")
		return psBackends(c, s)
	}
	t := term.NewTable(
		term.Column{Title: "MODEL", Shrink: true}, term.Column{Title: "STATE"}, term.Column{Title: "QUANT"}, term.Column{Title: "FILE", Right: true},
		term.Column{Title: "CONTEXT", Right: true}, term.Column{Title: "PARALLEL", Right: true}, term.Column{Title: "RUNNING", Right: true}, term.Column{Title: "WAITING", Right: true},
		term.Column{Title: "LOADED", Right: true}, term.Column{Title: "WHERE", Shrink: true},
	)
	for _, m := range s.Models {
		name, state := m.Model, m.State
		if m.Default {
			name += " *"
		}
		if m.Crashes > 0 {
			state += ", " + plural(m.Crashes, "crash", "crashes")
		}
		where := m.Placement
		if m.Fault != "" {
			where = m.Fault
		}
		loaded := ""
		if !m.Since.IsZero() {
			loaded = ago(m.Since)
		}
		t.Row(name, state, m.Quantization, unit.Bytes(m.FileBytes).String(), positive(m.Context), positive(m.Parallel), strconv.Itoa(m.Requests), positive(total(m.Waiting)), loaded, where)
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	return psBackends(c, s)
}

// psBackends shows the other servers, where there are any.
func psBackends(c *verb.Call, s *app.Status) error {
	for _, f := range s.Found {
		c.Say("found, and not used: %s at %s (irori up --backend %s=%s:%s)", f.Name, f.URL, f.Backend, f.Kind, f.URL)
	}
	if len(s.Backends) == 0 {
		psWaiting(c, s)
		return nil
	}
	t := term.NewTable(
		term.Column{Title: "BACKEND"}, term.Column{Title: "KIND"}, term.Column{Title: "STATE"}, term.Column{Title: "ROUTE"},
		term.Column{Title: "RUNNING", Right: true}, term.Column{Title: "WAITING", Right: true},
		term.Column{Title: "MODELS", Shrink: true}, term.Column{Title: "WHERE", Shrink: true},
	)
	for _, b := range s.Backends {
		where, state := b.URL, b.State
		if b.Crashes > 0 {
			state += ", " + plural(b.Crashes, "crash", "crashes")
		}
		if b.Fault != "" {
			where = b.Fault
		}
		t.Row(b.Name, b.Kind, state, b.Route, strconv.Itoa(b.Running), positive(total(b.Waiting)), strings.Join(b.Models, " "), where)
	}
	err := t.Write(c.Out, columns(c.Out))
	psWaiting(c, s)
	return err
}

// psWaiting says whose requests wait.
func psWaiting(c *verb.Call, s *app.Status) {
	say := func(what string, waiting map[string]int) {
		var each []string
		for _, key := range slices.Sorted(maps.Keys(waiting)) {
			each = append(each, fmt.Sprintf("%s %d", cmp.Or(key, "(no key)"), waiting[key]))
		}
		if len(each) > 0 {
			c.Say("waiting for %s: %s", what, strings.Join(each, ", "))
		}
	}
	for _, m := range s.Models {
		say(m.Model, m.Waiting)
	}
	for _, b := range s.Backends {
		say(b.Name, b.Waiting)
	}
}

func total(waiting map[string]int) (n int) {
	for _, w := range waiting {
		n += w
	}
	return n
}

func ago(t time.Time) string { return unit.FormatDuration(time.Since(t).Round(time.Second)) }

// positive is a number that is not known where it is 0.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// running finds the server that answers on the home.
func serving(c *verb.Call) (*app.Env, *app.Running, error) {
	return serverBy(c, (*app.Env).FindServing)
}

func serverBy(c *verb.Call, find func(*app.Env) (*app.Running, error)) (*app.Env, *app.Running, error) {
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return nil, nil, err
	}
	r, err := find(env)
	if err == nil && r == nil {
		err = llm.Errorf(llm.CodeNotFound, "no server runs on %s", env.Home).WithHint("irori up")
	}
	return env, r, err
}
