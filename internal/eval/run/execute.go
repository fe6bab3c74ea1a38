package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// Answer is what came back for a question. What is not known is nil.
type Answer struct {
	Text string
	// Thought is what a reasoning model thought before.
	Thought string
	// Calls are the tools that it called.
	Calls []llm.ToolCall
	// Temperature and MaxTokens are what the text was asked for with.
	Temperature *float64
	MaxTokens   *int
	// Finish is the reason that the server gave for the end.
	Finish string
	// NLL are the sums of negative log-likelihoods of the texts that the
	// question was to be continued by, in their order: of the choices, of the
	// gold, or of the whole text.
	NLL []float64
	// NLLTokens and NLLBytes are what these are sums over.
	NLLTokens, NLLBytes []int

	Tokens    sample.Tokens
	Latency   sample.Latency
	Energy    *sample.Energy
	Cost      *float64
	Currency  string
	RequestID string
	// Served is what answered, where it says so.
	Served Served
}

// Served says what answered.
type Served struct{ Model, Backend, Route string }

// Verdict is what became of an answer.
type Verdict struct {
	State         sample.State
	Parsed        any
	Why           string
	Strict, Loose []bool
	// Judge says that a judge is to decide.
	Judge bool
}

// Asker asks a job's question. Errors are *llm.Error: overloaded and
// unavailable servers are tried again, unreachable ones are waited for.
type Asker interface {
	Ask(ctx context.Context, j *Job) (*Answer, error)
}

// Keeper keeps samples: Keep for good, Hold until a judge has decided.
type Keeper interface {
	Done(Key) bool
	Keep(sample.Sample) error
	Hold(sample.Sample) error
}

// Runner asks the jobs of a run.
type Runner struct {
	Asker  Asker
	Keeper Keeper
	// Mark scores an answer.
	Mark func(context.Context, *Job, *Answer) (Verdict, error)
	// Domain names the occupational group of a question; nil leaves it out.
	Domain func(prompt, language string) string
	// Seen is called for each sample that was kept or held.
	Seen func(*sample.Sample)
	// Began is when the run did.
	Began time.Time
	// Outputs says that answers are kept with their samples.
	Outputs bool
	// Patience is how long one question is tried again; Failures in a row end
	// the run.
	Patience time.Duration
	Failures int
}

// pause is how long is waited before a server is tried again that does not say
// when.
const pause = time.Second

// result is a job's end, for the one goroutine that keeps.
type result struct {
	job    *Job
	answer *Answer
	err    error
	sent   time.Time
	flying int
}

// Run asks the jobs that were not asked before, so many at a time, and returns
// when all are kept. The jobs of one call are of one target and pass.
func (r *Runner) Run(ctx context.Context, jobs []Job, streams int) error {
	var left []*Job
	for i := range jobs {
		if !r.Keeper.Done(jobs[i].Key()) {
			left = append(left, &jobs[i])
		}
	}
	if len(left) == 0 {
		return ctx.Err()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q := &queue{jobs: left}
	// Keeping writes to a disk and may run code: the next question does not
	// wait for that.
	results := make(chan result, 4*streams)
	var asking sync.WaitGroup
	for range min(streams, len(left)) {
		asking.Go(func() {
			for j := q.next(); j != nil && ctx.Err() == nil; j = q.next() {
				res := r.ask(ctx, q, j)
				select {
				case results <- res:
				case <-ctx.Done():
				}
			}
		})
	}
	go func() {
		asking.Wait()
		close(results)
	}()
	failures := 0
	for res := range results {
		if ctx.Err() != nil {
			continue // unmarked answers are asked for again
		}
		if err := r.take(ctx, res, &failures); err != nil {
			cancel(err)
		}
	}
	return context.Cause(ctx)
}

// queue hands out jobs.
type queue struct {
	mu     sync.Mutex
	jobs   []*Job
	flying int
}

func (q *queue) next() *Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return nil
	}
	j := q.jobs[0]
	q.jobs = q.jobs[1:]
	return j
}

func (q *queue) fly(n int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flying += n
	return q.flying
}

// ask asks until there is an answer, a failure that stays one, or no patience
// left.
func (r *Runner) ask(ctx context.Context, q *queue, j *Job) result {
	deadline := time.Now().Add(r.Patience)
	for wait := pause; ; wait = min(2*wait, 30*time.Second) {
		res := result{job: j, sent: time.Now(), flying: q.fly(1)}
		res.answer, res.err = r.Asker.Ask(ctx, j)
		q.fly(-1)
		again, after := passing(res.err)
		if !again || ctx.Err() != nil {
			return res
		}
		after = max(after, wait)
		if time.Now().Add(after).After(deadline) {
			return res
		}
		select {
		case <-ctx.Done():
			return res
		case <-time.After(after):
		}
	}
}

