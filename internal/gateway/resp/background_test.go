package resp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/store"
)

// wait waits until a response in the background is kept.
func (p *part) wait(t *testing.T, id string) {
	t.Helper()
	if rn := p.h.running(id); rn != nil {
		select {
		case <-rn.done:
		case <-time.After(10 * time.Second):
			t.Fatal("the work does not end")
		}
	}
}

func (p *part) last() store.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed[len(p.closed)-1]
}

func TestBackground(t *testing.T) {
	gate := make(chan struct{})
	p := &part{events: []any{begin, word("火"), gate, word("!"), end, usage}}
	h := p.new(t)
	w := do(h, "POST", base, `{"background":true,"input":"x"}`)
	id := field(t, w, "id")
	if field(t, w, "status") != "queued" || w.Header().Get("X-Irori-Id") == "" {
		t.Errorf("the first answer is %s %v", w.Body, w.Header())
	}
	if s := field(t, do(h, "GET", base+"/"+id, ""), "status"); s != "in_progress" {
		t.Errorf("meanwhile it is %s", s)
	}
	if w := do(h, "POST", base, `{"previous_response_id":"`+id+`","input":"x"}`); w.Code != 400 || !strings.Contains(w.Body.String(), "not finished") {
		t.Errorf("going on from it: %d %s", w.Code, w.Body)
	}
	close(gate)
	p.wait(t, id)
	w = do(h, "GET", base+"/"+id, "")
	if field(t, w, "status") != "completed" || !strings.Contains(w.Body.String(), `"text":"火!"`) || !strings.Contains(w.Body.String(), `"output_tokens":2`) {
		t.Errorf("it ends as %s", w.Body)
	}
	if r := p.last(); r.Status != store.StatusOK || r.API != "responses" || *r.OutputTokens != 2 {
		t.Errorf("the ledger has %+v", r)
	}
	if p.h.running(id) != nil {
		t.Error("what is done is still held")
	}
	whole := do(h, "GET", base+"/"+id+"?stream=true", "").Body.String()
	for _, has := range []string{"event: response.created\n", "event: response.queued\n", "event: response.in_progress\n", "event: response.completed\n"} {
		if strings.Count(whole, has) != 1 {
			t.Errorf("%q is %d times in\n%s", has, strings.Count(whole, has), whole)
		}
	}
	rest := do(h, "GET", base+"/"+id+"?stream=true&starting_after=4", "").Body.String()
	if !strings.HasSuffix(whole, rest) || !strings.Contains(rest[:strings.Index(rest, "\n\n")], `"sequence_number":5,`) {
		t.Errorf("after event 4 come\n%s", rest)
	}
	if w := do(h, "GET", base+"/"+id+"?stream=true&starting_after=x", ""); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, "POST", base+"/"+id+"/cancel", ""); w.Code != 200 || field(t, w, "status") != "completed" {
		t.Errorf("cancelling what is done: %d %s", w.Code, w.Body)
	}
	plain := field(t, do(h, "POST", base, `{"input":"x"}`), "id")
	if w := do(h, "POST", base+"/"+plain+"/cancel", ""); w.Code != 400 {
		t.Errorf("cancelling another kind: %d %s", w.Code, w.Body)
	}
	if w := do(h, "GET", base+"/"+plain+"?stream=true", ""); w.Code != 400 {
		t.Errorf("the stream of another kind: %d %s", w.Code, w.Body)
	}
}

// TestBackgroundOutlivesItsClient streams, leaves, and comes back for the rest
// while the work goes on.
func TestBackgroundOutlivesItsClient(t *testing.T) {
	gate := make(chan struct{})
	p := &part{events: []any{begin, word("火"), gate, word("!"), end, usage}}
	h := p.new(t)
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "POST", "http://127.0.0.1"+base, strings.NewReader(`{"background":true,"stream":true,"input":"x"}`))
	w := &watched{ResponseRecorder: httptest.NewRecorder(), until: "火", then: leave}
	h.ServeHTTP(w, r)
	first := w.Body.String()
	id := "resp_" + w.Header().Get("X-Irori-Id")
	if strings.Contains(first, "completed\n") || !strings.Contains(first, "response.queued") {
		t.Errorf("until it left the client had\n%s", first)
	}
	second := &watched{ResponseRecorder: httptest.NewRecorder(), until: "火", then: func() { close(gate) }}
	h.ServeHTTP(second, httptest.NewRequest("GET", "http://127.0.0.1"+base+"/"+id+"?stream=true", nil))
	if got := second.Body.String(); !strings.HasPrefix(got, first) || !strings.Contains(got, "event: response.completed\n") {
		t.Errorf("who comes back gets\n%s", got)
	}
}

