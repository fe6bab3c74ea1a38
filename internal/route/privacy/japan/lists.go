package japan

import (
	_ "embed" // the lists of names
	"strings"
	"sync"

	"irori/internal/route/privacy/lexicon"
)

//go:embed lists/surnames_ja.txt
var surnamesText string

//go:embed lists/given_ja.txt
var givenText string

//go:embed lists/wide_ja.txt
var wideText string

//go:embed lists/famous_ja.txt
var famousText string

//go:embed lists/kana_ja.txt
var kanaText string

type set = map[string]bool

// lists are the names that are known. They are read once, in a few
// milliseconds.
type lists struct {
	surnames, given         set // kanji
	wideKana                set // hiragana that is a given name where one is expected
	famous                  set // whole names that the lists' parts do not make
	often                   set // surnames that stand alone as names
	kanaSurnames, kanaGiven set // hiragana
	foreign                 set // katakana

	// surnameLengths and givenLengths have a bit for each length of the names in
	// kanji that begin with a rune.
	surnameLengths, givenLengths map[rune]uint16

	placeish, unnamed, fillers, foreignUnsure set
	nameKanji, nameEnds                       map[rune]bool
}

var known = sync.OnceValue(func() *lists {
	l := &lists{
		surnames: set{}, often: set{},
		placeish: lexicon.Set(placeishText), unnamed: lexicon.Set(unnamedText), fillers: lexicon.Set(fillersText), foreignUnsure: lexicon.Set(foreignUnsureText),
		nameKanji: runesOf(nameKanjiText), nameEnds: runesOf(nameEndsText),
	}
	for i, s := range strings.Fields(surnamesText) {
		l.surnames[s] = true
		if i < 450 && len([]rune(s)) > 1 && !l.placeish[s] {
			l.often[s] = true
		}
	}
	l.given = lexicon.Set(givenText)
	l.wideKana = lexicon.Set(wideText)
	l.famous = lexicon.Set(famousText)
	kana := lexicon.Sections(kanaText)
	l.kanaSurnames, l.kanaGiven, l.foreign = lexicon.Set(kana["surnames"]), lexicon.Set(kana["given"]), lexicon.Set(kana["foreign"])
	l.surnameLengths, l.givenLengths = lengths(l.surnames), lengths(l.given)
	return l
})

// Romanised are the given names and surnames that are known, in Latin letters.
func Romanised() (given, family map[string]bool) {
	return romanised(known().kanaGiven), romanised(known().kanaSurnames)
}

// lengths are how long the words are that begin with a rune, a bit for each.
func lengths(of set) map[rune]uint16 {
	out := map[rune]uint16{}
	for s := range of {
		rs := []rune(s)
		out[rs[0]] |= 1 << min(len(rs), 15)
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
			out[lexicon.Titled(v)] = true
		}
	}
	return out
}
