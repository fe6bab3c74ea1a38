package place

import (
	"slices"
	"strings"

	"irori/internal/route/privacy/span"
)

// A town's name may be of kanji and kana, and kana are also what sentences are
// made of: 青葉区あざみ野2-3 is an address, 青葉区では2-3 is none. What stands
// between a municipality and a number is a name where no particle and no verb is
// seen in it.

// single are particles of one rune.
const single = "はがをにでとのへもや"

var (
	// double are particles that no name begins or ends with beside kanji.
	double = span.NewWords("から", "まで", "より", "では", "には", "とは", "への", "での", "との", "にも", "でも", "とも", "にて", "など", "だけ", "ほど", "のみ", "ので", "のに")
	// begun are what a sentence goes on with behind a place.
	begun = span.NewWords("にある", "にあり", "にあた", "にいる", "にいた", "において", "における", "について", "につき", "によ", "にかけ", "にかか", "になっ", "になる", "にしか", "という", "といっ", "といわ", "とその", "やその", "がある", "がいる", "もある", "のうち", "のほか", "のよう", "などで", "などの", "までの", "までに", "からの", "からは", "よりも", "だった", "だけで", "ではな", "つながり", "ならで", "らしい", "はじめ", "ごとに", "および", "または", "ならび", "のまま", "のどこ", "のある", "のいく", "はどう", "はなぜ", "はいつ", "はおよ",
		"立大", "立小", "立中", "立高", "立病", "立図", "立美", "営地", "営バ", "営住", "民会", "民病", "民セ", "民プ", "民の", "長選", "長の", "長が", "長は", "内会", "内の", "内で", "内に", "役所", "役場", "議会", "議選", "街地", "政策", "全域", "全体", "周辺", "近郊")
	// verbs are endings of verbs and words of sentences.
	verbs = span.NewWords("です", "ます", "ました", "した", "して", "され", "せて", "った", "って", "んで", "んだ", "くださ", "ません", "ない", "なっ", "という", "について", "における", "において", "による", "によっ", "めた", "れた", "べた", "げた", "ため", "こと", "を", "らし", "れば", "けれ")
	// said are what a sentence of a place counts.
	said = span.NewWords("統計", "調査", "人口", "大会", "資料", "結果", "比率", "割合", "番号", "スコア", "得点", "課題", "過去問", "設問", "議案", "条例", "路線", "系統", "電話", "内線", "バージョン")
	// labels of forms stand right before an address.
	labels = span.NewWords("現住所", "新住所", "旧住所", "住所", "自宅", "本社", "支社", "勤務先", "所在地", "会場", "宛先", "本籍", "送付先", "届先", "実家", "転居先")
)

// notHira reports whether a rune is no hiragana, or none at all.
func notHira(r rune) bool { return !span.Hiragana(r) }

// wholly reports whether what stands between a municipality and a number may be a
// town's name.
func wholly(t *span.Text, a, b int) bool {
	if a == b {
		return true
	}
	at := func(i int) rune {
		if i < a || i >= b {
			return 0
		}
		return t.R[i]
	}
	if strings.ContainsRune(single, at(a)) && notHira(at(a+1)) {
		return false
	}
	if _, n := begun.At(t, a); n > 0 && a+n <= b {
		return false
	}
	last := at(b - 1)
	if last == 'は' || last == 'へ' || strings.ContainsRune(single, last) && notHira(at(b-2)) {
		return false
	}
	for i := a; i < b; i++ {
		r := t.R[i]
		if n := kana.Longest(t, i); n > 0 && i+n < b && mark(t.R[i+n]) {
			i += n
			continue
		}
		if !span.Hiragana(r) {
			continue
		}
		before, after := at(i-1), at(i+1)
		if strings.ContainsRune("はにでともへや", r) && notHira(before) && notHira(after) {
			return false
		}
		if _, n := double.At(t, i); n > 0 && i+n <= b && notHira(before) && notHira(at(i+n)) || n > 0 && i+n == b {
			return false
		}
		if _, n := verbs.At(t, i); n > 0 && i+n <= b {
			return false
		}
	}
	return true
}

