// Package rows reads the tables that questions come in: JSON a line each, a
// JSON array, or columns apart by tabs or commas, packed by gzip or not. Every
// row knows its line.
//
// It knows no field of any table.
package rows
