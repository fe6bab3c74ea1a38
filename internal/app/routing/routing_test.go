package routing

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/app/routing/learnt"
	"irori/internal/app/routing/said"
	"irori/internal/gateway"
	"irori/internal/gateway/private"
	"irori/internal/llm"
	"irori/internal/route/cascade"
	"irori/internal/route/policy"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// says is a backend that says its name.
type says string

func (s says) Generate(context.Context, *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		if yield(llm.Event{Type: llm.EventText, Text: string(s)}, nil) {
			yield(llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}, nil)
		}
	}
}

// doubts refuses every answer.
type doubts struct{}

func (doubts) Add(llm.Event) {}
func (doubts) Verdict(context.Context, bool) cascade.Verdict {
	return cascade.Verdict{Escalate: true, Reason: "too unsure"}
}

// house is a Router over targets that are up or not.
type house struct {
	*Router
	down map[string]bool
}

func newHouse(t *testing.T, keys string, change func(*Options)) *house {
	t.Helper()
	p, err := policy.Parse("p.yaml", []byte("routes:\n  auto:\n    "+strings.ReplaceAll(keys, "\n", "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{down: map[string]bool{}}
	o := Options{Policy: p, Lease: func(_ context.Context, name string) (*gateway.Lease, error) {
		if h.down[name] {
			return nil, llm.Errorf(llm.CodeUnavailable, "%s is down", name)
		}
		who, model, ok := strings.Cut(name, "/")
		if !ok {
			who, model = "embedded", name
		}
		return &gateway.Lease{Backend: says(name), Name: who, Model: model, Local: true, Done: func() {}}, nil
	}}
	if change != nil {
		change(&o)
	}
	if h.Router, err = New(o); err != nil {
		t.Fatal(err)
	}
	return h
}

func asking(text string, header map[string]string) context.Context {
	r, _ := http.NewRequest(http.MethodPost, "/", nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	ctx, err := private.With(r.Context(), r.Header, nil)
	if err != nil {
		panic(err)
	}
	return gateway.Asking(r.WithContext(ctx), "chat", []*llm.Request{{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, text)}}})
}

// answer follows a lease as the gateway does, and returns who answered and why.
func answer(t *testing.T, l *gateway.Lease) (text, reason string) {
	t.Helper()
	for range 9 {
		var failed *llm.Error
		text = ""
		for e, err := range l.Backend.Generate(context.Background(), &llm.Request{}) {
			if err != nil {
				failed = gateway.AsError(err)
				break
			}
			text += e.Text
		}
		if failed == nil {
			return text, l.Reason
		}
		if l = l.Next(context.Background(), failed); l == nil {
			return "", failed.Error()
		}
	}
	t.Fatal("no end")
	return "", ""
}

// TestLease checks who answers, by what the request says and who is there.
func TestLease(t *testing.T) {
	const both = "local: [a, b]\ncloud: [c/x, c/y]"
	for _, c := range []struct {
		name, keys, model, text string
		header                  map[string]string
		down                    string
		who, reason             string
	}{
		{"local", both, "irori/auto", "hello", nil, "", "a", "local: nothing is known"},
		{"no model is auto", both, "", "hello", nil, "", "a", "local: nothing is known"},
		{"cloud", both, "irori/cloud", "hello", nil, "", "c/x", "cloud: the request asks"},
		{"header", both, "whatever", "hello", map[string]string{"X-Irori-Route": "auto"}, "", "a", "local"},
		{"side by header", both, "irori/auto", "hello", map[string]string{"X-Irori-Route": "cloud"}, "", "c/x", "cloud: the request asks"},
		{"local is down", both, "irori/auto", "hello", nil, "a b", "c/x", "cloud: failover (backend_unavailable)"},
		{"private", both + "\nunknown: cloud", "irori/auto", "AKIAIOSFODNN7EXAMPLE", nil, "", "a", "local: private (key)"},
		{"private, nobody masks", both + "\nunknown: cloud", "irori/auto", "mail taro@example.co.jp", nil, "", "a", "local: private (email)"},
		{"stricter by header", both + "\nunknown: cloud", "irori/auto", "hello", map[string]string{"X-Irori-Privacy": "local-only"}, "", "a", "local: private (it is to stay here)"},
		{"milder by header is not", both + "\nunknown: cloud", "irori/auto", "AKIAIOSFODNN7EXAMPLE", map[string]string{"X-Irori-Privacy": "any"}, "", "a", "local: private"},
		{"quality by header", both, "irori/auto", "hello", map[string]string{"X-Irori-Quality": "0.9"}, "", "c/x", "cloud: no bound"},
		{"providers by header", both + "\nunknown: cloud", "irori/auto", "hello", map[string]string{"X-Irori-Providers": "d"}, "", "a", "local"},
		{"most cost by header, no price", both + "\nunknown: cloud", "irori/auto", "hello", map[string]string{"X-Irori-Max-Cost": "1 JPY"}, "", "a", "local"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, c.keys, nil)
			for _, d := range strings.Fields(c.down) {
				h.down[d] = true
			}
			l, err := h.Lease(asking(c.text, c.header), c.model)
			if err != nil || l == nil {
				t.Fatal(l, err)
			}
			if who, reason := answer(t, l); who != c.who || !strings.HasPrefix(reason, c.reason) {
				t.Errorf("%s because %q", who, reason)
			}
			if l.Local != !strings.HasPrefix(c.who, "c/") || !strings.HasPrefix(l.Policy, "auto@") {
				t.Errorf("%+v", l)
			}
		})
	}
}

