package shield

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// cloud is a backend that remembers what it got and says what it was told to.
type cloud struct {
	got  []any
	says func(*llm.Request) []llm.Event
	fail error
}

func (c *cloud) Generate(_ context.Context, r *llm.Request) iter.Seq2[llm.Event, error] {
	return func(yield func(llm.Event, error) bool) {
		c.got = append(c.got, r)
		if c.says != nil {
			for _, e := range c.says(r) {
				if !yield(e, nil) {
					return
				}
			}
		}
		if c.fail != nil {
			yield(llm.Event{}, c.fail)
		}
	}
}

func (c *cloud) Embed(_ context.Context, r *llm.EmbedRequest) (*llm.EmbedResult, error) {
	c.got = append(c.got, r.Inputs)
	return &llm.EmbedResult{}, nil
}

func (c *cloud) Rerank(_ context.Context, r *llm.RerankRequest) (*llm.RerankResult, error) {
	c.got = append(c.got, r.Query, r.Documents)
	return &llm.RerankResult{}, nil
}

func (c *cloud) CountPrompt(_ context.Context, r *llm.Request) (int, error) {
	c.got = append(c.got, r)
	return 1, nil
}

func (c *cloud) Tokenize(_ context.Context, r *llm.TokenizeRequest) (*llm.Tokens, error) {
	c.got = append(c.got, r.Text, r.Chat)
	return &llm.Tokens{}, nil
}

// seen is all that the cloud got, as text.
func (c *cloud) seen(t *testing.T) string {
	b, err := json.Marshal(c.got)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func terms(t *testing.T, s privacy.Settings) Terms {
	t.Helper()
	sh, err := Of(s)
	if err != nil {
		t.Fatal(err)
	}
	return Terms{Shield: sh, Level: s.Level(false)}
}

const (
	mail = "hanako.yamada@example.co.jp"
	key  = "sk-ant-api03-QmVlcCBib29wIGhlcmUgaXMgYSBrZXkgMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
	card = "4242 4242 4242 4242"
)

// places puts a value into each place of a request that text can be in.
func places(v string) map[string]*llm.Request {
	q, _ := json.Marshal(map[string]string{"note": "about " + v})
	user := llm.TextMessage(llm.RoleUser, "hello")
	with := func(m llm.Message) *llm.Request { return &llm.Request{Messages: []llm.Message{user, m}} }
	text := "please write to " + v + " today"
	return map[string]*llm.Request{
		"prompt":        {Prompt: text, Raw: true},
		"system":        with(llm.TextMessage(llm.RoleSystem, text)),
		"developer":     with(llm.TextMessage(llm.RoleDeveloper, text)),
		"history":       with(llm.TextMessage(llm.RoleAssistant, text)),
		"user":          with(llm.TextMessage(llm.RoleUser, text)),
		"tool result":   with(llm.Message{Role: llm.RoleTool, ToolCallID: "call_1", Parts: []llm.Part{{Type: llm.PartText, Text: string(q)}}}),
		"split":         with(llm.Message{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartText, Text: "please write to " + v[:9]}, {Type: llm.PartText, Text: v[9:] + " today"}}}),
		"reasoning":     with(llm.Message{Role: llm.RoleAssistant, Reasoning: text}),
		"thought":       with(llm.Message{Role: llm.RoleAssistant, Thoughts: []llm.Thought{{Text: text, Signature: "c2ln"}}}),
		"arguments":     with(llm.Message{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "call_1", Name: "send", Arguments: string(q)}}}),
		"cut arguments": with(llm.Message{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "call_1", Name: "send", Arguments: string(q[:len(q)-2])}}}),
		"description":   {Messages: []llm.Message{user}, Tools: []llm.Tool{{Name: "send", Description: text}}},
		"parameters":    {Messages: []llm.Message{user}, Tools: []llm.Tool{{Name: "send", Parameters: q}}},
		"raw tool":      {Messages: []llm.Message{user}, Tools: []llm.Tool{{Name: "send", Raw: q}}},
		"tool name":     {Messages: []llm.Message{user}, Tools: []llm.Tool{{Name: v}}},
		"schema":        {Messages: []llm.Message{user}, Format: llm.Format{Kind: llm.FormatJSONSchema, Schema: q}},
		"grammar":       {Messages: []llm.Message{user}, Format: llm.Format{Kind: llm.FormatGrammar, Grammar: `root ::= "` + v + `"`}},
		"template":      {Messages: []llm.Message{user}, TemplateArgs: map[string]json.RawMessage{"x": q}},
		"effort":        {Messages: []llm.Message{user}, Effort: v},
		"stop":          {Messages: []llm.Message{user}, Stop: []string{v}},
		"breaker":       {Messages: []llm.Message{user}, Sampling: llm.Sampling{DRYBreakers: []string{v}}},
		"name":          with(llm.Message{Role: llm.RoleUser, Name: v}),
		"image":         with(llm.Message{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartImage, URL: "https://img.example/?who=" + v}}}),
	}
}

