package doubt

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"irori/internal/llm"
)

// tok is a token with the probabilities of itself and of others beside it.
func tok(text string, p float64, others ...float64) llm.TokenLogprob {
	t := llm.TokenLogprob{Text: text, Logprob: math.Log(p)}
	if len(others) > 0 {
		t.Top = append(t.Top, llm.TokenLogprob{Text: text, Logprob: math.Log(p)})
	}
	for _, o := range others {
		t.Top = append(t.Top, llm.TokenLogprob{Text: "…", Logprob: math.Log(o)})
	}
	return t
}

func text(tokens ...llm.TokenLogprob) *llm.Event {
	e := &llm.Event{Type: llm.EventText, Logprobs: tokens}
	for _, t := range tokens {
		e.Text += t.Text
	}
	return e
}

func fed(events ...*llm.Event) *Meter {
	m := &Meter{}
	for _, e := range events {
		m.Add(e)
	}
	return m
}

var near = cmpopts.EquateApprox(0, 1e-9)

// TestNow computes each figure by hand.
func TestNow(t *testing.T) {
	s := fed(text(tok("a", .5, .25), tok("b", .1, .05)), text(tok("c", .9, .05))).Now()
	h := func(ps ...float64) (sum float64) {
		for _, p := range ps {
			sum -= p * math.Log(p)
		}
		return sum
	}
	ha, hb, hc := h(.5, .25, .25), h(.1, .05, .85), h(.9, .05, .05)
	want := Signals{
		LogprobMean: (math.Log(.5) + math.Log(.1) + math.Log(.9)) / 3, LogprobMin: math.Log(.1), LogprobLow: 1. / 3,
		"logprob_q05": .9*math.Log(.1) + .1*math.Log(.5), "logprob_q10": .8*math.Log(.1) + .2*math.Log(.5),
		"logprob_q25": .5*math.Log(.1) + .5*math.Log(.5), "logprob_q50": math.Log(.5),
		MarginMean: (math.Log(2) + math.Log(2) + math.Log(18)) / 3, MarginMin: math.Log(2), MarginLow: 0,
		"margin_q05": math.Log(2), "margin_q10": math.Log(2), "margin_q25": math.Log(2), "margin_q50": math.Log(2),
		EntropyMean: (ha + hb + hc) / 3, EntropyMax: ha, EntropyHigh: 1. / 3,
		"entropy_q95": .9*ha + .1*hb, "entropy_q90": .8*ha + .2*hb, "entropy_q75": .5*ha + .5*hb, "entropy_q50": hb,
		Length: math.Log(4),
	}
	// Two margins of ln 2 may fall on either side of it by rounding.
	delete(s, MarginLow)
	delete(want, MarginLow)
	if d := cmp.Diff(want, s, near); d != "" {
		t.Error(d)
	}
	if got := fed(text(tok("a", .5, .4), tok("b", .9, .05))).Now()[MarginLow]; got != .5 {
		t.Errorf("margin_low is %v", got)
	}
}

// TestNowNames keeps the meter and the list of names together.
func TestNowNames(t *testing.T) {
	names := map[string]bool{}
	for _, n := range Names() {
		if names[n] {
			t.Errorf("%s stands there twice", n)
		}
		names[n] = true
	}
	m := &Meter{Letters: []string{"A", "B"}}
	m.Add(text(tok("A", .6, .2)))
	s := m.Now()
	for n := range s {
		if !names[n] {
			t.Errorf("%s is in no list", n)
		}
	}
	if len(s) != len(names)-4 {
		t.Errorf("%d signals of %d: %v", len(s), len(names), s)
	}
}

// TestPrefix: what the first tokens tell is what an answer of only those tells.
func TestPrefix(t *testing.T) {
	m := &Meter{}
	tokens := []llm.TokenLogprob{tok("x", .5, .3), tok("y", .7, .1), tok("z", .2, .1)}
	for i, one := range tokens {
		m.Add(text(one))
		if d := cmp.Diff(fed(text(tokens[:i+1]...)).Now(), m.Now(), near); d != "" || m.Tokens() != i+1 {
			t.Errorf("after %d: %s", i+1, d)
		}
	}
}

// TestMissing: what is not known is absent, and nothing reads as certain.
func TestMissing(t *testing.T) {
	nan := llm.TokenLogprob{Text: "a", Logprob: math.NaN()}
	for name, m := range map[string]*Meter{
		"nothing":         fed(),
		"no logprobs":     fed(&llm.Event{Type: llm.EventText, Text: "Rome"}),
		"half of them":    fed(text(tok("Rome ", .5)), &llm.Event{Type: llm.EventText, Text: "is a"}),
		"all certain":     fed(text(llm.TokenLogprob{Text: "Rome"}, llm.TokenLogprob{Text: "."})),
		"not numbers":     fed(text(nan)),
		"above zero":      fed(text(llm.TokenLogprob{Text: "a", Logprob: 1})),
		"the first token": fed(text(llm.TokenLogprob{Text: "a", Logprob: -1, First: true})),
	} {
		if s := m.Now(); len(s) > 0 {
			t.Errorf("%s: %v", name, s)
		}
		if j := Default(m.Now()); j.Known || !math.IsInf(j.Doubt, 1) {
			t.Errorf("%s: %+v", name, j)
		}
	}
	s := fed(text(tok("a", .5, .2), tok("b", .5))).Now()
	if _, ok := s[MarginMean]; ok {
		t.Errorf("margins of half of the tokens: %v", s)
	}
	if s[LogprobMean] == 0 {
		t.Errorf("log-probabilities are known: %v", s)
	}
	if s := fed(text(llm.TokenLogprob{Text: "a", Logprob: math.Inf(-1)})).Now(); s[LogprobMean] != worst {
		t.Errorf("an impossible token: %v", s)
	}
}

