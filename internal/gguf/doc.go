// Package gguf reads and writes the GGUF model file format, versions 2 and 3,
// little endian.
//
// The reader treats a file as hostile: every count, length, offset and type is
// checked against limits and against the bytes that are really there before
// anything is allocated or skipped, and an error names the field at fault.
// Arrays (a vocabulary is one of 262,144 strings) are left in the file and read
// only when asked for.
//
// It knows the layout of the container, the block sizes of the tensor types and
// the metadata keys that describe a model. It does not decode weights, does not
// tokenise, does not run chat templates and does not know where files come from.
package gguf
