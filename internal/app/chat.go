package app

import (
	"context"
	"net"
	"net/url"
	"strings"

	"irori/internal/app/talk"
	"irori/internal/llm"
)

// OpenChat finds a server for a model, starting one where none runs: Close
// ends what was started. A model that is not on the disk is pulled.
func (e *Env) OpenChat(ctx context.Context, ref string, accept bool, progress PullProgress, o talk.Options) (*talk.Chat, error) {
	model, err := e.chatModel(ctx, ref, accept, progress)
	if err != nil {
		return nil, err
	}
	o.Version = Version
	first := model
	if _, _, ok := e.Backend(ctx, model); ok {
		first = virtualLocal // another server's model is not loaded here
	}
	s, err := e.OpenSession(ctx, first)
	if err != nil {
		return nil, err
	}
	return talk.New(s.URL, s.Key, model, o, s.Close), nil
}

// chatModel turns a reference into the name to ask the server for.
func (e *Env) chatModel(ctx context.Context, ref string, accept bool, progress PullProgress) (string, error) {
	if virtual(ref) {
		return ref, nil
	}
	if _, _, ok := e.Backend(ctx, ref); ok {
		return ref, nil
	}
	lib, err := e.Library()
	if err != nil {
		return "", err
	}
	r, err := lib.Resolve(ref)
	if code := llm.CodeOf(err); code == llm.CodeModelNotFound || code == llm.CodeNotFound {
		name, err := e.Pull(ctx, lib, ref, accept, progress)
		return name, err
	}
	if err != nil {
		return "", err
	}
	// An alias is asked for by its own name: it may have defaults of its own.
	aliases, err := lib.Aliases()
	if err != nil {
		return "", err
	}
	if _, ok := aliases[ref]; ok {
		return ref, nil
	}
	return r.Manifest.Name, nil
}

func virtual(name string) bool { return strings.HasPrefix(strings.ToLower(name), "irori/") }

// sessionArgs are the arguments of a server for one conversation: on a free
// port, so that it disturbs nothing.
func (e *Env) sessionArgs(model string) []string {
	args := []string{"--addr", "127.0.0.1:0", "--grace", "5s"}
	if e.ConfigFile != "" {
		args = append(args, "--config", e.ConfigFile)
	}
	if !virtual(model) {
		args = append(args, "--", model)
	}
	return args
}

// reachable replaces an address that means "all of this machine".
func reachable(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}
