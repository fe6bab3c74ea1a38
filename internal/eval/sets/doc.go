// Package sets makes tasks of public sets that lie on this machine, and of
// people's own tables of questions.
//
// It downloads nothing and ships no item: it finds a set's file, checks that it
// is the one that is known, and says which file to put where if there is none.
package sets
