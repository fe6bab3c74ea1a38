package span

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression that is made when it is first looked for: a
// server that reads no text has no use for the megabytes that they take.
type Pattern struct {
	get func() *regexp.Regexp
}

// NewPattern takes an expression that is known to be right.
func NewPattern(expression string) *Pattern {
	return &Pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
}

// FindString is the leftmost match, "" where there is none.
func (p *Pattern) FindString(s string) string { return p.get().FindString(s) }

// MatchString reports whether there is a match.
func (p *Pattern) MatchString(s string) bool { return p.get().MatchString(s) }
