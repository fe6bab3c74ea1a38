package asking

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
	"irori/internal/wire/openai/ask"
)

// weigh asks how likely texts are behind an item's prompt, one request each.
func (c *Client) weigh(ctx context.Context, j *run.Job) (*run.Answer, error) {
	before, texts := j.Item.Plain, j.Item.Choices
	switch j.Task.Output {
	case task.Loglikelihood:
		var gold string
		if err := json.Unmarshal(j.Item.Gold, &gold); err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the gold of item %s is no text", j.Item.ID)
		}
		texts = []string{gold}
	case task.LoglikelihoodRolling:
		before, texts = "", []string{j.Item.Plain}
	}
	if len(texts) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "item %s has no choices", j.Item.ID)
	}
	sum := &weighed{a: &run.Answer{}}
	began := time.Now()
	for _, t := range texts {
		if err := c.weighOne(ctx, j, before, t, sum); err != nil {
			return nil, lettered(j, err)
		}
	}
	total := time.Since(began).Seconds()
	sum.a.Latency.Total = &total
	sum.finish()
	return sum.a, nil
}

// lettered adds to a server's refusal of log-probabilities how choices can be
// asked of it all the same.
func lettered(j *run.Job, err error) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Code != llm.CodeUnsupported || j.Task.Output != task.MultipleChoice || !j.Target.Chat {
		return err
	}
	out := *e
	out.Message += "; --choices letter asks for the letter of a choice instead"
	return &out
}

// unoffered is what a server says of an endpoint that it has not: the model of a
// conversation was answered by, so that it is not the model that is missing.
func unoffered(j *run.Job, err error) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || !j.Target.Chat || j.Target.Backend == "embedded" || e.Code != llm.CodeModelNotFound && !noSuch.MatchString(e.Message) {
		return err
	}
	return llm.Errorf(llm.CodeUnsupported, "%s gives no log-probabilities of a prompt: /completions is not answered (%s)", j.Target.Model, e.Message)
}

// noSuch is how a server of ours repeats another's status: no such endpoint, no
// such method, not implemented.
var noSuch = regexp.MustCompile(`answers (404|405|501)\b`)

// weighed adds up the requests of one item.
type weighed struct {
	a       *run.Answer
	n       int
	metered []metered
}

type metered struct {
	e       *sample.Energy
	seconds float64
}

// list is the older endpoint's log-probabilities.
type list struct {
	Tokens  []string   `json:"tokens"`
	Logs    []*float64 `json:"token_logprobs"`
	Offsets []int      `json:"text_offset"`
}

