package suite

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// errRest says that a division left something over.
var errRest = errors.New("a division leaves a rest")

// number computes a sum of the values: whole numbers, + - * / % and brackets.
func (v values) number(sum string) (int, error) {
	e, err := parser.ParseExpr(sum)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", sum, err)
	}
	return v.reckon(e)
}

// holds says whether a condition on the values is true. What is compared by ==
// and != may be text.
func (v values) holds(condition string) (bool, error) {
	e, err := parser.ParseExpr(condition)
	if err != nil {
		return false, fmt.Errorf("%s: %w", condition, err)
	}
	return v.is(e)
}

func (v values) is(e ast.Expr) (bool, error) {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return false, errors.New("a condition compares")
	}
	if b.Op == token.LAND {
		l, err := v.is(b.X)
		if err != nil || !l {
			return false, err
		}
		return v.is(b.Y)
	}
	x, err := v.reckon(b.X)
	y, also := v.reckon(b.Y)
	if errors.Is(err, errRest) || errors.Is(also, errRest) {
		return false, nil
	}
	if err != nil || also != nil {
		l, lok := b.X.(*ast.Ident)
		r, rok := b.Y.(*ast.Ident)
		if !lok || !rok || v[l.Name] == "" || v[r.Name] == "" {
			return false, errors.Join(err, also)
		}
		return (v[l.Name] == v[r.Name]) == (b.Op == token.EQL), nil
	}
	switch b.Op {
	case token.EQL:
		return x == y, nil
	case token.NEQ:
		return x != y, nil
	case token.LSS:
		return x < y, nil
	case token.GTR:
		return x > y, nil
	case token.LEQ:
		return x <= y, nil
	case token.GEQ:
		return x >= y, nil
	}
	return false, fmt.Errorf("%s compares nothing", b.Op)
}

func (v values) reckon(e ast.Expr) (int, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return v.reckon(e.X)
	case *ast.BasicLit:
		return strconv.Atoi(e.Value)
	case *ast.Ident:
		return strconv.Atoi(v[e.Name])
	case *ast.BinaryExpr:
		x, err := v.reckon(e.X)
		if err != nil {
			return 0, err
		}
		y, err := v.reckon(e.Y)
		if err != nil {
			return 0, err
		}
		switch e.Op {
		case token.ADD:
			return x + y, nil
		case token.SUB:
			return x - y, nil
		case token.MUL:
			return x * y, nil
		case token.QUO, token.REM:
			if y == 0 || e.Op == token.QUO && x%y != 0 {
				return 0, errRest
			}
			if e.Op == token.REM {
				return x % y, nil
			}
			return x / y, nil
		}
	}
	return 0, errors.New("not a sum")
}
