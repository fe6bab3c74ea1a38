// Package method holds what Python lets a template call on a value: the
// methods of str, dict, list and tuple, and both of Python's string formatting
// languages. Methods that would change a value are refused, as the immutable
// sandbox of Jinja2 does.
//
// It knows values, not templates: no filters, no scopes.
package method
