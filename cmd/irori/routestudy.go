package main

import (
	"irori/internal/route/study"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// replayStudy reckons what routing saves from totals that a study states.
func replayStudy(c *verb.Call, o *routeOptions) error {
	name, in, err := input(c, o.study)
	if err != nil {
		return err
	}
	defer in.Close()
	figures, err := study.Read(name, in, float64(o.accuracy))
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(struct {
			Accuracy float64        `json:"accuracy"`
			Figures  []study.Figure `json:"figures"`
		}{float64(o.accuracy), figures})
	}
	t := term.NewTable(term.Column{Title: "FIGURE"}, term.Column{Title: "ORACLE SAVES", Right: true}, term.Column{Title: "ROUTER SAVES", Right: true}, term.Column{Title: "ALL CLOUD", Right: true}, term.Column{Title: "ORACLE", Right: true}, term.Column{Title: "ROUTER", Right: true})
	for _, f := range figures {
		t.Row(f.Name, sprintf("%.1f %%", 100*f.OracleSaving), sprintf("%.1f %%", 100*f.RouterSaving), shareOf(f.AllCloud, "%.4g", 1), shareOf(f.Oracle, "%.4g", 1), shareOf(f.Router, "%.4g", 1))
	}
	if err := t.Write(c.Out, columns(c.Out)); err != nil {
		return err
	}
	c.Say("The router is right of %s of the questions that local models answer; the others go to the cloud and save nothing.", percent(float64(o.accuracy)))
	return nil
}
