// Package found looks for other engines on this machine, on the ports that
// they usually take.
//
// It asks 127.0.0.1 only, sends nothing but one GET to each port, and uses
// nothing that it finds: that is for the settings to say.
package found

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"irori/internal/dial"
)

// Engine is one that answers.
type Engine struct {
	// Name is what it calls itself, Backend what a backend of it is named
	// where the settings name none, Kind its kind.
	Name    string `json:"name"`
	Backend string `json:"backend"`
	Kind    string `json:"kind"`
	URL     string `json:"url"`
	Version string `json:"version,omitempty"`
}

// place is where an engine may be, and how it is told from whatever else
// answers on its port.
type place struct {
	Engine
	path string
	// field is one that its answer has, version the one with its version, ""
	// for none.
	field, version string
}

// usual are the places.
var usual = []place{
	{Engine{"Ollama", "ollama", "ollama", "http://127.0.0.1:11434", ""}, "/api/version", "version", "version"},
	{Engine{"llama-server", "llama-server", "llamaserver", "http://127.0.0.1:8080", ""}, "/props", "default_generation_settings", "build_info"},
	{Engine{"vLLM", "vllm", "vllm", "http://127.0.0.1:8000", ""}, "/version", "version", "version"},
	{Engine{"LM Studio", "lm-studio", "lmstudio", "http://127.0.0.1:1234", ""}, "/api/v0/models", "data", ""},
}

// askTime bounds a question to a port of this machine, where an answer takes
// a millisecond and a refusal less.
const askTime = 300 * time.Millisecond

// Engines asks all places at once, but for the given addresses: those that are
// known, and our own.
func Engines(ctx context.Context, but ...string) []Engine {
	return engines(ctx, usual, but)
}

func engines(ctx context.Context, places []place, but []string) []Engine {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var known []string
	for _, x := range but {
		known = append(known, port(x))
	}
	answers := make([]chan *Engine, len(places))
	for i, p := range places {
		answers[i] = make(chan *Engine, 1)
		go func() {
			if slices.Contains(known, port(p.URL)) {
				answers[i] <- nil
				return
			}
			answers[i] <- p.ask(ctx)
		}()
	}
	var out []Engine
	for _, a := range answers {
		if e := <-a; e != nil {
			out = append(out, *e)
		}
	}
	return out
}

// port is that of an address of this machine, as a URL or HOST:PORT; "" of
// another machine's.
func port(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		address = u.Host
	}
	host, p, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return ""
	}
	return p
}

func (p place) ask(ctx context.Context) *Engine {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+p.path, nil)
	if err != nil {
		return nil
	}
	// A transport of its own: no proxy stands before this machine, and no
	// redirect leads away from it.
	t := dial.Direct()
	t.DisableKeepAlives = true
	client := http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	var fields map[string]json.RawMessage
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(b, &fields) != nil || fields[p.field] == nil {
		return nil
	}
	e := p.Engine
	if p.version != "" && json.Unmarshal(fields[p.version], &e.Version) != nil {
		e.Version = ""
	}
	return &e
}
