// Package value holds the data that chat templates compute with: Python's
// None, booleans, integers, floats, strings, lists, tuples, ordered
// dictionaries and Jinja2's undefined, with Python's rules for truth,
// printing, arithmetic, comparison, slicing and the methods of str, dict and
// list, and JSON in and out with the order of keys kept.
//
// It knows no template syntax, no scopes and no filters. Work on untrusted
// data is charged to a Meter; what fails is thrown as a panic of *Error, which
// the evaluator that owns the Meter turns into a plain error at its edge.
package value
