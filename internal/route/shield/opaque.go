package shield

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"irori/internal/route/privacy"
	"irori/internal/route/privacy/secret"
	"irori/internal/route/privacy/span"
)

// uuids are identifiers in groups of hex, whose digits are no numbers.
var uuids = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
})

// chosen are the spans of an identifier that say more than that chance made it:
// not those that only look as random as a key, and not numbers within a UUID. A
// prefix, a name before it or a check digit tells what a value is also there.
func chosen(s string, spans []privacy.Span) []privacy.Span {
	if len(spans) == 0 {
		return nil
	}
	t := span.Fold(s)
	var chance, within []span.Span
	for _, x := range secret.Random(t) {
		chance = append(chance, t.Original(x))
	}
	for _, at := range uuids().FindAllStringIndex(t.S, -1) {
		within = append(within, t.Original(span.Span{Start: t.Rune(at[0]), End: t.Rune(at[1])}))
	}
	return slices.DeleteFunc(slices.Clone(spans), func(x privacy.Span) bool {
		in := func(o span.Span) bool { return o.Start <= x.Start && x.End <= o.End }
		switch x.Class {
		case span.Key:
			return slices.ContainsFunc(chance, in)
		case span.Phone, span.MyNumber, span.Card, span.Bank, span.Document, span.IP:
			return slices.ContainsFunc(within, in)
		}
		return false
	})
}

// encodings are the ways in which providers write what they alone can read.
var encodings = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}

// opened reports whether a text is base64, and the text that it holds where it
// holds one that people can read. A mark in front of it, up to a colon, names who
// made it.
func opened(s string) (inside string, ok bool) {
	if _, rest, marked := strings.Cut(s, ":"); marked {
		s = rest
	}
	for _, e := range encodings {
		b, err := e.DecodeString(s)
		if err != nil {
			continue
		}
		if t := string(b); utf8.ValidString(t) && !strings.ContainsFunc(t, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
			inside = t
		}
		return inside, true
	}
	return "", false
}
