package tree

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The bounds of a file.
const (
	MaxBytes = 8 << 20
	maxDepth = 200
	// maxOpen bounds brackets that are open at once; prose may leave some open.
	maxOpen  = 2000
	maxNodes = 1 << 20
)

// Kind is what a node is.
type Kind string

// The kinds, in the words that errors use.
const (
	Text    Kind = "a text"
	Whole   Kind = "a whole number"
	Decimal Kind = "a number"
	Truth   Kind = "true or false"
	Nothing Kind = "nothing"
	List    Kind = "a list"
	Keys    Kind = "keys with values"
)

// Node is a value of a file.
type Node struct {
	Kind Kind
	Line int
	// File is where the value stands, empty in the file that was read first.
	File string
	// Text is a scalar as it stands in the file, without quotes.
	Text string
	// Tag is what a scalar or list was marked with, like !function.
	Tag   string
	Items []*Node
	Pairs []Pair
}

// Pair is a key of a mapping with its value.
type Pair struct {
	Key   string
	Line  int
	Value *Node
}

// Error is what is wrong with a file, and where.
type Error struct {
	Line int
	Msg  string
}

// Error returns the sentence without the file's name.
func (e *Error) Error() string { return e.Msg }

func fault(line int, format string, args ...any) error {
	return &Error{line, fmt.Sprintf(format, args...)}
}

// Parse reads a file of one document. Errors are of the type *Error.
func Parse(b []byte) (n *Node, err error) {
	if len(b) > MaxBytes {
		return nil, fault(1, "the file has more than %d MiB", MaxBytes>>20)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if err := flat(b); err != nil {
		return nil, err
	}
	// The parser is somebody else's and meets what it was not made for.
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, fault(1, "the file cannot be read as YAML")
		}
	}()
	f, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, plainly(err)
	}
	var docs []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	switch {
	case len(docs) == 0:
		return &Node{Kind: Nothing, Line: 1}, nil
	case len(docs) > 1:
		return nil, fault(docs[1].GetToken().Position.Line, "the file holds more than one document; only the first would count")
	}
	r := &reader{anchors: map[string]*Node{}, left: maxNodes}
	return r.read(docs[0], 0)
}

var place = regexp.MustCompile(`^\[(\d+):\d+\] (.*)`)

// plainly takes the place out of an error of the parser.
func plainly(err error) error {
	text, _, _ := strings.Cut(strings.TrimSpace(yaml.FormatError(err, false, false)), "\n")
	if m := place.FindStringSubmatch(text); m != nil {
		line, _ := strconv.Atoi(m[1])
		return fault(line, "%s", m[2])
	}
	return fault(1, "%s", text)
}

// flat refuses what nests so deeply that the parser, which calls itself for
// each level, would run out of stack: that ends a program.
func flat(b []byte) error {
	depth, line := 0, 0
	for l := range bytes.Lines(b) {
		line++
		start, marks := true, 0
		for _, c := range l {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			switch {
			case strings.IndexByte("-?!&*:", c) >= 0:
				marks++
			case c != ' ' && c != '\t':
				start = false
			}
			if depth > maxOpen || start && marks > maxDepth {
				return fault(line, "is nested more than %d deep", maxDepth)
			}
		}
		if marks > 1<<14 {
			return fault(line, "the line has too many marks")
		}
	}
	return nil
}

type reader struct {
	anchors map[string]*Node
	left    int
}

