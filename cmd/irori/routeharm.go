package main

import (
	"irori/internal/llm"
	"irori/internal/route/audit"
	"irori/internal/route/calibrate"
	"irori/internal/term/verb"
)

// boundHarm finds the threshold that bounds harm on average.
func boundHarm(c *verb.Call, o *routeOptions, points []calibrate.Point) error {
	h, ok := audit.TellHarm(points, float64(o.alpha))
	if !ok {
		return llm.Errorf(llm.CodeInvalidRequest, "%s has no s: whether staying local harms hangs on how good the strong model's answer was", o.in).
			WithHint("without --harm the share of wrong answers is bounded")
	}
	if c.JSON {
		return c.PrintJSON(h)
	}
	if !h.Bounded {
		c.Say("No threshold bounds harm: %d answers do not carry it. %d more are the least that could.", h.N, h.Need)
		return nil
	}
	c.Say("With a doubt of at most %.6g, %d of %d answers are accepted, and %.2f %% of all were wrong where the strong model is right. On average over calibrations that is at most %s; this one may exceed it, and nothing is said of how many accepted answers are wrong.",
		*h.Threshold, h.Accepted, h.N, 100*h.Harm, percent(h.Alpha))
	return nil
}

// tuneThreshold finds a threshold that promises nothing.
func tuneThreshold(c *verb.Call, o *routeOptions, points []calibrate.Point) error {
	t := audit.TellTuned(points, float64(o.alpha))
	switch {
	case c.JSON:
		return c.PrintJSON(t)
	case t.Threshold == nil:
		c.Say("No threshold keeps errors near %s.", percent(t.Alpha))
	default:
		c.Say("With a doubt of at most %.6g, %d of %d answers are accepted, %d of them wrong. Nothing is promised: about four such calibrations in ten let more than %s pass.", *t.Threshold, t.Accepted, t.N, t.Errors, percent(t.Alpha))
	}
	return nil
}
