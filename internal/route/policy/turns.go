package policy

import (
	"fmt"
	"slices"
	"strings"

	"irori/internal/tree/form"
)

// same is one text for conditions that hold for the same requests, in whatever
// order and case their words are written.
func (c Condition) same() string {
	var b strings.Builder
	for _, list := range [][]string{c.Keys, c.APIs, c.Clients, c.Languages, c.Domains, c.Contains} {
		words := make([]string, len(list))
		for i, w := range list {
			words[i] = strings.ToLower(w)
		}
		slices.Sort(words)
		fmt.Fprintf(&b, "%q ", slices.Compact(words))
	}
	for _, t := range []*bool{c.Tools, c.Images, c.Schema, c.SideCall} {
		if t != nil {
			fmt.Fprint(&b, *t)
		}
		b.WriteByte(' ')
	}
	if c.Matches != nil {
		fmt.Fprintf(&b, "%q", c.Matches)
	}
	fmt.Fprint(&b, " ", c.PromptOver, c.PromptUnder, c.TurnsOver)
	for _, h := range c.Hours {
		fmt.Fprint(&b, " ", h.From, h.To, h.Days, h.Zone)
	}
	return b.String()
}

// covers reports whether a rule that uses one leaves nothing to a later one
// that holds for the same requests. The later one has its turn where nobody of
// the first can answer.
func (r *Route) covers(first, later string) bool {
	of := func(targets []Target) bool {
		return slices.ContainsFunc(targets, func(t Target) bool { return t.Name == later })
	}
	switch Side(first) {
	case Refuse:
		return true
	case Local:
		return later == first || of(r.Local)
	case Cloud:
		return later == first || of(r.Cloud)
	}
	return later == first
}

// turns are the rules that came before one.
type turns struct {
	// by has them by what they hold for. half has those that hold where one
	// thing is so, or is not, by the rest of what they hold for.
	by   map[string][]Rule
	half map[string]Rule
	// always are the lines of a rule, or of two together, that always hold.
	always []int
}

// covered says why a rule never comes to its turn, "" where it does.
func (t *turns) covered(x *Route, rule Rule) string {
	switch len(t.always) {
	case 1:
		return fmt.Sprintf("that of line %d always holds", t.always[0])
	case 2:
		return fmt.Sprintf("of those of lines %d and %d one always holds", t.always[0], t.always[1])
	}
	for _, before := range t.by[rule.When.same()] {
		if x.covers(before.Use, rule.Use) {
			return fmt.Sprintf("that of line %d has the same when", before.Line)
		}
	}
	return ""
}

// add puts a rule before those to come.
func (t *turns) add(rule Rule) {
	if rule.When.Empty() {
		t.always = []int{rule.Line}
		return
	}
	same := rule.When.same()
	t.by[same] = append(t.by[same], rule)
	rest := rule.When
	for i, part := range []**bool{&rest.Tools, &rest.Images, &rest.Schema, &rest.SideCall} {
		is := *part
		if is == nil {
			continue
		}
		*part = nil
		if rest.Empty() {
			t.half[fmt.Sprint(i, *is)] = rule
			if other, ok := t.half[fmt.Sprint(i, !*is)]; ok {
				t.always = []int{other.Line, rule.Line}
			}
		}
		*part = is
	}
}

// rules checks that each rule can be kept and can come to its turn.
func (r *reader) rules(f *form.Form) {
	x, before := r.route, &turns{by: map[string][]Rule{}, half: map[string]Rule{}}
	for _, rule := range x.Rules {
		fail := func(format string, args ...any) {
			f.Fail(rule.Line, "key %srules: %s", f.At, fmt.Sprintf(format, args...))
		}
		named := func(of []Target) bool {
			return slices.ContainsFunc(of, func(t Target) bool { return t.Name == rule.Use })
		}
		switch Side(rule.Use) {
		case Local, Cloud:
			if rule.Use == "local" && len(x.Local) == 0 || rule.Use == "cloud" && len(x.Cloud) == 0 {
				fail("use is %s, and the route has no such target", rule.Use)
			}
		case Refuse:
		default:
			if !named(x.Local) && !named(x.Cloud) {
				fail("use is %q, which is none of the route's targets; write local, cloud, refuse or one of them", rule.Use)
			}
		}
		if rule.Use == string(Cloud) || named(x.Cloud) {
			if why := x.never(rule.When); why != "" {
				fail("this rule can never send anything to the cloud: %s", why)
			}
		}
		if why := before.covered(x, rule); why != "" {
			fail("this rule never comes to its turn: %s", why)
		}
		before.add(rule)
	}
}
