// Package span is a text as detectors read it, folded so that full-width and
// half-width forms are one, and the spans that they find in it.
//
// It knows where each folded character came from, and nothing of what is
// private.
package span
