// Package feature turns a question into numbers: hashed words and pieces of
// words, and some measures of its form.
//
// It knows Japanese and English alike: text is folded by NFKC, and where a
// script has no spaces its characters are counted in runs of one to four. It
// knows no model and learns nothing.
package feature
