package catalog

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"irori/internal/catalog/blob"
	"irori/internal/catalog/fetch"
	"irori/internal/catalog/known"
	"irori/internal/llm"
)

// Options configure a Library. Empty fields take the usual places.
type Options struct {
	// Home is IRORI_HOME; models lie in its folder "models".
	Home string
	// HFEndpoint and HFToken are HF_ENDPOINT and HF_TOKEN. The token is sent to
	// that host only.
	HFEndpoint, HFToken string
	// OllamaRegistry and ModelScopeEndpoint replace those registries.
	OllamaRegistry, ModelScopeEndpoint string
	// OllamaModels is the folder of a local Ollama (OLLAMA_MODELS); "" looks in
	// the home folder, "-" nowhere.
	OllamaModels string
	// Python runs pip; "" looks for python3, then for pip itself.
	Python string
	// HTTP does the requests; nil takes a client that respects the proxies.
	HTTP *http.Client
	// Fetch tunes downloads; its HTTP is set from HTTP.
	Fetch fetch.Client
}

// Library is the catalog together with the models on disk.
type Library struct {
	opt   Options
	store *blob.Store
	net   *fetch.Client
}

// New opens the library under opt.Home.
func New(opt Options) (*Library, error) {
	if opt.Home == "" {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "the library needs a home folder").WithHint("set IRORI_HOME")
	}
	def := func(s *string, v string) {
		if *s = strings.TrimRight(*s, "/"); *s == "" {
			*s = v
		}
	}
	def(&opt.HFEndpoint, "https://huggingface.co")
	def(&opt.OllamaRegistry, "https://registry.ollama.ai")
	def(&opt.ModelScopeEndpoint, "https://modelscope.cn")
	for _, e := range []string{opt.HFEndpoint, opt.OllamaRegistry, opt.ModelScopeEndpoint} {
		if !strings.HasPrefix(e, "http://") && !strings.HasPrefix(e, "https://") {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "the endpoint %q does not begin with https:// or http://", e)
		}
	}
	if opt.OllamaModels == "" {
		if h, err := os.UserHomeDir(); err == nil {
			opt.OllamaModels = filepath.Join(h, ".ollama", "models")
		}
	}
	if opt.OllamaModels == "-" {
		opt.OllamaModels = ""
	}
	client := opt.Fetch
	if client.HTTP = opt.HTTP; client.HTTP == nil {
		client.HTTP = fetch.DefaultHTTP()
	}
	return &Library{opt: opt, store: blob.Open(filepath.Join(opt.Home, "models")), net: &client}, nil
}

// Resolved is a model that can be loaded.
type Resolved struct {
	Manifest blob.Manifest
	// Path is the file to give to the engine: of a model in several files, the
	// first. Projector and Adapters are what comes with it.
	Path      string
	Projector string
	Adapters  []string
}

// Resolve finds a pulled model by the name, alias or reference it was given. An
// ollama: reference also finds what a local Ollama has, without a pull.
func (l *Library) Resolve(name string) (Resolved, error) {
	m, err := l.store.Get(name)
	if llm.CodeOf(err) == llm.CodeModelNotFound {
		ref, perr := Parse(name)
		if perr != nil {
			return Resolved{}, perr
		}
		ref = whole(ref)
		if m, err = l.store.Get(ref.String()); err != nil && ref.Scheme == SchemeOllama {
			if local, lerr := l.localOllama(ref); !errors.Is(lerr, fs.ErrNotExist) {
				m, err = local, lerr
			}
		}
		if _, ok := known.All().Find(ref.Name); err != nil && ref.Scheme == SchemeName && !ok {
			err = unknownName(ref.Name)
		}
	}
	if err != nil {
		return Resolved{}, err
	}
	r := Resolved{Manifest: m}
	for _, role := range []blob.Role{blob.RoleModel, blob.RoleShard} {
		paths, err := l.store.Paths(m, role)
		if err != nil {
			return Resolved{}, err
		}
		if len(paths) > 0 && r.Path == "" {
			r.Path = paths[0]
		}
	}
	if r.Path == "" {
		return Resolved{}, llm.Errorf(llm.CodeCorrupt, "the manifest of %s names no model file", name).WithHint("irori pull %s", name)
	}
	if p, err := l.store.Paths(m, blob.RoleMMProj); err == nil && len(p) > 0 {
		r.Projector = p[0]
	}
	r.Adapters, err = l.store.Paths(m, blob.RoleAdapter)
	return r, err
}

