// Package asking asks a server of ours the questions of a run as a client
// does, and clocks what comes back: the time to the first token, the gaps
// between tokens, and what the server says that it took.
//
// It scores nothing, and tries nothing again.
package asking

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/dial"
	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/openai/ask"
)

// maxEvent bounds an event of a stream, maxAnswer an answer in one piece.
const (
	maxEvent  = 16 << 20
	maxAnswer = 256 << 20
)

// Options say how questions are asked.
type Options struct {
	URL, Key string
	// Version is the program's, for the ledger.
	Version string
	// Temperature is that of all questions; nil leaves it to their tasks.
	Temperature *float64
	// Letters asks conversations for the letter of a choice, and not how
	// likely each option is.
	Letters bool
	// MaxTokens bounds answers beyond what their items say; 0 does not.
	MaxTokens int
	Seed      uint64
	// Timeout bounds one question.
	Timeout time.Duration
}

// Client asks a server.
type Client struct {
	o    Options
	http *http.Client
}

// New makes a Client.
func New(o Options) *Client {
	t := dial.Direct()
	t.MaxIdleConns, t.MaxIdleConnsPerHost, t.DisableCompression, t.IdleConnTimeout = 0, 256, true, 0
	return &Client{o: o, http: &http.Client{Transport: t}}
}

// With is a Client that draws words more freely, by another seed.
func (c *Client) With(temperature float64, seed uint64) *Client {
	o := *c
	o.o.Temperature, o.o.Seed = &temperature, o.o.Seed+seed
	return &o
}

// Close ends the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// body is a request, of chat and of completions.
type body struct {
	Model       string          `json:"model"`
	Messages    []task.Turn     `json:"messages,omitempty"`
	Prompt      *string         `json:"prompt,omitempty"`
	Stream      bool            `json:"stream,omitempty"`
	Options     map[string]bool `json:"stream_options,omitempty"`
	Temperature float64         `json:"temperature"`
	MaxTokens   *int            `json:"max_tokens,omitempty"`
	Seed        uint64          `json:"seed"`
	Stop        []string        `json:"stop,omitempty"`
	Tools       json.RawMessage `json:"tools,omitempty"`
	Format      json.RawMessage `json:"response_format,omitempty"`
	Echo        bool            `json:"echo,omitempty"`
	Logprobs    *int            `json:"logprobs,omitempty"`
}

// Ask asks a job's question: a conversation, a text to be continued, or for
// log-likelihoods. See run.Asker.
func (c *Client) Ask(ctx context.Context, j *run.Job) (*run.Answer, error) {
	if c.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.o.Timeout)
		defer cancel()
	}
	switch j.Task.Output {
	case task.MultipleChoice:
		if !c.o.Letters || !j.Target.Chat {
			return c.weigh(ctx, j)
		}
	case task.Loglikelihood, task.LoglikelihoodRolling:
		return c.weigh(ctx, j)
	}
	b := body{
		Model: j.Target.Requested, Stream: true, Options: map[string]bool{"include_usage": true}, Temperature: c.temperature(j.Task),
		Seed: (c.o.Seed + uint64(j.Repeat)) & (1<<31 - 1), Stop: j.Item.Stop,
	}
	if n := c.limit(j.Item); n > 0 {
		b.MaxTokens = &n
	}
	path := "/v1/chat/completions"
	if j.Target.Chat || j.Item.Plain == "" {
		b.Messages, b.Tools, b.Format = j.Item.Turns, j.Item.Tools, j.Item.Format
	} else {
		path, b.Prompt, b.Stop = "/v1/completions", &j.Item.Plain, stops(j.Item)
	}
	resp, sent, err := c.post(ctx, path, b)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &run.Answer{RequestID: resp.Header.Get("X-Irori-Id"), Served: served(resp.Header), Temperature: &b.Temperature, MaxTokens: b.MaxTokens}
	err = c.listen(ctx, resp.Body, a, sent)
	return a, err
}

