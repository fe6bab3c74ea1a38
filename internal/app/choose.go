package app

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"irori/internal/catalog"
	"irori/internal/llm"
)

// PullProgress is told how far a pull is.
type PullProgress func(ref string, p catalog.Progress)

// Pull brings a model onto the disk.
func (e *Env) Pull(ctx context.Context, lib *catalog.Library, name string, accept bool, progress PullProgress) (string, error) {
	ref, err := catalog.Parse(name)
	if err != nil {
		return "", err
	}
	m, err := lib.Pull(ctx, ref, catalog.PullOptions{AcceptTerms: accept, Progress: func(p catalog.Progress) {
		if progress != nil {
			progress(ref.String(), p)
		}
	}})
	return m.Name, err
}

// choice is what a start serves: the model that is asked for, what the config
// says, what was served last, or the best that fits and can be had. It may have to
// be pulled. "" is none: where other servers are named and no model is, they are
// enough, and nothing is fetched for a start. remember says that nobody named it.
func (e *Env) choice(ctx context.Context, lib *catalog.Library, model string) (name string, remember bool, err error) {
	if name = cmp.Or(model, e.Config.Model); name != "" {
		return name, false, nil
	}
	if last := e.lastModel(); last != "" {
		if r, err := lib.Resolve(last); err == nil && !e.engineless() {
			return r.Manifest.Name, false, nil
		}
	}
	if len(e.Config.Backends) > 0 {
		return "", false, nil
	}
	c, err := lib.Choose(ctx, catalog.ChooseOptions{Memory: availableMemory() / 2, MaxActive: e.maxActive()})
	return c.Ref.String(), true, err
}

// chooseModel is the choice, pulled where it is not on the disk.
func (s *server) chooseModel(ctx context.Context, lib *catalog.Library) (string, error) {
	name, remember, err := s.env.choice(ctx, lib, s.opts.Model)
	if name == "" || err != nil {
		return "", err
	}
	r, err := lib.Resolve(name)
	if err != nil {
		if code := llm.CodeOf(err); code != llm.CodeModelNotFound && code != llm.CodeNotFound {
			return "", err
		}
		// What a start would refuse is refused before gigabytes have come.
		if _, _, err := s.env.CheckPolicy(ctx, s.opts.Policy, name); err != nil {
			return "", err
		}
		pulled, err := s.env.Pull(ctx, lib, name, s.opts.AcceptTerms, s.opts.Pull)
		if err != nil {
			return "", err
		}
		if r, err = lib.Resolve(pulled); err != nil {
			return "", err
		}
	}
	if remember || s.env.lastModel() == "" {
		s.env.rememberModel(r.Manifest.Name)
	}
	return r.Manifest.Name, nil
}

// cpuActive bounds the parameters that a token passes through on a machine
// without an accelerator: about what still answers at reading speed.
const cpuActive = 4_000_000_000

func (e *Env) maxActive() uint64 {
	if e.hasAccelerator() {
		return 0
	}
	return cpuActive
}

type homeState struct {
	Model string `json:"model"`
}

func (e *Env) statePath() string { return filepath.Join(e.Home, "state.json") }

// lastModel is the model that was chosen before, so that a later start asks
// no network.
func (e *Env) lastModel() string {
	b, err := os.ReadFile(e.statePath())
	if err != nil {
		return ""
	}
	var s homeState
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s.Model
}

func (e *Env) rememberModel(name string) {
	b, err := json.Marshal(homeState{Model: name})
	if err == nil {
		err = os.WriteFile(e.statePath(), append(b, '\n'), 0o600)
	}
	if err != nil {
		e.Log.Warn("the choice of the model could not be kept", "err", err)
	}
}
