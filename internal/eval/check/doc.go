// Package check says of one answer whether it keeps what JSON describes: that
// it has some words and not others, a length, a language, a form, the numbers
// of a text and no other ones.
//
// It knows no task and no model. The kinds are listed in
// docs/formats/task-file.md.
package check
