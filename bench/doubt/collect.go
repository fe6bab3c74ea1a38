package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"irori/internal/eval/calls"
	"irori/internal/eval/easy"
	"irori/internal/eval/sample"
	"irori/internal/eval/sets"
	"irori/internal/eval/task"
	"irori/internal/eval/verdict"
	"irori/internal/llm"
	"irori/internal/route/doubt/vote"
)

// answer is a line of the raw file: what a model said to one item.
type answer struct {
	Task     string `json:"task"`
	Item     string `json:"item"`
	Language string `json:"language,omitempty"`
	Model    string `json:"model"`
	Question string `json:"question"`
	Choice   bool   `json:"choice,omitempty"`
	JSON     bool   `json:"json,omitempty"`
	Text     string `json:"text"`
	Finish   string `json:"finish"`
	Right    bool   `json:"right"`
	// Tokens are the greedy answer's, with their alternatives.
	Tokens []llm.TokenLogprob `json:"tokens"`
	// Samples are further answers, drawn at temperature 0.7; Yes is the first
	// token of what the model said when asked whether its answer holds.
	Samples []string           `json:"samples"`
	Yes     []llm.TokenLogprob `json:"yes,omitempty"`
	YesText string             `json:"yes_text,omitempty"`
}

// collect asks the items of tasks and writes a line an answer.
func collect(ctx context.Context, s settings, out io.Writer) error {
	var list []job
	for name := range strings.SplitSeq(s.tasks, ",") {
		var tasks []*task.Task
		var err error
		if name == "easy" {
			tasks = easy.Tasks(s.seed, max(s.items, 1))
		} else if tasks, err = sets.Load(name, sets.Folders(s.data, "")); err != nil {
			return err
		}
		for _, t := range tasks {
			order := rand.New(rand.NewPCG(s.seed, 1)).Perm(len(t.Items))
			taken := 0
			for _, i := range order {
				it := &t.Items[i]
				if it.Scorer != task.ByMark && it.Scorer != task.ByChoice && it.Scorer != task.ByChecks {
					continue
				}
				if taken++; s.items > 0 && taken > s.items {
					break
				}
				list = append(list, job{t, it})
			}
		}
	}
	work := make(chan job)
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed error
	done := 0
	for range 4 {
		wait.Go(func() {
			for j := range work {
				a, err := s.ask(ctx, j)
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s %s: %w", j.task.Name, j.item.ID, err))
				} else if err := json.NewEncoder(out).Encode(a); err != nil {
					failed = errors.Join(failed, err)
				}
				if done++; done%25 == 0 {
					fmt.Fprintf(os.Stderr, "%d of %d\n", done, len(list))
				}
				mu.Unlock()
			}
		})
	}
	for _, j := range list {
		work <- j
	}
	close(work)
	wait.Wait()
	return failed
}

type job struct {
	task *task.Task
	item *task.Item
}

// turns are what is asked: options are lettered where the item leaves that to
// the weighing of likelihoods.
func (j job) turns() []task.Turn {
	turns := append([]task.Turn(nil), j.item.Turns...)
	if j.item.Scorer == task.ByChoice && !task.Labels(j.item.Choices) {
		last := &turns[len(turns)-1]
		last.Content = task.Lettered(last.Content, j.item.Choices, j.task.Language)
	}
	return turns
}

func (s settings) ask(ctx context.Context, j job) (*answer, error) {
	turns := j.turns()
	a := &answer{
		Task: j.task.Name, Item: j.item.ID, Language: j.task.Language, Model: s.model, Question: turns[len(turns)-1].Content,
		Choice: j.item.Scorer == task.ByChoice || j.item.Mark == "choice" || j.item.Mark == "jcommonsenseqa", JSON: len(j.item.Format) > 0,
	}
	body := s.body(turns, min(max(j.item.MaxTokens, 8), s.tokens))
	if len(j.item.Stop) > 0 {
		body["stop"] = j.item.Stop
	}
	greedy, err := s.post(ctx, body)
	if err != nil {
		return nil, err
	}
	a.Text, a.Finish, a.Tokens = greedy[0].said(), greedy[0].Finish, greedy[0].tokens()
	v, err := verdict.Of(ctx, *j.item, verdict.Answer{Text: &a.Text, Finish: a.Finish, Calls: []calls.Call(nil)}, verdict.Outside{})
	if err != nil {
		return nil, err
	}
	a.Right = v.State == sample.Right
	if s.samples > 0 {
		body["temperature"], body["n"], body["seed"] = .7, s.samples, s.seed
		delete(body, "top_logprobs")
		delete(body, "logprobs")
		more, err := s.post(ctx, body)
		if err != nil {
			return nil, err
		}
		for _, m := range more {
			a.Samples = append(a.Samples, m.said())
		}
	}
	return a, nil
}