// Manifest returns what was recorded of a pulled model, whether its files can
// be used or not.
func (l *Library) Manifest(name string) (blob.Manifest, error) { return l.store.Get(l.canonical(name)) }

// List returns the pulled models, by name.
func (l *Library) List() ([]blob.Manifest, error) { return l.store.List() }

// Names lists the pulled models, with or without their aliases. What cannot be
// read is not in it.
func (l *Library) Names(aliases bool) []string {
	var out []string
	if list, err := l.List(); err == nil {
		for _, m := range list {
			out = append(out, m.Name)
		}
	}
	if more, err := l.Aliases(); err == nil && aliases {
		out = slices.AppendSeq(out, maps.Keys(more))
	}
	slices.Sort(out)
	return out
}

// Remove takes a name away, with its files if no other name needs them, and
// returns the bytes that this freed.
func (l *Library) Remove(name string) (freed int64, err error) {
	if freed, err = l.store.Remove(l.canonical(name)); err != nil {
		return freed, err
	}
	orphans, err := l.Prune()
	return freed + orphans, err
}

// Alias gives a pulled model a second name.
// The names that begin with irori/ stand for routes and are not given away.
func (l *Library) Alias(name, target string) error {
	if !reAlias().MatchString(name) || strings.Contains(name, "..") || strings.HasPrefix(strings.ToLower(name), "irori/") {
		return llm.Errorf(llm.CodeInvalidRequest, "%.120q cannot be an alias", name).
			WithHint("use letters, digits and . _ - / :, and not irori/…")
	}
	err := l.store.Alias(name, l.canonical(target))
	if llm.CodeOf(err) != llm.CodeModelNotFound {
		return err
	}
	ref, perr := Parse(target)
	if _, ok := known.All().Find(ref.Name); perr == nil && (ok || ref.Scheme != SchemeName) {
		return err // it can be pulled
	}
	e := llm.Errorf(llm.CodeModelNotFound, "model %.120s is not here", target)
	if near := known.All().Suggest(target); len(near) > 0 {
		return e.WithHint("irori list shows what is here; did you mean %s? irori pull %s", strings.Join(near, ", "), near[0])
	}
	return e.WithHint("irori list")
}

// reAlias has tables of every script in it, and is made when it is needed.
var reAlias = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN][\pL\pN._:/-]*$`) })

// Aliases returns the aliases and what each stands for.
func (l *Library) Aliases() (map[string]string, error) { return l.store.Aliases() }

// Verify hashes the files of a pulled model anew. It returns the names of
// those that are right and whose times had changed; these are recorded.
func (l *Library) Verify(ctx context.Context, name string, progress func(done, total int64)) (renewed []string, err error) {
	return l.store.Verify(ctx, l.canonical(name), progress)
}

// Look tells whether a model's files are there as they were recorded, without
// reading them.
func (l *Library) Look(m blob.Manifest) error { return l.store.Look(m) }

// Prune removes files that no model refers to and that are older than an hour,
// and returns the bytes that this freed. A killed process leaves them.
func (l *Library) Prune() (freed int64, err error) { return l.store.Prune(blob.PruneAge) }

// RemoveUnused removes all files that no model refers to, whatever their age,
// and the downloads that were stopped.
func (l *Library) RemoveUnused() (freed int64, err error) {
	freed, err = l.store.Prune(0)
	if err != nil {
		return freed, err
	}
	partial, err := l.store.PrunePartials()
	return freed + partial, err
}

// canonical returns the name under which the store keeps what a person typed.
func (l *Library) canonical(name string) string {
	if _, err := l.store.Get(name); err == nil {
		return name
	}
	ref, err := Parse(name)
	if err != nil {
		return name
	}
	return whole(ref).String()
}

// whole completes a reference, so that one model has one name: a path from the
// root, the version of a package that the catalog knows.
func whole(r Ref) Ref {
	switch r.Scheme {
	case SchemeFile:
		if p, err := filepath.Abs(r.Name); err == nil {
			r.Name = p
		}
	case SchemePip:
		if p, ok := known.All().Package(r.Name, ""); ok && r.Version == "" {
			r.Version = p.Version
		}
	}
	return r
}