func drain(b llm.Backend, r *llm.Request) (out []llm.Event, err error) {
	for e, err := range b.Generate(context.Background(), r) {
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
	return out, nil
}

// A value that is masked arrives nowhere, wherever it stands.
func TestMaskedEverywhere(t *testing.T) {
	refused := []string{"tool name", "effort", "grammar", "image"}
	for where, req := range places(mail) {
		c := &cloud{}
		b, note := terms(t, privacy.Settings{Images: "any"}).Guard("up", c)
		before, _ := json.Marshal(req)
		_, err := drain(b, req)
		if after, _ := json.Marshal(req); string(after) != string(before) {
			t.Errorf("%s: the request itself was changed", where)
		}
		if seen := c.seen(t); strings.Contains(seen, mail) || strings.Contains(seen, mail[9:]) {
			t.Errorf("%s: it arrived: %s", where, seen)
		}
		if slices.Contains(refused, where) {
			if llm.CodeOf(err) != llm.CodePrivate || len(c.got) > 0 || note.String() != "private: email" {
				t.Errorf("%s: %v, %s", where, err, note)
			}
			continue
		}
		if err != nil || len(c.got) != 1 || note.String() != "masked: email" {
			t.Errorf("%s: %v, %d, %s", where, err, len(c.got), note)
		}
		if n, err := b.(llm.PromptCounter).CountPrompt(context.Background(), req); n != 1 || err != nil || strings.Contains(c.seen(t), mail) {
			t.Errorf("%s counted: %d %v %s", where, n, err, c.seen(t))
		}
	}
}

// What stays here is refused, wherever it stands; the error tells its class and
// not its text.
func TestRefusedEverywhere(t *testing.T) {
	for _, v := range []string{key, card} {
		for where, req := range places(v) {
			c := &cloud{}
			b, _ := terms(t, privacy.Settings{Images: "any"}).Guard("up", c)
			_, err := drain(b, req)
			if v == card && where == "image" || strings.HasSuffix(where, " id") {
				continue // an address has no spaces, and an id looks random
			}
			e, ok := errors.AsType[*llm.Error](err)
			if !ok || e.Code != llm.CodePrivate || len(c.got) > 0 {
				t.Errorf("%s: %v; it got %s", where, err, c.seen(t))
				continue
			}
			if all := e.Error() + e.Hint; strings.Contains(all, v) || !strings.Contains(all, "key") && !strings.Contains(all, "card") {
				t.Errorf("%s: %s", where, all)
			}
			tc := b.(llm.TokenCounter)
			if _, err := tc.Tokenize(context.Background(), &llm.TokenizeRequest{Chat: req}); llm.CodeOf(err) != llm.CodePrivate || len(c.got) > 0 {
				t.Errorf("%s counted: %v", where, err)
			}
		}
	}
}

// TestOtherCalls checks what is no generation.
func TestOtherCalls(t *testing.T) {
	c := &cloud{}
	b, note := terms(t, privacy.Settings{}).Guard("up", c)
	ctx := context.Background()
	if _, err := b.(llm.Embedder).Embed(ctx, &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "fine"}, {Text: "to " + mail}}}); err != nil {
		t.Error(err)
	}
	if _, err := b.(llm.Reranker).Rerank(ctx, &llm.RerankRequest{Query: "who is " + mail, Documents: []string{"x", mail}}); err != nil {
		t.Error(err)
	}
	if _, err := b.(llm.TokenCounter).Tokenize(ctx, &llm.TokenizeRequest{Text: "to " + mail}); err != nil {
		t.Error(err)
	}
	if seen := c.seen(t); strings.Contains(seen, mail) || strings.Count(seen, "[[EMAIL_1]]") != 4 || note.String() != "masked: email" {
		t.Errorf("%s: %s", note, seen)
	}
	c.got = nil
	for what, err := range map[string]error{
		"embedded": second(b.(llm.Embedder).Embed(ctx, &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "the key " + key}}})),
		"ranked":   second(b.(llm.Reranker).Rerank(ctx, &llm.RerankRequest{Query: "q", Documents: []string{key}})),
		"query":    second(b.(llm.Reranker).Rerank(ctx, &llm.RerankRequest{Query: key})),
		"counted":  second(b.(llm.TokenCounter).Tokenize(ctx, &llm.TokenizeRequest{Text: key})),
		"tokens":   second(b.(llm.Embedder).Embed(ctx, &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Tokens: []int32{1}}}})),
		"prompt":   second(drain(b, &llm.Request{PromptTokens: []int32{1, 2}})),
	} {
		if llm.CodeOf(err) != llm.CodePrivate {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(c.got) > 0 {
		t.Errorf("it got %s", c.seen(t))
	}
}

func second[T any](_ T, err error) error { return err }

// plain is a backend with no powers.
type plain struct{ llm.Backend }

// A guarded backend counts only where it can; what it cannot do it says.
func TestPowers(t *testing.T) {
	b, _ := terms(t, privacy.Settings{}).Guard("up", plain{&cloud{}})
	if _, ok := b.(llm.PromptCounter); ok {
		t.Error("it counts prompts")
	}
	if _, ok := b.(llm.TokenCounter); ok {
		t.Error("it tokenizes")
	}
	if _, err := b.(llm.Embedder).Embed(context.Background(), &llm.EmbedRequest{}); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Error(err)
	}
	if _, err := b.(llm.Reranker).Rerank(context.Background(), &llm.RerankRequest{}); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Error(err)
	}
}

