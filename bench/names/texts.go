package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/route/privacy"
	"irori/internal/route/privacy/span"
)

// doc is a marked text.
type doc struct {
	set    string
	text   *span.Text
	names  []span.Span // in its folded runes, those in the language's letters
	others []span.Span // what detectors of other classes find
}

// read reads a file of marked texts.
func read(file string) ([]*doc, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	scan, err := privacy.New(privacy.Options{})
	if err != nil {
		return nil, err
	}
	var out []*doc
	for n, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		text, marks, err := unmark(strings.ReplaceAll(line, `\n`, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
		}
		d := &doc{set: strings.TrimSuffix(filepath.Base(file), ".txt"), text: span.Fold(text)}
		for _, m := range marks {
			if m.Class == span.Name {
				d.names = append(d.names, d.folded(m)...)
			}
		}
		found, err := scan.Scan(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
		}
		for _, s := range found {
			if s.Class != span.Name {
				d.others = append(d.others, d.folded(s)...)
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// unmark splits a line into its text and its marks, in code points.
func unmark(line string) (string, []span.Span, error) {
	var text []rune
	var marks []span.Span
	for {
		before, rest, ok := strings.Cut(line, "⟦")
		text = append(text, []rune(before)...)
		if !ok {
			return string(text), marks, nil
		}
		class, rest, ok := strings.Cut(rest, "|")
		value, rest, closed := strings.Cut(rest, "⟧")
		if !ok || !closed || strings.Contains(value, "⟦") {
			return "", nil, fmt.Errorf("a mark is not closed")
		}
		from := len(text)
		text = append(text, []rune(value)...)
		marks = append(marks, span.Span{Class: span.Class(class), Start: from, End: len(text)})
		line = rest
	}
}

// folded is a span of the text's code points in its folded runes.
func (d *doc) folded(s span.Span) []span.Span {
	f := span.Span{Class: s.Class, Start: -1}
	for i := range d.text.Len() {
		if o := d.text.Original(span.Span{Start: i, End: i + 1}); o.Start >= s.Start && o.Start < s.End {
			if f.Start < 0 {
				f.Start = i
			}
			f.End = i + 1
		}
	}
	if f.Start < 0 {
		return nil
	}
	return []span.Span{f}
}

// named is how many of some runes are of names.
func (d *doc) named(from, to int) (n int) {
	for _, g := range d.names {
		n += max(0, min(to, g.End)-max(from, g.Start))
	}
	return n
}

// tally counts what was found of names, and the texts in which something was found
// that is none.
type tally struct{ names, found, texts, wrong int }

func (k *tally) add(o tally) {
	k.names, k.found, k.texts, k.wrong = k.names+o.names, k.found+o.found, k.texts+o.texts, k.wrong+o.wrong
}

// ours reports whether a name is written in the letters that the language's model
// reads.
func ours(d *doc, s span.Span) bool { return (d.text.R[s.Start] < 0x2000) == (*language == "en") }

// judge adds a text. A name is found where at least half of it is; what other
// detectors know better is no wrong find.
func (k *tally) judge(d *doc, got []span.Span) (missed, wrong []string) {
	k.texts++
	for _, s := range got {
		other := false
		for _, o := range d.others {
			other = other || o.Start < s.End && o.End > s.Start
		}
		if !other && d.named(s.Start, s.End) == 0 {
			wrong = append(wrong, d.text.Cut(s.Start, s.End))
		}
	}
	if len(wrong) > 0 {
		k.wrong++
	}
	for _, g := range d.names {
		if !ours(d, g) {
			continue
		}
		n := 0
		for _, s := range got {
			n += max(0, min(s.End, g.End)-max(s.Start, g.Start))
		}
		if k.names++; 2*n >= g.End-g.Start {
			k.found++
		} else {
			missed = append(missed, d.text.Cut(g.Start, g.End))
		}
	}
	return missed, wrong
}
