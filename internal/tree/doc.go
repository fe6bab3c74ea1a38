// Package tree reads YAML that a stranger may have written into a tree whose
// nodes know their lines, so that whoever reads a file can say where it is
// wrong.
//
// It knows no key of any file. What it reads is bounded in bytes, depth and
// nodes, and no file makes it panic.
package tree
