package person

import (
	_ "embed" // the lists of names
	"strings"
	"sync"
	"unicode"
)

//go:embed lists/surnames_ja.txt
var surnamesText string

//go:embed lists/given_ja.txt
var givenText string

//go:embed lists/kana_ja.txt
var kanaText string

//go:embed lists/english.txt
var englishText string

//go:embed lists/common.txt
var commonText string

type set map[string]bool

// lists are the names that are known. They are read once, in a few
// milliseconds.
type lists struct {
	surnames, given             set // kanji
	often                       set // surnames that stand alone as names
	kanaSurnames, kanaGiven     set // hiragana
	foreign                     set // katakana
	first, unsure, last, common set // Latin letters
	romajiFirst, romajiLast     set
	works, east                 set

	// surnameLengths and givenLengths have a bit for each length of the names in
	// kanji that begin with a rune; smallFirst are first's in small letters.
	surnameLengths, givenLengths map[rune]uint16
	smallFirst                   set

	placeish, unnamed, fillers, foreignUnsure            set
	wordish, particles, honorifics, institutions, places set
	nameKanji, nameEnds                                  map[rune]bool
}

var known = sync.OnceValue(func() *lists {
	l := &lists{
		surnames: set{}, often: set{},
		placeish: setOf(placeishText), unnamed: setOf(unnamedText), fillers: setOf(fillersText), foreignUnsure: setOf(foreignUnsureText),
		wordish: setOf(wordishText), particles: setOf(particlesText), honorifics: setOf(honorificsText), institutions: setOf(institutionsText), places: setOf(placesText),
		nameKanji: runesOf(nameKanjiText), nameEnds: runesOf(nameEndsText),
	}
	for i, s := range strings.Fields(surnamesText) {
		l.surnames[s] = true
		if i < 450 && len([]rune(s)) > 1 && !l.placeish[s] {
			l.often[s] = true
		}
	}
	l.given = setOf(givenText)
	kana := sections(kanaText)
	l.kanaSurnames, l.kanaGiven, l.foreign = setOf(kana["surnames"]), setOf(kana["given"]), setOf(kana["foreign"])
	english := sections(englishText)
	l.first, l.unsure, l.last = setOf(english["given"]), setOf(english["unsure"]), setOf(english["surnames"])
	common := sections(commonText)
	l.common, l.works = setOf(common["words"]), set{}
	l.east = setOf(easternText)
	for w := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(common["works"], "\n", "|")), "|") {
		l.works[w] = true
	}
	l.romajiFirst, l.romajiLast = romanised(l.kanaGiven), romanised(l.kanaSurnames)
	l.surnameLengths, l.givenLengths, l.smallFirst = lengths(l.surnames), lengths(l.given), set{}
	for s := range l.first {
		l.smallFirst[strings.ToLower(s)] = true
	}
	return l
})

// lengths are how long the words are that begin with a rune, a bit for each.
func lengths(of set) map[rune]uint16 {
	out := map[rune]uint16{}
	for s := range of {
		rs := []rune(s)
		out[rs[0]] |= 1 << min(len(rs), 15)
	}
	return out
}

func setOf(text string) set {
	out := set{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

func runesOf(text string) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range text {
		out[r] = true
	}
	return out
}

// sections splits a list at its lines "= NAME".
func sections(text string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.SplitSeq(text, "\n") {
		if n, ok := strings.CutPrefix(line, "= "); ok {
			name = n
			continue
		}
		out[name] += line + "\n"
	}
	return out
}

const table = `あa いi うu えe おo かka きki くku けke こko さsa しshi すsu せse そso たta ちchi つtsu てte とto なna にni ぬnu ねne のno はha ひhi ふfu へhe ほho まma みmi むmu めme もmo やya ゆyu よyo らra りri るru れre ろro わwa をo んn がga ぎgi ぐgu げge ごgo ざza じji ずzu ぜze ぞzo だda ぢji づzu でde どdo ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo`

// romanised are names in Hepburn's letters, with long vowels written and not.
func romanised(names set) set {
	letters := map[rune]string{}
	for _, f := range strings.Fields(table) {
		rs := []rune(f)
		letters[rs[0]] = string(rs[1:])
	}
	out := set{}
	for n := range names {
		var b strings.Builder
		double := false
		for _, r := range n {
			s := b.String()
			switch r {
			case 'っ':
				double = true
				continue
			case 'ゃ', 'ゅ', 'ょ':
				v := map[rune]string{'ゃ': "a", 'ゅ': "u", 'ょ': "o"}[r]
				s = s[:len(s)-1]
				if !strings.HasSuffix(s, "sh") && !strings.HasSuffix(s, "ch") && !strings.HasSuffix(s, "j") {
					s += "y"
				}
				b.Reset()
				b.WriteString(s + v)
				continue
			}
			w := letters[r]
			if double && w != "" {
				w = w[:1] + w
				double = false
			}
			b.WriteString(w)
		}
		full := b.String()
		if len(full) < 3 {
			continue
		}
		short := strings.NewReplacer("ou", "o", "oo", "o", "uu", "u").Replace(full)
		for _, v := range []string{full, short, strings.ReplaceAll(full, "ou", "oh"), strings.ReplaceAll(full, "oo", "oh")} {
			out[titled(v)] = true
		}
	}
	return out
}

// titled begins a word with a capital, and goes on without.
func titled(s string) string {
	if capitalised(s) {
		return s
	}
	rs := []rune(strings.ToLower(s))
	if len(rs) > 0 {
		rs[0] = unicode.ToUpper(rs[0])
	}
	return string(rs)
}

// capitalised reports whether a word of ASCII is as titled writes it.
func capitalised(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || i == 0 && c >= 'a' && c <= 'z' || i > 0 && c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}
