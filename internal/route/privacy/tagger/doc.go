// Package tagger finds the names of people by what stands around them.
//
// It reads a text as chains of tokens that may be of a name: words in Latin
// letters, characters of kanji and kana. A token has features: what lists know of
// it, what stands beside it, and of what kind that is. A conditional random field
// weighs them and labels each token: outside of any name, its beginning, or
// inside. The weights were fitted by bench/names to texts that people wrote and
// marked for it; the package holds no rule about any name, and no text.
package tagger
