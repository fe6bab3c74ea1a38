// Package suite has our own questions in Japanese and English: ten families,
// some written by hand, the rest drawn from patterns, of which a seed makes as
// many fresh ones as are wanted.
//
// It asks nobody anything and scores nothing. The questions lie in items/, a
// file a family; how a family is asked lies in items/forms.json.
package suite
