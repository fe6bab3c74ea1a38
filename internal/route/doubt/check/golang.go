package check

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// goCode takes files, declarations, statements, an expression, and what stands
// within types, literals and switches; each may leave something out.
func goCode(code string) string {
	tries := []string{code}
	if strings.Contains(code, "...") || strings.ContainsAny(code, "…<") {
		tries = append(tries, elided(code, ""), elided(code, "elided"))
	}
	for _, c := range tries {
		if goParses(c) {
			return ""
		}
	}
	return "the Go in the answer cannot be read"
}

// around is what a fragment may stand in.
var around = [][2]string{
	{"", ""}, {"package p\n", ""}, {"package p\nfunc f() {\n", "\n}"},
	{"package p\nimport (\n", "\n)"}, {"package p\ntype t struct {\n", "\n}"}, {"package p\ntype t interface {\n", "\n}"},
	{"package p\nvar x = t{\n", "\n}"}, {"package p\nvar x = t{\n", ",\n}"}, {"package p\nfunc f() { switch x {\n", "\n} }"},
	{"package p\nfunc f() { select {\n", "\n} }"},
}

func goParses(code string) bool {
	if files, ok := goFiles(code); ok {
		for _, f := range files {
			if !goFile(f) {
				return false
			}
		}
		return true
	}
	for _, a := range around {
		if goFile(a[0] + strings.TrimRight(code, " \t\r\n") + a[1]) {
			return true
		}
	}
	if _, err := parser.ParseExpr(code); err == nil {
		return true
	}
	// Imports and declarations may stand above statements.
	pieces := goPieces(code)
	for _, p := range pieces {
		if !goFile("package p\n"+p) && !goFile("package p\nfunc f() {\n"+p+"\n}") {
			return false
		}
	}
	return len(pieces) > 1
}

func goFile(code string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	return err == nil
}

// goTokens calls f with each token, where it begins, and how many brackets are
// open before it.
func goTokens(code string, f func(at, depth int, tok token.Token)) {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(token.Position, string) {}, 0)
	depth := 0
	for {
		pos, tok, _ := s.Scan()
		switch tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		f(min(file.Offset(pos), len(code)), depth, tok)
		switch tok {
		case token.EOF:
			return
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		}
	}
}

// goFiles cuts a text at its package clauses; without one it is no file.
func goFiles(code string) (files []string, ok bool) {
	var cuts []int
	goTokens(code, func(at, depth int, tok token.Token) {
		if tok == token.PACKAGE && depth == 0 {
			cuts = append(cuts, at)
		}
	})
	if len(cuts) == 0 {
		return nil, false
	}
	cuts[0] = 0
	for i, from := range cuts {
		to := len(code)
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		files = append(files, code[from:to])
	}
	return files, true
}

// goPieces cuts a text behind each declaration or statement that stands in no
// bracket.
func goPieces(code string) []string {
	var out []string
	from := 0
	cut := func(to int) {
		if p := code[from:to]; strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
		from = to
	}
	goTokens(code, func(at, depth int, tok token.Token) {
		switch {
		case tok == token.EOF:
			cut(len(code))
		case tok == token.SEMICOLON && depth == 0:
			cut(min(at+1, len(code)))
		}
	})
	return out
}

// What stands for something that is left out: a line of its own, all between two
// brackets, an element of a list, and what is to be filled in.
var (
	elidedLine   = lazy(`(?m)^[ \t]*(\.\.\.|…)([^\w\n{}()][^\n{}]*|[ \t]*\w[^\n{}()]*)?$|^[ \t]*<[^<>\n=-][^<>\n]*>[ \t]*$`)
	elidedAll    = lazy(`([({\[])\s*(?:\.\.\.|…)\s*([)}\]])`)
	elidedMember = lazy(`,\s*(?:\.\.\.|…)\s*([,)}\]])`)
	elidedPart   = lazy(`(^|[\s(,=])(?:\.\.\.|…|<[a-zA-Z][\w -]*>)([\s),;}\]]|$)`)
)

// elided is a text with what stands for something replaced.
func elided(code, by string) string {
	code = elidedLine().ReplaceAllString(code, by)
	code = elidedAll().ReplaceAllString(code, "${1}${2}")
	code = elidedMember().ReplaceAllString(code, "${1}")
	if by == "" {
		by = " "
	}
	return elidedPart().ReplaceAllString(code, "${1}"+by+"${2}")
}