// TestThinking: sure thoughts do not count.
func TestThinking(t *testing.T) {
	want := fed(text(tok("4", .3, .2))).Now()
	for name, m := range map[string]*Meter{
		"events": fed(&llm.Event{Type: llm.EventReasoning, Text: "two and two", Logprobs: []llm.TokenLogprob{tok("two", .99, .001)}}, text(tok("4", .3, .2))),
		"tags":   fed(text(tok("<th", .9, .1), tok("ink>", .9, .1), tok("two and two", .99, .001), tok("</think>", .9, .05), tok("\n\n", .99, .001), tok("4", .3, .2))),
		"open":   fed(text(tok("two and two", .99, .001), tok("</thi", .9, .05), tok("nk>", .9, .05), tok("4", .3, .2))),
		"other":  fed(&llm.Event{Type: llm.EventText, Choice: 1, Text: "x", Logprobs: []llm.TokenLogprob{tok("x", .9, .1)}}, text(tok("4", .3, .2))),
		"raw":    fed(&llm.Event{Type: llm.EventRaw, Read: []llm.Event{*text(tok("4", .3, .2))}}),
	} {
		if d := cmp.Diff(want, m.Now(), near); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if got := strings.TrimSpace(m.Answer().Text); got != "4" {
			t.Errorf("%s: the answer is %q", name, got)
		}
	}
	m := fed(text(tok("<think>", .9, .1), tok("well", .9, .1)))
	if s := m.Now(); len(s) > 0 || m.Answer().Text != "" {
		t.Errorf("a thought that never ended: %v %q", s, m.Answer().Text)
	}
	m = fed(text(tok("<", .5, .2), tok("b>", .5, .2)))
	if m.Tokens() != 2 || m.Answer().Text != "<b>" {
		t.Errorf("%d tokens of %q", m.Tokens(), m.Answer().Text)
	}
}

func TestLetter(t *testing.T) {
	letters := []string{"A", "B", "C", "D"}
	option := func(text string, ps map[string]float64) llm.TokenLogprob {
		out := llm.TokenLogprob{Text: text, Logprob: math.Log(ps[text])}
		for o, p := range ps {
			out.Top = append(out.Top, llm.TokenLogprob{Text: o, Logprob: math.Log(p)})
		}
		return out
	}
	for name, c := range map[string]struct {
		tokens []llm.TokenLogprob
		want   float64
	}{
		"all listed":      {[]llm.TokenLogprob{option("B", map[string]float64{"A": .2, "B": .4, "C": .1, "D": .1})}, math.Log(2)},
		"variants add up": {[]llm.TokenLogprob{option(" B", map[string]float64{" B": .4, "B": .2, "(A": .2, "C": .1, "D": .01})}, math.Log(3)},
		"the rest bounds": {[]llm.TokenLogprob{option("B", map[string]float64{"B": .8, "The": .1})}, math.Log(8)},
		"behind words":    {[]llm.TokenLogprob{tok("The answer is", .9, .01), option(" C", map[string]float64{" C": .4, " A": .2, " B": .1, " D": .1})}, math.Log(2)},
		"an article":      {[]llm.TokenLogprob{option("C", map[string]float64{"A": .2, "B": .1, "C": .4, "D": .1}), tok(" is", .9, .01), option(" A", map[string]float64{" A": .9, " the": .1})}, math.Log(2)},
	} {
		m := &Meter{Letters: letters}
		m.Add(text(c.tokens...))
		if got, ok := m.Now()[LetterMargin]; !ok || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v %v, want %v", name, got, ok, c.want)
		}
	}
	m := &Meter{Letters: letters}
	m.Add(text(tok("Rome", .5, .2)))
	if v, ok := m.Now()[LetterMargin]; ok {
		t.Errorf("no letter has margin %v", v)
	}
}

func TestAnswer(t *testing.T) {
	m := fed(
		&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{ID: "1", Name: "f", Arguments: `{"a":`}},
		&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: 1, Name: "g"}},
		&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Arguments: `1}`}},
		&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: -1, Name: "h"}},
		&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: 1 << 30, Name: "h"}},
		&llm.Event{Type: llm.EventFinish, Finish: llm.FinishToolCalls},
	)
	a := m.Answer()
	want := []llm.ToolCall{{ID: "1", Name: "f", Arguments: `{"a":1}`}, {Name: "g"}}
	if d := cmp.Diff(want, a.Calls); d != "" || a.Finish != llm.FinishToolCalls {
		t.Error(d, a.Finish)
	}
}

// TestMost checks how many tokens an answer is thought to have at most: what its
// server counted, else a byte each, thinking and calls with them.
func TestMost(t *testing.T) {
	five := 5
	for _, c := range []struct {
		usage *llm.Usage
		want  int
	}{
		{nil, 11},
		{&llm.Usage{OutputTokens: &five, Source: llm.UsageBackend}, 5},
		{&llm.Usage{OutputTokens: &five, Source: llm.UsageCounted}, 11},
		{&llm.Usage{Source: llm.UsageBackend}, 11},
	} {
		m := Meter{}
		m.Add(&llm.Event{Type: llm.EventReasoning, Text: "hmm"})
		m.Add(&llm.Event{Type: llm.EventText, Text: "Rome"})
		m.Add(&llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Name: "f", Arguments: `{  }`}})
		m.Add(&llm.Event{Type: llm.EventFinish, Finish: llm.FinishLength})
		m.Add(&llm.Event{Type: llm.EventUsage, Usage: c.usage})
		if got := m.Answer().Most; got != c.want {
			t.Errorf("%+v: %d, want %d", c.usage, got, c.want)
		}
	}
}
