// Package grammar writes GBNF, the grammar language of llama.cpp, from JSON
// Schemas and for forced tool calls.
//
// A keyword that cannot be kept is refused by name, never ignored: an output
// that passes the grammar is valid under the schema. Annotations (title,
// description, default, examples …) and unknown formats do not restrict and
// are passed over, as the JSON Schema specification (2020-12) has it.
//
// It knows no model, no tokens and no library.
package grammar
