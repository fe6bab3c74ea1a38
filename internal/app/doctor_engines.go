package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// neighbour is an engine that may run on this machine, and how it is told
// from whatever else answers on its port.
type neighbour struct {
	name, url, path string
	// field is one that its answer has.
	field string
	// version is the field with its version, "" for none.
	version string
}

var neighbours = []neighbour{
	{"Ollama", "http://127.0.0.1:11434", "/api/version", "version", "version"},
	{"llama-server", "http://127.0.0.1:8080", "/props", "default_generation_settings", "build_info"},
	{"vLLM", "http://127.0.0.1:8000", "/version", "version", "version"},
	{"LM Studio", "http://127.0.0.1:1234", "/api/v0/models", "data", ""},
}

// askTime bounds a question to a port of this machine, where an answer takes
// a millisecond and a refusal less.
const askTime = 300 * time.Millisecond

// otherEngines asks the usual ports of other engines, all at once.
func otherEngines(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	answers := make([]chan *Finding, len(neighbours))
	for i, n := range neighbours {
		answers[i] = make(chan *Finding, 1)
		go func() { answers[i] <- n.ask(ctx) }()
	}
	var out []Finding
	for _, a := range answers {
		if f := <-a; f != nil {
			out = append(out, *f)
		}
	}
	if len(out) == 0 {
		out = append(out, Finding{About: "other engines", Verdict: VerdictNote, Text: "none on the usual ports (Ollama, llama-server, vLLM, LM Studio)"})
	}
	return out
}

func (n neighbour) ask(ctx context.Context) *Finding {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+n.path, nil)
	if err != nil {
		return nil
	}
	// A transport of its own: no proxy stands before this machine.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	var fields map[string]json.RawMessage
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(b, &fields) != nil || fields[n.field] == nil {
		return nil
	}
	facts := map[string]string{"url": n.url}
	text := n.name + " at " + n.url
	var version string
	if n.version != "" && json.Unmarshal(fields[n.version], &version) == nil && version != "" {
		text, facts["version"] = n.name+" "+version+" at "+n.url, version
	}
	return &Finding{About: "other engines", Verdict: VerdictOK, Text: text, Facts: facts}
}
