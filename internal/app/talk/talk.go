// Package talk is a conversation with a server of ours, as a client of it has
// one: it sends what a person says, reads the answer as it comes, and tells
// what it took.
package talk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/unit"
)

// Options say how answers of a Chat are made; nil and "" leave it to the
// model.
type Options struct {
	System      string
	Temperature *float64
	MaxTokens   *int
	Seed        *int64
	// Version is the program's, for the ledger.
	Version string
}

// Chat is a conversation with a model on a server.
type Chat struct {
	url, key, model string
	o               Options
	turns           []turn
	close           func() error
}

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Answer is one answer of a model.
type Answer struct {
	// ID is the request's id in the ledger.
	ID        string `json:"id"`
	Model     string `json:"model"`
	Text      string `json:"text"`
	Reasoning string `json:"reasoning,omitempty"`
	Finish    string `json:"finish_reason,omitempty"`
	// Usage is as the server gave it, with energy and cost under "irori".
	Usage json.RawMessage `json:"usage,omitempty"`

	// first and last are when text came.
	first, last time.Time
}

// New makes a Chat with a model of the server at url. end is called when the
// conversation is over.
func New(url, key, model string, o Options, end func() error) *Chat {
	return &Chat{url: url, key: key, model: model, o: o, close: end}
}

// Close ends the server if the chat started it.
func (c *Chat) Close() error { return c.close() }

// Model is who answers.
func (c *Chat) Model() string { return c.model }

// Clear forgets what was said.
func (c *Chat) Clear() { c.turns = nil }

// Set changes an option by the name of its flag; "" takes it back.
func (c *Chat) Set(name, value string) error {
	var err error
	switch name {
	case "system":
		c.o.System = value
	case "temperature":
		c.o.Temperature, err = number(value, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	case "max-tokens":
		c.o.MaxTokens, err = number(value, strconv.Atoi)
	case "seed":
		c.o.Seed, err = number(value, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
	default:
		return llm.Errorf(llm.CodeInvalidRequest, "%q is not a setting", name).WithHint("/set system, temperature, max-tokens or seed")
	}
	if err != nil {
		return llm.Errorf(llm.CodeInvalidRequest, "%s must be a number, not %q", name, value)
	}
	return nil
}

func number[T any](s string, parse func(string) (T, error)) (*T, error) {
	if s == "" {
		return nil, nil
	}
	v, err := parse(s)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// Ask sends what was said so far and text, and shows the answer as it comes.
// An answer that is cut off stays in the conversation as far as it came.
func (c *Chat) Ask(ctx context.Context, text string, show func(text string, thinking bool)) (*Answer, error) {
	a := &Answer{Model: c.model}
	turns := append(c.turns[:len(c.turns):len(c.turns)], turn{"user", text})
	err := c.ask(ctx, turns, a, show)
	if err == nil || a.Text != "" {
		c.turns = append(turns, turn{"assistant", a.Text})
	}
	return a, err
}

func (c *Chat) ask(ctx context.Context, turns []turn, a *Answer, show func(string, bool)) error {
	if c.o.System != "" {
		turns = append([]turn{{"system", c.o.System}}, turns...)
	}
	body, err := json.Marshal(struct {
		Model         string         `json:"model"`
		Messages      []turn         `json:"messages"`
		Stream        bool           `json:"stream"`
		StreamOptions map[string]any `json:"stream_options"`
		Temperature   *float64       `json:"temperature,omitempty"`
		MaxTokens     *int           `json:"max_tokens,omitempty"`
		Seed          *int64         `json:"seed,omitempty"`
	}{c.model, turns, true, map[string]any{"include_usage": true}, c.o.Temperature, c.o.MaxTokens, c.o.Seed})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Irori-Usage", "1")
	req.Header.Set("User-Agent", "irori/"+c.o.Version)
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := dial.Client.Do(req)
	if err != nil {
		return c.broken(ctx, err)
	}
	defer resp.Body.Close()
	a.ID = resp.Header.Get("X-Irori-Id")
	if m := resp.Header.Get("X-Irori-Model"); m != "" {
		a.Model = m
	}
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		return answeredError(resp.Status, b)
	}
	return c.stream(ctx, resp.Body, a, show)
}

// broken tells an end that was asked for from a server that is gone.
func (c *Chat) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
	}
	return llm.Wrap(llm.CodeUnreachable, err, "the server at %s does not answer", c.url).WithHint("irori doctor")
}

