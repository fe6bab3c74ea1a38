package score

import "encoding/json"

// Fold writes a text in one form: NFKC, digits of every script as those of
// ASCII, one minus, one sort of space.
func Fold(s string) string { return fold(s) }

// Plain is Fold without what does not count around a short answer: runs of
// space, quotes around it, the period behind it.
func Plain(s string) string { return plain(s) }

// Figures lists the numbers of a text in order. Kanji numerals count where kanji
// is true; they are parts of words often.
func Figures(s string, kanji bool) []Figure { return figures(latex(fold(s)), kanji) }

// Object finds the JSON value that an answer gives: all of it, what a fence
// holds, or the first object or array in it. Numbers are json.Number.
func Object(s string) (any, bool) { return valueIn(s) }

// Same compares JSON values of Object: members in any order, numbers by value,
// texts in one form.
func Same(a, b any) bool { return same(a, b) }

// Value decodes JSON as Object does.
func Value(raw json.RawMessage) (any, error) {
	var v any
	err := decode(string(raw), &v)
	return v, err
}
