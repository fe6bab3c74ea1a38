package flags

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Optional is a flag whose absence differs from every value.
type Optional[T any] struct {
	// Value is nil where the flag was not given.
	Value *T
	parse func(string) (T, error)
	is    string // what it must be, in words
}

// String is the flag as help shows it.
func (o *Optional[T]) String() string { return "" }

// Set reads a value.
func (o *Optional[T]) Set(s string) error {
	v, err := o.parse(s)
	if err == nil {
		o.Value = &v
	}
	return err
}

func (o *Optional[T]) must() string { return o.is }

// errRange is for a value that is of the right kind and out of bounds.
var errRange = errors.New("out of range")

// WholeFrom is a whole number that is not below low.
func WholeFrom(low int) *Optional[int] {
	return &Optional[int]{is: fmt.Sprintf("a whole number from %d on", low), parse: func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err == nil && n < low {
			err = errRange
		}
		return n, err
	}}
}

// NumberFrom is a number between two bounds.
func NumberFrom(low, high float64) *Optional[float64] {
	return &Optional[float64]{is: fmt.Sprintf("a number from %g to %g", low, high), parse: func(s string) (float64, error) {
		v, err := strconv.ParseFloat(s, 64)
		// Not a number is not between any two.
		if err == nil && !(v >= low && v <= high) {
			err = errRange
		}
		return v, err
	}}
}

// WholeNumber is a whole number, below 0 too.
func WholeNumber() *Optional[int64] {
	return &Optional[int64]{is: "a whole number", parse: func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }}
}

// Span is a duration that is not negative.
type Span time.Duration

// String is the flag as help shows it.
func (d *Span) String() string {
	s := time.Duration(*d).String()
	if strings.HasSuffix(s, "m0s") {
		return strings.TrimSuffix(s, "0s")
	}
	return s
}

// Set reads a duration.
func (d *Span) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err == nil && v < 0 {
		err = errRange
	}
	*d = Span(v)
	return err
}

// Several is a flag that may be repeated.
type Several []string

// String is the flag as help shows it.
func (l *Several) String() string { return strings.Join(*l, " ") }

// Set adds a value.
func (l *Several) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// Choice is a flag with a few values.
type Choice struct {
	// Value is what was given, one of Of.
	Value string
	Of    []string
}

// String is the flag as help shows it.
func (c *Choice) String() string { return c.Value }

// Set takes one of the values.
func (c *Choice) Set(s string) error {
	if !slices.Contains(c.Of, s) {
		return errRange
	}
	c.Value = s
	return nil
}

// OrList names words: a, b or c.
func OrList(words []string) string {
	n := len(words)
	return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
}