// body is a request: a conversation, or a text to go on with for models that
// were not tuned to converse.
func (s settings) body(turns []task.Turn, tokens int) map[string]any {
	body := map[string]any{"model": s.model, "max_tokens": tokens, "temperature": 0}
	if !s.plain {
		body["messages"], body["logprobs"], body["top_logprobs"] = turns, true, 5
		return body
	}
	body["prompt"], body["logprobs"] = easy.Plain(turns), 5
	return body
}

// choice is one answer as OpenAI's dialect has it.
type choice struct {
	Finish  string `json:"finish_reason"`
	Text    string `json:"text"`
	Message struct {
		Content string `json:"content"`
	} `json:"message"`
	Logprobs struct {
		Content []struct {
			Token   string  `json:"token"`
			Logprob float64 `json:"logprob"`
			Top     []struct {
				Token   string  `json:"token"`
				Logprob float64 `json:"logprob"`
			} `json:"top_logprobs"`
		} `json:"content"`
		// Completions have lists side by side.
		Tokens []string             `json:"tokens"`
		Values []float64            `json:"token_logprobs"`
		Top    []map[string]float64 `json:"top_logprobs"`
	} `json:"logprobs"`
}

func (c choice) said() string { return strings.TrimSpace(c.Message.Content + c.Text) }

func (c choice) tokens() []llm.TokenLogprob {
	var out []llm.TokenLogprob
	for i, t := range c.Logprobs.Tokens {
		one := llm.TokenLogprob{Text: t, Logprob: c.Logprobs.Values[i]}
		for text, value := range c.Logprobs.Top[i] {
			one.Top = append(one.Top, llm.TokenLogprob{Text: text, Logprob: value})
		}
		slices.SortFunc(one.Top, func(a, b llm.TokenLogprob) int { return cmp.Compare(b.Logprob, a.Logprob) })
		out = append(out, one)
	}
	for _, t := range c.Logprobs.Content {
		one := llm.TokenLogprob{Text: t.Token, Logprob: t.Logprob}
		for _, o := range t.Top {
			one.Top = append(one.Top, llm.TokenLogprob{Text: o.Token, Logprob: o.Logprob})
		}
		out = append(out, one)
	}
	return out
}

func (s settings) post(ctx context.Context, body map[string]any) ([]choice, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	path := "/v1/chat/completions"
	if body["prompt"] != nil {
		path = "/v1/completions"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server said %s: %.300s", resp.Status, text)
	}
	var out struct {
		Choices []choice `json:"choices"`
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	if len(out.Choices) == 0 {
		return nil, errors.New("no answer came")
	}
	return out.Choices, nil
}

// verify asks the model of each answer whether it holds, and writes the lines
// anew with what it said.
func verify(ctx context.Context, s settings, list []*answer) error {
	work := make(chan *answer)
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range 4 {
		wait.Go(func() {
			for a := range work {
				var turns []task.Turn
				for _, m := range vote.Prompt(a.Question, a.Text) {
					turns = append(turns, task.Turn{Role: string(m.Role), Content: m.Text()})
				}
				said, err := s.post(ctx, s.body(turns, 3))
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					continue
				}
				a.Yes, a.YesText = said[0].tokens(), said[0].said()
			}
		})
	}
	for i, a := range list {
		if i%50 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d\n", i, len(list))
		}
		work <- a
	}
	close(work)
	wait.Wait()
	return failed
}
