package person

import (
	_ "embed" // the lists of names
	"strings"
	"sync"

	"irori/internal/route/privacy/japan"
	"irori/internal/route/privacy/lexicon"
)

//go:embed lists/english.txt
var englishText string

//go:embed lists/common.txt
var commonText string

type set = map[string]bool

// lists are the names that are known. They are read once, in a few
// milliseconds.
type lists struct {
	first, unsure, last, common                          set
	smallFirst                                           set // first's in small letters
	romajiFirst, romajiLast                              set
	works, east                                          set
	wordish, particles, honorifics, institutions, places set
}

var known = sync.OnceValue(func() *lists {
	l := &lists{wordish: setOf(wordishText), particles: setOf(particlesText), honorifics: setOf(honorificsText), institutions: setOf(institutionsText), places: setOf(placesText)}
	english := lexicon.Sections(englishText)
	l.first, l.unsure, l.last = setOf(english["given"]), setOf(english["unsure"]), setOf(english["surnames"])
	common := lexicon.Sections(commonText)
	l.common, l.works = setOf(common["words"]), set{}
	l.east = setOf(easternText)
	for w := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(common["works"], "\n", "|")), "|") {
		l.works[w] = true
	}
	l.romajiFirst, l.romajiLast = japan.Romanised()
	l.smallFirst = set{}
	for s := range l.first {
		l.smallFirst[strings.ToLower(s)] = true
	}
	return l
})

func setOf(text string) set { return lexicon.Set(text) }

func titled(s string) string { return lexicon.Titled(s) }
