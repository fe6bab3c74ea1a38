package app

import (
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

// chooseModel decides what to serve: what was asked for, what the config
// says, what was served last, or the best that fits and can be had. What is
// not on the disk is pulled. "" is none: where other servers are named and no
// model is, they are enough, and nothing is fetched for a start.
func (s *server) chooseModel(ctx context.Context, lib *catalog.Library) (string, error) {
	name := s.opts.Model
	if name == "" {
		name = s.env.Config.Model
	}
	remember := name == ""
	if name == "" {
		if last := s.env.lastModel(); last != "" {
			if r, err := lib.Resolve(last); err == nil && !s.env.engineless() {
				return r.Manifest.Name, nil
			}
		}
		if len(s.env.Config.Backends) > 0 {
			return "", nil
		}
		c, err := lib.Choose(ctx, catalog.ChooseOptions{Memory: availableMemory() / 2, MaxActive: s.env.maxActive()})
		if err != nil {
			return "", err
		}
		name = c.Ref.String()
	}
	r, err := lib.Resolve(name)
	if err != nil {
		if code := llm.CodeOf(err); code != llm.CodeModelNotFound && code != llm.CodeNotFound {
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
