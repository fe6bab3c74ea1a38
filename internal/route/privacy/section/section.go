// Package section reads the section privacy of a file that people write, with
// the line and the key of what is wrong.
package section

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/tree"
	"irori/internal/tree/form"
)

// maxFile bounds a file: 1 MiB.
const maxFile = 1 << 20

const hint = "irori doctor --example-config shows the section privacy"

// Read reads a file: the settings with their section privacy, the section
// alone, or a list of its rules.
func Read(file string, r io.Reader) (privacy.Settings, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errors.New("it is larger than 1 MiB")
	}
	var n *tree.Node
	if err == nil {
		n, err = tree.Parse(b)
	}
	if e, ok := errors.AsType[*tree.Error](err); ok {
		return privacy.Settings{}, form.Wrong(file, e.Line, hint, "%s", e.Msg)
	}
	if err != nil {
		return privacy.Settings{}, llm.Wrap(llm.CodeInvalidRequest, err, "%s", file).WithHint(hint)
	}
	at := ""
	switch {
	case n == nil || n.Kind == tree.Nothing:
		return privacy.Settings{}, form.Wrong(file, 1, hint, "it holds no rules")
	case n.Kind == tree.List:
		n = &tree.Node{Kind: tree.Keys, Line: n.Line, Pairs: []tree.Pair{{Key: "rules", Line: n.Line, Value: n}}}
	case n.Kind == tree.Keys && n.Get("privacy") != nil:
		n, at = n.Get("privacy"), "privacy."
	}
	f := &form.Form{File: file, What: "the section privacy", At: at, Node: n, Hint: hint}
	s := Form(f)
	return s, f.Err
}

// Form reads a mapping that was found already; its fault is the form's.
func Form(f *form.Form) (s privacy.Settings) {
	f.Known([]string{"default", "scope", "images", "classes", "rules"}, nil)
	s.Default, s.Scope, s.Images = f.Text("default"), f.Text("scope"), f.Text("images")
	if c := f.Below("classes"); c != nil {
		s.Classes = map[string]string{}
		for _, p := range c.Node.Pairs {
			s.Classes[p.Key] = c.Text(p.Key)
		}
		f.Take(c)
	}
	if n := f.Get("rules"); n != nil {
		if n.Kind != tree.List {
			f.Must(n, "rules", "a list")
			return s
		}
		for i, item := range n.Items {
			r := &form.Form{File: f.File, What: "a rule", At: f.At + "rules." + strconv.Itoa(i) + ".", Node: item, Hint: f.Hint}
			r.Known([]string{"class", "words", "pattern", "treatment"}, nil)
			s.Rules = append(s.Rules, privacy.RuleSetting{Class: r.Text("class"), Words: r.Texts("words"), Pattern: r.Text("pattern"), Treatment: r.Text("treatment")})
			f.Take(r)
		}
	}
	if f.Err != nil {
		return s
	}
	if wrong := s.Check(); wrong != nil {
		f.Fail(line(f.Node, wrong.Path), "key %s%s", f.At, strings.TrimSpace(wrong.Error()))
	}
	return s
}

// line is where a setting stands, or the nearest around it.
func line(n *tree.Node, path []string) int {
	at := n.Line
	for _, key := range path {
		if i, err := strconv.Atoi(key); err == nil && n.Kind == tree.List && i < len(n.Items) {
			n = n.Items[i]
			at = n.Line
			continue
		}
		i := slices.IndexFunc(n.Pairs, func(p tree.Pair) bool { return p.Key == key })
		if i < 0 {
			return at
		}
		at, n = n.Pairs[i].Line, n.Pairs[i].Value
	}
	return at
}
