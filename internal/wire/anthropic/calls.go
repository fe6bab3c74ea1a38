package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"

	"irori/internal/llm"
)

// calls brings the fragments of several calls into the order of blocks, which
// follow each other. Fragments of a call wait while the one before it is not
// whole; usually it is.
type calls struct {
	current int
	seen    []*gathering
}

// gathering is one call on its way.
type gathering struct {
	index int
	text  strings.Builder
	// sent is how much of the text has gone out.
	sent     int
	id, name string
	opened   bool
}

// maxCalls bounds the calls of one answer.
const maxCalls = 1024

// add takes a fragment and returns those that can go out; an ID marks the
// first of a call.
func (c *calls) add(d llm.ToolCallDelta) []llm.ToolCallDelta {
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

// broken reports whether a call is not whole yet.
func (c *calls) broken() bool {
	return c.current >= 0 && !(c.current == len(c.seen)-1 && c.seen[c.current].whole())
}

// rest returns what still waits at the end.
func (c *calls) rest() []llm.ToolCallDelta { return c.ready(true) }

func (c *calls) find(index int) *gathering {
	for i := len(c.seen) - 1; i >= 0; i-- {
		if c.seen[i].index == index {
			return c.seen[i]
		}
	}
	if len(c.seen) == maxCalls {
		return nil
	}
	g := &gathering{index: index}
	c.seen = append(c.seen, g)
	return g
}

// ready moves on from call to call as they get whole.
func (c *calls) ready(all bool) []llm.ToolCallDelta {
	var out []llm.ToolCallDelta
	if c.current < 0 && len(c.seen) > 0 {
		c.current = 0
	}
	for c.current >= 0 {
		g := c.seen[c.current]
		f := llm.ToolCallDelta{Index: c.current, Arguments: g.text.String()[g.sent:]}
		if !g.opened {
			g.opened = true
			f.ID, f.Name = g.ident(), g.name
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
func (g *gathering) whole() bool {
	return json.Valid([]byte(g.text.String()))
}

// ident is the call's id; a client needs one to answer it.
func (g *gathering) ident() string {
	if g.id == "" {
		return fmt.Sprintf("toolu_%04d", g.index)
	}
	return g.id
}
