//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"irori/internal/testreal"
)

// The tests named TestE2E run the real program with the real model, and know
// of it only what a user does: its commands and its HTTP endpoints.

type object = map[string]any

// server is a running `irori up`.
type server struct {
	t    *testing.T
	home string
	url  string
	pid  int
	cmd  *exec.Cmd
	log  *syncBuffer
	// ended is closed when the process has.
	ended chan struct{}

	mu sync.Mutex
	// admitted are the ids of the requests that the server took.
	admitted []string
}

// syncBuffer is a buffer that a process writes while the test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// irori prepares a command on a home. Nothing of the tester's own settings
// reaches it, and it finds no network.
func irori(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(testreal.Binary(t), args...)
	cmd.Env = []string{"IRORI_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH"), "OLLAMA_MODELS=" + filepath.Join(home, "none")}
	for _, name := range []string{"HF_ENDPOINT", "IRORI_OLLAMA_REGISTRY", "IRORI_MODELSCOPE_ENDPOINT"} {
		cmd.Env = append(cmd.Env, name+"=http://127.0.0.1:1")
	}
	return cmd
}

// try runs a command to its end.
func try(t *testing.T, home string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := irori(t, home, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	stop := time.AfterFunc(5*patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}

// up starts a server and waits until it is ready.
func up(t *testing.T, home string, args ...string) *server {
	t.Helper()
	s := &server{t: t, home: home, log: &syncBuffer{}, ended: make(chan struct{})}
	s.cmd = irori(t, home, append([]string{"up", "--json", "--addr", "127.0.0.1:0", "--grace", "5m", testreal.ModelName}, args...)...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(5*patience, func() { _ = s.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	stop.Stop()
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(s.end)
	var ready struct {
		Event, URL, Model string
		PID               int
	}
	if err != nil || json.Unmarshal([]byte(line), &ready) != nil {
		t.Fatalf("the server is not ready: %q, %v\n%s", line, err, s.log)
	}
	if ready.Event != "ready" || ready.Model != testreal.ModelName || ready.PID != s.cmd.Process.Pid {
		t.Errorf("the line is %q, process %d", line, s.cmd.Process.Pid)
	}
	s.url, s.pid = ready.URL, ready.PID
	return s
}

func (s *server) end() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.t.Error("the server did not end")
	}
	if s.t.Failed() {
		s.t.Logf("the server said:\n%s", s.log)
	}
}

// reply is an answer read to its end.
type reply struct {
	*http.Response
	raw  []byte
	body object
}

// send asks; headers are pairs. The caller closes the body.
func (s *server) send(ctx context.Context, method, path, body string, headers ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil && resp.Header.Get("X-Irori-Id") != "" {
		s.mu.Lock()
		s.admitted = append(s.admitted, resp.Header.Get("X-Irori-Id"))
		s.mu.Unlock()
	}
	return resp, err
}

// ask sends and reads the whole answer.
func (s *server) ask(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	resp, err := s.send(ctx, method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	r := reply{Response: resp}
	if r.raw, err = io.ReadAll(resp.Body); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(r.raw, &r.body); err != nil {
			t.Fatalf("%s %s answers %q: %v", method, path, r.raw, err)
		}
	}
	return r
}

// post sends an object that must be answered with 200.
func (s *server) post(t *testing.T, path string, body object, headers ...string) reply {
	t.Helper()
	r := s.ask(t, http.MethodPost, path, text(body), headers...)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d: %s", path, r.StatusCode, r.raw)
	}
	return r
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// dig follows names and places; nil where there is nothing.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(object)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func digString(v any, path ...any) string {
	s, _ := dig(v, path...).(string)
	return s
}

func digNumber(v any, path ...any) float64 {
	n, _ := dig(v, path...).(float64)
	return n
}

// events reads the data of a stream's events up to its end.
func events(t *testing.T, body io.Reader) (list []object, done bool) {
	t.Helper()
	for e, err := range eachEvent(body) {
		if err != nil {
			t.Fatal(err)
		}
		if done {
			t.Error("something comes after [DONE]")
		}
		if e == nil {
			done = true
			continue
		}
		list = append(list, e)
	}
	return list, done
}

// eachEvent yields each event's object, nil for [DONE].
func eachEvent(body io.Reader) func(func(object, error) bool) {
	return func(yield func(object, error) bool) {
		r := bufio.NewReader(body)
		for {
			line, err := r.ReadString('\n')
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			line = strings.TrimRight(line, "\n")
			data, ok := strings.CutPrefix(line, "data: ")
			switch {
			case line == "" || strings.HasPrefix(line, ":"):
			case !ok:
				yield(nil, errors.New("not an event: "+line))
				return
			case data == "[DONE]":
				if !yield(nil, nil) {
					return
				}
			default:
				var o object
				err := json.Unmarshal([]byte(data), &o)
				if !yield(o, err) || err != nil {
					return
				}
			}
		}
	}
}

// long is a request whose answer takes a while.
func long(tokens int, more ...object) object {
	o := object{
		"messages": []object{{"role": "user", "content": "Count from one to one thousand."}}, "max_tokens": tokens, "ignore_eos": true,
		"temperature": 0, "stream": true,
	}
	for _, m := range more {
		for k, v := range m {
			o[k] = v
		}
	}
	return o
}

// begin starts a stream and reads its first two events.
func (s *server) begin(t *testing.T, ctx context.Context, body object) (*http.Response, func(yield func(object, error) bool)) {
	t.Helper()
	resp, err := s.send(ctx, http.MethodPost, "/v1/chat/completions", text(body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		t.Fatalf("status %d: %s", resp.StatusCode, b)
	}
	br := bufio.NewReader(resp.Body)
	n := 0
	for _, err := range eachEvent(oneByOne{br}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 {
			break
		}
	}
	return resp, eachEvent(br)
}

// oneByOne gives a byte a read, so that a reader above it takes no more than
// it needs.
type oneByOne struct{ r *bufio.Reader }

// Read reads one byte.
func (o oneByOne) Read(p []byte) (int, error) {
	c, err := o.r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// records reads the ledger as a user does.
func records(t *testing.T, home string) []object {
	t.Helper()
	out, stderr, status := try(t, home, "log", "--json")
	if status != 0 {
		t.Fatalf("irori log ends with %d: %s", status, stderr)
	}
	var list []object
	for line := range strings.Lines(out) {
		var o object
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, o)
	}
	return list
}

// patience is how long a test waits for what takes a moment on a quiet machine.
const patience = 30 * time.Second

// record waits for a request's record.
func record(t *testing.T, home, id string) object {
	t.Helper()
	until := time.Now().Add(patience)
	for {
		last := time.Now().After(until)
		for _, r := range records(t, home) {
			if r["id"] == id && r["status"] != nil {
				return r
			}
		}
		if last {
			t.Fatalf("request %s has no record after %v", id, patience)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// quiet waits until nothing runs and nothing waits for the ledger.
func (s *server) quiet(t *testing.T) {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		busy := ""
		for line := range strings.Lines(string(s.ask(t, "GET", "/metrics", "").raw)) {
			name, n, _ := strings.Cut(strings.TrimSpace(line), " ")
			if (strings.HasPrefix(name, "irori_requests_in_flight") || name == "irori_ledger_waiting_records") && n != "0" {
				busy = line
			}
		}
		if busy == "" {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("after %v the server is not quiet: %s", patience, busy)
		}
	}
}

// balanced asks the ledger for exactly one ended record for each request that
// the server took.
func (s *server) balanced(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	want := slices.Sorted(slices.Values(s.admitted))
	s.mu.Unlock()
	var got []string
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		got = nil
		for _, r := range records(t, s.home) {
			if r["status"] != nil {
				got = append(got, digString(r, "id"))
			}
		}
		slices.Sort(got)
		if slices.Equal(want, got) {
			return
		}
		if time.Now().After(until) {
			t.Errorf("%d requests were taken, %d records are there:\n%v\n%v", len(want), len(got), want, got)
			return
		}
	}
}
