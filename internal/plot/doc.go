// Package plot draws figures with their intervals as SVG: points, bars and
// lines, for a page that is read on a telephone, on paper, in the dark and by
// people who hear it read.
//
// It knows axes and marks, and nothing of what is measured. Colours are the
// variables --ink, --faint, --paper and --c0 to --c5 of the page around; a
// picture that stands alone brings them along.
package plot
