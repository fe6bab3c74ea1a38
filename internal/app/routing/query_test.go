package routing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"irori/internal/app/outcomes"
	"irori/internal/app/routing/learnt"
	"irori/internal/gateway"
	"irori/internal/gateway/fan"
	"irori/internal/gateway/private"
	"irori/internal/llm"
	"irori/internal/route/decide"
	"irori/internal/route/doubt/check"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/route/privacy"
	"irori/internal/route/shield"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// sure predicts the same of every question, about.
func sure(t *testing.T, weak, strong float64) *predict.Model {
	t.Helper()
	var all []outcome.Record
	for i := range 200 {
		// So many of a hundred are right.
		all = append(all, outcome.Record{Question: fmt.Sprintf("question %d of the day", i), Weak: new(float64(0)), Strong: new(float64(0))})
		if float64(i%100) < 100*weak {
			*all[i].Weak = 1
		}
		if float64(i%100) < 100*strong {
			*all[i].Strong = 1
		}
	}
	return predict.Train(all, predict.Options{Seed: 1})
}

// turns is a conversation, its user and an assistant in turns; "tool:" is what a
// tool reported of what the assistant called.
func turns(said ...string) *llm.Request {
	r := &llm.Request{}
	for i, s := range said {
		m := llm.TextMessage([]llm.Role{llm.RoleUser, llm.RoleAssistant}[i%2], s)
		if result, ok := strings.CutPrefix(s, "tool:"); ok {
			r.Messages[i-1] = llm.Message{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "c", Name: "sh", Arguments: "{}"}}}
			m = llm.TextMessage(llm.RoleTool, result)
			m.ToolCallID = "c"
		}
		r.Messages = append(r.Messages, m)
	}
	return r
}