// TestNoRoute checks what is none of a router's names, and what it refuses.
func TestNoRoute(t *testing.T) {
	h := newHouse(t, "local: a\ncloud: c/x", nil)
	for _, name := range []string{"a", "c/x", "irori/other"} {
		if l, err := h.Lease(asking("hello", nil), name); l != nil || err != nil {
			t.Error(name, l, err)
		}
	}
	for _, header := range []map[string]string{{"X-Irori-Route": "other"}, {"X-Irori-Quality": "90"}, {"X-Irori-First-Token": "soon"}, {"X-Irori-Max-Cost": "much"}} {
		if _, err := h.Lease(asking("hello", header), "irori/auto"); llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Error(header, err)
		}
	}
	h.down["a"] = true
	if l, err := h.Lease(asking("AKIAIOSFODNN7EXAMPLE", nil), "irori/auto"); err == nil {
		t.Errorf("private, and local is down: %+v", l)
	}
}

// TestCascade checks that a doubtful answer goes to the cloud, and to the local
// model unjudged where the cloud fails too.
func TestCascade(t *testing.T) {
	judged := func(o *Options) {
		o.Judge = func(*Query, *llm.Request) cascade.Judge { return doubts{} }
	}
	h := newHouse(t, "local: a\ncloud: c/x\ncascade: true", judged)
	l, err := h.Lease(asking("hello", nil), "irori/auto")
	if err != nil {
		t.Fatal(err)
	}
	if who, reason := answer(t, l); who != "c/x" || reason != "cloud: escalated: too unsure" {
		t.Errorf("%s because %s", who, reason)
	}
	h.down["c/x"] = true
	if l, err = h.Lease(asking("hello", nil), "irori/auto"); err != nil {
		t.Fatal(err)
	}
	if who, reason := answer(t, l); who != "a" || !strings.HasPrefix(reason, "local: nobody else") {
		t.Errorf("%s because %s", who, reason)
	}
	if l, err = h.Lease(asking("AKIAIOSFODNN7EXAMPLE", nil), "irori/auto"); err != nil {
		t.Fatal(err)
	}
	if who, _ := answer(t, l); who != "a" {
		t.Errorf("a private answer is judged, and goes to %s", who)
	}
}

// An audit counts to its route's own budget: it is planned only where that has
// room, what it may take is kept free while it runs, and what it took is paid.
func TestAuditsCountToTheBudget(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := newHouse(t, "local: a\ncloud: c/x\nbudget: 5 JPY/day", func(o *Options) {
		o.Now = func() time.Time { return now }
		o.About = func(string) About {
			return About{Price: func(p, _, o int) (*float64, string) { v := float64(p+o) / 100; return &v, "JPY" }}
		}
	})
	x := h.o.Policy.Routes[0]
	need := func(v float64) routed.Spent { return routed.Spent{Requests: 1, Money: v} }
	if h.hold(x, need(6), "JPY") != nil {
		t.Error("what is dearer than the budget has room")
	}
	first := h.hold(x, need(3), "JPY")
	if first == nil || h.hold(x, need(3), "JPY") != nil {
		t.Fatal("two have room for one")
	}
	first()
	first()
	// It is paid by the record of the audit, whose lease is the route's.
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	ctx := context.WithValue(gateway.Asking(r, auditAPI, nil), auditFor{}, x)
	l := &gateway.Lease{Local: false, Reason: "named by the request"}
	h.Audited(ctx, "c/x", l)
	if l.Policy != "auto@"+h.o.Policy.Version {
		t.Errorf("the ledger has %q", l.Policy)
	}
	l.Ended(&store.Record{Status: store.StatusOK, Route: "cloud", Cost: new(4.0), Currency: "JPY", Time: now})
	if h.spent(x) != "" || h.hold(x, need(1.5), "JPY") != nil {
		t.Error("4 of 5 are spent")
	}
	l.Ended(&store.Record{Status: store.StatusOK, Route: "local", Cost: new(4.0), Currency: "JPY", Time: now})
	if h.spent(x) != "" {
		t.Error("what was answered here counts")
	}
	l.Ended(&store.Record{Status: store.StatusOK, Route: "cloud", Cost: new(1.0), Currency: "JPY", Time: now})
	if h.spent(x) == "" {
		t.Error("the cloud counts as not spent")
	}
	if late := h.hold(x, need(1), "JPY"); late != nil {
		t.Error("after all was spent")
	}
}

