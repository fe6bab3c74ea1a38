package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestPackageDocs asks every package to say what it is.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.files) == 0 {
			continue
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + path.Base(p.path) + " "
		}
		var docs []string
		for _, f := range p.files {
			if f.ast.Doc != nil {
				docs = append(docs, f.ast.Doc.Text())
			}
		}
		switch {
		case len(docs) != 1:
			t.Errorf("%s has %d package comments, want 1", p.path, len(docs))
		case !strings.HasPrefix(docs[0], want):
			t.Errorf("%s: the package comment must begin with %q", p.path, want)
		}
	}
}

// TestNameDocs asks every exported name for a comment.
func TestNameDocs(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				for _, name := range undocumented(d) {
					t.Errorf("%s: %s has no comment", fset.Position(name.Pos()), name.Name)
				}
			}
		}
	}
}

func undocumented(d ast.Decl) []*ast.Ident {
	var out []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			out = append(out, d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && (d.Doc == nil || d.Lparen.IsValid()) {
					out = append(out, s.Name)
				}
			case *ast.ValueSpec:
				// A block of constants or variables shares one comment.
				if s.Doc == nil && s.Comment == nil && d.Doc == nil {
					for _, n := range s.Names {
						if n.IsExported() && d.Tok != token.IMPORT {
							out = append(out, n)
						}
					}
				}
			}
		}
	}
	return out
}

// exportedReceiver is true for functions, and for methods of exported types.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	x := d.Recv.List[0].Type
	for {
		switch e := x.(type) {
		case *ast.StarExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.IndexListExpr:
			x = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return true
		}
	}
}

// drawers are names that say nothing of what is inside.
var drawers = []string{
	"util", "utils", "helper", "helpers", "common", "base", "info", "data", "pkg", "types", "core", "misc", "shared", "lib",
	"manager", "service", "services", "models", "interfaces",
}

func TestNames(t *testing.T) {
	for _, p := range packages(t) {
		for part := range strings.SplitSeq(p.path, "/") {
			if slices.Contains(drawers, part) {
				t.Errorf("%s: %q says nothing of what is inside", p.path, part)
			}
		}
	}
}