// passing reports whether the same question may be answered a little later,
// and when the server says that it makes sense.
func passing(err error) (bool, time.Duration) {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return false, 0
	}
	switch e.Code {
	case llm.CodeOverloaded, llm.CodeRateLimited, llm.CodeUnavailable, llm.CodeLedgerUnavailable, llm.CodeUnreachable:
		return true, e.RetryAfter
	}
	return false, 0
}

// Hopeless reports whether all other questions would fail alike.
func Hopeless(err error) bool {
	switch llm.CodeOf(err) {
	case llm.CodeUnauthorized, llm.CodeForbidden, llm.CodeLicense, llm.CodeDoesNotFit, llm.CodeModelNotFound, llm.CodeQuarantined,
		llm.CodeBudget, llm.CodeNoSpace, llm.CodeUnreachable:
		return true
	}
	return false
}

// take keeps a result. An error ends the run.
func (r *Runner) take(ctx context.Context, res result, failures *int) error {
	if res.err != nil && Hopeless(res.err) {
		return res.err
	}
	s := r.sample(&res)
	if res.err != nil {
		s.State, s.Why = sample.Failed, string(llm.CodeOf(res.err))+": "+res.err.Error()
		if llm.CodeOf(res.err) == llm.CodeUnsupported {
			s.State = sample.Skipped
		} else {
			*failures++
		}
		if err := r.keep(s, false); err != nil {
			return err
		}
		if *failures >= r.Failures {
			return llm.Wrap(llm.CodeOf(res.err), res.err, "%d questions in a row failed", *failures)
		}
		return nil
	}
	*failures = 0
	v, err := r.Mark(ctx, res.job, res.answer)
	if err != nil {
		return err
	}
	s.State, s.Parsed, s.Why, s.Strict, s.Loose = v.State, v.Parsed, v.Why, v.Strict, v.Loose
	if v.Judge {
		s.Output = &res.answer.Text // the judge needs it
	}
	return r.keep(s, v.Judge)
}

func (r *Runner) keep(s *sample.Sample, hold bool) error {
	put := r.Keeper.Keep
	if hold {
		put = r.Keeper.Hold
	}
	if err := put(*s); err != nil {
		return err
	}
	if r.Seen != nil {
		r.Seen(s)
	}
	return nil
}

// sample is what is known of a result without a verdict.
func (r *Runner) sample(res *result) *sample.Sample {
	j := res.job
	prompt := Prompt(j.Item, j.Target.Chat)
	s := &sample.Sample{
		Schema: sample.SchemaVersion, Target: j.Target.ID, Pass: j.Pass, Repeat: j.Repeat, Order: j.Order,
		Task: j.Task.Name, Item: j.Item.ID, Family: j.Task.Family, Language: j.Task.Language, PromptSHA: hash(prompt),
		Start: res.sent.Sub(r.Began).Seconds(), Time: res.sent.UTC().Round(0), InFlight: res.flying,
	}
	if r.Domain != nil {
		s.Domain = r.Domain(Question(j.Item), j.Task.Language)
	}
	a := res.answer
	if a == nil {
		return s
	}
	s.Tokens, s.Latency, s.Energy, s.Cost, s.Currency = a.Tokens, a.Latency, a.Energy, a.Cost, a.Currency
	s.FinishReason, s.RequestID, s.Temperature, s.MaxTokens = a.Finish, a.RequestID, a.Temperature, a.MaxTokens
	losses(s, j, a)
	if j.Task.Output == task.GenerateUntil || j.Task.Output == "" {
		s.ResponseSHA = hash(a.Text)
		n := utf8.RuneCountInString(a.Text)
		s.Tokens.Characters = &n
		if r.Outputs {
			s.Output = &a.Text
		}
	}
	return s
}

// losses are the sums of a text's log-likelihood; of a choice there is none,
// since which text is meant would not be known.
func losses(s *sample.Sample, j *Job, a *Answer) {
	if len(a.NLL) != 1 || j.Task.Output == task.MultipleChoice {
		return
	}
	s.NLL, s.NLLTokens, s.NLLBytes = &a.NLL[0], &a.NLLTokens[0], &a.NLLBytes[0]
}

// Prompt is an item as one text.
func Prompt(it *task.Item, chat bool) string {
	if !chat && it.Plain != "" || len(it.Turns) == 0 {
		return it.Plain
	}
	var b strings.Builder
	for _, t := range it.Turns {
		b.WriteString(t.Role + ": " + t.Content + "\n\n")
	}
	return b.String()
}

// Question is the last thing that an item says: what comes before are
// examples.
func Question(it *task.Item) string {
	for i := len(it.Turns) - 1; i >= 0; i-- {
		if it.Turns[i].Role == "user" {
			return it.Turns[i].Content
		}
	}
	return it.Plain
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
