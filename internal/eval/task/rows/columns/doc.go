// Package columns reads tables in Parquet, as public sets are handed out, as
// rows of JSON.
//
// It keeps texts, numbers, truth, lists of these and groups of all of them. What
// else a column may hold is left out.
package columns
