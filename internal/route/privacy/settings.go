package privacy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"irori/internal/route/privacy/span"
)

// Level says what is done with what would leave this machine.
type Level string

// The levels, from the mildest to the strictest.
const (
	LevelAny    Level = "any"        // it leaves unread
	LevelDetect Level = "detect"     // what is found in it decides, by its class
	LevelRedact Level = "redact"     // as that, and whatever is found is masked at least
	LevelLocal  Level = "local-only" // nothing leaves
)

var levels = []Level{LevelAny, LevelDetect, LevelRedact, LevelLocal}

// ParseLevel reads a level.
func ParseLevel(s string) (Level, error) {
	if l := Level(s); slices.Contains(levels, l) {
		return l, nil
	}
	return "", fmt.Errorf("%q is no level of privacy: any, detect, redact or local-only", s)
}

// StricterLevel returns the stricter of two levels; empty is no level at all.
// What is unknown counts as the strictest.
func StricterLevel(a, b Level) Level {
	if a == "" || b == "" {
		a += b
		if b = a; a == "" {
			return ""
		}
	}
	i, j := slices.Index(levels, a), slices.Index(levels, b)
	if i < 0 || j < 0 {
		return LevelLocal
	}
	return levels[max(i, j)]
}

// Settings are how people write a policy. Zero values mean the default.
type Settings struct {
	// Default is a Level; detect where it is empty.
	Default string `yaml:"default"`
	// Scope is routed, which leaves alone what names a cloud's model by
	// itself, or all.
	Scope string `yaml:"scope"`
	// Images is local-only or any: nobody reads what is in them.
	Images  string            `yaml:"images"`
	Classes map[string]string `yaml:"classes"`
	Rules   []RuleSetting     `yaml:"rules"`
}

// RuleSetting is a Rule with what becomes of what it finds; that is local-only
// where nothing is said.
type RuleSetting struct {
	Class     string   `yaml:"class" json:"class"`
	Words     []string `yaml:"words" json:"words,omitempty"`
	Pattern   string   `yaml:"pattern" json:"pattern,omitempty"`
	Treatment string   `yaml:"treatment" json:"treatment,omitempty"`
}

// Fault is a setting that cannot be. Path leads to it through the section,
// places of a list as numbers from 0.
type Fault struct {
	Path []string
	Text string
}

// Error is the setting's name and what is wrong with it.
func (f *Fault) Error() string { return strings.Join(f.Path, ".") + " " + f.Text }

func faulty(format string, args []any, path ...string) *Fault {
	return &Fault{path, fmt.Sprintf(format, args...)}
}

// Check refuses what cannot be; nil is well.
func (s Settings) Check() *Fault {
	for _, o := range []struct {
		name, value string
		of          []string
	}{
		{"default", s.Default, []string{"any", "detect", "redact", "local-only"}},
		{"scope", s.Scope, []string{"routed", "all"}},
		{"images", s.Images, []string{"local-only", "any"}},
	} {
		if o.value != "" && !slices.Contains(o.of, o.value) {
			return faulty("is %q; it must be %s", []any{o.value, orList(o.of)}, o.name)
		}
	}
	own := map[string]bool{}
	for i, r := range s.Rules {
		own[r.Class] = true
		at := []string{"rules", strconv.Itoa(i)}
		if r.Treatment != "" {
			if _, err := ParseTreatment(r.Treatment); err != nil {
				return faulty("is %q; it must be any, redact or local-only", []any{r.Treatment}, append(at, "treatment")...)
			}
		}
		if _, err := compile([]Rule{r.rule()}); err != nil {
			return faulty("cannot be kept: %s", []any{strings.TrimPrefix(err.Error(), "rule 1 ")}, at...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Classes)) {
		if !slices.Contains(span.Classes, Class(name)) && !own[name] {
			var known []string
			for _, c := range span.Classes {
				known = append(known, string(c))
			}
			return faulty("is no class that anything finds; there are %s, and those of rules", []any{strings.Join(known, ", ")}, "classes", name)
		}
		if _, err := ParseTreatment(s.Classes[name]); err != nil {
			return faulty("is %q; it must be any, redact or local-only", []any{s.Classes[name]}, "classes", name)
		}
	}
	return nil
}

func orList(of []string) string {
	return strings.Join(of[:len(of)-1], ", ") + " or " + of[len(of)-1]
}

func (r RuleSetting) rule() Rule {
	return Rule{Class: Class(r.Class), Words: r.Words, Pattern: r.Pattern}
}

// Level is what holds for a request; named says that it named a cloud's model
// by itself.
func (s Settings) Level(named bool) Level {
	switch {
	case named && s.Scope != "all":
		return LevelAny
	case s.Default == "":
		return LevelDetect
	}
	return Level(s.Default)
}

// Policy is which class leads to which treatment: the default one, what
// classes say, and where those say nothing what rules do.
func (s Settings) Policy() Policy {
	p := DefaultPolicy()
	for _, r := range s.Rules {
		t := LocalOnly
		if r.Treatment != "" {
			t = Treatment(r.Treatment)
		}
		if before, ok := p.Classes[Class(r.Class)]; ok {
			t = Stricter(t, before)
		}
		p.Classes[Class(r.Class)] = t
	}
	for name, t := range s.Classes {
		p.Classes[Class(name)] = Treatment(t)
	}
	return p
}

// Own are the rules.
func (s Settings) Own() (out []Rule) {
	for _, r := range s.Rules {
		out = append(out, r.rule())
	}
	return out
}

// Scanner looks for what the settings name.
func (s Settings) Scanner() (*Scanner, error) {
	if f := s.Check(); f != nil {
		return nil, f
	}
	return New(Options{Rules: s.Own(), Policy: s.Policy()})
}