// answeredError reads an error in OpenAI's shape.
func answeredError(status string, body []byte) error {
	var b struct {
		Error struct {
			Message string   `json:"message"`
			Code    llm.Code `json:"code"`
			Hint    string   `json:"hint"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &b) != nil || b.Error.Message == "" {
		return llm.Errorf(llm.CodeUnavailable, "the server answered %s", status)
	}
	// The message repeats the hint for clients that show nothing else.
	msg := strings.TrimSuffix(b.Error.Message, " (hint: "+b.Error.Hint+")")
	return &llm.Error{Code: b.Error.Code, Message: msg, Hint: b.Error.Hint}
}

// chunk is what is read of an event.
type chunk struct {
	Choices []struct {
		Delta struct {
			Content   string `json:"content"`
			Reasoning string `json:"reasoning_content"`
		} `json:"delta"`
		Finish string `json:"finish_reason"`
	} `json:"choices"`
	Usage json.RawMessage `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// stream reads the events of an answer until its end.
func (c *Chat) stream(ctx context.Context, body io.Reader, a *Answer, show func(string, bool)) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
		if !ok {
			continue
		}
		if data = bytes.TrimSpace(data); string(data) == "[DONE]" {
			return nil
		}
		var ch chunk
		if err := json.Unmarshal(data, &ch); err != nil {
			return llm.Wrap(llm.CodeUnavailable, err, "the server sent what is no JSON")
		}
		if len(ch.Error) > 0 {
			return answeredError("an error", data)
		}
		if len(ch.Usage) > 0 && string(ch.Usage) != "null" {
			a.Usage = bytes.Clone(ch.Usage)
		}
		for _, choice := range ch.Choices {
			a.add(choice.Delta.Reasoning, true, show)
			a.add(choice.Delta.Content, false, show)
			if choice.Finish != "" {
				a.Finish = choice.Finish
			}
		}
	}
	err := lines.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return c.broken(ctx, err)
}

func (a *Answer) add(text string, thinking bool, show func(string, bool)) {
	if text == "" {
		return
	}
	a.last = time.Now()
	if a.first.IsZero() {
		a.first = a.last
	}
	if thinking {
		a.Reasoning += text
	} else {
		a.Text += text
	}
	if show != nil {
		show(text, thinking)
	}
}

// Note is a line about what the answer took: tokens, speed, energy, money.
// What is not known is left out; a modelled joule is marked with ≈.
func (a *Answer) Note() string {
	var u struct {
		Prompt int `json:"prompt_tokens"`
		Output int `json:"completion_tokens"`
		Detail struct {
			Cached int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		Irori struct {
			EnergyJ  *float64 `json:"energy_j"`
			Method   string   `json:"energy_method"`
			Cost     *float64 `json:"cost"`
			Currency string   `json:"currency"`
		} `json:"irori"`
	}
	if len(a.Usage) == 0 || json.Unmarshal(a.Usage, &u) != nil {
		return ""
	}
	prompt := "prompt " + strconv.Itoa(u.Prompt)
	if u.Detail.Cached > 0 {
		prompt += " (" + strconv.Itoa(u.Detail.Cached) + " cached)"
	}
	parts := []string{prompt, "output " + strconv.Itoa(u.Output) + " tokens"}
	// The first token came at the first instant, so that one less lies
	// between.
	if d := a.last.Sub(a.first).Seconds(); d > 0 && u.Output > 1 {
		parts = append(parts, unit.Digits(float64(u.Output-1)/d, 3)+" tok/s")
	}
	if e := u.Irori.EnergyJ; e != nil {
		parts = append(parts, EnergyMark(u.Irori.Method)+unit.Joules(*e).String())
	}
	if m := u.Irori.Cost; m != nil {
		parts = append(parts, EnergyMark(u.Irori.Method)+unit.FormatMoney(*m, u.Irori.Currency))
	}
	return strings.Join(parts, " · ")
}

// EnergyMark stands in front of a figure of energy, and of money made from it,
// that is not measured.
func EnergyMark(method string) string {
	if method == "modelled" {
		return "≈"
	}
	return ""
}

// IsCancelled reports whether an answer ended because somebody asked for it.
func IsCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || llm.CodeOf(err) == llm.CodeCancelled
}