// What is bounded or weighed by money needs prices in its currency: of the cloud,
// and of a judge that another server is.
func TestMoneyNeedsPrices(t *testing.T) {
	about := func(name string) About {
		a := About{Served: strings.Contains(name, "/")}
		if name == "c/x" {
			a.Price = func(p, _, o int) (*float64, string) { v := float64(p + o); return &v, "JPY" }
		}
		return a
	}
	for keys, says := range map[string]string{
		"shadow: {share: 0.1, budget: 5 USD/day}":                "p:2: key routes.auto.shadow.budget is $5.00 a day, and no price in USD is known for c/x",
		"shadow: {share: 0.1, budget: 5 JPY/day, judge: j/free}": "p:2: key routes.auto.shadow.budget is ¥5 a day, and no price in JPY is known for j/free",
		"budget: 5 JPY/day, shadow: {share: 0.1, judge: j/free}": "p:2: key routes.auto.budget is ¥5 a day, and no price in JPY is known for j/free",
		"shadow: {share: 0.1, budget: 5 JPY/day, judge: b}":      "",
		"shadow: {share: 0.1, budget: 5 JPY/day, judge: c/x}":    "",
		"shadow: {share: 0.1, judge: j/free}":                    "",
		"value: 5 JPY":                                           "",
		"value: 5 USD":                                           "p:2: key routes.auto.value is 5 USD, and no price in USD is known for c/x",
	} {
		p, err := policy.Parse("p", []byte("routes:\n  auto: {local: a, cloud: c/x, "+keys+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = New(Options{Policy: p, About: about}); says == "" && err != nil || says != "" && (err == nil || !strings.HasPrefix(err.Error(), says)) {
			t.Errorf("%s: %v", keys, err)
		}
	}
}

// TestBudget checks that a route's budget closes the cloud, counts what was
// spent before, and cannot be one that nobody could count.
func TestBudget(t *testing.T) {
	price := func(string) About {
		return About{Price: func(p, _, o int) (*float64, string) { v := float64(p+o) / 100; return &v, "JPY" }}
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := newHouse(t, "local: a\ncloud: c/x\nunknown: cloud\nbudget: 5 JPY/day", func(o *Options) {
		o.About, o.Now = price, func() time.Time { return now }
		o.Spent = func(string, time.Time) (access.Spent, error) {
			return access.Spent{Money: map[string]float64{"JPY": 3}}, nil
		}
	})
	lease := func() *gateway.Lease {
		l, err := h.Lease(asking("hello", nil), "irori/auto")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := lease()
	if l.Local {
		t.Fatalf("%+v", l)
	}
	cost := 2.5
	l.Ended(&store.Record{Status: store.StatusOK, Route: "cloud", Cost: &cost, Currency: "JPY", Time: now})
	if l = lease(); !l.Local || l.Reason != "local: the budget of ¥5 a day is spent" {
		t.Errorf("%+v", l)
	}
	now = now.Add(24 * time.Hour)
	if l = lease(); l.Local {
		t.Errorf("on the next day: %s", l.Reason)
	}
	p, err := policy.Parse("p.yaml", []byte("routes:\n  auto: {local: a, cloud: c/x, budget: 5 USD/day}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Policy: p, About: price}); err == nil || !strings.HasPrefix(err.Error(), "p.yaml:2: key routes.auto.budget") {
		t.Error(err)
	}
}

// TestAway checks that it is told where who could answer is only not asked.
func TestAway(t *testing.T) {
	for _, c := range []struct {
		keys string
		down map[string]About
		want llm.Code
	}{
		{"cloud: [c/x, c/y]", map[string]About{"c/x": {Down: true, Away: true}, "c/y": {Down: true, Away: true}}, llm.CodeOffline},
		{"local: a\ncloud: c/x", map[string]About{"a": {Down: true}, "c/x": {Down: true, Away: true}}, llm.CodeUnavailable},
		{"cloud: c/x", map[string]About{"c/x": {Down: true}}, llm.CodeUnavailable},
	} {
		h := newHouse(t, c.keys, func(o *Options) { o.About = func(name string) About { return c.down[name] } })
		if _, err := h.Lease(asking("hello", nil), "irori/auto"); llm.CodeOf(err) != c.want {
			t.Errorf("%s: %v", c.keys, err)
		}
	}
}

// What a text is about is made ready before the first request, where anything
// looks at that, and only there: it takes a second.
func TestWarm(t *testing.T) {
	for _, c := range []struct {
		keys, trained string
		want          string
	}{
		{"local: a\ncloud: c/x\nrules: [{when: {contains: x}, use: local}]", "", ""},
		{"local: a\ncloud: c/x\nrules: [{when: {domain: computer_math}, use: local}]", "", "en ja "},
		{"local: [a, b]\ncloud: c/x", "b", "en ja "},
		{"local: [a, b]\ncloud: c/x", "c/x", ""},
	} {
		home := t.TempDir()
		if c.trained != "" {
			file := learnt.PredictorFile(home, "auto", c.trained)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		h := newHouse(t, c.keys, func(o *Options) { o.Home = home })
		heard := ""
		h.domain = func(text string) string { heard += said.Language(text) + " "; return "" }
		if h.Warm(); heard != c.want {
			t.Errorf("%s, %q trained: %q", c.keys, c.trained, heard)
		}
	}
}