// asks is the context of requests, with headers.
func asks(header map[string]string, reqs ...*llm.Request) context.Context {
	r, _ := http.NewRequest(http.MethodPost, "/", nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	ctx, err := private.With(r.Context(), r.Header, nil)
	if err != nil {
		panic(err)
	}
	return gateway.Asking(r.WithContext(ctx), "chat", reqs)
}

// Of several local targets each keeps what was predicted for it, whoever is
// asked last.
func TestEachTargetHasItsOwnChances(t *testing.T) {
	models := map[string]*predict.Model{"a": sure(t, .9, .9), "b": sure(t, .2, .9)}
	h := newHouse(t, "local: [a, b]\ncloud: c/x", func(o *Options) {
		o.Predictor = func(_, local string) *predict.Model { return models[local] }
	})
	q, err := h.query(t.Context(), gateway.Caller{API: "chat", Requests: []*llm.Request{turns("question 7 of the day")}}, h.o.Policy.Route("auto"), "irori/auto", "")
	if err != nil {
		t.Fatal(err)
	}
	d, err := decide.Decide(q.Route, q.Asked, h.known(q))
	if err != nil || d.Targets[0] != "a" {
		t.Fatal(d, err)
	}
	for name, m := range models {
		e := h.entry(q, &d, name, &store.Record{Route: "local"})
		if e.Weak.Name != name || e.Predictor != m.Version() || e.Scorer != m.Version() || *e.PWeak != m.Of(q.question(q.Last)).Weak || *e.Doubt != 1-*e.PWeak {
			t.Errorf("%s: %s of %s expects %v, doubts %v", name, e.Predictor, e.Weak.Name, *e.PWeak, *e.Doubt)
		}
	}
	if a, b := h.entry(q, &d, "a", &store.Record{}), h.entry(q, &d, "b", &store.Record{}); *a.PWeak < *b.PWeak+.3 || q.forecasts["a"].base == q.forecasts["b"].base {
		t.Errorf("%v and %v", *a.PWeak, *b.PWeak)
	}
}

// Several prompts at once, and several answers to one, are not judged, and no
// promise is said to hold for them.
func TestSeveralAnswersAreNotJudged(t *testing.T) {
	several := []*llm.Request{}
	for i := range 8 {
		several = append(several, &llm.Request{Raw: true, Prompt: fmt.Sprintf("question %d of the day", i)})
	}
	choices := turns("question 1 of the day")
	choices.N = 3
	model := sure(t, .5, .9)
	for _, c := range []struct {
		keys, reason string
	}{
		{"cascade: {doubt: 0.5}", "cloud: a better answer is worth it"},
		{"cascade: {doubt: 0.5}\nmargin: 0.9", "local: a better answer is not worth it"},
		{"cascade: true\nquality: 0.9", "cloud: no bound allows a local answer: more than one answer is asked for at once"},
		{"cascade: true\nquality: 0.9\nunknown: local", "local: the policy says so until a bound is promised: more than one answer is asked for at once"},
	} {
		for name, reqs := range map[string][]*llm.Request{"prompts": several, "choices": {choices}} {
			h := newHouse(t, "local: a\ncloud: c/x\n"+c.keys, func(o *Options) {
				o.Predictor = func(string, string) *predict.Model { return model }
			})
			l, err := h.Lease(asks(nil, reqs...), "irori/auto")
			if err != nil || !strings.HasPrefix(l.Reason, c.reason) {
				t.Errorf("%s, %s: %+v %v", name, c.keys, l, err)
				continue
			}
			said := 0
			for e, err := range fan.All(t.Context(), l.Backend, reqs) {
				if err != nil {
					t.Errorf("%s, %s: %v", name, c.keys, err)
				}
				if e.Type == llm.EventText {
					said++
				}
			}
			if said != len(reqs) || l.Held != nil {
				t.Errorf("%s, %s: %d answers, judged: %v", name, c.keys, said, l.Held != nil)
			}
		}
	}
}

// Of several prompts the mean is expected, of a long one what it ends with
// counts, as the last turn does of a conversation.
func TestPromptsAreQuestions(t *testing.T) {
	long := strings.Repeat("日本語の例文です。\n", 300) + "question 7 of the day"
	for prompt, want := range map[string]string{
		"short":                             "short",
		strings.Repeat("例", 1000):           strings.Repeat("例", 666),
		strings.Repeat("x", 3000) + "\nyes": strings.Repeat("x", 1996) + "\nyes",
	} {
		if got := check.Ending(prompt); got != want {
			t.Errorf("%.20s…: %d bytes, want %d", prompt, len(got), len(want))
		}
	}
	if end := check.Ending(long); len(end) > 2000 || !strings.HasPrefix(end, "日本語の例文です。\n") || !strings.HasSuffix(end, "7 of the day") {
		t.Errorf("%d: %.40q", len(end), end)
	}
	m := sure(t, .5, .9)
	h := newHouse(t, "local: a\ncloud: c/x", func(o *Options) { o.Predictor = func(string, string) *predict.Model { return m } })
	reqs := []*llm.Request{{Raw: true, Prompt: "question 7 of the day"}, {Raw: true, Prompt: "何の日ですか"}}
	q, err := h.query(t.Context(), gateway.Caller{API: "completions", Requests: reqs}, h.o.Policy.Route("auto"), "irori/auto", "")
	if err != nil {
		t.Fatal(err)
	}
	weak, _, ok := h.success(q, "a", "c/x")
	if want := (m.Of(q.question(reqs[0].Prompt)).Weak + m.Of(q.question(reqs[1].Prompt)).Weak) / 2; !ok || weak < want-1e-9 || weak > want+1e-9 {
		t.Errorf("%v, want %v", weak, want)
	}
}

// What is known of a target takes a look at the disk, so it is asked once for a
// request.
func TestTargetsAreLookedUpOnce(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	model := sure(t, .5, .9)
	h := newHouse(t, "local: [a, b]\ncloud: c/x\nquality: 0.9\ncascade: true\nunknown: local", func(o *Options) {
		o.Predictor = func(string, string) *predict.Model { return model }
		o.Home = t.TempDir()
		o.About = func(name string) About {
			mu.Lock()
			defer mu.Unlock()
			asked[name]++
			return About{Model: name}
		}
	})
	req := turns("hello")
	l, err := h.Lease(asks(nil, req), "irori/auto")
	if err != nil {
		t.Fatal(err)
	}
	for range l.Backend.Generate(t.Context(), req) {
		continue
	}
	q := &Query{Route: h.o.Policy.Route("auto")}
	h.target(q, "a") // another request looks again
	if want := map[string]int{"a": 2, "b": 1, "c/x": 1}; fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", asked, want)
	}
}

// finder counts how often each text is read.
type finder struct {
	mu   sync.Mutex
	of   *privacy.Scanner
	read map[string]int
	fail int
}

func (f *finder) Scan(text string) ([]privacy.Span, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read[text]++
	if f.fail > 0 {
		f.fail--
		panic("a fault")
	}
	return f.of.Scan(text)
}