// TestLevels checks what terms do before anything is looked at.
func TestLevels(t *testing.T) {
	c := &cloud{}
	own := terms(t, privacy.Settings{Classes: map[string]string{"email": "any", "key": "redact"}})
	for level, want := range map[privacy.Level]string{"": mail, "any": mail, "detect": mail, "redact": "[[EMAIL_1]]", "local-only": "", "typo": ""} {
		c.got = nil
		b, note := Terms{Shield: own.Shield}.Stricter(level).Guard("up", c)
		if (note == nil) != (level == "" || level == "any") || (b == llm.Backend(c)) != (note == nil) {
			t.Errorf("%q: what lets all pass costs something", level)
		}
		_, err := drain(b, &llm.Request{Prompt: "to " + mail})
		if want == "" && (llm.CodeOf(err) != llm.CodePrivate || len(c.got) > 0) || want != "" && !strings.Contains(c.seen(t), want) {
			t.Errorf("%q: %v, %s", level, err, c.seen(t))
		}
	}
	b, _ := Terms{Level: privacy.LevelDetect}.Guard("up", c)
	if _, err := drain(b, &llm.Request{Prompt: "hi"}); llm.CodeOf(err) != llm.CodePrivacyCheck {
		t.Errorf("terms without a shield: %v", err)
	}
}

type finder func(string) ([]privacy.Span, error)

func (f finder) Scan(s string) ([]privacy.Span, error) { return f(s) }

