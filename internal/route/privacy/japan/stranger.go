package japan

import (
	"strings"

	"irori/internal/route/privacy/lattice"
	"irori/internal/route/privacy/span"
)

// ranked follow surnames, and places and words hardly ever.
var ranked = span.NewWords(strings.Fields(`課長 部長 係長 主任 先生 先輩 君 くん 殿 専務 常務 教授 准教授 医師 弁護士 主査 室長 次長 店長 容疑者 被告 後輩 氏 様 さん 監督 選手`)...)

// strict are those of ranked that behind a place are somebody's, too.
var strict = span.NewWords(strings.Fields(`課長 係長 主任 先輩 君 くん 教授 准教授 専務 常務 主査 部長 さん 先生 医師 殿 被告 容疑者`)...)

// presented stand behind a name by which somebody presents himself.
var presented = span.NewWords("と申します", "と申す", "でございます", "という人", "って人", "宛て", "姓の")

// persons are what the person is whose name follows at once, or behind a space.
var persons = span.NewWords(strings.Fields(`被告人 運転者 看護師 候補者 遺言者 被相続人 相続人 被保険者 契約者 申込者 申請者 請求者 差出人 受取人 貸主 借主 売主 買主 氏名 契約者名 お名前 承認者 亡父 亡母 亡夫 亡妻 代表取締役 弁護士 税理士 医師 容疑者 被害者 依頼者 保護者 入居者 患者`)...)

// mates are those who are called by surnames alone behind の.
var mates = span.NewWords("上司", "同僚", "同期", "先輩", "後輩", "部下", "担任", "担当")

// nobody are characters in which words end that surnames do not.
const nobody = "屋者員方人家社店行局院省庁署係課部室長客親父母子娘姉兄弟妹孫婆爺友官生士師手主当頭様医都府県市区町国々体位皆御各先何誰彼女男達間事的性化式型用品費料金額数量率点回時分日月年度法学語文版案件名号線所場館校園寺駅港湾省者券証書類表図面目器機械系力術品等側約上下中内外前後"

// nameless reports whether a word of kanji is one that no list has, and may be
// somebody's surname by how it is written; places may be, where told so.
func nameless(s string, places bool) bool {
	rs := []rune(s)
	if len(rs) < 2 || len(rs) > 4 || strings.ContainsRune(nobody, rs[len(rs)-1]) || strings.ContainsRune("御各皆貴弊何誰両若王神仏全新旧前元現副総各同当本毎第約他一二三四五六七八九十百千", rs[0]) {
		return false
	}
	return !lattice.Common(s) && lattice.Shaped(s) || places && lattice.Place(s)
}

// stranger is where a surname ends that no list has, where only somebody's can
// stand: before a rank, in a presentation, as what several are told by.
func (l *lists) stranger(t *span.Text, i int) int {
	if span.Han(t.At(i-1)) && !persons.End(t, i) {
		return 0
	}
	n := 0
	for span.Han(t.At(i+n)) && n < 6 && (n < 2 || ranked.Longest(t, i+n) == 0) {
		n++
	}
	if n < 2 || n > 4 {
		return 0
	}
	s, j := t.Cut(i, i+n), i+n
	if l.unnamed[s] || l.fillers[s] {
		return 0
	}
	before := t.At(i - 1)
	switch {
	case n < 4 && !l.placeish[s] && ranked.Longest(t, j) > 0 && anyAt(t, j, called) > 0 && nameless(s, strict.Longest(t, j) > 0):
		return j
	case n < 4 && presented.Longest(t, j) > 0 && nameless(s, true) && (before == 0 || strings.ContainsRune("のは。\n:、 ", before)):
		return j
	case n < 4 && before == 'の' && offices.End(t, i-1) && (t.Has(j, "です") || t.Has(j, "でした")) && nameless(s, true):
		return j
	case n < 4 && before == 'は' && charges.End(t, i-1) && t.At(j) != 0 && strings.ContainsRune("、。で", t.At(j)) && nameless(s, true):
		return j
	case n < 4 && speaker(t, i, n) && t.At(j) == ':' && t.At(i-2) == ']' && nameless(s, true):
		return j
	case n < 4 && before == 'の' && mates.End(t, i-1) && doing(t, j) && nameless(s, false):
		return j
	case n < 4 && !lattice.Common(s) && (t.At(j) == 'が' || t.At(j) == 'は') && nameless(s, false) && doing(t, j) && (before == 0 || strings.ContainsRune("。、「」\n:", before)):
		return j
	}
	return l.divided(t, i, n)
}

