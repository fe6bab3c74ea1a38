package measure

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/app"
	"irori/internal/app/kept"
	"irori/internal/eval/sample"
	"irori/internal/eval/sets"
	"irori/internal/eval/task"
	"irori/internal/llm"
	"irori/internal/store/body"
)

// Folders are where sets are looked for.
func Folders() []string {
	wd, err := os.Getwd()
	if err != nil {
		wd = ""
	}
	return sets.Folders(os.Getenv("IRORI_EVAL_DATA"), wd)
}

// Tasks finds the tasks of suites, sets and files, and of what was asked here.
// The environment is opened only for that.
func Tasks(env func() (*app.Env, error), names []string) ([]*task.Task, error) {
	var out []*task.Task
	for _, name := range names {
		if key, ok := ofLedger(name); ok {
			e, err := env()
			if err != nil {
				return nil, err
			}
			t, err := slice(e, name, key)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			continue
		}
		list, err := sets.Load(name, Folders())
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// placed are the names that a run keeps: a file is named by its whole path, for
// who goes on with the run in another folder.
func placed(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		set, p, given := strings.Cut(name, "=")
		if !given {
			set, p = "", name
		}
		out[i] = name
		if _, err := os.Stat(p); err != nil || !given && sets.Built(name) {
			continue
		}
		if _, ok := ofLedger(name); ok {
			continue
		}
		if whole, err := filepath.Abs(p); err == nil && !strings.Contains(whole, ",") {
			out[i] = strings.TrimPrefix(set+"="+whole, "=")
		}
	}
	return out
}

// missing is why a run cannot be gone on with whose tasks are not found.
func missing(err error, dir string) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || e.Code != llm.CodeNotFound {
		return err
	}
	return llm.Wrap(e.Code, err, "the tasks of the run in %s", dir).
		WithHint("put the file back, or go on in the folder that the run was begun in: its path in run.json starts there")
}

// ofLedger reads ledger and ledger:KEY.
func ofLedger(name string) (key string, ok bool) {
	if name == "ledger" {
		return "", true
	}
	return strings.CutPrefix(name, "ledger:")
}

// stays refuses to ask others what was asked here: that it is kept on this
// machine is no leave to send it away.
func stays(on []string, targets []sample.Target) error {
	for _, name := range on {
		if _, ok := ofLedger(name); !ok {
			continue
		}
		for _, t := range targets {
			if t.Where != "local" {
				return llm.Errorf(llm.CodeForbidden, "%s is not on this machine, and what was asked here stays here", t.Requested).
					WithHint("irori measure run MODEL --on ledger, with a model of irori list")
			}
		}
	}
	return nil
}

// slice makes a task of what was asked here. Bodies lie here because a key
// wanted that; one that wants it no longer is left alone.
func slice(e *app.Env, name, only string) (*task.Task, error) {
	book, err := e.Keys()
	if err != nil {
		return nil, err
	}
	if only != "" && book.Key(only) == nil {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no key %s", only).WithHint("irori keys list")
	}
	o := sets.Slice{Name: strings.ReplaceAll(name, ":", "-"), Allowed: func(key string) bool {
		if key == "" {
			return e.Config.Bodies.Keep == "full"
		}
		k := book.Key(key)
		return k != nil && k.Keep == "full"
	}}
	var t *task.Task
	take := func(bodies iter.Seq2[*body.Body, error]) (err error) {
		t, err = sets.Kept(bodies, o)
		return err
	}
	err = kept.Read(context.Background(), e.Home, body.Which{Key: only}, take)
	if err == nil && t == nil { // nothing was ever kept
		err = take(func(func(*body.Body, error) bool) {})
	}
	return t, err
}
