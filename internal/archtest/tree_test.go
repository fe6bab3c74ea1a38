package archtest

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "irori/"

// pkg is one package with all its files, also those of other platforms.
type pkg struct {
	ImportPath, Dir, Name       string
	GoFiles, IgnoredGoFiles     []string
	TestGoFiles, XTestGoFiles   []string
	IgnoredOtherFiles, CgoFiles []string
	path                        string // without the module's name
	files, tests                []*file
}

// file is one parsed file.
type file struct {
	name  string // from the module's root
	lines int
	ast   *ast.File
}

// imports are the packages of this module that a file imports.
func (f *file) imports() []string {
	var out []string
	for _, s := range f.ast.Imports {
		if p := strings.Trim(s.Path.Value, `"`); strings.HasPrefix(p, module) {
			out = append(out, strings.TrimPrefix(p, module))
		}
	}
	return out
}

// outside reports whether a file imports a package of another module.
func (f *file) outside(path string) bool {
	for _, s := range f.ast.Imports {
		if p := strings.Trim(s.Path.Value, `"`); p == path || strings.HasPrefix(p, path+"/") {
			return true
		}
	}
	return false
}

var fset = token.NewFileSet()

// tree lists and parses the module once.
var tree = sync.OnceValues(func() ([]*pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	var list []*pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &pkg{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		p.path = strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(p.path, "tmp/") || strings.HasPrefix(p.path, "bin/") {
			continue // ignored by git
		}
		if err := p.parse(root); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
})

func (p *pkg) parse(root string) error {
	for _, names := range [][]string{p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles} {
		for _, n := range names {
			full := filepath.Join(p.Dir, n)
			a, err := parser.ParseFile(fset, full, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, full)
			if err != nil {
				return err
			}
			f := &file{name: filepath.ToSlash(rel), lines: fset.File(a.Pos()).LineCount(), ast: a}
			switch {
			case strings.HasSuffix(n, "_test.go"):
				p.tests = append(p.tests, f)
			case !ast.IsGenerated(a):
				p.files = append(p.files, f)
			}
		}
	}
	return nil
}

func packages(t *testing.T) []*pkg {
	t.Helper()
	list, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("go list found no package")
	}
	return list
}