// divided is where a name ends of which a space divides a surname that no list
// has, of n, from a given name.
func (l *lists) divided(t *span.Text, i, n int) int {
	if t.At(i+n) != ' ' || n > 3 {
		return 0
	}
	m, j := 0, i+n+1
	for span.Han(t.At(j+m)) && m < 4 && (m == 0 || anyAt(t, j+m, called) == 0) {
		m++
	}
	g, k := t.Cut(j, j+m), j+m
	if m == 0 {
		for (span.Hiragana(t.At(j+m)) || span.Katakana(t.At(j+m))) && m < 5 && (m < 2 || honorific(t, j+m) == 0) {
			m++
		}
		if g, k = t.Cut(j, j+m), j+m; m < 2 || !l.kanaGiven[hira(g)] && !l.wideKana[hira(g)] {
			return 0
		}
	} else if m > 3 || !l.given[g] || m == 1 && !nameless(t.Cut(i, i+n), true) {
		return 0
	}
	if s := t.Cut(i, i+n); !nameless(s, true) || !closes(t, k) && t.At(k) != '/' && honorific(t, k) == 0 && t.At(k) != ' ' {
		return 0
	}
	return k
}

// neighbours finds the surnames that no list has beside names, where several
// are named: 東海林、服部、小比類巻の4名.
func (l *lists) neighbours(t *span.Text, found []span.Span) []span.Span {
	joint := func(r rune) bool { return r == '、' || r == '・' || r == '→' || r == '/' || r == ',' }
	for k := 0; k < len(found); k++ {
		f := found[k]
		if !span.Han(t.R[f.Start]) {
			continue
		}
		if i := f.End + 1; joint(t.At(f.End)) && (k+1 == len(found) || found[k+1].Start > i) {
			n := 0
			for span.Han(t.At(i+n)) && n < 6 {
				n++
			}
			if r := t.At(i + n); n > 1 && n < 5 && (r == 0 || joint(r) || strings.ContainsRune("の。\nがはを", r) || r == 'に' && t.At(f.End) == '→') && l.listed(t, i, n) {
				found = append(found[:k+1], append([]span.Span{{Class: span.Name, Start: i, End: i + n}}, found[k+1:]...)...)
				continue
			}
		}
		if j := f.Start - 1; joint(t.At(j)) && (k == 0 || found[k-1].End < j) {
			n := 0
			for span.Han(t.At(j-1-n)) && n < 6 {
				n++
			}
			if r := t.At(j - 1 - n); n > 1 && n < 5 && (r == 0 || joint(r) || strings.ContainsRune("は:\n ", r)) && (k == 0 || found[k-1].End <= j-n) && l.listed(t, j-n, n) {
				found = append(found[:k], append([]span.Span{{Class: span.Name, Start: j - n, End: j}}, found[k:]...)...)
				k = max(-1, k-1)
			}
		}
	}
	return found
}

// listed reports whether n runes may be a surname that stands beside names.
func (l *lists) listed(t *span.Text, i, n int) bool {
	s := t.Cut(i, i+n)
	return !l.unnamed[s] && !l.fillers[s] && !l.placeish[s] && (l.surnames[s] || lattice.Surname(s) || nameless(s, false)) && !l.amidPlaces(t, i, i+n)
}
