// Package ipw reads what the harness of arXiv 2511.07885 (intelligence per
// watt) keeps of a run, and makes a run of ours of it: its profiling records, as
// JSON lines or Parquet.
//
// It knows only the shape of the files. Values that stand for missing ones there
// (−1, 0 joules) are left out here, and rows that contradict themselves are
// named.
package ipw