func (c *Client) weighOne(ctx context.Context, j *run.Job, before, text string, sum *weighed) error {
	whole, none, zero := before+text, 0, 0
	resp, sent, err := c.post(ctx, "/v1/completions", body{
		Model: j.Target.Requested, Prompt: &whole, MaxTokens: &none, Echo: true, Logprobs: &zero, Seed: c.o.Seed & (1<<31 - 1),
	})
	if err != nil {
		return unoffered(j, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return c.broken(ctx, err)
	}
	var b struct {
		Choices []struct {
			Logprobs *list `json:"logprobs"`
		} `json:"choices"`
		Usage struct {
			Prompt, Output *int
			Irori          *llm.Spent
		} `json:"usage"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return llm.Wrap(llm.CodeBadAnswer, err, "the server's answer cannot be read")
	}
	if len(b.Choices) != 1 || b.Choices[0].Logprobs == nil {
		return llm.Errorf(llm.CodeUnsupported, "%s gives no log-probabilities of a prompt", j.Target.Model)
	}
	nll, tokens, bytes, err := b.Choices[0].Logprobs.behind(before, text)
	if err != nil {
		return err
	}
	a := sum.a
	a.NLL, a.NLLTokens, a.NLLBytes = append(a.NLL, nll), append(a.NLLTokens, tokens), append(a.NLLBytes, bytes)
	a.RequestID, a.Served = resp.Header.Get("X-Irori-Id"), served(resp.Header)
	if ev, err := ask.DecodeAnswer(raw); err == nil {
		sum.count(ev)
	}
	sum.n++
	if s := b.Usage.Irori; s != nil {
		if e := energyOf(s); e != nil {
			sum.metered = append(sum.metered, metered{e, time.Since(sent).Seconds()})
		}
		if s.QueueSeconds != nil {
			waited := *s.QueueSeconds
			if a.Latency.Queue != nil {
				waited += *a.Latency.Queue
			}
			a.Latency.Queue = &waited
		}
		if s.Cost != nil {
			total := *s.Cost
			if a.Cost != nil {
				total += *a.Cost
			}
			a.Cost, a.Currency = &total, s.Currency
		}
	}
	return nil
}

// behind sums what stands behind a beginning. A token that spans the seam
// belongs to what is behind it; one whose likelihood nothing comes before does
// not count, nor do its bytes.
func (l *list) behind(before, text string) (nll float64, tokens, bytes int, err error) {
	n := len(l.Tokens)
	if len(l.Logs) != n || len(l.Offsets) != n {
		return 0, 0, 0, llm.Errorf(llm.CodeBadAnswer, "the server's lists of log-probabilities differ in length")
	}
	from := utf8.RuneCountInString(before)
	whole := before + text
	end := utf8.RuneCountInString(whole)
	skipped := 0
	for i := range n {
		next := end
		if i+1 < n {
			next = l.Offsets[i+1]
		}
		switch {
		case l.Offsets[i] < from && next <= from:
		case l.Logs[i] == nil:
			skipped = next
		default:
			nll -= *l.Logs[i]
			tokens++
		}
	}
	if tokens == 0 {
		return 0, 0, 0, llm.Errorf(llm.CodeBadAnswer, "the server gave no log-probabilities of the text")
	}
	bytes = len(text)
	if skipped > from {
		// The first token of a text has nothing before it.
		runes := []rune(whole)
		bytes = len(string(runes[min(skipped, len(runes)):]))
	}
	return nll, tokens, bytes, nil
}

// count adds the tokens of a request.
func (w *weighed) count(events []llm.Event) {
	add := func(to **int, n *int) {
		switch {
		case n == nil:
		case *to == nil:
			v := *n
			*to = &v
		default:
			**to += *n
		}
	}
	for _, e := range events {
		if e.Type == llm.EventUsage && e.Usage != nil {
			add(&w.a.Tokens.Prompt, e.Usage.PromptTokens)
			add(&w.a.Tokens.Cached, e.Usage.CachedTokens)
			add(&w.a.Tokens.Output, e.Usage.OutputTokens)
		}
	}
}

// finish adds the energies. Where that of one request is unknown, so is that
// of all.
func (w *weighed) finish() {
	if len(w.metered) == 0 || len(w.metered) < w.n {
		return
	}
	first := w.metered[0].e
	out := &sample.Energy{Method: first.Method, Basis: first.Basis}
	for _, m := range w.metered {
		if m.e.Method != out.Method || m.e.Basis != out.Basis {
			return
		}
		out.Full += m.e.Full
	}
	sum := func(of func(*sample.Energy) *float64) *float64 {
		var v float64
		for _, m := range w.metered {
			x := of(m.e)
			if x == nil {
				return nil
			}
			v += *x
		}
		return &v
	}
	mean := func(of func(*sample.Energy) *float64) *float64 {
		var v, seconds float64
		for _, m := range w.metered {
			x := of(m.e)
			if x == nil {
				return nil
			}
			v += *x * m.seconds
			seconds += m.seconds
		}
		if seconds <= 0 {
			return nil
		}
		v /= seconds
		return &v
	}
	out.Active = sum(func(e *sample.Energy) *float64 { return e.Active })
	out.Low = sum(func(e *sample.Energy) *float64 { return e.Low })
	out.High = sum(func(e *sample.Energy) *float64 { return e.High })
	out.Prefill = sum(func(e *sample.Energy) *float64 { return e.Prefill })
	out.Decode = sum(func(e *sample.Energy) *float64 { return e.Decode })
	out.Power = mean(func(e *sample.Energy) *float64 { return e.Power })
	out.PowerLow = mean(func(e *sample.Energy) *float64 { return e.PowerLow })
	out.PowerHi = mean(func(e *sample.Energy) *float64 { return e.PowerHi })
	out.Coverage = mean(func(e *sample.Energy) *float64 { return e.Coverage })
	w.a.Energy = out
}