// A request that leaves is read once for what is private in it, by the same
// settings; where it could not be read it stays here.
func TestPrivateIsReadOnce(t *testing.T) {
	scanner, err := privacy.New(privacy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &finder{of: scanner, read: map[string]int{}}
	own := shield.New(shield.Options{Finder: f, Policy: privacy.DefaultPolicy()})
	other := shield.New(shield.Options{Finder: f, Policy: privacy.DefaultPolicy()})
	at := own
	h := newHouse(t, "local: a\ncloud: c/x\nunknown: cloud", func(o *Options) {
		o.Terms = func(ctx context.Context) shield.Terms {
			terms, ok := shield.From(ctx)
			if terms.Shield = own; ok {
				terms.Shield = at
			}
			return terms
		}
	})
	ask := func() (string, *gateway.Lease) {
		req := turns("write to taro@example.co.jp", "done", "thank him")
		l, err := h.Lease(asks(nil, req), "irori/auto")
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for e, err := range l.Backend.Generate(t.Context(), req) {
			if err != nil {
				t.Fatal(err)
			}
			said += e.Text
		}
		return said, l
	}
	if said, l := ask(); said != "c/x" || l.Note() != "masked: email" {
		t.Errorf("%s, %s", said, l.Note())
	}
	if len(f.read) < 3 {
		t.Errorf("%v", f.read)
	}
	for text, n := range f.read {
		if n != 1 {
			t.Errorf("%q is read %d times", text, n)
		}
	}
	// Other settings read for themselves.
	clear(f.read)
	at = other
	if ask(); f.read["thank him"] != 2 {
		t.Errorf("%v", f.read)
	}
	at = own
	f.fail = 1
	if said, l := ask(); said != "a" || l.Reason != "local: private (it could not be read)" {
		t.Errorf("%s because %s", said, l.Reason)
	}
	// Who is not answered for that may ask again; whoever was is private from
	// then on.
	pinned := asks(map[string]string{"Session-Id": "s"}, turns("good day"))
	f.fail = 1
	if _, err := h.Lease(pinned, "irori/cloud"); llm.CodeOf(err) != llm.CodePrivacyCheck {
		t.Error(err)
	}
	if l, err := h.Lease(pinned, "irori/cloud"); err != nil || l.Name != "c" {
		t.Errorf("%+v %v", l, err)
	}
	if _, err := h.Lease(asks(nil, turns("write to taro@example.co.jp", "done", "thank him", "done", "again")), "irori/cloud"); llm.CodeOf(err) != llm.CodeForbidden || !strings.Contains(err.Error(), "its conversation is") {
		t.Error(err)
	}
}

// A conversation stays on its side while nothing says that it goes wrong there.
func TestConversationsStay(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	book := outcomes.At(t.TempDir(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	h := newHouse(t, "local: [a, b]\ncloud: [c/x, c/y]", func(o *Options) { o.Now, o.Book = func() time.Time { return now }, book.Open })
	n := 0
	ask := func(model string, said ...string) (*gateway.Lease, func(...func(*store.Record))) {
		t.Helper()
		l, err := h.Lease(asks(nil, turns(said...)), model)
		if err != nil {
			t.Fatal(err)
		}
		n++
		rec := &store.Record{ID: fmt.Sprint(n), Time: now, Status: store.StatusOK, Route: "cloud", Backend: l.Name, Model: l.Model, DecisionReason: l.Reason}
		if l.Local {
			rec.Route = "local"
		}
		return l, func(change ...func(*store.Record)) {
			for _, f := range change {
				f(rec)
			}
			l.Ended(rec)
			h.noting.Wait()
		}
	}
	is := func(what string, l *gateway.Lease, reason string) {
		t.Helper()
		if l.Reason != reason {
			t.Errorf("%s: %s, want %s", what, l.Reason, reason)
		}
	}
	const here = "cloud: the conversation is here already, and nothing is known of such questions yet"
	const unknown = "local: nothing is known of such questions yet"
	_, end := ask("irori/cloud", "one")
	end()
	l, end := ask("irori/auto", "one", "yes", "two")
	is("it was asked of the cloud", l, here)
	end()
	l, _ = ask("irori/auto", "one")
	is("nothing went before", l, unknown)
	l, _ = ask("irori/auto", "another", "yes", "two")
	is("another conversation", l, unknown)
	l, end = ask("irori/auto", "one", "yes", "two", "sh", `tool:{"exit_code":0}`)
	is("a tool ended well", l, here)
	end()
	l, end = ask("irori/auto", "one", "yes", "two", "sh", `tool:{"exit_code":0}`, "sh", `tool:{"exit_code":2}`)
	is("a tool failed", l, unknown)
	end()
	l, end = ask("irori/auto", "one", "yes", "two", "sh", `tool:{"exit_code":0}`, "sh", `tool:{"exit_code":2}`, "hm", "three")
	is("on", l, unknown)
	// Another stood in for an answer that would not do: that does not bind.
	end(func(r *store.Record) { r.EscalatedFrom, r.Route = "a", "cloud" })
	l, end = ask("irori/auto", "one", "yes", "two", "sh", `tool:{"exit_code":0}`, "sh", `tool:{"exit_code":2}`, "hm", "three", "so", "four")
	is("escalated before", l, unknown)
	end()
	now = now.Add(3 * time.Hour)
	l, _ = ask("irori/auto", "one", "yes", "two")
	is("long ago", l, unknown)
	var said []string
	o, err := book.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.Sync(t.Context())
	for row, err := range o.Rows(t.Context(), routed.Which{}) {
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, row.Turn.On+"/"+row.Turn.Again)
	}
	slices.Sort(said)
	if got := strings.Join(said, " "); got != "/ strong/ strong/ strong/tool weak/ weak/escalated" {
		t.Errorf("noted: %s", got)
	}
}

// Whoever answered the conversation before has read it: its price for that
// counts, and all of it is charged to who has not.
func TestReadingAgainCosts(t *testing.T) {
	h := newHouse(t, "local: a\ncloud: [c/x, c/y]", func(o *Options) {
		o.About = func(string) About {
			return About{Price: func(prompt, cached, output int) (*float64, string) {
				cost := float64(prompt-cached) + .1*float64(cached) + float64(output)
				return &cost, "JPY"
			}}
		}
	})
	req := turns(strings.Repeat("long ", 800), "yes", "and?")
	req.MaxTokens = new(50)
	q, err := h.query(t.Context(), gateway.Caller{API: "chat", Requests: []*llm.Request{req}}, h.o.Policy.Route("auto"), "irori/auto", "")
	if err != nil {
		t.Fatal(err)
	}
	q.OnTarget = "c/y"
	x, y := h.target(q, "c/x"), h.target(q, "c/y")
	if q.Had < 1000 || q.Tokens-q.Had > 4 || *x.Cost != float64(q.Tokens+50) || x.Reread != 0 {
		t.Errorf("%d of %d tokens: %v, %v", q.Had, q.Tokens, *x.Cost, x.Reread)
	}
	if saved := .9 * float64(q.Had); y.Reread < saved-1e-6 || y.Reread > saved+1e-6 || *y.Cost+y.Reread != *x.Cost {
		t.Errorf("%v, saved %v of %v", *y.Cost, y.Reread, saved)
	}
}

// A conversation that was private stays so, also where what made it private is
// not said again.
func TestConversationsStayPrivate(t *testing.T) {
	h := newHouse(t, "local: a\ncloud: c/x\nunknown: cloud", nil)
	const key = "AKIAIOSFODNN7EXAMPLE"
	for _, c := range []struct {
		name   string
		header map[string]string
		said   []string
		reason string
	}{
		{"its client wants it so", map[string]string{"X-Irori-Privacy": "local-only"}, []string{"one"}, "local: private (it is to stay here)"},
		{"its client says so no more", nil, []string{"one", "yes", "two"}, "local: private (its conversation is)"},
		{"and later", nil, []string{"one", "yes", "two", "no", "three"}, "local: private (its conversation is)"},
		{"another that begins so", nil, []string{"one"}, "cloud: nothing is known"},
		{"a session with a key", map[string]string{"Session-Id": "s"}, []string{"it is " + key}, "local: private (key)"},
		{"the session without", map[string]string{"Session-Id": "s"}, []string{"summary", "yes", "go on"}, "local: private (its conversation is)"},
		{"another session", map[string]string{"Session-Id": "t"}, []string{"summary", "yes", "go on"}, "cloud: nothing is known"},
	} {
		l, err := h.Lease(asks(c.header, turns(c.said...)), "irori/auto")
		if err != nil || !strings.HasPrefix(l.Reason, c.reason) {
			t.Errorf("%s: %+v %v", c.name, l, err)
		}
	}
	if _, err := h.Lease(asks(map[string]string{"Session-Id": "s"}, turns("hello")), "irori/cloud"); llm.CodeOf(err) != llm.CodeForbidden {
		t.Errorf("a private session is sent to the cloud: %v", err)
	}
}

// Who demands two things at once is told both, and nobody is asked.
func TestDemandsContradict(t *testing.T) {
	h := newHouse(t, "local: a\ncloud: c/x", nil)
	for _, c := range []struct {
		model string
		route []string
		says  []string
	}{
		{"irori/local", []string{"cloud"}, []string{"irori/local", "X-Irori-Route says cloud"}},
		{"irori/cloud", []string{"LOCAL"}, []string{"irori/cloud", "X-Irori-Route says LOCAL"}},
		{"irori/auto", []string{"local", "cloud"}, []string{`"local" and "cloud"`}},
		{"far/other", []string{"cloud", "local"}, []string{`"cloud" and "local"`}},
		{"irori/local", []string{"local", "Local"}, nil},
		{"irori/cloud", []string{"auto"}, nil},
	} {
		r, _ := http.NewRequest(http.MethodPost, "/", nil)
		r.Header["X-Irori-Route"] = c.route
		l, err := h.Lease(gateway.Asking(r, "chat", []*llm.Request{turns("hello")}), c.model)
		if c.says == nil && (err != nil || l == nil) || c.says != nil && llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("%+v: %+v %v", c, l, err)
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%+v: %v", c, err)
			}
		}
	}
}

