package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"irori/internal/eval/folder"
	"irori/internal/eval/ipw"
	"irori/internal/eval/pair"
	runs "irori/internal/eval/report"
	"irori/internal/eval/sample"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// compareRuns compares two targets: of two runs, or of one.
func compareRuns(c *verb.Call, words []string) error {
	if len(words) < 1 || len(words) > 2 {
		return verb.Wrong(sprintf("irori measure compare takes two runs, not %d words", len(words)), "irori measure compare DIR#TARGET DIR#TARGET")
	}
	sides, err := pair.Sides(words, folder.Read)
	if err != nil {
		return err
	}
	got := pair.Compare(sides[0], sides[1])
	if len(got.Tests) == 0 {
		return llm.Errorf(llm.CodeDoesNotFit, "%s and %s cannot be compared: %s", got.A.Target, got.B.Target, got.Refused[0].Why).WithHint("irori help measure")
	}
	if c.JSON {
		return c.PrintJSON(got)
	}
	return tellComparison(c, &got)
}

// apart says what two targets differ in.
func apart(differs []string) string {
	if len(differs) == 0 {
		return "they do not differ in what is known of them"
	}
	return "they differ in: " + strings.Join(differs, ", ")
}

func tellComparison(c *verb.Call, got *pair.Comparison) error {
	c.Say("a is %s of %s, b is %s of %s; %s", got.A.Target, got.A.Run, got.B.Target, got.B.Run, apart(got.Differs))
	t := term.NewTable(term.Column{Title: "METRIC"}, term.Column{Title: "OF"}, term.Column{Title: "PAIRS", Right: true}, term.Column{Title: "A", Right: true},
		term.Column{Title: "B", Right: true}, term.Column{Title: "B − A", Right: true}, term.Column{Title: "95 % INTERVAL"}, term.Column{Title: "P, CORRECTED", Right: true},
		term.Column{Title: "COULD SEE", Right: true}, term.Column{Title: "BETTER"})
	for _, x := range got.Tests {
		show := func(v float64) string {
			if x.Metric == "accuracy" {
				return sprintf("%.1f %%", 100*v)
			}
			return sprintf("%.4g %s", v, x.Unit)
		}
		difference, interval, seen, better := "", "", "", "may be chance"
		if d := x.Difference; d != nil {
			difference, interval = show(d.Value), show(d.Low)+" to "+show(d.High)
		}
		if seen = map[string]string{"tied": "– (no pair differs)", "few": "– (too few pairs)"}[x.Undetected]; x.Detectable != nil {
			seen = show(*x.Detectable)
		}
		if x.Better != "" {
			better = x.Better
		}
		t.Row(x.Metric, x.Of, sprintf("%d", x.N), show(x.A), show(x.B), difference, interval, sprintf("%.3g", x.PHolm), seen, better)
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	for _, r := range got.Refused {
		c.Say("%s is not compared: %s", r.Metric, r.Why)
	}
	for _, n := range got.Notes {
		c.Say("%s", n)
	}
	return nil
}

// mergedRun is what was joined.
type mergedRun struct {
	Dir     string   `json:"dir"`
	Run     string   `json:"run"`
	Samples int      `json:"samples"`
	Targets []string `json:"targets"`
	Notes   []string `json:"notes,omitempty"`
	Files   []string `json:"files"`
}

// mergeRuns joins runs into a folder.
func mergeRuns(c *verb.Call, o *measureOptions, words []string) error {
	out := o.run.Out
	if len(words) < 2 || out == "" {
		return verb.Wrong("irori measure merge takes two runs or more, and --out", "irori measure merge A B --out DIR")
	}
	var parts []pair.Part
	for _, dir := range words {
		run, samples, err := folder.Read(dir)
		if err != nil {
			return err
		}
		parts = append(parts, pair.Part{Dir: dir, Run: run, Samples: samples})
	}
	run, samples, err := pair.Merge(parts, append([]string{"irori", "measure", "merge"}, append(words, "--out", out)...))
	if err != nil {
		return err
	}
	return keepRun(c, o, out, run, samples, nil)
}

// importRun makes a run of what another harness kept.
func importRun(c *verb.Call, o *measureOptions, words []string) error {
	out := o.run.Out
	if len(words) != 2 || words[0] != "ipw" || out == "" {
		return verb.Wrong("irori measure import takes ipw, a file or folder of records, and --out", "irori measure import ipw records.jsonl --out DIR")
	}
	run, samples, flags, err := ipw.Read(words[1], []string{"irori", "measure", "import", "ipw", words[1], "--out", out})
	if err != nil {
		return err
	}
	for i, f := range flags {
		if i == shownDifferences {
			c.Say("… and %d more", len(flags)-i)
			break
		}
		c.Say("%s: %s: %s is %.4g, accuracy over watts%s gives %.4g", f.Where, f.Model, f.Figure, f.Given, map[string]string{"ipj": " and seconds"}[f.Figure], f.Computed)
	}
	return keepRun(c, o, out, run, samples, flags)
}

// keepRun writes a run into a new folder, with its reports.
func keepRun(c *verb.Call, o *measureOptions, out string, run sample.Run, samples []sample.Sample, flagged any) error {
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		return llm.Errorf(llm.CodeInvalidRequest, "%s is there already", out).WithHint("irori help measure")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := folder.WriteJSON(out, folder.RunFile, run); err != nil {
		return err
	}
	if err := folder.WriteSamples(out, samples); err != nil {
		return err
	}
	files, err := runs.Write(out, o.languages()...)
	if err != nil {
		return err
	}
	m := mergedRun{Dir: out, Run: run.ID, Samples: len(samples), Notes: run.Notes, Files: append([]string{folder.RunFile, folder.SamplesFile}, files...)}
	for _, t := range run.Targets {
		m.Targets = append(m.Targets, t.ID)
	}
	if c.JSON {
		if flagged != nil {
			return c.PrintJSON(struct {
				mergedRun
				Flagged any `json:"flagged"`
			}{m, flagged})
		}
		return c.PrintJSON(m)
	}
	for _, n := range run.Notes {
		c.Say("%s", n)
	}
	c.Say("%s, %s: %s", plural(m.Samples, "sample", "samples"), plural(len(m.Targets), "target", "targets"), strings.Join(m.Targets, ", "))
	_, err = c.Out.Write([]byte(out + "\n"))
	return err
}
