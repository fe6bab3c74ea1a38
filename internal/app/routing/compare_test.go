package routing

import (
	"context"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/shadow"
	"irori/internal/store/routed"
)

// TestCompare checks that a judge's word in both orders becomes a label, that
// nonsense does not, and what it took is told.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name string
		say  func(prompt string) string
		ok   bool
		weak float64
	}{
		{"the local answer is better", func(p string) string { return better(p, "GOOD") }, true, 1},
		{"the cloud's is better", func(p string) string { return better(p, "BAD") }, true, 0},
		{"nonsense", func(string) string { return "hmm" }, false, 0},
	} {
		asked := 0
		h := newHouse(t, "local: a\ncloud: c/x\nshadow: {share: 1, judge: c/x}", func(o *Options) {
			o.Ask = func(_ context.Context, target string, req *llm.Request, _ func(llm.Event)) (shadow.Answer, routed.Use, error) {
				asked++
				n := 10
				if target != "c/x" {
					t.Errorf("%s is asked", target)
				}
				return shadow.Answer{Text: c.say(req.Messages[len(req.Messages)-1].Text())}, routed.Use{PromptTokens: &n, OutputTokens: &n}, nil
			}
		})
		v, ok, err := h.compare(h.o.Policy.Route("auto"))(t.Context(), &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "Which?")}}, shadow.Answer{Text: "GOOD"}, shadow.Answer{Text: "BAD"})
		if err != nil || ok != c.ok || ok && v.Weak != c.weak || v.Used.PromptTokens == nil || *v.Used.PromptTokens != 10*asked || asked < 2 {
			t.Errorf("%s: %+v %v %v after %d", c.name, v, ok, err, asked)
		}
	}
}

// better is the verdict for the place where a word stands.
func better(prompt, word string) string {
	if strings.Index(prompt, word) < strings.Index(prompt, map[string]string{"GOOD": "BAD", "BAD": "GOOD"}[word]) {
		return "[[A>B]]"
	}
	return "[[B>A]]"
}

// A judge's work is reserved before it is asked.
func TestJudgingIsGuessed(t *testing.T) {
	for policy, want := range map[string]routed.Spent{
		"local: a\ncloud: c/x\nshadow: {share: 1, judge: c/x}": {Requests: 1, Tokens: 2 * (100 + 256 + 2*30 + judgeTokens), Money: 2 * 4.16},
		"local: a\ncloud: c/x\nshadow: {share: 1}":             {},
	} {
		h := newHouse(t, policy, func(o *Options) {
			o.About = func(string) About {
				return About{Price: func(in, _, _ int) (*float64, string) { cost := float64(in) / 100; return &cost, "JPY" }}
			}
		})
		q := &Query{Route: h.o.Policy.Route("auto")}
		q.Tokens = 100
		if got := h.judging(q, new(30)); got != want {
			t.Errorf("%s: %+v, want %+v", policy, got, want)
		}
	}
}