// temperature is that of the run, else what the task asks for.
func (c *Client) temperature(t *task.Task) float64 {
	if v := cmp.Or(c.o.Temperature, t.Temperature); v != nil {
		return *v
	}
	return 0
}

// stops are what ends the continuation of a text. Servers take up to four; an
// item's own come first.
func stops(it *task.Item) []string {
	all := slices.Concat(it.Stop, it.PlainStop)
	return all[:min(4, len(all))]
}

func served(h http.Header) run.Served {
	return run.Served{Model: h.Get("X-Irori-Model"), Backend: h.Get("X-Irori-Backend"), Route: h.Get("X-Irori-Route")}
}

func (c *Client) limit(it *task.Item) int {
	if c.o.MaxTokens > 0 && it.MaxTokens > 0 {
		return min(c.o.MaxTokens, it.MaxTokens)
	}
	return cmp.Or(it.MaxTokens, c.o.MaxTokens)
}

// post sends a request and returns an answer with status 200.
func (c *Client) post(ctx context.Context, path string, b body) (*http.Response, time.Time, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(b); err != nil {
		return nil, time.Time{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.URL+path, &buf)
	if err != nil {
		return nil, time.Time{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Irori-Usage", "1")
	// An answer from a cache tells nothing of the model.
	req.Header.Set("Cache-Control", "no-store")
	req.Header.Set("User-Agent", "irori-measure/"+c.o.Version)
	if c.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	sent := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, sent, c.broken(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, sent, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, sent, c.broken(ctx, err)
	}
	return nil, sent, refused(resp, text)
}

// refused is an answer that is an error.
func refused(resp *http.Response, text []byte) error {
	out := ask.DecodeError(resp.StatusCode, text)
	var b struct {
		Error struct {
			Message, Hint string
			Code          llm.Code
		}
	}
	if json.Unmarshal(text, &b) == nil && b.Error.Message != "" && resp.Header.Get("X-Irori-Id")+string(b.Error.Code) != "" {
		// A server of ours says its code, and repeats the hint in its message.
		out.Message, out.Hint = strings.TrimSuffix(b.Error.Message, " (hint: "+b.Error.Hint+")"), b.Error.Hint
		out.Code = cmp.Or(b.Error.Code, out.Code)
	}
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n >= 0 {
		out.RetryAfter = time.Duration(n) * time.Second
	}
	return out
}

// broken tells a server that is gone from a question that took too long and an
// end that was asked for.
func (c *Client) broken(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return llm.Errorf(llm.CodeTimeout, "no answer within %s", c.o.Timeout)
	}
	if ctx.Err() != nil {
		return llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return llm.Wrap(llm.CodeUnreachable, err, "the server at %s does not answer", c.o.URL).WithHint("irori doctor")
}

// listen reads the events of an answer.
func (c *Client) listen(ctx context.Context, in io.Reader, a *run.Answer, sent time.Time) error {
	r := sse.NewReader(in, maxEvent)
	defer r.Release()
	d := ask.NewDecoder()
	h := &heard{answer: a, sent: sent}
	for !d.Done() {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c.broken(ctx, err)
		}
		events, err := d.Event(ev.Data)
		if err != nil {
			return inStream(err, ev.Data)
		}
		h.take(events)
		if bytes.Contains(ev.Data, []byte(`"irori"`)) {
			h.spent(ev.Data)
		}
	}
	if !d.Done() {
		return c.broken(ctx, io.ErrUnexpectedEOF)
	}
	events, err := d.End()
	if err != nil {
		return err
	}
	h.take(events)
	h.end()
	return nil
}

// inStream is an error of a server of ours in the middle of an answer.
func inStream(err error, data []byte) error {
	var b struct {
		Error struct {
			Message, Hint string
			Code          llm.Code
		}
	}
	if json.Unmarshal(data, &b) != nil || b.Error.Code == "" {
		return err
	}
	return &llm.Error{Code: b.Error.Code, Message: strings.TrimSuffix(b.Error.Message, " (hint: "+b.Error.Hint+")"), Hint: b.Error.Hint}
}

// heard gathers an answer and its times.
type heard struct {
	answer      *run.Answer
	text, think strings.Builder
	sent        time.Time
	first, last time.Time
	gaps        []float64
	usage       *llm.Usage
}

func (h *heard) take(events []llm.Event) {
	for _, e := range events {
		switch e.Type {
		case llm.EventText:
			h.text.WriteString(e.Text)
		case llm.EventReasoning:
			h.think.WriteString(e.Text)
		case llm.EventToolCall:
			h.call(e.ToolCall)
		case llm.EventFinish:
			h.answer.Finish = string(e.Finish)
			continue
		case llm.EventUsage:
			h.usage = e.Usage
			continue
		default:
			continue
		}
		now := time.Now()
		if h.first.IsZero() {
			h.first = now
		} else {
			h.gaps = append(h.gaps, now.Sub(h.last).Seconds())
		}
		h.last = now
	}
}

// call adds a piece of a tool call.
func (h *heard) call(t llm.ToolCallDelta) {
	for len(h.answer.Calls) <= t.Index {
		h.answer.Calls = append(h.answer.Calls, llm.ToolCall{})
	}
	c := &h.answer.Calls[t.Index]
	c.ID, c.Name = cmp.Or(c.ID, t.ID), cmp.Or(c.Name, t.Name)
	c.Arguments += t.Arguments
}

// end fills in what is known when all was heard.
func (h *heard) end() {
	a := h.answer
	a.Text, a.Thought = h.text.String(), h.think.String()
	total := time.Since(h.sent).Seconds()
	a.Latency.Total = &total
	if !h.first.IsZero() {
		ttft := h.first.Sub(h.sent).Seconds()
		a.Latency.TTFT = &ttft
	}
	if len(h.gaps) > 0 {
		slices.Sort(h.gaps)
		at := func(q float64) *float64 {
			x := q * float64(len(h.gaps)-1)
			i := int(x)
			v := h.gaps[i]
			if i+1 < len(h.gaps) {
				v += (x - float64(i)) * (h.gaps[i+1] - v)
			}
			return &v
		}
		a.Latency.ITLP50, a.Latency.ITLP90, a.Latency.ITLP95, a.Latency.ITLP99 = at(.5), at(.9), at(.95), at(.99)
	}
	if u := h.usage; u != nil {
		a.Tokens = sample.Tokens{Prompt: u.PromptTokens, Cached: u.CachedTokens, Output: u.OutputTokens, Reasoning: u.ReasoningTokens}
	}
}

// spent reads what the server says that the answer took.
func (h *heard) spent(data []byte) {
	var b struct {
		Usage struct{ Irori *llm.Spent } `json:"usage"`
	}
	if json.Unmarshal(data, &b) == nil && b.Usage.Irori != nil {
		s := b.Usage.Irori
		h.answer.Energy, h.answer.Cost, h.answer.Currency, h.answer.Latency.Queue = energyOf(s), s.Cost, s.Currency, s.QueueSeconds
	}
}

// energyOf is nil where energy is not known.
func energyOf(s *llm.Spent) *sample.Energy {
	if s.EnergyJ == nil {
		return nil
	}
	return &sample.Energy{
		Method: s.EnergyMethod, Basis: s.EnergyBasis, Full: *s.EnergyJ, Active: s.EnergyActiveJ, Low: s.EnergyLowJ, High: s.EnergyHighJ,
		Prefill: s.EnergyPrefillJ, Decode: s.EnergyDecodeJ, Power: s.PowerW, PowerLow: s.PowerLowW, PowerHi: s.PowerHighW,
		Coverage: s.EnergyCoverage,
	}
}
