package sets

import (
	"strings"
	"unicode/utf8"

	"irori/internal/eval/suite"
	"irori/internal/eval/task"
)

// Asked is something that can be asked, for lists.
type Asked struct {
	Name string `json:"name"`
	// Kind is suite, set or task.
	Kind     string `json:"kind"`
	Family   string `json:"family,omitempty"`
	Language string `json:"language,omitempty"`
	Items    int    `json:"items"`
	Scorer   string `json:"scorer,omitempty"`
	Licence  string `json:"licence,omitempty"`
	Source   string `json:"source,omitempty"`
	// Here says that it can be asked now; Path is its file, or Put the name
	// that its file would have.
	Here bool   `json:"here"`
	Path string `json:"path,omitempty"`
	Put  string `json:"put,omitempty"`
	// The rest is known of what was read.
	Version string   `json:"version,omitempty"`
	Output  string   `json:"output_type,omitempty"`
	SHA256  string   `json:"sha256,omitempty"`
	Prompt  *float64 `json:"prompt_characters,omitempty"` // mean
	SameAs  []string `json:"same_as,omitempty"`
}

// Where says where the questions are, or which file is wanted.
func (a Asked) Where() string {
	switch {
	case !a.Here:
		return "not here: " + a.Put + " of " + a.Source
	case a.Kind == "suite":
		return "built in"
	case a.Kind == "set":
		return a.Path
	case len(a.SameAs) > 0:
		return a.Source + "; the questions of " + strings.Join(a.SameAs, ", ")
	}
	return a.Source
}

// List is what can be asked by its name: our own suites, and public sets, here
// or not.
func List(folders []string) ([]Asked, error) {
	var out []Asked
	for _, name := range suite.Names() {
		tasks, err := suite.Load(name)
		if err != nil {
			return nil, err
		}
		a := Asked{Name: name, Kind: "suite", Source: "Irori", Licence: "Apache-2.0", Here: true}
		for _, t := range tasks {
			a.Items += len(t.Items)
		}
		out = append(out, a)
	}
	for _, s := range All() {
		a := Asked{Name: s.Name, Kind: "set", Family: s.Family, Language: s.Language, Items: s.Items, Licence: s.Licence, Source: s.From, SameAs: s.SameAs}
		if a.Path = s.Path(folders); a.Path != "" {
			a.Here = true
		} else {
			a.Put = s.Files[0]
		}
		out = append(out, a)
	}
	return out, nil
}

// Tell describes a task that was read.
func Tell(t *task.Task) Asked {
	a := Asked{
		Name: t.Name, Kind: "task", Family: t.Family, Language: t.Language, Items: len(t.Items), Licence: t.Licence, Source: t.Source, Here: true,
		Version: t.Version, Output: string(t.Output), SHA256: task.Digest(t), SameAs: t.SameAs,
	}
	if len(t.Items) == 0 {
		return a
	}
	a.Scorer = string(t.Items[0].Scorer)
	if m := t.Items[0].Mark; m != "" {
		a.Scorer += ": " + m
	}
	sum := 0
	for _, it := range t.Items {
		for _, turn := range it.Turns {
			sum += utf8.RuneCountInString(turn.Content)
		}
	}
	mean := float64(sum) / float64(len(t.Items))
	a.Prompt = &mean
	return a
}
