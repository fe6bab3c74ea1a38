// Package rows writes the samples of a run as Parquet, a column a value, for
// whoever looks at them with a program of theirs.
//
// It holds what samples.jsonl does, and nothing that is computed.
package rows
