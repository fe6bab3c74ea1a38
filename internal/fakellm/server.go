package fakellm

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// Request is one request that the server was sent.
type Request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Query  string          `json:"query,omitempty"`
	Header http.Header     `json:"header"`
	Body   json.RawMessage `json:"body,omitempty"`
	// Gone is true once the client left before the answer's end.
	Gone bool `json:"gone"`
	Books
}

// Books is what the server counted for one request.
type Books struct {
	// Sent are the tokens that went out, reported or not.
	Sent int `json:"sent"`
	// Prompt and Output are what was reported, nil where it was not; Cached and
	// Written are parts of Prompt.
	Prompt  *int `json:"prompt,omitempty"`
	Output  *int `json:"output,omitempty"`
	Cached  int  `json:"cached,omitempty"`
	Written int  `json:"written,omitempty"`
	// Tier is the service tier that was reported.
	Tier string `json:"tier,omitempty"`
}

// Server answers. It is an http.Handler.
type Server struct {
	// Models are what it lists.
	Models []string

	mux   *http.ServeMux
	mu    sync.Mutex
	knobs Knobs
	seen  []*Request
	fails int
}

// New makes a Server.
func New(k Knobs) *Server {
	s := &Server{Models: []string{"fake-model"}, knobs: k, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /v1/models", s.openaiModels)
	s.mux.HandleFunc("POST /v1/chat/completions", s.generate(openaiChat))
	s.mux.HandleFunc("POST /v1/completions", s.generate(openaiText))
	s.mux.HandleFunc("POST /v1/embeddings", s.embeddings)
	s.mux.HandleFunc("POST /v1/rerank", s.rerank)
	s.mux.HandleFunc("POST /v1/messages", s.generate(anthropicMessages))
	s.mux.HandleFunc("GET /v1beta/models", s.geminiModels)
	s.mux.HandleFunc("POST /v1beta/models/{what}", s.gemini)
	s.mux.HandleFunc("POST /api/chat", s.generate(ollamaChat))
	s.mux.HandleFunc("GET /api/tags", s.ollamaTags)
	s.mux.HandleFunc("GET /api/version", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"version": "0.0.0-fake"})
	})
	s.mux.HandleFunc("PUT /fake/knobs", s.control)
	s.mux.HandleFunc("GET /fake/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Requests()) })
	s.mux.HandleFunc("DELETE /fake/requests", func(http.ResponseWriter, *http.Request) { s.Forget() })
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Set changes a knob for the requests that come after.
func (s *Server) Set(name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = 0
	return s.knobs.Set(name, value)
}

// Requests are the requests so far, those to the control endpoint left out.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.seen))
	for i, r := range s.seen {
		out[i] = *r
	}
	return out
}

// Forget drops the list of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = nil
}

func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var knobs map[string]string
	if err := json.NewDecoder(r.Body).Decode(&knobs); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for name, value := range knobs {
		if err := s.Set(name, value); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
}

// note keeps a request and returns its body with the knobs that hold for it.
func (s *Server) note(r *http.Request) (seen *Request, k Knobs, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return nil, k, err
	}
	seen = &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone()}
	if json.Valid(body) {
		seen.Body = body
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen)
	if k, err = s.knobs.under(r.Header); err != nil {
		return seen, k, err
	}
	if k.Status != 0 && k.Times > 0 {
		if s.fails >= k.Times {
			k.Status = 0
		}
		s.fails++
	}
	return seen, k, nil
}

// book notes what was reported of a turn.
func (s *Server) book(seen *Request, t *turn, prompt, output bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if prompt {
		n := t.prompt
		seen.Prompt = &n
		seen.Cached, seen.Written = t.cached()
		seen.Tier = t.k.Tier
	}
	if output {
		n := t.tokens()
		seen.Output = &n
	}
}

func (s *Server) sent(seen *Request, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen.Sent += n
}

func (s *Server) gone(seen *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen.Gone = true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that left cannot be told.
	_, _ = w.Write(b)
}
