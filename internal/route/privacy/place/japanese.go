package place

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// prefectures with what follows their names.
var prefectures = span.NewWords(strings.Fields(`北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県 石川県 福井県
山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県
佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県`)...)

// kana are the names of municipalities that hold kana, without their ends.
var kana = span.NewWords(strings.Fields(`さいたま つくば つくばみらい ひたちなか かすみがうら いわき さくら みどり ふじみ野 いすみ あきる野 かほく あわら みよし あま いなべ
たつの 南あわじ さぬき 東かがわ うきは みやま うるま むつ つがる にかほ いちき串木野 えびの せたな えりも むかわ ニセコ おいらせ みなかみ ときがわ 南アルプス
おおい 高浜 みなべ すさみ かつらぎ 北栄 まんのう いの つるぎ みやこ おいらせ みやき おおい町 あさぎり さつま 新ひだか 東みよし`)...)

// numeral reports whether a rune is a number in kanji.
func numeral(r rune) bool {
	switch r {
	case '一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '〇':
		return true
	}
	return false
}

// mark reports whether a rune ends the names of municipalities.
func mark(r rune) bool { return r == '市' || r == '区' || r == '町' || r == '村' || r == '郡' }

// digits reads a number of a block, in digits or kanji; 0 where there is none.
func digits(t *span.Text, i int) int {
	j := i
	for span.Digit(t.At(j)) {
		j++
	}
	if j > i {
		if j-i > 5 {
			return 0
		}
		return j - i
	}
	for j < i+5 && numeral(t.At(j)) {
		j++
	}
	return j - i
}

// block is what was read of an address's numbers.
type block struct {
	to    int
	parts int  // numbers
	words bool // 丁目, 番地 and so on beside them
	house bool // something finer than 丁目
}

// unitsOf follow numbers.
var unitsOf = []string{"丁目", "丁", "番地", "番", "号", "街区", "条"}

// numbers reads the numbers of an address: 1丁目2番3号, 1-2-3, 二丁目3の4.
func numbers(t *span.Text, i int) block {
	b := block{to: i}
	for j := i; ; {
		n := digits(t, j)
		if n == 0 {
			break
		}
		j += n
		unit := ""
		for _, u := range unitsOf {
			if t.Has(j, u) {
				if !called(t, j, u) {
					unit = u
				}
				break
			}
		}
		b.parts++
		b.to = j
		if unit != "" {
			b.words = true
			j += len([]rune(unit))
			b.to = j
		}
		b.house = b.house || b.parts > 1 || unit != "丁目" && unit != "条"
		if t.At(j) == ' ' && span.Digit(t.At(j+1)) && unit != "" {
			j++
		}
		if r := t.At(j); (r == '-' || r == 'の' || r == 'ノ' || r == '之') && digits(t, j+1) > 0 {
			j++
			continue
		}
		if unit == "" || unit == "号" {
			break
		}
	}
	return b
}

// called reports whether a unit belongs to a town's or a street's name: 三番町,
// 八丁堀, 四条通.
func called(t *span.Text, i int, unit string) bool {
	if unit != "番" && unit != "丁" && unit != "条" {
		return false
	}
	r := t.At(i + 1)
	if unit == "条" && strings.ContainsRune("東西南北", r) {
		return false
	}
	return span.Han(r) && !numeral(r) && r != '号' && r != '地' || r == '町'
}

// Japanese returns the Japanese addresses of a text, in folded runes.
func Japanese(t *span.Text) []span.Span {
	var out []span.Span
	last := 0
	add := func(a, b int) {
		if n := len(out); n > 0 && a < last && b > last {
			// 北3条西14丁目2-5, of which 北3条 was seen.
			out[n-1].Start, out[n-1].End = min(a, out[n-1].Start), b
			last = b
			return
		}
		if a < last {
			a = last
		}
		if b > a {
			out = append(out, span.Span{Class: span.Address, Start: a, End: b})
			last = b
		}
	}
	for i := 0; i < t.Len(); i++ {
		r := t.R[i]
		switch {
		case r == '〒':
			a, b := i, i+1
			if t.At(b) == ' ' {
				b++
			}
			if n := postal(t, b); n > 0 {
				add(a, follow(t, b+n))
			}
		case r == '住' || r == '所' || r == '宛' || r == '届':
			if a, b := labelled(t, i); b > a {
				add(a, b)
			}
		case span.Digit(r) && !span.Digit(t.At(i-1)) && t.At(i-1) != '-':
			if n := postal(t, i); n > 0 && coded(t, i, i+n) {
				add(i, follow(t, i+n))
				break
			}
			if a, b := around(t, i); b > a {
				add(a, b)
			}
		case numeral(r) && !numeral(t.At(i-1)):
			if b := numbers(t, i); b.words {
				if a, b := around(t, i); b > a {
					add(a, b)
				}
			}
		case r == '通' || r == '条':
			if a, b := kyoto(t, i); b > a {
				add(a, b)
			}
		}
		i = max(i, last-1)
	}
	return out
}

