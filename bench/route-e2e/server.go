package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/eval/easy"
	"irori/internal/eval/sample"
	"irori/internal/eval/verdict"
	"irori/internal/llm"
	"irori/internal/route/doubt"
	"irori/internal/store"
)

// server is one that was started.
type server struct {
	url, home string
	cmd       *exec.Cmd
	log       bytes.Buffer
}

// up starts a server on a copy of the home.
func (b *bench) up(ctx context.Context, name string, args ...string) (*server, error) {
	s := &server{home: b.path(name)}
	if err := b.copyHome(s.home); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(b.irori, append([]string{"up", "--json", "--addr", "127.0.0.1:0"}, args...)...)
	s.cmd.Env = append(os.Environ(), "IRORI_HOME="+s.home, "IRORI_ENGINE_DIR="+b.engine)
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { s.cmd.Process.Kill() })()
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server %s does not start: %w\n%s", name, err, s.log.Bytes())
	}
	s.url = ready.URL
	return s, nil
}

// stop ends a server and waits for it.
func (s *server) stop() {
	if s == nil || s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(os.Interrupt)
	late := time.AfterFunc(30*time.Second, func() { s.cmd.Process.Kill() })
	s.cmd.Wait()
	late.Stop()
}

func (b *bench) close() {
	b.here.stop()
	b.cloud.stop()
}

// copyHome makes a home with the same models. Locks are not taken along: they
// would be the same files.
func (b *bench) copyHome(to string) error {
	from := filepath.Join(b.home, "models")
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, "models", rest)
		if d.IsDir() {
			if rest == "inuse" || rest == "partial" {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o700)
		}
		if rest == "lock" {
			return nil
		}
		if err := os.Link(path, target); err == nil || errors.Is(err, os.ErrExist) {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, raw, 0o600)
	})
}

// start starts both servers: without a policy, for nothing is learnt yet.
func (b *bench) start(ctx context.Context) (err error) {
	for _, m := range []string{b.weak, b.strong} {
		if _, err := os.Stat(filepath.Join(b.home, "models", "manifests", m+".json")); err != nil {
			return fmt.Errorf("%s is not in %s: IRORI_HOME=%s irori pull %s", m, b.home, b.home, m)
		}
	}
	if b.cloud, err = b.up(ctx, "cloud", b.strong); err != nil {
		return err
	}
	b.here, err = b.up(ctx, "here", b.arguments()...)
	return err
}

// restart starts the server here again, with the policy.
func (b *bench) restart(ctx context.Context) (err error) {
	b.here.stop()
	b.here, err = b.up(ctx, "here", append(b.arguments(), "--policy", b.path("policy.yaml"))...)
	return err
}

// arguments are those of the server here.
func (b *bench) arguments() []string {
	return []string{b.weak, "--backend", "strong=openai:" + b.cloud.url + "/v1", "--price", "strong/" + b.strong + "=" + b.price}
}

// command runs the program on a home.
func (b *bench) command(ctx context.Context, home string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, b.irori, args...)
	c.Env = append(os.Environ(), "IRORI_HOME="+home, "IRORI_ENGINE_DIR="+b.engine)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("irori %s: %w\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	return out, nil
}

// answer is what came of a question.
type answer struct {
	id    string
	right bool
	// doubt is that of the order which needs no audits, nil where the server
	// tells no log-probabilities.
	doubt *float64
}

// ask asks a model an item.
func (b *bench) ask(ctx context.Context, model string, x *item, logprobs bool) (*answer, error) {
	body := map[string]any{"model": model, "prompt": x.Question, "max_tokens": x.item.MaxTokens, "stop": x.item.Stop, "temperature": 0}
	if logprobs {
		body["logprobs"] = 5
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.here.url+"/v1/completions", bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if raw, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: the server said %s: %.300s", model, resp.Status, raw)
	}
	var said struct {
		Choices []struct {
			Text     string `json:"text"`
			Finish   string `json:"finish_reason"`
			Logprobs struct {
				Tokens []string  `json:"tokens"`
				Values []float64 `json:"token_logprobs"`
			} `json:"logprobs"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, err
	}
	if len(said.Choices) != 1 {
		return nil, fmt.Errorf("%s: no answer came", model)
	}
	c := said.Choices[0]
	text := strings.TrimSpace(c.Text)
	v, err := verdict.Of(ctx, *x.item, verdict.Answer{Text: &text, Finish: c.Finish}, verdict.Outside{})
	if err != nil {
		return nil, err
	}
	a := &answer{id: resp.Header.Get("X-Irori-Id"), right: v.State == sample.Right}
	if logprobs {
		a.doubt = doubted(c.Text, c.Logprobs.Tokens, c.Logprobs.Values)
	}
	return a, nil
}

// doubted is the doubt of an answer's tokens. What follows its end was not
// shown, and is not judged.
func doubted(left string, tokens []string, values []float64) *float64 {
	m := &doubt.Meter{}
	for i, t := range tokens {
		t = strings.TrimRight(t, "\n")
		at := strings.Index(left, t)
		if i >= len(values) || strings.TrimSpace(t) == "" || at < 0 {
			continue
		}
		left = left[at+len(t):]
		m.Add(&llm.Event{Type: llm.EventText, Text: t, Logprobs: []llm.TokenLogprob{{Text: t, Logprob: values[i]}}})
	}
	j := doubt.Default(m.Now())
	if !j.Known || math.IsInf(j.Doubt, 0) {
		return nil
	}
	return &j.Doubt
}

// ledger is what a home's ledger knows, the oldest first.
func (b *bench) ledger(ctx context.Context, home string, since time.Time) ([]store.Record, error) {
	raw, err := b.command(ctx, home, "log", "--json", "--since", since.UTC().Format(time.RFC3339Nano))
	if err != nil {
		return nil, err
	}
	var out []store.Record
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var r store.Record
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("the ledger: %w", err)
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(x, y store.Record) int {
		return cmp.Or(x.Time.Compare(y.Time), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// settled waits until the ledger here has every request, and returns those.
func (b *bench) settled(ctx context.Context, since time.Time, ids []string) (map[string]store.Record, error) {
	for range 100 {
		list, err := b.ledger(ctx, b.here.home, since)
		if err != nil {
			return nil, err
		}
		of := map[string]store.Record{}
		for _, r := range list {
			if slices.Contains(ids, r.ID) {
				of[r.ID] = r
			}
		}
		if len(of) == len(ids) {
			return of, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil, errors.New("the ledger lacks requests that were answered")
}

// prompt is an item as both models read it.
func prompt(x *item) string { return easy.Plain(x.item.Turns) }