// watched calls a function once it has been sent a text.
type watched struct {
	*httptest.ResponseRecorder
	until string
	then  func()
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.ResponseRecorder.Write(b)
	if w.then != nil && strings.Contains(w.Body.String(), w.until) {
		w.then()
		w.then = nil
	}
	return n, err
}

var _ http.Flusher = (*watched)(nil)

func TestCancel(t *testing.T) {
	p := &part{events: []any{begin, word("火"), make(chan struct{})}}
	h := p.new(t)
	id := field(t, do(h, "POST", base, `{"background":true,"input":"x"}`), "id")
	w := do(h, "POST", base+"/"+id+"/cancel", "")
	if w.Code != 200 || field(t, w, "status") != "cancelled" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if r := p.last(); r.Status != store.StatusCancelled {
		t.Errorf("the ledger has %+v", r)
	}
	if again := do(h, "GET", base+"/"+id, ""); again.Body.String() != w.Body.String() {
		t.Errorf("kept is %s", again.Body)
	}
	second := field(t, do(h, "POST", base, `{"background":true,"input":"x"}`), "id")
	if w := do(h, "DELETE", base+"/"+second, ""); w.Code != 200 || do(h, "GET", base+"/"+second, "").Code != 404 {
		t.Errorf("deleting what runs: %d %s", w.Code, w.Body)
	}
}

func TestBackgroundFails(t *testing.T) {
	for name, events := range map[string][]any{
		"an error": {begin, word("a"), llm.Errorf(llm.CodeCrashed, "the worker died")},
		"a panic":  {begin, "oh"},
	} {
		p := &part{events: events}
		h := p.new(t)
		id := field(t, do(h, "POST", base, `{"background":true,"input":"x"}`), "id")
		p.wait(t, id)
		w := do(h, "GET", base+"/"+id, "")
		if field(t, w, "status") != "failed" || !strings.Contains(w.Body.String(), `"code":"server_error"`) || p.last().Status != store.StatusError {
			t.Errorf("%s: %s, %+v", name, w.Body, p.last())
		}
		if s := do(h, "GET", base+"/"+id+"?stream=true", "").Body.String(); strings.Count(s, "event: response.failed\n") != 1 || strings.Count(s, "event: error\n") != 1 {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// TestServerEnds ends a server with work in the background, by its own will
// and by a crash: the next one says what became of it.
func TestServerEnds(t *testing.T) {
	p := &part{events: []any{begin, word("火"), make(chan struct{})}}
	path := filepath.Join(t.TempDir(), "answers.db")
	h := p.serve(t, path)
	stopped := field(t, do(h, "POST", base, `{"background":true,"input":"x"}`), "id")
	p.h.Close(10 * time.Second)
	if w := do(h, "POST", base, `{"background":true,"input":"x"}`); w.Code != 503 {
		t.Errorf("while it stops: %d %s", w.Code, w.Body)
	}
	crashed := &store.Answer{ID: "resp_crashed", Created: time.Now(), Expires: time.Now().Add(time.Hour), Pending: true, Body: []byte(`{"id":"resp_crashed","status":"queued","error":null}`)}
	if err := p.h.Kept.Put(t.Context(), crashed); err != nil {
		t.Fatal(err)
	}
	h = p.serve(t, path)
	for _, id := range []string{stopped, "resp_crashed"} {
		w := do(h, "GET", base+"/"+id, "")
		if field(t, w, "status") != "failed" || !strings.Contains(w.Body.String(), "the server ended before the answer did") {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
		if s := do(h, "GET", base+"/"+id+"?stream=true&starting_after=2", "").Body.String(); strings.Count(s, "event: response.failed\n") != 1 {
			t.Errorf("%s: the stream is %q", id, s)
		}
	}
}
