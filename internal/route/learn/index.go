package learn

import "math/bits"

// Index finds the columns of numbers: a bit for each number, and for each 64 of
// them how many columns come before. It stays in the processor's second cache,
// where a table of all numbers would not, and needs no branch: which are known
// cannot be guessed, and a wrong guess costs more than the search.
type Index []entry

type entry struct {
	// first and second are the numbers of the two parts of the columns.
	first, second             uint64
	beforeFirst, beforeSecond uint32
}

// NewIndex is that of numbers below a bound, each the column where it stands.
// They ascend in two parts, the second from a place on.
func NewIndex(below int, numbers []uint32, second int) Index {
	x := make(Index, (below+63)/64)
	for c, b := range numbers {
		if c < second {
			x[b>>6].first |= 1 << (b & 63)
		} else {
			x[b>>6].second |= 1 << (b & 63)
		}
	}
	a, b := 0, second
	for i := range x {
		x[i].beforeFirst, x[i].beforeSecond = uint32(a), uint32(b)
		a += bits.OnesCount64(x[i].first)
		b += bits.OnesCount64(x[i].second)
	}
	return x
}

// Find is the column of a number; there is 1 where it has one, else 0, and the
// column is any.
func (x Index) Find(number uint32) (column uint32, there uint) {
	e := &x[number>>6]
	at := number & 63
	below := uint64(1)<<at - 1
	first := uint(e.first >> at & 1)
	column = e.beforeSecond + uint32(bits.OnesCount64(e.second&below))
	if own := e.beforeFirst + uint32(bits.OnesCount64(e.first&below)); first != 0 {
		column = own
	}
	return column, first | uint(e.second>>at&1)
}
