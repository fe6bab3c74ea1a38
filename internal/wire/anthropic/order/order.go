// Package order brings the fragments of several tool calls into an order in
// which calls follow each other, as the blocks of a message must, whatever
// the order in which they come.
//
// It knows no framing and no dialect.
package order

import (
	"encoding/json"
	"fmt"
	"strings"

	"irori/internal/llm"
)

// Max bounds the calls of one answer; fragments of more are left out.
const Max = 1024

// Calls orders the fragments of one answer. Those of a call wait while the one
// before it is not whole; usually it is. The zero value is ready.
type Calls struct {
	current int
	seen    []*call
}

// call is one call on its way.
type call struct {
	index    int
	id, name string
	text     strings.Builder
	// sent is how much of the text has gone out.
	sent   int
	opened bool
}

// Add takes a fragment and returns those that can go out. An ID marks the
// first of a call; its Index counts the calls.
func (c *Calls) Add(d llm.ToolCallDelta) []llm.ToolCallDelta {
	g := c.find(d.Index)
	if g == nil {
		return nil
	}
	if g.id == "" {
		g.id = d.ID
	}
	g.name += d.Name
	g.text.WriteString(d.Arguments)
	return c.ready(false)
}

// Rest returns what still waits, at the end.
func (c *Calls) Rest() []llm.ToolCallDelta { return c.ready(true) }

// Broken reports whether a call is not whole yet: nothing else may come
// between its fragments.
func (c *Calls) Broken() bool {
	return len(c.seen) > 0 && (c.current < len(c.seen)-1 || !c.seen[c.current].whole())
}

func (c *Calls) find(index int) *call {
	for i := len(c.seen) - 1; i >= 0; i-- {
		if c.seen[i].index == index {
			return c.seen[i]
		}
	}
	if len(c.seen) == Max {
		return nil
	}
	g := &call{index: index}
	c.seen = append(c.seen, g)
	return g
}

// ready moves on from call to call as they get whole.
func (c *Calls) ready(all bool) []llm.ToolCallDelta {
	var out []llm.ToolCallDelta
	for c.current < len(c.seen) {
		g := c.seen[c.current]
		f := llm.ToolCallDelta{Index: c.current, Arguments: g.text.String()[g.sent:]}
		if !g.opened {
			g.opened = true
			f.ID, f.Name = g.id, g.name
			if f.ID == "" {
				f.ID = ID(c.current)
			}
		}
		if f.ID != "" || f.Arguments != "" {
			out = append(out, f)
		}
		g.sent = g.text.Len()
		if c.current == len(c.seen)-1 || !all && !g.whole() {
			break
		}
		c.current++
	}
	return out
}

// whole reports whether nothing is missing from the arguments.
func (g *call) whole() bool { return json.Valid([]byte(g.text.String())) }

// ID makes an id for a call that has none: a client needs one to answer it.
func ID(index int) string { return fmt.Sprintf("toolu_%04d", index) }