// A request whose client leaves no provider is one of its route all the same:
// its row is kept.
func TestNoProviderIsKept(t *testing.T) {
	book := outcomes.At(t.TempDir(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	h := newHouse(t, "local: a\ncloud: c/x\nunknown: cloud", func(o *Options) { o.Book = book.Open })
	l, err := h.Lease(asks(map[string]string{"X-Irori-Providers": "nobody"}, turns("hello")), "irori/auto")
	if err != nil || l.Name != "embedded" {
		t.Fatalf("%+v %v", l, err)
	}
	l.Ended(&store.Record{ID: "1", Time: time.Now(), Status: store.StatusOK, Route: "local", Backend: l.Name, Model: l.Model, DecisionReason: l.Reason})
	h.noting.Wait()
	o, err := book.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.Sync(t.Context())
	n := 0
	for row, err := range o.Rows(t.Context(), routed.Which{}) {
		if n++; err != nil || row.ID != "1" || row.Strong.Name != "c/x" {
			t.Errorf("%+v %v", row, err)
		}
	}
	if n != 1 {
		t.Errorf("%d rows", n)
	}
	if _, err := h.Lease(asks(map[string]string{"X-Irori-Providers": "nobody"}, turns("hello")), "irori/cloud"); llm.CodeOf(err) != llm.CodeForbidden || !strings.Contains(err.Error(), "providers") {
		t.Error(err)
	}
}

// A predictor that says it was trained for another pair decides nothing, and why
// is told; one that names no pair, or this one, does.
func TestPredictorOfAnotherPair(t *testing.T) {
	for _, c := range []struct {
		weak, strong string
		used         bool
	}{
		{"", "", true}, {"irori/local", "c/x", true}, {"small", "x", true}, {"Small", "c/y", true}, {"", "c/x", true},
		{"llama8b", "nemotron", false}, {"irori/local", "nemotron", false}, {"llama8b", "c/x", false}, {"local", "c/x", false},
	} {
		home := t.TempDir()
		var all []outcome.Record
		for i := range 200 {
			all = append(all, outcome.Record{Question: fmt.Sprintf("question %d of the day", i), Weak: new(float64(0)), Strong: new(float64(1))})
		}
		file := learnt.PredictorFile(home, "auto", "irori/local")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := predict.Train(all, predict.Options{Seed: 1, Weak: c.weak, Strong: c.strong}).Save(file); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		h := newHouse(t, "local: irori/local\ncloud: [c/x, c/y]", func(o *Options) {
			o.Home, o.Log = home, slog.New(slog.NewTextHandler(&said, nil))
			o.About = func(name string) About {
				if name == "irori/local" {
					name = "small"
				}
				return About{Model: name}
			}
		})
		l, err := h.Lease(asks(nil, turns("question 7 of the day")), "irori/auto")
		if err != nil || strings.HasPrefix(l.Reason, "cloud: a better answer is worth it") != c.used {
			t.Errorf("%+v: %+v %v", c, l, err)
		}
		warned := strings.Contains(said.String(), "level=WARN") && strings.Contains(said.String(), "trained for "+c.weak) && strings.Contains(said.String(), "the route auto asks irori/local and c/x, c/y")
		if warned == c.used {
			t.Errorf("%+v: %s", c, said.String())
		}
	}
}
