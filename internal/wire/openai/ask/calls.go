package ask

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"

	"irori/internal/llm"
	"irori/internal/text"
)

type callBody struct {
	Index    *int     `json:"index"`
	ID       string   `json:"id"`
	Function funcBody `json:"function"`
}

type funcBody struct {
	Name      string    `json:"name"`
	Arguments arguments `json:"arguments"`
}

// arguments are a piece of a JSON text, or the whole object where a server
// sends that.
type arguments text.Chars

// UnmarshalJSON reads either form.
func (a *arguments) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		*a = append(arguments(nil), b...)
		return nil
	}
	return (*text.Chars)(a).UnmarshalJSON(b)
}

// calls puts the fragments of a choice's calls into order. Servers differ in
// what they say of a fragment: its index or nothing, its id and name once or
// each time.
type calls struct {
	list []*call
	// at is the newest call of each index.
	at map[int]*call
}

type call struct {
	index    int
	id, name string
	// begun says that the call was told of; the arguments before that wait.
	begun     bool
	waiting   string
	sofar     []byte
	arguments text.Pieces
}

// add takes a fragment; nil is returned where there is nothing to tell yet.
func (c *calls) add(b *callBody) (*llm.ToolCallDelta, error) {
	t := c.find(b)
	if t == nil {
		if len(c.list) == maxCalls {
			return nil, llm.Errorf(llm.CodeBadAnswer, "its answer has more than %d calls", maxCalls)
		}
		t = &call{index: len(c.list), id: b.ID}
		c.list = append(c.list, t)
	}
	if b.Index != nil {
		if c.at == nil {
			c.at = map[int]*call{}
		}
		c.at[*b.Index] = t
	}
	if t.id == "" {
		t.id = b.ID
	}
	if t.name == "" {
		t.name = b.Function.Name
	}
	if b.Index == nil {
		// Only here the arguments tell where a call ends.
		t.sofar = append(t.sofar, b.Function.Arguments...)
	}
	args := t.arguments.Push(text.Chars(b.Function.Arguments))
	if t.begun {
		if args == "" {
			return nil, nil
		}
		return &llm.ToolCallDelta{Index: t.index, Arguments: args}, nil
	}
	t.waiting += args
	if t.name == "" {
		return nil, nil
	}
	return t.begin(), nil
}

// find returns the call that a fragment goes on with, nil for a new one.
func (c *calls) find(b *callBody) *call {
	if b.Index != nil {
		t := c.at[*b.Index]
		// Some servers number every call 0.
		if t != nil && b.ID != "" && t.id != "" && b.ID != t.id {
			return c.byID(b.ID)
		}
		return t
	}
	if b.ID != "" {
		if t := c.byID(b.ID); t != nil {
			return t
		}
	}
	if len(c.list) == 0 {
		return nil
	}
	last := c.list[len(c.list)-1]
	switch {
	case b.ID != "" && last.id != "":
		return nil
	case b.Function.Name != "" && last.name != "" && (b.Function.Name != last.name || json.Valid(last.sofar)):
		return nil
	}
	return last
}

func (c *calls) byID(id string) *call {
	for _, t := range c.list {
		if t.id == id {
			return t
		}
	}
	return nil
}

// begin tells of a call. One without an id gets one: clients answer by it.
func (t *call) begin() *llm.ToolCallDelta {
	if t.id == "" {
		var b [9]byte
		// crypto/rand never fails on the platforms that are built for.
		_, _ = rand.Read(b[:])
		t.id = "call_" + hex.EncodeToString(b[:])
	}
	t.begun = true
	d := &llm.ToolCallDelta{Index: t.index, ID: t.id, Name: t.name, Arguments: t.waiting}
	t.waiting = ""
	return d
}

// flush returns what is still held of all calls. A call without a name is
// told of: it is the model's fault, and the client's to see.
func (c *calls) flush() (out []llm.ToolCallDelta) {
	for _, t := range c.list {
		rest := t.arguments.Flush()
		switch {
		case !t.begun:
			t.waiting += rest
			out = append(out, *t.begin())
		case rest != "":
			out = append(out, llm.ToolCallDelta{Index: t.index, Arguments: rest})
		}
	}
	return out
}
