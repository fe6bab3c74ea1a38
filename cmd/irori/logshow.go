package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/app/kept"
	"irori/internal/store"
	"irori/internal/term"
	"irori/internal/term/verb"
	"irori/internal/unit"
)

// facts prints names and values in two columns and leaves out what is not
// known.
type facts struct {
	names, values []string
}

func (f *facts) add(name, value string) {
	if value != "" {
		f.names, f.values = append(f.names, name), append(f.values, term.Line(value))
	}
}

// head begins a group.
func (f *facts) head(name string) { f.names, f.values = append(f.names, name), append(f.values, "") }

func (f *facts) write(w io.Writer) error {
	width := 0
	for i, n := range f.names {
		if f.values[i] != "" {
			width = max(width, term.Width(n))
		}
	}
	var b strings.Builder
	for i, n := range f.names {
		if f.values[i] == "" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s\n", n)
			continue
		}
		fmt.Fprintf(&b, "  %s%s  %s\n", n, strings.Repeat(" ", width-term.Width(n)), f.values[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// showRecord tells everything of one request.
func showRecord(ctx context.Context, c *verb.Call, env *app.Env, id string) error {
	r, err := env.Ledger().Find(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(r)
	}
	f := &facts{}
	f.head("request " + r.ID)
	f.add("time", r.Time.Local().Format(time.RFC3339))
	f.add("status", cmp.Or(string(r.Status), "open: it has not ended")+orEmpty(", ", r.ErrorCode)+orEmpty(", finished by ", r.FinishReason))
	f.add("api", r.API)
	f.add("streamed", yesNo(r.Stream))
	f.add("client", r.Client)
	f.add("key", r.Key)
	f.head("who answered")
	f.add("model", r.Model)
	if r.ModelRequested != r.Model {
		f.add("asked for", r.ModelRequested)
	}
	f.add("quantization", r.Quantization)
	f.add("route", r.Route)
	f.add("backend", r.Backend+orEmpty(", ", r.Engine))
	f.add("decided by", r.DecisionPolicy)
	f.add("because", r.DecisionReason)
	if r.DecisionScore != nil {
		f.add("score", unit.Digits(*r.DecisionScore, 3))
	}
	f.add("escalated from", r.EscalatedFrom)
	f.head("tokens" + orEmpty(", known from ", r.UsageSource) + orEmpty(", served as ", r.ServiceTier))
	f.add("prompt", number(r.PromptTokens))
	f.add("cached", number(r.CachedTokens))
	f.add("cache written", number(r.CacheWriteTokens))
	f.add("output", number(r.OutputTokens))
	f.add("reasoning", number(r.ReasoningTokens))
	f.head("time")
	f.add("in the queue", seconds(r.QueueSeconds))
	f.add("to the first token", seconds(r.TTFTSeconds))
	f.add("between tokens", between(r))
	f.add("held back to be judged", seconds(r.HeldSeconds))
	f.add("in all", seconds(r.TotalSeconds))
	energyFacts(f, r)
	for i, a := range r.Attempts {
		f.add("attempt "+strconv.Itoa(i+1), attempt(a, r))
	}
	return f.write(c.Out)
}

// attempt tells of one try what is known. Money of a price has no mark of energy.
func attempt(a store.Attempt, r store.Record) string {
	if a.EnergyJ == nil {
		r.EnergyMethod = ""
	}
	r.Cost, r.CostLow, r.CostHigh = a.Cost, a.CostLow, a.CostHigh
	return fmt.Sprintf("%s %s: %s%s, %s", a.Backend, a.Model, a.Status, orEmpty(" ", a.ErrorCode), seconds(&a.Seconds)) + orEmpty(", prompt tokens ", number(a.PromptTokens)) +
		orEmpty(", output tokens ", number(a.OutputTokens)) + orEmpty(", ", energy(a.EnergyJ, r.EnergyMethod)) + orEmpty(", ", cost(r))
}

// showBody prints what a request asked and was answered.
func showBody(ctx context.Context, c *verb.Call, env *app.Env, id string) error {
	r, err := env.Ledger().Find(ctx, id)
	if err != nil {
		return err
	}
	b, err := kept.Get(ctx, env.Home, r.ID)
	if err != nil {
		return err
	}
	return c.PrintJSON(b)
}

func between(r store.Record) string {
	if r.ITLP50 == nil || r.ITLP95 == nil {
		return ""
	}
	return seconds(r.ITLP50) + " (95 % within " + seconds(r.ITLP95) + ")"
}

// energyPhases is what the prompt and the output took.
func energyPhases(r store.Record) string {
	if r.EnergyPrefillJ == nil || r.EnergyDecodeJ == nil {
		return ""
	}
	return fmt.Sprintf("%s prompt, %s output", unit.Joules(*r.EnergyPrefillJ), unit.Joules(*r.EnergyDecodeJ))
}

func energyFacts(f *facts, r store.Record) {
	if r.EnergyJ == nil && r.Cost == nil && r.CostLow == nil && len(r.Attempts) == 0 {
		return
	}
	f.head("energy and cost")
	if r.EnergyJ != nil {
		s := energy(r.EnergyJ, r.EnergyMethod) + ", " + string(r.EnergyMethod)
		if r.EnergyLowJ != nil && r.EnergyHighJ != nil && *r.EnergyLowJ != *r.EnergyHighJ {
			s += fmt.Sprintf(", from %s to %s", unit.Joules(*r.EnergyLowJ), unit.Joules(*r.EnergyHighJ))
		}
		f.add("energy", s)
		f.add("phases", energyPhases(r))
		if r.PowerW != nil {
			f.add("power", fmt.Sprintf("%s of the whole device meanwhile", unit.Watts(*r.PowerW)))
		}
	}
	f.add("basis", r.EnergyBasis)
	s := cost(r)
	if r.Cost != nil && r.CostLow != nil && r.CostHigh != nil && *r.CostLow != *r.CostHigh {
		s += fmt.Sprintf(", from %s to %s", unit.FormatMoney(*r.CostLow, r.Currency), unit.FormatMoney(*r.CostHigh, r.Currency))
	}
	f.add("cost", s)
	f.add("price", r.PriceVersion)
}
