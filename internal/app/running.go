package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"irori/internal/app/running"
)

// Running is a server that runs on a home.
type Running struct{ running.Server }

// lockHome takes the home for one server.
func (e *Env) lockHome() (release func(), err error) {
	if err := e.makeHome(); err != nil {
		return nil, err
	}
	return running.Home(e.Home).Lock()
}

// FindRunning returns the server that runs on this home, nil where none does.
func (e *Env) FindRunning() (*Running, error) { return asRunning(running.Home(e.Home).Find()) }

// FindServing is FindRunning, and it is an error that the server is stopping.
func (e *Env) FindServing() (*Running, error) { return asRunning(running.Home(e.Home).Serving()) }

func asRunning(s *running.Server, err error) (*Running, error) {
	if s == nil || err != nil {
		return nil, err
	}
	return &Running{*s}, nil
}

// Stop asks the server to end after what runs, and waits until it has, whoever
// asked first.
func (e *Env) Stop(ctx context.Context, r *Running) error {
	return running.Home(e.Home).Stop(ctx, &r.Server)
}

// Status asks the server what it is doing.
func (r *Running) Status(ctx context.Context) (*Status, error) {
	s := &Status{}
	return s, r.Control(ctx, http.MethodGet, "/irori/v1/status", s)
}

// LoadedModels are the names of the models in the memory of the server that
// runs on this home. A server that does not answer has none.
func (e *Env) LoadedModels(ctx context.Context) map[string]bool {
	r, err := e.FindServing()
	if r == nil || err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s, err := r.Status(ctx)
	if err != nil {
		return nil
	}
	out := map[string]bool{}
	for _, m := range s.Models {
		out[m.Model] = true
	}
	return out
}

// Backend finds the server of a reference BACKEND/MODEL, and its address: in
// the settings, or among those that the server of this home was started with.
func (e *Env) Backend(ctx context.Context, ref string) (name, address string, ok bool) {
	name, _, ok = strings.Cut(ref, "/")
	if !ok {
		return "", "", false
	}
	if b, ok := e.Config.Backends[name]; ok {
		return name, b.URL, true
	}
	r, err := e.FindServing()
	if r == nil || err != nil {
		return "", "", false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	st, err := r.Status(ctx)
	if err != nil {
		return "", "", false
	}
	for _, b := range st.Backends {
		if b.Name == name {
			return name, b.URL, true
		}
	}
	return "", "", false
}

// Unload asks the server to give a model up. It reports whether this lifted a
// quarantine.
func (r *Running) Unload(ctx context.Context, model string) (lifted bool, err error) {
	var u unloaded
	err = r.Control(ctx, http.MethodPost, "/irori/v1/unload?model="+queryEscape(model), &u)
	return u.Lifted, err
}
