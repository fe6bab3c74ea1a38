package app

import (
	"context"

	"irori/internal/app/found"
	"irori/internal/config"
)

// known are the addresses of the settings: our own, and those of backends.
func (e *Env) known() []string {
	out := []string{e.Config.Addr, e.Config.OllamaAddr}
	for _, b := range e.Config.Backends {
		out = append(out, b.URL)
	}
	return out
}

// found are the engines of this machine that the settings do not name.
func (e *Env) found(ctx context.Context) []found.Engine {
	if e.Config.Discover == "off" {
		return nil
	}
	return found.Engines(ctx, e.known()...)
}

// discover makes backends of what is found, where the settings say so.
func (e *Env) discover(ctx context.Context) {
	if e.Config.Discover != "use" {
		return
	}
	for _, x := range e.found(ctx) {
		if _, taken := e.Config.Backends[x.Backend]; taken {
			continue
		}
		e.Config.SetBackend(x.Backend, config.Backend{Kind: x.Kind, URL: x.URL})
		e.Log.Info("an engine of this machine is used", "backend", x.Backend, "url", x.URL, "version", x.Version)
	}
}

// otherEngines tells of the engines on the usual ports.
func (e *Env) otherEngines(ctx context.Context) []Finding {
	if e.Config.Discover == "off" {
		return nil
	}
	var out []Finding
	for _, x := range e.found(ctx) {
		f := Finding{About: "other engines", Verdict: VerdictOK, Text: x.Name + " at " + x.URL, Facts: x}
		if x.Version != "" {
			f.Text = x.Name + " " + x.Version + " at " + x.URL
		}
		if e.Config.Discover != "use" {
			f.Text += ", found and not used"
			f.Hint = "irori up --backend " + x.Backend + "=" + x.Kind + ":" + x.URL
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		out = append(out, Finding{About: "other engines", Verdict: VerdictNote, Text: "none on the usual ports (Ollama, llama-server, vLLM, LM Studio)"})
	}
	return out
}
