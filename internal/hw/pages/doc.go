// Package pages gives back memory that only a program's start needed.
//
// Most of what a server of many parts maps of its own file is read once, when
// it starts: tables of initial values, types, code that runs once. It stays
// resident although nobody needs it again. It knows nothing of heaps.
package pages