// TestFailsClosed checks detectors that fail, panic or hang.
func TestFailsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		for what, f := range map[string]finder{
			"fails":  func(string) ([]privacy.Span, error) { return nil, errors.New("no lists") },
			"panics": func(s string) ([]privacy.Span, error) { panic("secret text " + s) },
			"hangs":  func(string) ([]privacy.Span, error) { <-stop; return nil, nil },
			"slow":   func(string) ([]privacy.Span, error) { time.Sleep(4 * time.Second); return nil, nil },
		} {
			c := &cloud{}
			b, note := Terms{Shield: New(Options{Finder: f, Policy: privacy.DefaultPolicy()}), Level: privacy.LevelDetect}.Guard("up", c)
			req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "one"), llm.TextMessage(llm.RoleUser, "two"), llm.TextMessage(llm.RoleUser, "three")}}
			_, err := drain(b, req)
			if llm.CodeOf(err) != llm.CodePrivacyCheck || len(c.got) > 0 || strings.Contains(err.Error(), "secret text") || note.String() != "private: it could not be read" {
				t.Errorf("%s: %v, %q", what, err, note)
			}
			if d := New(Options{Finder: f, Policy: privacy.DefaultPolicy()}).Reading().Decide(t.Context(), privacy.LevelDetect, []*llm.Request{req}); d.Treatment != privacy.LocalOnly || !d.Failed || !d.Unread {
				t.Errorf("%s: %+v", what, d)
			}
			for _, err := range []error{
				second(b.(llm.Embedder).Embed(context.Background(), &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "x"}, {Text: "y"}, {Text: "z"}}})),
				second(b.(llm.Reranker).Rerank(context.Background(), &llm.RerankRequest{Query: "q", Documents: []string{"x", "y"}})),
				second(b.(llm.PromptCounter).CountPrompt(context.Background(), req)),
			} {
				if llm.CodeOf(err) != llm.CodePrivacyCheck || len(c.got) > 0 {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		close(stop)
		synctest.Wait()
		time.Sleep(time.Minute) // what was slow ends
	})
}

// Who leaves while the request is read is no fault of it.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b, _ := terms(t, privacy.Settings{}).Guard("up", &cloud{})
	for _, err := range b.Generate(ctx, &llm.Request{Prompt: "x"}) {
		if llm.CodeOf(err) != llm.CodeCancelled {
			t.Error(err)
		}
	}
}

// relayed is a request as a client wrote it.
func relayed(body string) *llm.Request {
	return &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "hello")}, Relay: &llm.Relay{Dialect: llm.DialectOpenAIChat, Body: []byte(body)}}
}

