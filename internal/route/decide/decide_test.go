package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/route/policy"
)

// route reads a route named auto.
func route(t *testing.T, keys string) *policy.Route {
	t.Helper()
	p, err := policy.Parse("p", []byte("routes:\n  auto:\n    "+strings.ReplaceAll(keys, "\n", "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Route("auto")
}

func success(weak, strong float64) func(string, string) (float64, float64, bool) {
	return func(string, string) (float64, float64, bool) { return weak, strong, true }
}

// TestDecide walks what can decide, in the order in which it does.
func TestDecide(t *testing.T) {
	const both = "local: [a, b]\ncloud: [c/x, c/y]"
	no := false
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	private := Private{Treatment: policy.LocalOnly, Why: "key"}
	small := func(name string) Target {
		out := Target{Name: name}
		if name == "a" || name == "b" {
			out.Context, out.Images = 1000, &no
		}
		return out
	}
	slow := func(name string) Target {
		d := 10 * time.Second
		if name == "a" || name == "b" {
			return Target{Name: name, FirstToken: &d}
		}
		return Target{Name: name}
	}
	late := func(seconds ...float64) func(string) Target {
		return func(name string) Target {
			d := time.Duration(seconds[slices.Index([]string{"a", "b", "c/x", "c/y"}, name)] * float64(time.Second))
			return Target{Name: name, FirstToken: &d}
		}
	}
	priced := func(name string) Target {
		c := 4.0
		if name == "c/x" {
			return Target{Name: name, Cost: &c, Currency: "JPY"}
		}
		return Target{Name: name}
	}
	for _, c := range []struct {
		name, keys string
		a          Asked
		k          Known
		targets    string
		reason     string
	}{
		{"unknown", both, Asked{}, Known{}, "a b c/x c/y", "local: nothing is known"},
		{"unknown is cloud", both + "\nunknown: cloud", Asked{}, Known{}, "c/x c/y a b", "cloud: nothing is known"},
		{"pin, a rule that lets it", both + "\nrules: [{use: c/y}]", Asked{Pin: policy.Cloud}, Known{}, "c/y c/x", "cloud: the request asks"},
		{"pin here, a rule for the cloud", both + "\nrules: [{use: cloud}]", Asked{Pin: policy.Local}, Known{}, "a b", "local: the request asks"},
		{"a rule that comes next", both + "\nrules: [{when: {tools: false}, use: local}, {when: {tools: false}, use: cloud, why: else}]", Asked{}, Known{Target: func(n string) Target { return Target{Name: n, Down: n == "a" || n == "b"} }}, "c/x c/y", "cloud: else"},
		{"providers", both + "\nunknown: cloud", Asked{Providers: []string{"nobody"}}, Known{}, "a b", "local: no other target can answer it: c/y is none of the providers"},
		{"pin", both, Asked{Pin: policy.Cloud}, Known{}, "c/x c/y", "cloud: the request asks"},
		{"private", both + "\nunknown: cloud", Asked{Private: private}, Known{}, "a b", "local: private (key)"},
		{"private beats a rule", both + "\nrules: [{use: cloud}]", Asked{Private: private}, Known{}, "a b", "local: private (key)"},
		{"generates nothing", both + "\nrules: [{use: cloud}]", Asked{Stays: Vain}, Known{}, "a b", "local: requests that generate nothing stay here"},
		{"generates nothing, no cloud", "local: a", Asked{Stays: Vain}, Known{}, "a", "local: requests that generate nothing stay here"},
		{"hours", both + "\nunknown: cloud\nhours: 13:00-14:00 UTC", Asked{Now: noon}, Known{}, "a b", "local: outside its hours"},
		{"within hours", both + "\nunknown: cloud\nhours: 11:00-14:00 UTC", Asked{Now: noon}, Known{}, "c/x c/y a b", "cloud"},
		{"budget", both + "\nunknown: cloud", Asked{}, Known{Spent: func() string { return "5 JPY/day" }}, "a b", "local: the budget of 5 JPY/day is spent"},
		{"context", both, Asked{Tokens: 2000}, Known{Target: small}, "c/x c/y", "cloud: no local target can"},
		{"images", both, Asked{Images: true}, Known{Target: small}, "c/x c/y", "cloud: no local target can"},
		{"all slow", both + "\nfirst_token: 3s", Asked{}, Known{Target: late(3.5, 4, 9, 8)}, "a b c/y c/x", "local: nothing is known of such questions yet; nobody is expected to begin within 3s"},
		{"all slow, the second less", both + "\nfirst_token: 3s", Asked{}, Known{Target: late(5, 4, 9, 8)}, "b a c/y c/x", "local: nothing is known of such questions yet; nobody"},
		{"all here slow and private", both + "\nfirst_token: 3s", Asked{Private: private}, Known{Target: late(5, 4, 1, 1)}, "b a", "local: private (key); nobody is expected to begin within 3s"},
		{"all here slow and demanded", both + "\nfirst_token: 3s", Asked{Pin: policy.Local}, Known{Target: late(5, 4, 1, 1)}, "b a", "local: the request asks for it; nobody is expected to begin within 3s"},
		{"one in time", both + "\nfirst_token: 3s", Asked{}, Known{Target: late(5, 4, 9, 1)}, "c/y", "cloud: no local target can"},
		{"slow", both + "\nfirst_token: 3s", Asked{}, Known{Target: slow}, "c/x c/y", "cloud: no local target can"},
		{"rule by word", both + "\nrules: [{when: {contains: ＣＯＤＥ}, use: c/y, why: code}]", Asked{Text: "some code"}, Known{}, "c/y c/x", "cloud: code"},
		{"rule not", both + "\nrules: [{when: {contains: code}, use: c/y}]", Asked{Text: "prose"}, Known{}, "a b c/x c/y", "local: nothing"},
		{"rule of a target that cannot", both + "\nrules: [{use: b}]", Asked{Tokens: 2000}, Known{Target: small}, "c/x c/y", "cloud: no local"},
		{"side call", both, Asked{SideCall: "a title"}, Known{Success: success(.1, .9)}, "a b", "local: a title needs no cloud"},
		{"worth", both, Asked{}, Known{Success: success(.5, .7)}, "c/x c/y a b", "cloud: a better answer is worth it (+20 points, 10 wanted)"},
		{"not worth", both, Asked{}, Known{Success: success(.5, .55)}, "a b c/x c/y", "local: a better answer is not worth it"},
		{"both fail", both, Asked{}, Known{Success: success(.02, .05)}, "a b c/x c/y", "local: a better answer is not"},
		{"money: worth", both + "\nvalue: 50 JPY", Asked{}, Known{Success: success(.5, .6), Target: priced}, "c/x c/y a b", "cloud: a better answer is worth it (5 JPY, for a cost of 4)"},
		{"money: not", both + "\nvalue: 30 JPY", Asked{}, Known{Success: success(.5, .6), Target: priced}, "a b c/x c/y", "local: a better answer is not worth it"},
		{"second local is better", both, Asked{}, Known{Success: func(l, _ string) (float64, float64, bool) {
			return map[string]float64{"a": .5, "b": .9}[l], .92, true
		}}, "b a c/x c/y", "local"},
		{"quality without a bound", both + "\nquality: 0.9", Asked{}, Known{Success: success(.99, .99)}, "c/x c/y a b", "cloud: no bound"},
		{"quality, blind", both + "\nquality: 0.9", Asked{}, Known{Bound: bound(.05)}, "c/x c/y a b", "cloud: no bound allows a local answer: nothing says how doubtful an answer is: irori route train"},
		{"quality, blind and local", both + "\nquality: 0.9\nunknown: local", Asked{}, Known{}, "a b c/x c/y", "local: the policy says so until a bound is promised: nothing says how doubtful"},
		{"quality, not judged yet", both + "\nquality: 0.9\ncascade: true", Asked{}, Known{Judged: func(string) (bool, string) { return false, "few audits" }}, "c/x c/y a b", "cloud: no bound allows a local answer: few audits"},
		{"quality, kept", both + "\nquality: 0.9", Asked{}, Known{Success: success(.97, .99), Bound: bound(.05)}, "a b c/x c/y", "local: within the bound"},
		{"quality, doubtful", both + "\nquality: 0.9", Asked{}, Known{Success: success(.9, .99), Bound: bound(.05)}, "c/x c/y a b", "cloud: no bound"},
		{"quality, judged", both + "\nquality: 0.9\ncascade: true", Asked{}, Known{Judged: func(string) (bool, string) { return true, "" }}, "a b c/x c/y", "local: the answer is judged within"},
		{"cascade", both + "\ncascade: true", Asked{}, Known{Success: success(.2, .9)}, "a b c/x c/y", "local: the answer is judged first"},
		{"down", both, Asked{}, Known{Target: func(n string) Target { return Target{Name: n, Down: n == "a"} }}, "b c/x c/y", "local"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Decide(route(t, c.keys), c.a, c.k)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(d.Targets, " "); got != c.targets || !strings.HasPrefix(d.Reason, c.reason) {
				t.Errorf("%s because %q; want %s because %q (%v)", got, d.Reason, c.targets, c.reason, d.Steps)
			}
			if (d.Side == policy.Cloud) != strings.HasPrefix(d.Targets[0], "c/") {
				t.Errorf("side %s of %v", d.Side, d.Targets)
			}
			if len(d.Steps) == 0 {
				t.Error("no step")
			}
		})
	}
}

func bound(v float64) func(string) (*float64, string) {
	return func(string) (*float64, string) { return &v, "" }
}

// TestPlain checks that a doubtful answer is judged by its doubt only where a
// better one is worth it.
func TestPlain(t *testing.T) {
	for strong, plain := range map[float64]bool{.9: false, .55: true} {
		d, err := Decide(route(t, "local: a\ncloud: c/x\ncascade: {doubt: 0.5}"), Asked{}, Known{Success: success(.5, strong)})
		if err != nil || !d.Judge || d.Plain != plain {
			t.Errorf("%v: %+v %v", strong, d, err)
		}
	}
}

// TestConversations checks that a conversation changes sides only where that
// brings more than reading all of it again costs, and never against what is
// allowed.
func TestConversations(t *testing.T) {
	const both = "local: [a, b]\ncloud: [c/x, c/y]"
	here, there := Asked{On: policy.Local, OnTarget: "b"}, Asked{On: policy.Cloud, OnTarget: "c/y"}
	// priced costs 4 on the cloud, and 1 where it has read the conversation.
	priced := func(on Asked) func(string) Target {
		return func(name string) Target {
			x := Target{Name: name, Currency: "JPY"}
			if cost := 4.0; strings.HasPrefix(name, "c/") {
				if name == on.OnTarget {
					cost, x.Reread = 1, 3
				}
				x.Cost = &cost
			}
			return x
		}
	}
	with := func(a Asked, change func(*Asked)) Asked {
		change(&a)
		return a
	}
	for _, c := range []struct {
		name, keys string
		a          Asked
		k          Known
		targets    string
		reason     string
	}{
		{"here, worth it", both, here, Known{Success: success(.5, .7)}, "c/x c/y b a", "cloud: a better answer is worth it (+20 points, 15 wanted)"},
		{"here, hardly", both, here, Known{Success: success(.5, .62)}, "b a c/x c/y", "local: the conversation is here already, and a better answer is not worth it (+12 points, 15 wanted)"},
		{"here, not", both, here, Known{Success: success(.5, .55)}, "b a c/x c/y", "local: a better answer is not worth it (+5 points, 15 wanted)"},
		{"there, not", both, there, Known{Success: success(.5, .52)}, "a b c/y c/x", "local: a better answer is not worth it (+2 points, 5 wanted)"},
		{"there, nearly", both, there, Known{Success: success(.5, .57)}, "c/y c/x a b", "cloud: the conversation is here already, and changing is not worth it (+7 points, 5 wanted)"},
		{"there, nearly, judged", both + "\ncascade: true", there, Known{Success: success(.5, .57)}, "c/y c/x a b", "cloud: the conversation is here already, and changing is not worth it"},
		{"there, worth it, judged", both + "\ncascade: true", there, Known{Success: success(.5, .7)}, "c/y c/x a b", "cloud: a better answer is worth it"},
		{"a margin of one's own", both + "\nstay: 0.2", here, Known{Success: success(.5, .75)}, "b a c/x c/y", "local: the conversation is here already"},
		{"money, here", both + "\nvalue: 30 JPY", here, Known{Success: success(.5, .6), Target: priced(here)}, "b a c/x c/y", "local: a better answer is not worth it (3 JPY, for a cost of 4)"},
		{"money, there", both + "\nvalue: 30 JPY", there, Known{Success: success(.5, .6), Target: priced(there)}, "c/y c/x a b", "cloud: the conversation is here already, and changing is not worth it (3 JPY, for a cost of 1)"},
		{"money, there, not", both + "\nvalue: 30 JPY", there, Known{Success: success(.5, .51), Target: priced(there)}, "a b c/y c/x", "local: a better answer is not worth it (0.3 JPY, for a cost of 1)"},
		{"unknown, there", both, there, Known{}, "c/y c/x a b", "cloud: the conversation is here already, and nothing is known"},
		{"unknown, here", both + "\nunknown: cloud", here, Known{}, "b a c/x c/y", "local: the conversation is here already, and nothing is known"},
		{"unknown, and so it is", both, here, Known{}, "b a c/x c/y", "local: nothing is known"},
		{"another local is much better", both, here, Known{Success: func(l, _ string) (float64, float64, bool) {
			return map[string]float64{"a": .9, "b": .5}[l], .92, true
		}}, "a b c/x c/y", "local: a better answer is not worth it"},
		{"another local is hardly better", both, here, Known{Success: func(l, _ string) (float64, float64, bool) {
			return map[string]float64{"a": .51, "b": .5}[l], .52, true
		}}, "b a c/x c/y", "local: a better answer is not worth it"},
		{"a rule", both + "\nrules: [{use: local}]", there, Known{}, "a b", "local: rule 1"},
		{"the request", both, with(there, func(a *Asked) { a.Pin = policy.Local }), Known{}, "a b", "local: the request asks"},
		{"private", both, with(there, func(a *Asked) { a.Private = Private{Treatment: policy.LocalOnly, Why: "key"} }), Known{}, "a b", "local: private (key)"},
		{"budget", both, there, Known{Spent: func() string { return "5 JPY/day" }}, "a b", "local: the budget of 5 JPY/day is spent"},
		{"down", both, there, Known{Target: func(n string) Target { return Target{Name: n, Down: strings.HasPrefix(n, "c/")} }}, "a b", "local: no other target"},
		{"it is down", both, there, Known{Target: func(n string) Target { return Target{Name: n, Down: n == "c/y"} }}, "c/x a b", "cloud: the conversation is here"},
		{"a promise", both + "\nquality: 0.9", there, Known{Success: success(.97, .99), Bound: bound(.05)}, "a b c/x c/y", "local: within the bound"},
		{"a promise that fails", both + "\nquality: 0.9", here, Known{Success: success(.5, .52), Bound: bound(.05)}, "c/x c/y a b", "cloud: no bound"},
	} {
		d, err := Decide(route(t, c.keys), c.a, c.k)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(d.Targets, " "); got != c.targets || !strings.HasPrefix(d.Reason, c.reason) {
			t.Errorf("%s: %s because %q; want %s because %q", c.name, got, d.Reason, c.targets, c.reason)
		}
	}
}

// TestSeveral checks that no answer is judged, and no bound holds, where more
// than one is asked for.
func TestSeveral(t *testing.T) {
	yes := func(string) (bool, string) { return true, "" }
	for keys, reason := range map[string]string{
		"cascade: true": "cloud: a better answer is worth it",
		"quality: 0.9":  "cloud: no bound allows a local answer: more than one answer",
		"quality: 0.9\ncascade: true\nunknown: local": "local: the policy says so until a bound is promised: more than one answer",
	} {
		d, err := Decide(route(t, "local: a\ncloud: c/x\n"+keys), Asked{Several: true}, Known{Success: success(.5, .9), Bound: bound(.9), Judged: yes})
		if err != nil || d.Judge || !strings.HasPrefix(d.Reason, reason) {
			t.Errorf("%s: %+v %v", keys, d, err)
		}
	}
}

// TestRefused checks who is answered by nobody: what is private stays here also
// when local is down.
func TestRefused(t *testing.T) {
	const both = "local: a\ncloud: c/x"
	down := func(n string) Target { return Target{Name: n, Down: n == "a"} }
	for _, c := range []struct {
		name, keys string
		a          Asked
		k          Known
		code       llm.Code
		says       string
	}{
		{"private, local down", both, Asked{Private: Private{Treatment: policy.LocalOnly, Why: "my_number"}}, Known{Target: down}, llm.CodeUnavailable, "private (my_number), and no local target can answer it, so it does not leave this machine: a does not answer now"},
		{"unread, local down", both, Asked{Private: Private{Treatment: policy.LocalOnly, Why: "it", Unread: true}}, Known{Target: down}, llm.CodePrivacyCheck, "no local target can answer the request, and what is private in it could not be found out"},
		{"unread, pinned to the cloud", both, Asked{Pin: policy.Cloud, Private: Private{Treatment: policy.LocalOnly, Why: "it", Unread: true}}, Known{}, llm.CodePrivacyCheck, "the request asks for the cloud, and what"},
		{"unread, generates nothing", both, Asked{Pin: policy.Cloud, Stays: Vain, Private: Private{Treatment: policy.LocalOnly, Unread: true}}, Known{}, llm.CodeForbidden, "requests that generate nothing"},
		{"generates nothing, local down", both, Asked{Stays: Vain}, Known{Target: down}, llm.CodeUnavailable, "requests that generate nothing stay here, and no local target"},
		{"generates nothing, pinned to the cloud", both, Asked{Pin: policy.Cloud, Stays: Vain}, Known{}, llm.CodeForbidden, "which it may not use: requests that generate nothing stay here"},
		{"generates nothing, pinned to no cloud", "local: a", Asked{Pin: policy.Cloud, Stays: Vain}, Known{}, llm.CodeForbidden, "requests that generate nothing stay here"},
		{"pinned to the cloud, private", both, Asked{Pin: policy.Cloud, Private: Private{Treatment: policy.LocalOnly, Why: "key"}}, Known{}, llm.CodeForbidden, "private (key)"},
		{"pinned to local, down", both, Asked{Pin: policy.Local}, Known{Target: down}, llm.CodeUnavailable, "does not answer now"},
		{"demanded, refused by a rule", both + "\nrules: [{use: refuse, why: no}]", Asked{Pin: policy.Cloud}, Known{}, llm.CodeForbidden, "refuses the request: no"},
		{"local, refused by a rule", both + "\nrules: [{use: refuse, why: no}]", Asked{Pin: policy.Local}, Known{}, llm.CodeForbidden, "refuses the request: no"},
		{"all down, refused by a rule", both + "\nrules: [{use: refuse, why: no}]", Asked{Pin: policy.Local}, Known{Target: down}, llm.CodeForbidden, "refuses the request: no"},
		{"demanded, local by a rule", both + "\nrules: [{use: local, why: secret}]", Asked{Pin: policy.Cloud}, Known{}, llm.CodeForbidden, "which it may not use: secret"},
		{"demanded, one here by a rule", both + "\nrules: [{use: a, why: secret}]", Asked{Pin: policy.Cloud}, Known{}, llm.CodeForbidden, "which it may not use: secret"},
		{"demanded, local by a rule, and down", both + "\nrules: [{use: local, why: secret}]", Asked{Pin: policy.Cloud}, Known{Target: down}, llm.CodeForbidden, "which it may not use: secret"},
		{"local by a rule, and down", both + "\nunknown: cloud\nrules: [{use: local, why: secret}]", Asked{}, Known{Target: down}, llm.CodeUnavailable, "keeps the request here (secret), and no local target can answer it: a does not answer now"},
		{"refused by a rule", both + "\nrules: [{when: {tools: true}, use: refuse, why: no tools}]", Asked{Tools: true}, Known{}, llm.CodeForbidden, "no tools"},
		{"private, local cannot", both, Asked{Tokens: 9, Private: Private{Treatment: policy.LocalOnly, Why: "key"}}, Known{Target: func(n string) Target { return Target{Name: n, Context: 5} }}, llm.CodeForbidden, "private (key), and no local target can answer it, so it does not leave this machine: a takes 5 tokens"},
		{"budget spent, local down", both, Asked{}, Known{Target: down, Spent: func() string { return "5 JPY/day" }}, llm.CodeUnavailable, "the budget of 5 JPY/day is spent: a does not answer now"},
		{"no providers", both, Asked{Pin: policy.Cloud, Providers: []string{"nobody"}}, Known{}, llm.CodeForbidden, "c/x is none of the providers that the request allows"},
		{"too dear", both, Asked{Pin: policy.Cloud, MaxCost: new(1.0), MaxCurrency: "JPY"}, Known{}, llm.CodeForbidden, "c/x is not known to cost at most 1 JPY"},
		{"one too dear, one down", "local: a\ncloud: [c/x, d/y]", Asked{Pin: policy.Cloud, Providers: []string{"d"}}, Known{Target: func(n string) Target { return Target{Name: n, Down: n == "d/y"} }}, llm.CodeUnavailable, "c/x is none of the providers that the request allows; d/y does not answer now"},
		{"local of none", "cloud: c/x", Asked{Pin: policy.Local}, Known{}, llm.CodeUnavailable, "none can answer it: the route auto has no local target"},
		{"cloud of none", "local: a", Asked{Pin: policy.Cloud}, Known{}, llm.CodeUnavailable, "can answer it: the route auto has no cloud target"},
		{"all down", both, Asked{}, Known{Target: func(n string) Target { return Target{Name: n, Down: true} }}, llm.CodeUnavailable, "c/x does not answer"},
	} {
		_, err := Decide(route(t, c.keys), c.a, c.k)
		if llm.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestBarred checks what rules say of a cloud that a request names itself, also
// where its text is not seen.
func TestBarred(t *testing.T) {
	const words = "\nrules: [{when: {contains: secret}, use: local, why: it is}]"
	for _, c := range []struct {
		keys string
		a    Asked
		says string
	}{
		{"", Asked{}, ""},
		{words, Asked{Text: "hello"}, ""},
		{words, Asked{Text: "a secret"}, "which it may not use: it is"},
		{words, Asked{Unseen: true}, "it is, and the text of such requests is not read"},
		{"\nrules: [{when: {contains: open}, use: cloud}, {use: refuse, why: no}]", Asked{Text: "open"}, ""},
		{"\nrules: [{when: {contains: open}, use: cloud}, {use: refuse, why: no}]", Asked{Unseen: true}, "refuses the request: no"},
		{"\nrules: [{when: {key: anna}, use: cloud}, {use: refuse, why: no}]", Asked{Unseen: true, Key: "anna"}, ""},
		{"\nrules: [{when: {tools: true}, use: local}]", Asked{Unseen: true}, ""},
	} {
		err := Barred(route(t, "local: a\ncloud: c/x"+c.keys), c.a)
		if (err == nil) != (c.says == "") || err != nil && (llm.CodeOf(err) != llm.CodeForbidden || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s %+v: %v", c.keys, c.a, err)
		}
	}
}

// TestPrivateNeverLeaves checks over many combinations that nothing private is
// ever given a target of the cloud, in any place of the list.
func TestPrivateNeverLeaves(t *testing.T) {
	for _, extra := range []string{"", "\nunknown: cloud", "\nquality: 0.9\nunknown: cloud", "\ncascade: true", "\nrules: [{use: cloud}]", "\nrules: [{use: c/x}]", "\nhours: 00:00-24:00"} {
		for _, pin := range []policy.Side{"", policy.Local, policy.Cloud} {
			for _, p := range []float64{0, .5, 1} {
				d, err := Decide(route(t, "local: a\ncloud: c/x"+extra), Asked{Pin: pin, Private: Private{Treatment: policy.LocalOnly, Why: "x"}}, Known{Success: success(p, 1)})
				for _, n := range append(d.Targets, d.Instead...) {
					if n == "c/x" {
						t.Errorf("%q %s %v: %v", extra, pin, p, d)
					}
				}
				if pin == policy.Cloud && err == nil {
					t.Errorf("%q: a pinned private request was taken", extra)
				}
			}
		}
	}
}
