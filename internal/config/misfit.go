package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// misfit finds the first value that is not of its setting's type, or a key
// that is no setting, and says so by the setting's full name. The YAML package
// names Go's types, and takes 1.5 for a whole number.
func misfit(b []byte) error {
	f, err := parser.ParseBytes(b, 0)
	if err != nil || len(f.Docs) == 0 {
		return nil // the decoder says what is wrong
	}
	return fits(f.Docs[0].Body, reflect.TypeFor[Config](), "")
}

// complain is an error at a place of the file, with the lines around it.
func complain(tk *token.Token, format string, args ...any) error {
	at := tk.Position
	e := &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: tk}
	text := e.FormatError(false, true)
	_, lines, _ := strings.Cut(text, "\n")
	return errors.New(strings.TrimSpace(fmt.Sprintf("[%d:%d] %s\n%s", at.Line, at.Column, e.Message, lines)))
}

func wrong(n ast.Node, path, want string) error {
	return complain(n.GetToken(), "%s must be %s, not %s", place(path), want, describe(n))
}

// describe says what a node is.
func describe(n ast.Node) string {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "settings of its own"
	case ast.SequenceType:
		return "a list"
	}
	if r := []rune(n.GetToken().Value); len(r) > 40 {
		return strconv.Quote(string(r[:40]) + "…")
	}
	return strconv.Quote(n.GetToken().Value)
}

func fits(n ast.Node, t reflect.Type, path string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch x := n.(type) {
	case nil, *ast.NullNode, *ast.AliasNode:
		return nil // nothing, or what was looked at before
	case *ast.AnchorNode:
		return fits(x.Value, t, path)
	case *ast.TagNode:
		return nil // !!int and the like convert: the decoder's matter
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return fitsMapping(n, t, path)
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			return wrong(n, path, "a list")
		}
		for i, x := range list.Values {
			if err := fits(x, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	return fitsScalar(n, t, path)
}

// fitsMapping checks the values of a mapping, by their keys where the type is
// a struct.
func fitsMapping(n ast.Node, t reflect.Type, path string) error {
	values, ok := entries(n)
	if !ok {
		return wrong(n, path, "settings, one a line")
	}
	for _, v := range values {
		if v.Key.IsMergeKey() {
			continue
		}
		key := v.Key.GetToken().Value
		at := strings.TrimPrefix(path+"."+key, ".")
		if t.Kind() == reflect.Map {
			if err := fits(v.Value, t.Elem(), at); err != nil {
				return err
			}
			continue
		}
		var known []string
		var typ reflect.Type
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("yaml")
			if known = append(known, name); name == key {
				typ = t.Field(i).Type
			}
		}
		if typ == nil {
			slices.Sort(known)
			return complain(v.Key.GetToken(), "unknown field %q; %s may hold %s", key, place(path), strings.Join(known, ", "))
		}
		if err := fits(v.Value, typ, at); err != nil {
			return err
		}
	}
	return nil
}

// entries are the keys of a mapping with their values; one alone is a node of
// its own kind.
func entries(n ast.Node) (values []*ast.MappingValueNode, ok bool) {
	switch x := n.(type) {
	case *ast.MappingNode:
		return x.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{x}, true
	}
	return nil, false
}

func place(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func fitsScalar(n ast.Node, t reflect.Type, path string) error {
	text := strings.ReplaceAll(n.GetToken().Value, "_", "")
	switch t.Kind() {
	case reflect.String:
		if n.Type() == ast.MappingType || n.Type() == ast.MappingValueType || n.Type() == ast.SequenceType {
			return wrong(n, path, "a text")
		}
	case reflect.Bool:
		if n.Type() != ast.BoolType {
			return wrong(n, path, "true or false")
		}
	case reflect.Float32, reflect.Float64:
		switch n.Type() {
		case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType:
		default:
			return wrong(n, path, "a number")
		}
	default:
		if n.Type() != ast.IntegerType {
			return wrong(n, path, "a whole number")
		}
		if _, err := strconv.ParseInt(text, 0, t.Bits()); errors.Is(err, strconv.ErrRange) {
			return complain(n.GetToken(), "%s is too large a number", path)
		}
	}
	return nil
}

// find returns where a setting stands in the file, nil where it does not.
func find(b []byte, path []string) *token.Token {
	f, err := parser.ParseBytes(b, 0)
	if err != nil || len(f.Docs) == 0 {
		return nil
	}
	n := f.Docs[0].Body
	for _, key := range path {
		if a, ok := n.(*ast.AnchorNode); ok {
			n = a.Value
		}
		if list, ok := n.(*ast.SequenceNode); ok {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(list.Values) {
				return nil
			}
			n = list.Values[i]
			continue
		}
		values, _ := entries(n)
		i := slices.IndexFunc(values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key })
		if i < 0 {
			return nil // it comes over an alias
		}
		n = values[i].Value
	}
	if n == nil {
		return nil
	}
	return n.GetToken()
}
