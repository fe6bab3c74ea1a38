// Package syntax reads the text of a Jinja2 template into a tree: white space
// control, tags, statements and expressions as Jinja2 3.1 reads them with
// trim_blocks and lstrip_blocks on, the loop controls, and the generation tag.
//
// It knows no values and no meaning: it neither looks names up nor runs
// anything.
package syntax