// postal is the length of a postal code.
func postal(t *span.Text, i int) int {
	n := 0
	for span.Digit(t.At(i + n)) {
		n++
	}
	if n == 7 {
		return 7
	}
	if n != 3 || t.At(i+3) != '-' {
		return 0
	}
	for k := 4; k < 8; k++ {
		if !span.Digit(t.At(i + k)) {
			return 0
		}
	}
	if r := t.At(i + 8); span.Digit(r) || r == '-' {
		return 0
	}
	return 8
}

// coded reports whether the words around say that a number is a postal code.
func coded(t *span.Text, i, j int) bool {
	before := t.Cut(i-8, i)
	if strings.Contains(before, "郵便番号") || strings.Contains(before, "住所") {
		return true
	}
	if j-i == 7 {
		return false
	}
	for k := j; k < j+3; k++ {
		if startsPlace(t, k) > 0 {
			return true
		}
	}
	return false
}

// startsPlace is the length of a prefecture's or a municipality's name.
func startsPlace(t *span.Text, i int) int {
	if _, n := prefectures.At(t, i); n > 0 {
		return n
	}
	if n := kana.Longest(t, i); n > 0 && mark(t.At(i+n)) {
		return n + 1
	}
	for n := 1; n < 7; n++ {
		if r := t.At(i + n); mark(r) && span.Han(t.At(i)) {
			return n + 1
		}
		if !span.Han(t.At(i + n)) {
			break
		}
	}
	return 0
}

// follow goes on from a postal code to the address behind it.
func follow(t *span.Text, i int) int {
	j := i
	for span.Space(t.At(j)) && j < i+3 {
		j++
	}
	if startsPlace(t, j) == 0 && !(span.Han(t.At(j)) && anyNumber(t, j)) {
		return i
	}
	return tail(t, j, true)
}

func anyNumber(t *span.Text, i int) bool {
	for j := i; j < i+16 && t.At(j) != '\n' && t.At(j) != 0; j++ {
		if span.Digit(t.R[j]) {
			return true
		}
	}
	return false
}

// labelled is what a form or a letter calls an address.
func labelled(t *span.Text, i int) (a, b int) {
	for _, word := range []string{"住所", "所在地", "宛先", "届け先", "届先"} {
		if !t.Has(i, word) {
			continue
		}
		j := i + len([]rune(word))
		for j < i+10 && strings.ContainsRune(" :はが「)】]\t\n", t.At(j)) && t.At(j) != 0 {
			j++
		}
		if n := startsPlace(t, j); n > 0 && j > i+len([]rune(word)) {
			if to := tail(t, j, true); to > j+n+1 {
				return j, to
			}
		}
	}
	return 0, 0
}

// bounds end an address.
const bounds = "、。,，「」『』()[]{}<>【】:;!?\"'\n\t|/=＊*"

// ends are words of a sentence in which an address stands.
var ends = []string{"です", "に住", "にあ", "へ", "まで", "から", "で", "が", "を", "は", "に", "と", "宛", "在住", "様", "も", "や", "だ"}

// tail is where an address ends that began before; open says that it need not
// hold a number.
func tail(t *span.Text, i int, open bool) int {
	j, seen := i, false
	for j < t.Len() && j < i+60 {
		if n := digits(t, j); n > 0 && (span.Digit(t.R[j]) || numbers(t, j).words) {
			seen = true
			j = building(t, numbers(t, j).to)
			break
		}
		r := t.R[j]
		if strings.ContainsRune(bounds, r) || r == ' ' && !addressAhead(t, j+1) {
			break
		}
		if k := skips(t, i, j); span.Hiragana(r) && k > j {
			j = k
			continue
		}
		if span.Hiragana(r) && !inKana(t, j) && r != 'の' && r != 'が' && r != 'つ' {
			for _, e := range ends {
				if t.Has(j, e) {
					r = 0
				}
			}
			if r == 0 {
				break
			}
		}
		j++
	}
	if !seen && !open {
		return 0
	}
	return j
}

// addressAhead reports whether an address goes on behind a space.
func addressAhead(t *span.Text, i int) bool {
	return startsPlace(t, i) > 0 || digits(t, i) > 0 || span.Han(t.At(i)) && anyNumber(t, i)
}

// inKana reports whether a rune belongs to a name that is written in kana.
func inKana(t *span.Text, i int) bool {
	for n := range 8 { // none is longer
		if kana.Longest(t, i-n) > n {
			return true
		}
	}
	return false
}

// around is the address that a number belongs to: what stands before it must
// name a place.
func around(t *span.Text, i int) (a, b int) {
	n := numbers(t, i)
	if n.parts == 0 {
		return 0, 0
	}
	// Years, prices, counts and dates go on with other words.
	if !n.words && (counts(t, n.to) || middle(t, n.to)) {
		return 0, 0
	}
	a, sure, town := before(t, i)
	switch {
	case a < 0 || a == i:
		return 0, 0
	case sure && (n.house || n.words):
	case town && n.parts >= 3, town && n.words && n.house && n.parts >= 2 && strings.Contains(t.Cut(i, n.to), "丁目"):
	default:
		return 0, 0
	}
	return a, building(t, n.to)
}
