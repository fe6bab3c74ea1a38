// Package form reads the keys of a mapping that a person wrote: each by its kind
// and bounds, and the first fault with the file, the line and the key.
//
// It knows no file's keys.
package form
