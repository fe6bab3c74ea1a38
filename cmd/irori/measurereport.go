package main

import (
	"strconv"
	"strings"

	"irori/internal/eval/figure"
	runs "irori/internal/eval/report"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// replayRun computes the figures of a run's folder again.
func replayRun(c *verb.Call, o *measureOptions, words []string) error {
	if len(words) != 1 {
		return verb.Wrong(sprintf("irori measure replay takes one folder, not %d words", len(words)), "irori measure replay DIR")
	}
	dir := words[0]
	r, err := runs.Replay(dir)
	if err != nil && !o.write {
		return err
	}
	if o.write {
		files, err := runs.Write(dir, o.languages()...)
		if err != nil {
			return err
		}
		if r, err = runs.Replay(dir); err != nil {
			return err
		}
		r.Written = files
	}
	if err := tellReplay(c, &r); err != nil {
		return err
	}
	if n := len(r.Differs); n > 0 {
		return llm.Errorf(llm.CodeCorrupt, "%d values are kept otherwise than they come out: %s is %s, kept %s", n, r.Differs[0].Figure,
			orNothing(r.Differs[0].Computed), orNothing(r.Differs[0].Kept)).WithHint("irori measure replay %s --write", dir)
	}
	return nil
}

// languages are those of the reports, all where none was named.
func (o *measureOptions) languages() []runs.Language {
	if o.lang.Value == "" || o.lang.Value == "both" {
		return nil
	}
	return []runs.Language{runs.Language(o.lang.Value)}
}

func orNothing(s string) string {
	if s == "" {
		return "absent"
	}
	return s
}

// shownDifferences bounds what is printed of a file that differs in all.
const shownDifferences = 20

func tellReplay(c *verb.Call, r *runs.Replayed) error {
	if c.JSON {
		return c.PrintJSON(r)
	}
	t := term.NewTable(term.Column{Title: "TARGET"}, term.Column{Title: "PASS"}, term.Column{Title: "ASKED", Right: true}, term.Column{Title: "ACCURACY", Right: true},
		term.Column{Title: "TTFT P50", Right: true}, term.Column{Title: "W", Right: true}, term.Column{Title: "J", Right: true}, term.Column{Title: "IPW", Right: true},
		term.Column{Title: "IPJ", Right: true}, term.Column{Title: "ENERGY"})
	for i := range r.Result.Groups {
		g := &r.Result.Groups[i]
		if g.By != "all" {
			continue
		}
		e, _ := g.Get("energy_j")
		t.Row(g.Target, g.Pass, strconv.Itoa(g.Attempted), figured(g, "accuracy"), figured(g, "ttft_p50_s"), figured(g, "power_w"), figured(g, "energy_j"),
			figured(g, "ipw"), figured(g, "ipj"), e.Method)
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	for i, d := range r.Differs {
		if i == shownDifferences {
			c.Say("… and %d more", len(r.Differs)-i)
			break
		}
		c.Say("%s: %s, kept %s", d.Figure, orNothing(d.Computed), orNothing(d.Kept))
	}
	switch {
	case len(r.Written) > 0:
		c.Say("%s: %d figures computed, written: %s", r.Dir, r.Computed, strings.Join(r.Written, ", "))
	case r.Compared == 0:
		c.Say("%s: %d figures computed; none are kept there to compare with. To keep them: irori measure replay %s --write", r.Dir, r.Computed, r.Dir)
	case len(r.Differs) == 0:
		c.Say("%s: all %d figures come out as they are kept", r.Dir, r.Compared)
	}
	return nil
}

// figured is a figure for people, empty where there is none.
func figured(g *figure.Group, name string) string {
	f, ok := g.Get(name)
	if !ok || f.Value == nil {
		return ""
	}
	if name == "accuracy" {
		return sprintf("%.1f %%", 100**f.Value)
	}
	return sprintf("%.4g", *f.Value)
}
