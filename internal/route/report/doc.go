// Package report writes what a replay found for people: one page of HTML in
// English and Japanese, the same as Markdown with its pictures, the figures, and
// a row a question without its text.
package report