// reaches reports whether a rune may stand between a place's names and its
// number.
func reaches(t *span.Text, i int) bool {
	r := t.R[i]
	switch {
	case span.Han(r), span.Katakana(r), span.Hiragana(r):
		return true
	case r == ' ':
		return span.Han(t.At(i-1)) && strings.ContainsRune("都道府県市区町村郡", t.At(i-1)) || span.Digit(t.At(i+1))
	case span.Digit(r):
		e := i + 1
		for span.Digit(t.At(e)) && e < i+3 {
			e++
		}
		return strings.ContainsRune("条丁線号区", t.At(e)) || t.Has(e, "地割") || t.Has(e, "番町") || t.Has(e, "番丁")
	}
	return false
}

// municipal is where the municipality begins whose name a mark ends, or the
// prefecture, with names alone up to a number; -1 where there is none.
func municipal(t *span.Text, low, j int, spaced bool) int {
	if said.End(t, j) {
		return -1
	}
	for k := j - 3; k >= low; k-- {
		if _, n := prefectures.At(t, k); n > 0 {
			if wholly(t, k+n, j) {
				return k
			}
			break
		}
	}
	for k := low + 1; k < j; k++ {
		if !mark(t.R[k]) || (t.R[k] == '町' || t.R[k] == '村') && k == j-1 && spaced {
			continue
		}
		s := municipality(t, low, k)
		if s < 0 || !wholly(t, k+1, j) {
			continue
		}
		if _, n := labels.At(t, s); n > 0 && s+n < k {
			s += n
		}
		return s
	}
	return -1
}

// middle reports whether the number before a rune is a part of a town's name, as
// 木太町5区 and 第5地割 have one.
func middle(t *span.Text, i int) bool {
	return t.Has(i, "区") || t.Has(i, "地割") || t.Has(i, "線") || t.Has(i, "番町") || t.Has(i, "番丁")
}

// counters go on with a number that counts something.
var counters = []string{"か月", "ヶ月", "カ月", "か所", "ヶ所", "箇所", "か国", "行で", "行の", "行目", "行を", "行に", "行程", "行、", "通", "泊", "勝", "敗", "対", "週", "票", "文字", "語", "曲", "話", "の順", "の試合", "の得点", "の比"}

// counts reports whether what follows a number says that it is a count, a year
// or a date.
func counts(t *span.Text, i int) bool {
	if r := t.At(i); r != 0 && strings.ContainsRune("年月日円人個件時分秒台回目歳才名枚本冊位階代%.:/万億km度杯点軒匹頭着両束種類周世倍割", r) {
		return true
	}
	return slices.ContainsFunc(counters, func(c string) bool { return t.Has(i, c) })
}

// skips is how far a town's name in kana goes up to its number, i where what
// follows is no such name; low is where the address begins.
func skips(t *span.Text, low, i int) int {
	k := i
	for k < i+14 && k < t.Len() && (span.Han(t.R[k]) || span.Hiragana(t.R[k]) || span.Katakana(t.R[k])) {
		k++
	}
	if !span.Digit(t.At(k)) || numbers(t, k).parts < 2 && !numbers(t, k).words {
		return i
	}
	a := i
	for a > low && !mark(t.R[a-1]) && t.R[a-1] != ' ' {
		a--
	}
	if !wholly(t, a, k) || counts(t, numbers(t, k).to) {
		return i
	}
	return k
}

// homed is where a building's name of its own with a room ends that begins at a
// rune: メゾンふじみ302; i where there is none.
func homed(t *span.Text, i int) int {
	k := i
	for k < i+16 && k < t.Len() && (span.Han(t.R[k]) || span.Hiragana(t.R[k]) || span.Katakana(t.R[k]) || span.Letter(t.R[k])) {
		k++
	}
	if k-i < 3 || !span.Katakana(t.At(i)) && !span.Han(t.At(i)) || !wholly(t, i, k) {
		return i
	}
	j, dashed := k, false
	for span.Digit(t.At(j)) || t.At(j) == '-' && span.Digit(t.At(j+1)) {
		dashed = dashed || t.R[j] == '-'
		j++
	}
	if j-k < 3 || j-k > 6 || !dashed && j-k > 4 || counts(t, j) {
		return i
	}
	if t.Has(j, "号室") {
		j += 2
	}
	return j
}
