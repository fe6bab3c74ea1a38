package learnt

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/route/correct"
)

// Standing is what a pair's labels taught, for people.
type Standing struct {
	Taught
	// Version is what is expected by now, "" where nothing is.
	Version string `json:"version,omitempty"`
	// State is on or off, or waiting where there are too few labels; Needs says
	// how many are needed of the side that has fewer.
	State string `json:"state"`
	Needs int    `json:"needs,omitempty"`
}

// stand says how a step stands.
func (t *Taught) stand() Standing {
	s := Standing{Taught: *t, Version: t.Version(), State: "off"}
	few := min(t.Weak, t.Strong)
	switch {
	case t.On:
		s.State = "on"
	case t.Base == "":
		s.State, s.Needs = "waiting", max(0, least-few)
	case t.Measured < correct.Least:
		s.State, s.Needs = "waiting", correct.Least-t.Measured
	}
	if t.Own && !t.On {
		s.Version = "" // it decides nothing yet
	}
	return s
}

// compare orders pairs.
func (p Pair) compare(o Pair) int {
	return cmp.Or(cmp.Compare(p.Route, o.Route), cmp.Compare(p.Local, o.Local), cmp.Compare(p.Cloud, o.Cloud))
}

// Alone is what a home learnt by itself.
type Alone struct {
	Routes    []Standing `json:"learnt"`
	Verifiers []Heard    `json:"verifiers"`
}

// Learnt reads what a home learnt by itself.
func Learnt(ctx context.Context, home string) (*Alone, error) {
	out := &Alone{Routes: []Standing{}, Verifiers: []Heard{}}
	err := outcomes.Kept(ctx, home, func(s outcomes.Values) error {
		taught, heard, err := Read(ctx, s)
		if err != nil {
			return err
		}
		for _, t := range taught {
			out.Routes = append(out.Routes, t.stand())
		}
		for _, h := range heard {
			out.Verifiers = append(out.Verifiers, *h)
		}
		return nil
	})
	slices.SortFunc(out.Routes, func(a, b Standing) int { return a.Pair.compare(b.Pair) })
	slices.SortFunc(out.Verifiers, func(a, b Heard) int { return strings.Compare(a.name(), b.name()) })
	return out, err
}

// Status is all that stands on what became of requests.
type Status struct {
	*outcomes.Status
	*Alone
}

// Stand reads the status of a home.
func Stand(ctx context.Context, home string, now time.Time) (*Status, error) {
	s, err := outcomes.Stand(ctx, home, now)
	if err != nil {
		return nil, err
	}
	alone, err := Learnt(ctx, home)
	return &Status{s, alone}, err
}

// Words say it, but for the calibrations.
func (s *Status) Words() []string {
	many := func(n int, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %ss", n, one)
	}
	out := []string{fmt.Sprintf("%s routed, %s, %d audited, %d answered by both and judged by nobody, %d tried in vain; today %s asked the cloud or a judge, %d tokens (what only the model here is asked takes nothing of their budget).",
		many(s.Requests, "request"), many(s.Labels, "label"), s.Audited, s.Undecided, s.Failed, many(s.Today.Requests, "audit"), s.Today.Tokens)}
	out = append(out, s.Alone.Words()...)
	if missing := s.Missing(); missing != "" {
		out = append(out, missing)
	}
	return out
}

// Words say it, a line for each pair and each verifier.
func (a *Alone) Words() []string {
	var out []string
	for _, s := range a.Routes {
		out = append(out, s.words())
	}
	for _, h := range a.Verifiers {
		said := fmt.Sprintf("Of %s's answers %d right and %d wrong ones were audited that it was asked about itself: ", h.Model, h.Right, h.Wrong)
		right, wrong := h.Matrix.Rates()
		if h.On {
			said += fmt.Sprintf("it says yes of %.0f %% of the right and %.0f %% of the wrong ones, and its word counts so (%s).", 100*right, 100*wrong, h.Version)
		} else {
			said += fmt.Sprintf("its word counts for nothing before %d of either kind.", LeastHeard)
		}
		out = append(out, said)
	}
	return out
}

// words say how a pair stands.
func (s *Standing) words() string {
	said := fmt.Sprintf("Route %s, %s and %s: of %d labels here and %d of the cloud ", s.Route, s.Local, s.Cloud, s.Weak, s.Strong)
	what := "a correction of the trained predictor was learnt"
	if s.Own {
		what = "a predictor was learnt"
	}
	gain := fmt.Sprintf(" on the %d that came after what was learnt (gain %+.4f, error %.4f; its choices bring %+.3f, error %.3f)", s.Measured, s.Gain, s.Error, s.Worth, s.WorthError)
	switch {
	case s.State == "on":
		return said + what + ", which decides: " + s.Version + " was nearer to the truth" + gain + "."
	case s.Base == "":
		return said + fmt.Sprintf("nothing is learnt yet: a predictor needs %d of either side, about %d more.", least, s.Needs)
	case s.State == "waiting":
		return said + what + fmt.Sprintf(", which decides nothing yet: about %d more labels are needed to prove it.", s.Needs)
	}
	return said + what + ", which decides nothing: it was not proven to be nearer to the truth, or to choose better," + gain + "."
}