// TestRelay checks what stands only in the client's own words.
func TestRelay(t *testing.T) {
	for body, want := range map[string]string{
		`{"messages":[{"role":"user","content":"hello"}],"max_tokens":5}`:                                                       "relay",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"who":"` + mail + `"}}`:                                    "masked",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"` + mail + `":"x"}}`:                                      "masked",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"deep":[["a",{"b":"` + key + `"}]]}}`:                      "private",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"password":"Tr0ub4dor&3x"}}`:                               "private",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"card":4242424242424242}}`:                                 "private",
		`{"messages":[{"role":"user","content":"hello"}],"metadata":{"user_id":"user_3f0e9b1c5d7a2e4f6081_session_91ab-44c2"}}`: "relay",
		`{"messages":[{"role":"user","content":"hello"}],"prompt_cache_key":"019a8f3e-7d11-7cc2-9a54-2f3f8e0b6c1d"}`:            "relay",
		`{"messages":[{"role":"user","content":"hello","x":"\u0068anako.yamada@example.co.jp"}]}`:                               "masked",
		`{"messages":[{"role":"user","content":"hello"}],"user":"` + mail + `"}`:                                                "masked",
	} {
		c := &cloud{}
		b, _ := terms(t, privacy.Settings{}).Guard("up", c)
		req := relayed(body)
		_, err := drain(b, req)
		got := "private"
		if len(c.got) == 1 {
			got = "masked"
			if c.got[0].(*llm.Request).Relay != nil {
				got = "relay"
			}
		} else if llm.CodeOf(err) != llm.CodePrivate {
			t.Error(err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%v)", body, got, want, err)
		}
	}
	c := &cloud{}
	b, _ := terms(t, privacy.Settings{}).Guard("up", c)
	req := relayed(`{}`)
	req.Relay.Header, req.Relay.Query = map[string][]string{"Anthropic-Beta": {"x-2025"}}, "token="+key
	if _, err := drain(b, req); llm.CodeOf(err) != llm.CodePrivate {
		t.Errorf("the query: %v", err)
	}
}

// What a provider signed leaves byte for byte, also masked around it; what only
// stands in its place, or is a text written otherwise, is read.
func TestSealed(t *testing.T) {
	random := base64.StdEncoding.EncodeToString([]byte("\x12\xa4\x01\x0a\x18\xff\xfe\x9d\xc3\x28 hanako \x80\x81"))
	long := base64.RawURLEncoding.EncodeToString(sha512.New().Sum([]byte{0xff}))
	for s, leaves := range map[string]bool{
		"": true, "c2ln": true, random: true, long: true, "gemini:" + random: true,
		mail: false, "EqQB " + mail: false, "gemini:" + mail: false, "sig/" + card: false, key: false,
		base64.StdEncoding.EncodeToString([]byte("write to " + mail)):             false,
		base64.RawURLEncoding.EncodeToString([]byte("written to " + mail + "\n")): false,
	} {
		for what, thought := range map[string]llm.Thought{"signature": {Text: "of " + mail, Signature: s}, "redacted": {Redacted: s}} {
			c := &cloud{}
			b, _ := terms(t, privacy.Settings{}).Guard("up", c)
			_, err := drain(b, &llm.Request{Messages: []llm.Message{
				llm.TextMessage(llm.RoleUser, "hi"), {Role: llm.RoleAssistant, Thoughts: []llm.Thought{thought}}, llm.TextMessage(llm.RoleUser, "to "+mail),
			}})
			if !leaves {
				if llm.CodeOf(err) != llm.CodePrivate || len(c.got) > 0 {
					t.Errorf("%s %q: %v, %s", what, s, err, c.seen(t))
				}
				continue
			}
			if err != nil || len(c.got) != 1 || strings.Contains(c.seen(t), mail) {
				t.Errorf("%s %q: %v, %s", what, s, err, c.seen(t))
				continue
			}
			if got := c.got[0].(*llm.Request).Messages[1].Thoughts[0]; got.Signature != thought.Signature || got.Redacted != thought.Redacted {
				t.Errorf("%s %q: it was changed: %+v", what, s, got)
			}
		}
	}
}

// The name of a model may be a person's, and is no place for anything else that
// is private, nor for a person's as people write it.
func TestModelNames(t *testing.T) {
	for name, leaves := range map[string]bool{
		"claude-3-5-sonnet-20241022": true, "gemma3:latest": true, "anthropic.claude-v2": true, "hermes-3-llama-3.1-405b": true, "accounts/fireworks/models/qwen3-235b-a22b-instruct-2507": true,
		"NousResearch/Hermes-3-Llama-3.1-70B": true, "deepseek-ai/DeepSeek-R1-0528": true,
		mail: false, "m " + mail: false, key: false, "東京都千代田区千代田1-1": false, "090-4821-7736": false, "担当は山田太郎さん": false, "4111-1111-1111-1111": false,
	} {
		c := &cloud{}
		b, note, kept := terms(t, privacy.Settings{}).GuardModel("up", name, c)
		if (kept == name) != leaves || (kept == Hidden) == leaves {
			t.Errorf("%s is kept as %s", name, kept)
		}
		if _, err := drain(b, &llm.Request{Model: kept, Prompt: "hi", Relay: &llm.Relay{Body: []byte(`{"model":"` + name + `","prompt":"hi"}`)}}); (err == nil) != leaves || leaves && (note.String() != "" || c.got[0].(*llm.Request).Relay == nil) || !leaves && !strings.HasPrefix(note.String(), "private: ") {
			t.Errorf("%s kept as %s: %v, %q", name, kept, err, note)
		}
		b, _ = terms(t, privacy.Settings{}).Guard("up", c)
		for what, err := range map[string]error{
			"asked":    second(drain(b, &llm.Request{Model: name, Prompt: "hi"})),
			"embedded": second(b.(llm.Embedder).Embed(t.Context(), &llm.EmbedRequest{Model: name})),
			"ranked":   second(b.(llm.Reranker).Rerank(t.Context(), &llm.RerankRequest{Model: name, Query: "q"})),
			"counted":  second(b.(llm.TokenCounter).Tokenize(t.Context(), &llm.TokenizeRequest{Model: name, Text: "t"})),
		} {
			if (err == nil) != leaves || err != nil && llm.CodeOf(err) != llm.CodePrivate {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
	}
}

// Pictures cannot be read, so they stay unless the settings let them go.
func TestImages(t *testing.T) {
	data := "data:image/png;base64," + strings.Repeat("iVBORw0KGgoAAAANSUhEUg", 9)
	req := &llm.Request{
		Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Type: llm.PartImage, URL: data}}}},
		Relay:    &llm.Relay{Body: []byte(`{"a":"` + data + `","b":"` + data[len("data:image/png;base64,"):] + `"}`)},
	}
	for images, want := range map[string]llm.Code{"": llm.CodePrivate, "local-only": llm.CodePrivate, "any": ""} {
		b, _ := terms(t, privacy.Settings{Images: images}).Guard("up", &cloud{})
		if _, err := drain(b, req); llm.CodeOf(err) != want {
			t.Errorf("%q: %v", images, err)
		}
	}
}

// A value that a detector saw once is masked where it does not see it.
func TestKnownValues(t *testing.T) {
	c := &cloud{}
	b, _ := terms(t, privacy.Settings{Rules: []privacy.RuleSetting{{Class: "project", Pattern: `project (Kohaku)\b`, Treatment: "redact"}}}).Guard("up", c)
	req := &llm.Request{Messages: []llm.Message{
		llm.TextMessage(llm.RoleUser, "氏名：佐々木健太郎 です"),
		llm.TextMessage(llm.RoleAssistant, "xx佐々木健太郎yy"),
		{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "c", Name: "f", Arguments: `{"a":"x佐々木健太郎y"}`}}},
	}}
	if _, err := drain(b, req); err != nil || strings.Contains(c.seen(t), "佐々木") || strings.Count(c.seen(t), "[[NAME_1]]") != 3 {
		t.Errorf("%v: %s", err, c.seen(t))
	}
}

// What stands side by side is one value only where neither tells of it.
func TestGlued(t *testing.T) {
	c := &cloud{}
	b, _ := terms(t, privacy.Settings{}).Guard("up", c)
	parts := []llm.Part{{Type: llm.PartText, Text: "hi"}, {Type: llm.PartText, Text: mail}}
	if _, err := drain(b, &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Parts: parts}}}); err != nil || !strings.Contains(c.seen(t), `"hi"`) || !strings.Contains(c.seen(t), `"[[EMAIL_1]]"`) {
		t.Errorf("%v: %s", err, c.seen(t))
	}
}

// Only the whole of a JSON text may tell what a value is.
func TestValueByItsName(t *testing.T) {
	c := &cloud{}
	b, _ := terms(t, privacy.Settings{Classes: map[string]string{"key": "redact"}}).Guard("up", c)
	req := &llm.Request{Messages: []llm.Message{{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{ID: "c", Name: "f", Arguments: `{"user":"x","password":"Tr0ub4dor&3x","n":1}`}}}}}
	if _, err := drain(b, req); err != nil || strings.Contains(c.seen(t), "Tr0ub4dor") || !strings.Contains(c.seen(t), "KEY_1") {
		t.Errorf("%v: %s", err, c.seen(t))
	}
	req.Messages[0].ToolCalls[0].Arguments = `{"card":4242424242424242}`
	b, _ = terms(t, privacy.Settings{Classes: map[string]string{"card": "redact"}}).Guard("up", c)
	if _, err := drain(b, req); llm.CodeOf(err) != llm.CodePrivate {
		t.Errorf("a number was masked: %v", err)
	}
}
