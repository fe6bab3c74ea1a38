package syntax

// Node is a statement or an expression.
type Node interface{ At() int }

// Line is the line a node begins on, embedded in every node.
type Line int

// At returns the line.
func (l Line) At() int { return int(l) }

// The statements.
type (
	// Text is literal output.
	Text struct {
		Line
		Text string
	}
	// Output prints the value of X.
	Output struct {
		Line
		X Node
	}
	// If runs the body of the first branch whose condition holds; the
	// condition of an else branch is nil.
	If struct {
		Line
		Branches []Branch
	}
	// For runs Body for each element of Iter that passes Filter, or Else.
	For struct {
		Line
		Target, Iter, Filter Node
		Body, Else           []Node
		Recursive            bool
	}
	// Set assigns Value, or what Body prints, to Target.
	Set struct {
		Line
		Target, Value Node
		Body          []Node
		Filter        Node
	}
	// Macro defines a macro; without a name it is the body of a Call block.
	Macro struct {
		Line
		Name     string
		Params   []string
		Defaults []Node // for the last parameters
		Body     []Node
		// Caller, Varargs and Kwargs say which of these names the body uses.
		Caller, Varargs, Kwargs bool
	}
	// CallBlock calls Call with Body as its caller.
	CallBlock struct {
		Line
		Call *Call
		Body *Macro
	}
	// FilterBlock prints Body through Filter.
	FilterBlock struct {
		Line
		Filter Node
		Body   []Node
	}
	// Scope runs Body with names of its own.
	Scope struct {
		Line
		Targets, Values []Node
		Body            []Node
	}
	// Jump is break or continue.
	Jump struct {
		Line
		Break bool
	}
)

// Branch is one arm of an If.
type Branch struct {
	Cond Node
	Body []Node
}

// The expressions.
type (
	// Const is a literal.
	Const struct {
		Line
		Value any
	}
	// Name is a variable.
	Name struct {
		Line
		Name string
	}
	// Sequence is a list or tuple display, or a target of several names.
	Sequence struct {
		Line
		Items []Node
		Tuple bool
	}
	// Dict is a dictionary display.
	Dict struct {
		Line
		Keys, Values []Node
	}
	// GetAttr is X.Name; as a target it sets a namespace's attribute.
	GetAttr struct {
		Line
		X    Node
		Name string
	}
	// GetItem is X[Index].
	GetItem struct {
		Line
		X, Index Node
	}
	// Slice is the index lo:hi:step, absent parts nil.
	Slice struct {
		Line
		Lo, Hi, Step Node
	}
	// Call calls X.
	Call struct {
		Line
		X    Node
		Args Args
	}
	// Filter is X|Name(Args); X is nil in a filter block.
	Filter struct {
		Line
		X    Node
		Name string
		Args Args
	}
	// Test is X is Name(Args).
	Test struct {
		Line
		X    Node
		Name string
		Args Args
	}
	// Unary is an operator in front: not, + or -.
	Unary struct {
		Line
		Op string
		X  Node
	}
	// Binary is an operator between: and, or, or an arithmetic one.
	Binary struct {
		Line
		Op   string
		X, Y Node
	}
	// Concat is x ~ y ~ z.
	Concat struct {
		Line
		Items []Node
	}
	// Compare is a chain of comparisons.
	Compare struct {
		Line
		X   Node
		Ops []Operand
	}
	// Cond is X if Cond else Y; Y may be nil.
	Cond struct {
		Line
		Cond, X, Y Node
	}
)

// Operand is one link of a Compare.
type Operand struct {
	Op string
	X  Node
}

// Args are the arguments of a call. Star and StarStar are nil when absent.
type Args struct {
	Pos            []Node
	Names          []string
	Named          []Node
	Star, StarStar Node
}
