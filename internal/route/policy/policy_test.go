package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
)

const whole = `# how requests are routed
routes:
  auto:
    local: [irori/local, llama/small]
    cloud:
      - openai/gpt-5-mini
      - anthropic/claude
    quality: 0.9
    confidence: 0.95
    unknown: cloud
    value: 5 JPY
    budget: [500 JPY/day, 2M tokens/month]
    first_token: 3s
    privacy: detect
    providers: openai
    hours: mon-fri 09:00-18:00 Asia/Tokyo
    cascade: {hold: 24}
    shadow: {share: 0.02, budget: 50 JPY/day}
    rules:
      - when: {contains: [社外秘, confidential]}
        use: local
        why: it is marked
      - when: {tools: true, prompt_over: 8000, language: [ja]}
        use: openai/gpt-5-mini
  cheap:
    local: irori/local
`

// TestParse reads every key into its place.
func TestParse(t *testing.T) {
	p, err := Parse("policy.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Route("AUTO")
	if r == nil || len(p.Routes) != 2 || len(p.Version) != 12 {
		t.Fatalf("%+v", p)
	}
	if len(r.Local) != 2 || len(r.Cloud) != 1 || r.Cloud[0] != (Target{"openai/gpt-5-mini", 6}) {
		t.Errorf("targets %+v %+v", r.Local, r.Cloud)
	}
	if *r.Quality != .9 || r.Confidence != .95 || r.Unknown != Cloud || *r.Value != (Money{5, "JPY"}) || r.Margin != defaultMargin {
		t.Errorf("%+v", r)
	}
	if len(r.Budgets) != 2 || r.FirstToken != 3*time.Second || r.Cascade != (Cascade{On: true, Hold: 24}) || r.Shadow.Share != .02 || len(r.Shadow.Budgets) != 1 {
		t.Errorf("%+v", r)
	}
	if len(r.Rules) != 2 || r.Rules[0].Use != "local" || r.Rules[1].When.PromptOver != 8000 || !*r.Rules[1].When.Tools || r.Rules[1].Line != 23 {
		t.Errorf("%+v", r.Rules)
	}
	if c := p.Route("cheap"); c.Privacy.Treatment != "" || c.Cascade.On || c.Quality != nil {
		t.Errorf("%+v", c)
	}
}

// TestHours checks spans within a day and over midnight, days and zones.
func TestHours(t *testing.T) {
	for _, c := range []struct {
		spec, at string
		want     bool
	}{
		{"09:00-18:00 UTC", "2026-11-22T09:00:00Z", true},
		{"09:00-18:00 UTC", "2026-11-22T18:00:00Z", false},
		{"mon-fri 09:00-18:00 Asia/Tokyo", "2026-11-20T08:59:00Z", true},
		{"mon-fri 09:00-18:00 Asia/Tokyo", "2026-11-20T09:00:00Z", false},
		{"mon-fri 09:00-18:00 Asia/Tokyo", "2026-11-21T01:00:00Z", false},
		{"fri 22:00-07:00 UTC", "2026-11-21T06:59:00Z", true},
		{"fri 22:00-07:00 UTC", "2026-11-20T06:59:00Z", false},
		{"土,日 00:00-24:00 UTC", "2026-11-22T23:59:00Z", true},
		{"sat-mon 00:00-24:00 UTC", "2026-11-24T00:00:00Z", false},
	} {
		h, why := parseHours(c.spec)
		at, err := time.Parse(time.RFC3339, c.at)
		if why != "" || err != nil {
			t.Fatal(c.spec, why, err)
		}
		if Hold([]Hours{h}, at) != c.want {
			t.Errorf("%s at %s: not %v", c.spec, c.at, c.want)
		}
	}
}

func twice(when, use, again, other string) string {
	return "    rules:\n      - when: " + when + "\n        use: " + use + "\n      - when: " + again + "\n        use: " + other + "\n"
}

// TestTurns has rules that stand in for one another, or differ in little.
func TestTurns(t *testing.T) {
	for _, rules := range []string{
		twice("{tools: true}", "cloud", "{tools: true}", "local"), twice("{tools: true}", "b/c", "{tools: true}", "cloud"),
		twice("{tools: true}", "local", "{tools: false}", "local"), twice("{tools: true, contains: a}", "local", "{tools: false, contains: a}", "local") + "      - use: cloud\n", twice("{tools: true}", "local", "{schema: true}", "local"),
		twice("{contains: [a]}", "local", "{client: [a]}", "local"), twice("{contains: [a]}", "local", "{contains: [a, b]}", "local"),
		twice("{prompt_over: 12}", "local", "{prompt_over: 1, prompt_under: 3}", "local"), twice("{matches: a}", "local", "{matches: A}", "local"),
		twice("{hours: '09:00-10:00 UTC'}", "local", "{hours: '09:00-10:00 Asia/Tokyo'}", "local"), twice("{key: ''}", "local", "{api: Chat}", "local"),
	} {
		if _, err := Parse("p.yaml", []byte("routes:\n  auto:\n    local: a\n    cloud: b/c\n"+rules)); err != nil {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

// TestManyRules reads thousands of rules in the time of a few: the check of each
// against all before it must not look at all of them.
func TestManyRules(t *testing.T) {
	of := func(n int) time.Duration {
		var b strings.Builder
		b.WriteString("routes:\n  auto:\n    local: a\n    cloud: b/c\n    rules:\n")
		for i := range n {
			fmt.Fprintf(&b, "      - {when: {contains: [word%d, other%d]}, use: local}\n", i, i)
		}
		begin := time.Now()
		if _, err := Parse("p.yaml", []byte(b.String())); err != nil {
			t.Fatal(err)
		}
		return time.Since(begin)
	}
	if few, many := of(1000), of(16_000); many > 80*few+100*time.Millisecond {
		t.Errorf("1,000 rules take %v, 16,000 %v", few, many)
	}
}

// TestReachable has rules for the cloud that have their time, or their requests.
func TestReachable(t *testing.T) {
	for _, keys := range []string{
		"hours: sat 10:00-12:00 UTC\n    rules: [{when: {hours: sat-sun 11:59-13:00 UTC}, use: cloud}]",
		"hours: fri 22:00-02:00 UTC\n    rules: [{when: {hours: sat 01:00-05:00 UTC}, use: cloud}]",
		"hours: fri 22:00-02:00 UTC\n    rules: [{when: {hours: 'sat 10:59-20:00 Asia/Tokyo'}, use: b/c}]",
		"hours: sat 10:00-12:00 UTC\n    rules: [{when: {hours: mon 10:00-12:00 UTC}, use: local}]",
		// One hour apart for half of the year.
		"hours: 12:00-13:00 UTC\n    rules: [{when: {hours: '14:00-15:00 Europe/Berlin'}, use: cloud}]",
		"rules: [{when: {api: [embeddings, chat]}, use: cloud}]",
		"rules: [{when: {api: embeddings}, use: refuse}]",
		"rules: [{when: {api: embeddings}, use: a}]",
	} {
		if _, err := Parse("p.yaml", []byte("routes:\n  auto:\n    local: a\n    cloud: b/c\n    "+keys+"\n")); err != nil {
			t.Errorf("%s: %v", keys, err)
		}
	}
}

// TestRefused checks that what cannot be kept is refused with line and key.
func TestRefused(t *testing.T) {
	const head = "routes:\n  auto:\n    local: a\n    cloud: b/c\n"
	for _, c := range []struct{ file, where string }{
		{"", ":1: a policy must be keys"},
		{"routes: {}\n", "names no route"},
		{"route:\n  auto: {}\n", ":1: key route is not known; did you mean routes?"},
		{"routes:\n  auto: {}\n", ":2: key routes.auto names no target"},
		{"routes:\n  local: {local: a}\n", ":2: key routes.local"},
		{"routes:\n  a b: {local: a}\n", ":2: key routes.a b"},
		{"routes:\n  a: {local: a}\n  A: {local: a}\n", ":3: key routes.A is there twice"},
		{head + "    qualty: 0.9\n", ":5: key routes.auto.qualty is not known; did you mean quality?"},
		{head + "    quality: 1\n", ":5: key routes.auto.quality"},
		{head + "    quality: 90\n", ":5: key routes.auto.quality must be a number from 0 to 1"},
		{head + "    confidence: 1\n", ":5: key routes.auto.confidence"},
		{head + "    unknown: nobody\n", ":5: key routes.auto.unknown"},
		{head + "    value: five\n", ":5: key routes.auto.value"},
		{head + "    budget: 500\n", ":5: key routes.auto.budget"},
		{head + "    budget: 0 tokens/day\n", ":5: key routes.auto.budget: \"0 tokens\" is no amount"},
		{head + "    budget: 5 kWh/day\n", ":5: key routes.auto.budget is an energy"},
		{head + "    first_token: -1s\n", ":5: key routes.auto.first_token"},
		{head + "    first_token: 999us\n", ":5: key routes.auto.first_token must be a time of 1ms or more"},
		{head + "    providers: [1]\n", ":5: key routes.auto.providers must be a list of texts, not \"1\""},
		{head + "    rules:\n      - when: {prompt_over: 100, prompt_under: 101}\n        use: local\n", ":6: key routes.auto.rules.when.prompt_over"},
		{head + twice("{side_call: true}", "local", "{side_call: false}", "cloud") + "      - {when: {contains: a}, use: local}\n", ":10: key routes.auto.rules: this rule never comes to its turn: of those of lines 6 and 8 one always holds"},
		{head + twice("{tools: false}", "local", "{tools: true}", "cloud") + "      - use: local\n", ":10: key routes.auto.rules: this rule never"},
		{head + "    privacy: local-only\n", ":5: key routes.auto.privacy is local-only and key routes.auto.cloud names targets"},
		{head + "    providers: openai\n", ":5: key routes.auto.providers allows none"},
		{head + "    hours: 09:00-09:00\n", ":5: key routes.auto.hours"},
		{head + "    hours: sat 10:00-12:00\n    rules:\n      - {when: {hours: mon 10:00-12:00}, use: cloud}\n", ":7: key routes.auto.rules: this rule can never send anything to the cloud: its hours and those of the route have no time in common"},
		{head + "    hours: 10:00-12:00 UTC\n    rules:\n      - {when: {hours: '10:00-12:00 Asia/Tokyo'}, use: b/c}\n", ":7: key routes.auto.rules: this rule can never"},
		{head + "    rules:\n      - {when: {tools: true}, use: local}\n      - {when: {api: [Embeddings, rerank]}, use: cloud}\n", ":7: key routes.auto.rules: this rule can never send anything to the cloud: requests that generate nothing (Embeddings, rerank) stay here"},
		{head + "    rules: [{when: {api: ollama_embed}, use: b/c}]\n", ":5: key routes.auto.rules: this rule can never"},
		{head + "    hours: xyz-fri 09:00-10:00\n", ":5: key routes.auto.hours"},
		{head + "    hours: 09:00-10:00 Mars/Base\n", ":5: key routes.auto.hours"},
		{head + "    cascade: {hold: 0}\n", ":5: key routes.auto.cascade.hold"},
		{head + "    quality: 0.9\n    cascade: {hold: 8, verifier: true}\n", ":6: key routes.auto.cascade.hold lets an answer out"},
		{head + "    cascade: {verifier: true}\n", ":5: key routes.auto.cascade.verifier and samples"},
		{head + "    cascade: {samples: 3}\n", ":5: key routes.auto.cascade.verifier and samples"},
		{head + "    shadow: {share: 0.1, budget: 5 JPY/month}\n", ":5: key routes.auto.shadow.budget is ¥5 a month"},
		{head + "    shadow: {}\n", ":5: key routes.auto.shadow.share is missing"},
		{head + "    shadow: {share: 2}\n", ":5: key routes.auto.shadow.share"},
		{head + "    rules: [{use: nobody}]\n", ":5: key routes.auto.rules: use is \"nobody\""},
		{head + "    rules:\n      - use: local\n      - use: cloud\n", ":7: key routes.auto.rules: this rule never comes to its turn"},
		{head + "    rules:\n      - when: {}\n        use: local\n", "key routes.auto.rules.when says nothing"},
		{head + "    rules:\n      - when: {prompt_over: 9, prompt_under: 5}\n        use: local\n", ":6: key routes.auto.rules.when.prompt_over"},
		{head + "    rules:\n      - when: {language: fr}\n        use: local\n", ":6: key routes.auto.rules.when.language"},
		{head + "    rules:\n      - when: {matches: '('}\n        use: local\n", ":6: key routes.auto.rules.when.matches"},
		{head + "    providers: []\n", ":5: key routes.auto.providers is an empty list"},
		{head + "    rules:\n      - when: {contains: ['']}\n        use: local\n", ":6: key routes.auto.rules.when.contains has an empty word"},
		{head + "    rules:\n      - when: {contains: [a, ' ']}\n        use: local\n", ":6: key routes.auto.rules.when.contains has an empty word"},
		{head + "    rules:\n      - when: {client: ''}\n        use: local\n", ":6: key routes.auto.rules.when.client has an empty word"},
		{head + "    rules:\n      - when: {tools: true, key: []}\n        use: local\n", ":6: key routes.auto.rules.when.key is an empty list"},
		{head + "    rules:\n      - when: {api: [chat, zz]}\n        use: local\n", ":6: key routes.auto.rules.when.api: \"zz\" is no endpoint; write chat, completions, embeddings"},
		{head + twice("{contains: [X, y]}", "local", "{contains: [Y, x]}", "local"), ":8: key routes.auto.rules: this rule never comes to its turn: that of line 6"},
		{head + twice("{matches: a, tools: true}", "refuse", "{tools: true, matches: a}", "local"), ":8: key routes.auto.rules: this rule never"},
		{head + twice("{turns_over: 3}", "cloud", "{turns_over: 3}", "b/c"), ":8: key routes.auto.rules: this rule never"},
		{head + twice("{hours: '09:00-10:00 UTC'}", "local", "{hours: '09:00-10:00 UTC'}", "a"), ":8: key routes.auto.rules: this rule never"},
		{head + "    rules:\n      - if: {tools: true}\n        use: local\n", ":6: key routes.auto.rules.if cannot be used here: it is called when"},
		{"routes:\n  auto:\n    local: a\n    quality: 0.9\n", ":4: key routes.auto.quality can never be met"},
		{"routes:\n  auto:\n    cloud: b/c\n    quality: 0.9\n", ":4: key routes.auto.quality bounds the error of local answers"},
		{"routes:\n  auto:\n    local: a\n    budget: 5 JPY/day\n", ":4: key routes.auto.budget needs local and cloud targets"},
		{"routes:\n  auto:\n    local: a\n    cascade: true\n", ":4: key routes.auto.cascade needs"},
		{"routes:\n  auto:\n    local: a\n    unknown: cloud\n", ":4: key routes.auto.unknown"},
		{"routes:\n  auto:\n    local: a/b\n    cloud: a/b\n", ":4: key routes.auto.cloud names a/b, which"},
		{"routes:\n  auto:\n    local: a\n    cloud: small\n", ":4: key routes.auto.cloud: small is no model of a backend"},
		{"routes:\n  auto:\n    local: irori/auto\n    cloud: b/c\n", ":3: key routes.auto.local: irori/auto is a route"},
		{"routes:\n  auto:\n    local: [a, a]\n", ":3: key routes.auto.local names a twice"},
		{"routes: [1\n", ":"},
	} {
		_, err := Parse("p.yaml", []byte(c.file))
		if err == nil {
			t.Errorf("%q was taken", c.file)
			continue
		}
		if msg := err.Error(); !strings.HasPrefix(msg, "p.yaml:") || !strings.Contains(msg, c.where) {
			t.Errorf("%q: %q does not say %q", c.file, msg, c.where)
		}
		if llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("%q: code %s", c.file, llm.CodeOf(err))
		}
	}
}

// TestExample keeps the example true.
func TestExample(t *testing.T) {
	if p, err := Parse("policy.example.yaml", []byte(Example)); err != nil || p.Route(Auto) == nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(Example))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := Parse("f", b); err == nil && len(p.Routes) == 0 {
			t.Error("no route and no error")
		}
	})
}

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}
