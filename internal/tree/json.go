package tree

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// JSON writes a value as JSON, keys in the order of the file. Numbers that
// JSON cannot write as they stand (1_000, .5) are written by their value.
func (n *Node) JSON() (json.RawMessage, error) {
	var b bytes.Buffer
	if err := n.json(&b, 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (n *Node) json(b *bytes.Buffer, depth int) error {
	if depth > 2*maxDepth {
		return errDeep
	}
	switch n.Kind {
	case Nothing:
		b.WriteString("null")
	case Truth:
		b.WriteString(n.Text)
	case Whole, Decimal:
		b.WriteString(number(n.Text))
	case Text:
		b.Write(quoted(n.Text))
	case List:
		b.WriteByte('[')
		for i, c := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := c.json(b, depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case Keys:
		b.WriteByte('{')
		for i, p := range n.Pairs {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(p.Key))
			b.WriteByte(':')
			if err := p.Value.json(b, depth+1); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	}
	return nil
}

// quoted writes a text without the escapes that pages of HTML want.
func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string and a buffer never fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func number(s string) string {
	s = strings.ReplaceAll(s, "_", "")
	if json.Valid([]byte(s)) {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return string(quoted(s))
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(quoted(s))
	}
	return string(out)
}
