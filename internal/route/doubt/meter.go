package doubt

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"irori/internal/llm"
	"irori/internal/route/doubt/check"
)

const (
	// worst bounds a log-probability: servers write −Inf in ways of their own.
	worst = -30.0
	// most bounds the tokens and the text that are kept of one answer.
	most     = 1 << 16
	mostText = 4 << 20
	// covered is the least share of the visible text that must have had
	// log-probabilities: what was said without may have been the doubtful part.
	covered = .9
)

// Meter reads the events of one answer. The zero value is ready; Letters may be
// set before the first event. It is not safe for concurrent use.
type Meter struct {
	// Letters are what the options of a multiple choice are called, where the
	// request is one.
	Letters []string

	text  strings.Builder
	think thinker
	// with and without count bytes of visible text by whether log-probabilities
	// came with them.
	with, without              int
	logprobs, margins, entropy []float64
	// alternatives counts the tokens that had some.
	tokens, alternatives int
	// sure says that no token was anything but certain so far: a server that
	// reports probabilities after sampling says so of each token.
	doubted bool
	letter  *float64
	calls   []llm.ToolCall
	finish  llm.FinishReason
	// output is how many tokens the server counted, bytes how long all that came
	// of the answer is, thinking and calls too.
	output *int
	bytes  int
}

// Add takes the next event; those of other choices than the first say nothing
// here, and neither does thinking.
func (m *Meter) Add(e *llm.Event) {
	if e.Choice != 0 {
		return
	}
	if e.Usage != nil && e.Usage.Source == llm.UsageBackend && e.Usage.OutputTokens != nil {
		m.output = e.Usage.OutputTokens
	}
	m.bytes += len(e.Text) + len(e.ToolCall.Arguments)
	switch e.Type {
	case llm.EventText:
		m.addText(e)
	case llm.EventToolCall:
		m.addCall(e.ToolCall)
	case llm.EventFinish:
		m.finish = e.Finish
	case llm.EventRaw:
		for i := range e.Read {
			m.Add(&e.Read[i])
		}
	}
}

func (m *Meter) addText(e *llm.Event) {
	if m.text.Len() < mostText {
		m.text.WriteString(e.Text)
	}
	if len(e.Logprobs) == 0 {
		m.without += m.think.visible(e.Text, func() { m.forget() })
		return
	}
	for i := range e.Logprobs {
		t := &e.Logprobs[i]
		n := m.think.visible(t.Text, func() { m.forget() })
		if n == 0 && t.Text != "" {
			continue
		}
		if t.First || math.IsNaN(t.Logprob) || t.Logprob > 1e-6 {
			m.without += n
			continue
		}
		m.with += n
		m.addToken(t)
	}
}

// forget drops what turned out to have been thinking.
func (m *Meter) forget() {
	m.logprobs, m.margins, m.entropy, m.letter = nil, nil, nil, nil
	m.with, m.without, m.tokens, m.alternatives, m.doubted = 0, 0, 0, 0, false
}

func (m *Meter) addToken(t *llm.TokenLogprob) {
	m.tokens++
	if t.Logprob != 0 {
		m.doubted = true
	}
	if len(m.logprobs) >= most {
		return
	}
	m.logprobs = append(m.logprobs, max(t.Logprob, worst))
	if margin, entropy, ok := spread(t); ok {
		m.alternatives++
		m.margins, m.entropy = append(m.margins, margin), append(m.entropy, entropy)
	}
	if len(m.Letters) > 0 {
		m.addLetter(t)
	}
}

func (m *Meter) addCall(d llm.ToolCallDelta) {
	const calls = 256
	for len(m.calls) <= d.Index && d.Index < calls {
		m.calls = append(m.calls, llm.ToolCall{})
	}
	if d.Index < 0 || d.Index >= len(m.calls) {
		return
	}
	c := &m.calls[d.Index]
	c.ID, c.Name = cmp.Or(c.ID, d.ID), cmp.Or(c.Name, d.Name)
	if len(c.Arguments) < mostText {
		c.Arguments += d.Arguments
	}
}

// spread is how far the best alternative stands above the second, and the
// entropy over all, what was not listed counted as one.
func spread(t *llm.TokenLogprob) (margin, entropy float64, ok bool) {
	if len(t.Top) < 2 {
		return 0, 0, false
	}
	first, second, sum := math.Inf(-1), math.Inf(-1), 0.0
	for _, o := range t.Top {
		if math.IsNaN(o.Logprob) || o.Logprob > 1e-6 {
			return 0, 0, false
		}
		v := max(o.Logprob, worst)
		if v > first {
			first, second = v, first
		} else {
			second = max(second, v)
		}
		p := math.Exp(v)
		sum += p
		entropy -= p * v
	}
	if rest := 1 - sum; rest > 1e-12 {
		entropy -= rest * math.Log(rest)
	}
	return first - second, entropy, true
}

// addLetter looks for the token that names an option: the first token of the
// answer, else the last that is a letter by itself.
func (m *Meter) addLetter(t *llm.TokenLogprob) {
	said := letterOf(t.Text)
	if !slices.Contains(m.Letters, said) || m.letter != nil && m.tokens > 1 && said == "A" {
		// An A behind another letter may well be an article.
		return
	}
	mass := map[string]float64{}
	floor := 0.0
	for _, o := range t.Top {
		floor = min(floor, o.Logprob)
		if l := letterOf(o.Text); slices.Contains(m.Letters, l) {
			mass[l] += math.Exp(max(o.Logprob, worst))
		}
	}
	if len(t.Top) < 2 {
		return
	}
	own := max(mass[said], math.Exp(max(t.Logprob, worst)))
	// Letters that were not listed are no likelier than the last that was.
	next := 0.0
	if len(mass) < len(m.Letters) {
		next = math.Exp(max(floor, worst))
	}
	for l, p := range mass {
		if l != said {
			next = max(next, p)
		}
	}
	margin := math.Log(own) - math.Log(next)
	m.letter = &margin
}

func letterOf(token string) string {
	return strings.TrimFunc(token, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || r == '*' })
}

// Tokens is how many visible tokens with log-probabilities came so far.
func (m *Meter) Tokens() int { return m.tokens }

// Answer is what came so far, for package check.
func (m *Meter) Answer() check.Answer {
	a := check.Answer{Text: m.think.said(m.text.String()), Calls: slices.Clone(m.calls), Finish: m.finish, Most: m.bytes}
	if m.output != nil {
		a.Most = *m.output
	}
	return a
}

// Now is what the tokens tell so far. Without log-probabilities, or with too
// few, those figures are absent; so are they where a server calls every token
// certain, which no model is.
func (m *Meter) Now() Signals {
	s := Signals{}
	if m.tokens == 0 || !m.doubted || float64(m.with) < covered*float64(m.with+m.without) {
		return s
	}
	s[Length] = math.Log1p(float64(m.tokens))
	s.summarise("logprob", m.logprobs, false, -2)
	if m.alternatives == len(m.logprobs) {
		s.summarise("margin", m.margins, false, math.Ln2)
		s.summarise("entropy", m.entropy, true, 1)
	}
	if m.letter != nil {
		s[LetterMargin] = *m.letter
	}
	return s
}
