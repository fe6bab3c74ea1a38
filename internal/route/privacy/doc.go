// Package privacy says what of a text is private, and what has to become of it:
// whether a request stays here, is masked, or may go anywhere.
//
// Detectors live in the packages below; this one runs them, adds the rules that
// people write, resolves overlaps, and decides by class. A detector that fails
// blocks: its text is treated as private. The package knows no dialect and no
// request, and never logs what it found.
package privacy
