package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// The budgets of DESIGN.md.
const (
	maxFile      = 600
	maxFunction  = 120
	p99Function  = 60
	maxPackage   = 2000
	maxExported  = 60
	maxInterface = 5
)

// raise is a budget raised for one named case.
type raise struct {
	to  int
	why string
}

// raised are the cases: "file NAME", "function PACKAGE.NAME", "package PATH",
// "exported PATH", "interface PACKAGE.NAME".
var raised = map[string]raise{
	"package cmd/irori":    {6000, "one package by Go's rule for programs: a file for each of the verbs, no logic shared: their frame is term/verb"},
	"package internal/app": {3300, "the only place that names concrete parts and diagnoses them, so it grows with their number"},
}

// check compares a size with its budget, or the raise of it.
func check(t *testing.T, used map[string]bool, what string, size, budget int) {
	t.Helper()
	if r, ok := raised[what]; ok {
		if r.why == "" {
			t.Errorf("the raise of %s has no reason", what)
		}
		used[what] = used[what] || size > budget
		budget = max(budget, r.to)
	}
	if size > budget {
		t.Errorf("%s has %d, the budget is %d", what, size, budget)
	}
}

// unused tells of raises under a prefix that are needed no longer.
func unused(t *testing.T, used map[string]bool, prefix string) {
	t.Helper()
	for what := range raised {
		if strings.HasPrefix(what, prefix) && !used[what] {
			t.Errorf("the raise of %s is needed no longer: remove it", what)
		}
	}
}

func TestFiles(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		total := 0
		for _, f := range p.files {
			check(t, used, "file "+f.name, f.lines, maxFile)
			total += f.lines
		}
		check(t, used, "package "+p.path, total, maxPackage)
	}
	unused(t, used, "file ")
	unused(t, used, "package ")
}

func TestFunctions(t *testing.T) {
	used := map[string]bool{}
	var lengths []int
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				lengths = append(lengths, n)
				check(t, used, "function "+p.path+"."+fn.Name.Name, n, maxFunction)
				if fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s has an init function: a registry is made by package app", f.name)
				}
			}
		}
	}
	slices.Sort(lengths)
	if p99 := lengths[len(lengths)*99/100]; p99 > p99Function {
		t.Errorf("99 %% of the functions have up to %d lines, the budget is %d", p99, p99Function)
	}
	unused(t, used, "function ")
}

func TestExported(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		names := map[string]bool{}
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				for _, n := range exported(d) {
					names[n] = true
				}
			}
		}
		check(t, used, "exported "+p.path, len(names), maxExported)
	}
	unused(t, used, "exported ")
}

// exported are the exported names of a declaration at the top of a package;
// the constants of one block count as one.
func exported(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var out []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				out = appendExported(out, s.Name)
			case *ast.ValueSpec:
				out = appendExported(out, s.Names...)
			}
		}
		if d.Tok == token.CONST && len(out) > 1 {
			return out[:1]
		}
		return out
	}
	return nil
}

func appendExported(out []string, names ...*ast.Ident) []string {
	for _, n := range names {
		if n.IsExported() {
			out = append(out, n.Name)
		}
	}
	return out
}

func TestInterfaces(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		local := interfaces(p)
		for name, it := range local {
			check(t, used, "interface "+p.path+"."+name, methods(it, local), maxInterface)
		}
	}
	unused(t, used, "interface ")
}

func interfaces(p *pkg) map[string]*ast.InterfaceType {
	out := map[string]*ast.InterfaceType{}
	for _, f := range p.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if it, ok := s.Type.(*ast.InterfaceType); ok {
					out[s.Name.Name] = it
				}
			}
			return true
		})
	}
	return out
}

// methods counts with the methods of embedded interfaces of the same package;
// one from elsewhere counts as one.
func methods(it *ast.InterfaceType, local map[string]*ast.InterfaceType) int {
	n := 0
	for _, m := range it.Methods.List {
		switch x := m.Type.(type) {
		case *ast.FuncType:
			n += len(m.Names)
		case *ast.Ident:
			if e := local[x.Name]; e != nil {
				n += methods(e, local)
			}
		case *ast.SelectorExpr:
			n++
		}
	}
	return n
}
