// Package listed knows which words lists have as names of people, besides the
// large lists of packages lexicon and lattice: names of many countries that those
// lack, words that are no names, kana, and people known by their whole names.
package listed

import (
	_ "embed" // the lists
	"strings"
	"sync"

	"irori/internal/route/privacy/lexicon"
)

//go:embed lists/english.txt
var englishText string

//go:embed lists/common.txt
var commonText string

//go:embed lists/wide_ja.txt
var wideText string

//go:embed lists/famous_ja.txt
var famousText string

//go:embed lists/kana_ja.txt
var kanaText string

// institutionsText are the last words of what institutions, places and works are
// called.
const institutionsText = "University College School Hospital Library Museum Center Centre Institute Foundation Park Street Road Avenue Bridge Airport Station Tower Building House Church Award Prize Medal Cup Act Law Theorem Effect Equation Method Syndrome Disease Telescope Island Islands River Valley Mountain Mountains Bay Beach Hotel Company Inc Corp Ltd LLC Motors Records Studios Group Bank Stadium Arena Lake County City Hall Square Club Press Times Post Day Boulevard Drive Lane Court Place Way Crater Falls Canyon Sons Brothers Associates Partners"

type set = map[string]bool

// What lists have a word in Latin letters as: a bit for each.
const (
	Given       = 1 << iota
	Family      // a surname
	Unsure      // a given name that is a word as well
	Common      // a word that nobody is called by
	GivenKana   // a Japanese given name in Latin letters
	FamilyKana  // a Japanese surname in Latin letters
	Institution // the last word of what an institution is called
)

// Latin says what lists have a word as, in small letters without accents.
func Latin(s string) uint32 { return uint32(latin()[s]) }

var latin = sync.OnceValue(func() map[string]uint8 {
	english, common := lexicon.Sections(englishText), lexicon.Sections(commonText)
	k, out := kana(), map[string]uint8{}
	for i, in := range []set{
		lexicon.Set(english["given"]), lexicon.Set(english["surnames"]), lexicon.Set(english["unsure"]), lexicon.Set(common["words"]),
		romanised(k.given), romanised(k.surnames), lexicon.Set(institutionsText),
	} {
		for s := range in {
			out[lexicon.Plain(s)] |= 1 << i
		}
	}
	return out
})

// What lists have a word in hiragana as: a bit for each.
const (
	KanaFamily = 1 << iota
	KanaGiven
	KanaRare // a given name where one is expected
)

// Kana says what lists have a word in hiragana as.
func Kana(s string) uint32 { return uint32(kana().is[s]) }

// KanaBegins reports whether a list has a word of n characters in hiragana that
// begins with one.
func KanaBegins(r rune, n int) bool { return kana().lengths[r]>>n&1 == 1 }

type kanaNames struct {
	surnames, given, foreign set
	is                       map[string]uint8
	lengths                  map[rune]uint16
}

var kana = sync.OnceValue(func() *kanaNames {
	s := lexicon.Sections(kanaText)
	out := &kanaNames{surnames: lexicon.Set(s["surnames"]), given: lexicon.Set(s["given"]), foreign: lexicon.Set(s["foreign"]), is: map[string]uint8{}, lengths: map[rune]uint16{}}
	for i, in := range []set{out.surnames, out.given, lexicon.Set(wideText)} {
		for s := range in {
			out.is[s] |= 1 << i
			rs := []rune(s)
			out.lengths[rs[0]] |= 1 << min(len(rs), 15)
		}
	}
	return out
})

// Foreign reports whether a list has a word in katakana as a name.
func Foreign(s string) bool { return kana().foreign[s] }

var famous = sync.OnceValue(func() set { return lexicon.Set(famousText) })

// Famous reports whether a list has somebody by the whole name, in kanji.
func Famous(s string) bool { return famous()[s] }

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
