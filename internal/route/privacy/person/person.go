package person

import "irori/internal/route/privacy/span"

// Japanese returns the Japanese names of a text, in folded runes.
func Japanese(t *span.Text) []span.Span { return nil }

// English returns the English names of a text, in folded runes.
func English(t *span.Text) []span.Span { return nil }
