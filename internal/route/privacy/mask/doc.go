// Package mask puts tokens in place of private values and puts the values back
// into what a model answers, also where the answer comes in pieces.
//
// A token looks like [[NAME_1]]: two square brackets around a word and a number
// of ASCII. Models copy it as they copy a template's blanks; angle brackets would
// be read as markup, braces as code, and rare characters are lost. The package
// finds nothing by itself, and keeps the values in memory only.
package mask