func (r *reader) read(n ast.Node, depth int) (*Node, error) {
	if n == nil {
		return &Node{Kind: Nothing}, nil
	}
	line := 1
	if t := n.GetToken(); t != nil {
		line = t.Position.Line
	}
	if r.left--; r.left < 0 || depth > maxDepth {
		return nil, fault(line, "the file holds too much, or nests too deeply")
	}
	switch x := n.(type) {
	case *ast.MappingNode:
		return r.mapping(x.Values, line, depth)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{x}, line, depth)
	case *ast.SequenceNode:
		out := &Node{Kind: List, Line: line}
		for _, v := range x.Values {
			item, err := r.read(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, item)
		}
		return out, nil
	case *ast.AnchorNode:
		out, err := r.read(x.Value, depth+1)
		if err == nil {
			r.anchors[x.Name.GetToken().Value] = out
		}
		return out, err
	case *ast.AliasNode:
		name := x.Value.GetToken().Value
		out := r.anchors[name]
		if out == nil {
			return nil, fault(line, "*%s stands for nothing that comes before it", name)
		}
		// What an alias stands for counts each time: it is read each time.
		if r.left -= size(out, r.left); r.left < 0 {
			return nil, fault(line, "the file's aliases stand for too much")
		}
		return out, nil
	case *ast.TagNode:
		out, err := r.read(x.Value, depth+1)
		if err == nil {
			c := *out
			c.Tag, c.Line = x.Start.Value, line
			out = &c
		}
		return out, err
	}
	return scalar(n, line)
}

// size counts the nodes of a tree, at most one more than a bound.
func size(n *Node, bound int) int {
	sum := 1
	for _, c := range n.Items {
		if sum > bound {
			return sum
		}
		sum += size(c, bound-sum)
	}
	for _, p := range n.Pairs {
		if sum > bound {
			return sum
		}
		sum += size(p.Value, bound-sum)
	}
	return sum
}

func scalar(n ast.Node, line int) (*Node, error) {
	out := &Node{Line: line}
	switch x := n.(type) {
	case *ast.StringNode:
		out.Kind, out.Text = Text, x.Value
	case *ast.LiteralNode:
		out.Kind, out.Text = Text, x.Value.Value
	case *ast.IntegerNode:
		out.Kind, out.Text = Whole, fmt.Sprint(x.Value)
	case *ast.FloatNode:
		out.Kind, out.Text = Decimal, x.Token.Value
	case *ast.BoolNode:
		out.Kind, out.Text = Truth, strconv.FormatBool(x.Value)
	case *ast.NullNode:
		out.Kind = Nothing
	case *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Text = Text, n.GetToken().Value
	default:
		return nil, fault(line, "%s cannot stand here", strings.ToLower(n.Type().String()))
	}
	return out, nil
}

func (r *reader) mapping(values []*ast.MappingValueNode, line, depth int) (*Node, error) {
	out := &Node{Kind: Keys, Line: line}
	seen := map[string]int{}
	var merged []*Node
	for _, v := range values {
		t := v.Key.GetToken()
		at := t.Position.Line
		value, err := r.read(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if value.Line == 0 {
			value.Line = at
		}
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		key := t.Value
		if s, ok := v.Key.(*ast.StringNode); ok {
			key = s.Value
		}
		if first := seen[key]; first > 0 {
			return nil, fault(at, "key %s stands in line %d already", key, first)
		}
		seen[key] = at
		out.Pairs = append(out.Pairs, Pair{key, at, value})
	}
	if line == 1 || len(out.Pairs) > 0 {
		out.Line = min(line, first(out))
	}
	for _, m := range merged {
		from := m.Items
		if m.Kind == Keys {
			from = []*Node{m}
		}
		for _, n := range from {
			if n.Kind != Keys {
				return nil, fault(n.Line, "<< takes keys with values, not %s", n.Kind)
			}
			for _, p := range n.Pairs {
				if seen[p.Key] == 0 {
					seen[p.Key] = p.Line
					out.Pairs = append(out.Pairs, p)
				}
			}
		}
	}
	return out, nil
}

// first is the line of a mapping's first key; its own token is a colon.
func first(n *Node) int {
	if len(n.Pairs) == 0 {
		return n.Line
	}
	return n.Pairs[0].Line
}

// From says of a value, and of all below it, which file it stands in.
func (n *Node) From(file string) {
	if n.File != "" {
		return // one of an alias, or of a file further down
	}
	n.File = file
	for _, c := range n.Items {
		c.From(file)
	}
	for _, p := range n.Pairs {
		p.Value.From(file)
	}
}

// Get returns the value of a key, nil where there is none.
func (n *Node) Get(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// errDeep is met only by trees that were not read here.
var errDeep = errors.New("nests too deeply")
