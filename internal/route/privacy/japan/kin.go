package japan

import (
	"strings"

	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
)

// kinText are those whose given name is said behind の.
const kinText = `娘 息子 妻 夫 弟 妹 兄 姉 孫 友人 友達 母 父 同僚 部下 長男 長女 次男 次女 三男 三女 姪 甥 祖母 祖父 叔父 叔母 伯父 伯母 従兄 従妹 従弟 従姉 いとこ 彼氏 彼女 恋人 婚約者 旦那 嫁 親友 上司 先輩 後輩 幼馴染 幼なじみ 双子 末っ子 上の子 下の子 元カレ 元カノ 主人公 ヒロイン 相棒 ライバル 赤ちゃん 生徒 教え子 弟子 義母 義父 義兄 義姉 義弟 義妹 新人 バイト 担任 クラスメイト 同級生 隣人 隣 ママ友 飼い主 先生 監督 社長`

// eastText are surnames of China and Korea of one character.
const eastText = `李王張陳劉趙黄周呉徐孫馬朱胡郭何高羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭蔡潘袁于董余蘇葉呂魏蒋杜丁沈任姚盧姜崔鍾譚陸汪范廖賈韋鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵銭厳武戴莫孔向湯朴文柳申権梅`

var east = runesOf(eastText)

// direct are those of kinText whose name may follow at once: 長男秀樹に.
var direct = span.NewWords("長男", "次男", "三男", "長女", "次女", "三女", "妻", "夫", "父", "母", "兄", "姉", "弟", "妹", "祖父", "祖母", "孫", "甥", "姪", "息子", "娘")

// givenEnds end given names that hardly are words, in kanji.
const givenEnds = "太郎介輔斗翔也哉子美奈菜穂衣樹彦乃江代恵佳織紗理莉海真平吾朗志希"

// told is where a given name ends of which something is told: 拓海は言った,
// 「ねえ、千尋」.
func (l *lists) told(t *span.Text, i int, more bool) int {
	if span.Han(t.At(i-1)) || span.Katakana(t.At(i-1)) {
		return 0
	}
	for n := 3; n > 1; n-- {
		if n == 2 && t.At(i-1) == '、' && t.At(i+2) == '」' && l.given[t.Cut(i, i+2)] {
			return i + n
		}
		if !l.given[t.Cut(i, i+n)] || !strings.ContainsRune(givenEnds, t.At(i+n-1)) || l.unnamed[t.Cut(i, i+n)] {
			continue
		}
		r, before := t.At(i+n), t.At(i-1)
		switch {
		case more && (r == 'に' || r == 'を' || r == 'と') && (before == 'は' || before == 'が' || before == 'と' || before == '、'):
			return i + n
		case r == 'は' || r == 'が' || r == 'も' && t.At(i+n+1) != 'の', r == '」' && (before == '「' || before == '、'), r == '、' && before == '「', r == 'と' && (before == 0 || before == '\n' || before == '。' || before == '、'), r == 'の' && (t.Has(i+n, "の母") || t.Has(i+n, "の父") || t.Has(i+n, "の家") || t.Has(i+n, "の目") || t.Has(i+n, "の手") || t.Has(i+n, "の声") || t.Has(i+n, "の顔")):
			return i + n
		}
	}
	return 0
}

// again finds the surnames of a text once more where nothing else calls them
// names.
func (l *lists) again(t *span.Text, found []span.Span) []span.Span {
	parts := set{}
	for _, s := range found {
		for n := 4; n > 1; n-- {
			if w := t.Cut(s.Start, s.Start+n); s.Start+n <= s.End && l.surnames[w] && !l.placeish[w] && !l.unnamed[w] {
				parts[w] = true
				break
			}
		}
		if w := t.Cut(s.Start, s.End); s.End-s.Start > 1 && s.End-s.Start < 4 && span.Han(t.R[s.Start]) && span.Han(t.R[s.End-1]) && !l.placeish[w] && !l.unnamed[w] {
			parts[w] = true
		}
	}
	if len(parts) == 0 {
		return found
	}
	begin := lengths(parts)
	var out []span.Span
	at := 0
	for i := 0; i < t.Len(); i++ {
		for at < len(found) && found[at].Start <= i {
			out = append(out, found[at])
			i = max(i, found[at].End)
			at++
		}
		if !span.Han(t.At(i)) || span.Han(t.At(i-1)) {
			continue
		}
		for n, of := 4, begin[t.R[i]]; of != 0 && n > 1; n-- {
			if of>>n&1 == 1 && parts[t.Cut(i, i+n)] && t.At(i+n) != 0 && strings.ContainsRune("はがもにを:、とへ(/の→", t.At(i+n)) && !t.Has(i+n, "には") && (at == len(found) || i+n <= found[at].Start) {
				out = append(out, span.Span{Class: span.Name, Start: i, End: i + n})
				i += n - 1
				break
			}
		}
	}
	return append(out, found[at:]...)
}

// closes reports whether what stands at a rune comes behind a name.
func closes(t *span.Text, i int) bool {
	r := t.At(i)
	return r == 0 || strings.ContainsRune("はがをにともへの、。)(,「」・\n,です", r) || t.Has(i, "って") || t.Has(i, "から") || t.Has(i, "より") || t.Has(i, "だ") || honorific(t, i) > 0
}

// own is where a given name ends that stands alone behind what somebody is, in
// whatever it is written: 娘のさくら, 祖母のきみ子, 息子の蓮.
func (l *lists) own(t *span.Text, i int) int {
	if !kin(t, i) {
		if t.At(i-1) == ' ' && span.Han(t.R[i]) && direct.End(t, i-1) && t.At(i-2) != 0 {
			n := 0
			for span.Han(t.At(i+n)) && n < 4 {
				n++
			}
			if s := t.Cut(i, i+n); n > 0 && n < 4 && (l.given[s] || n > 1 && l.nameKanji[t.R[i]] && l.nameEnds[t.R[i+n-1]]) && (closes(t, i+n) || t.At(i+n) == ' ' || t.At(i+n) == '(') {
				return i + n
			}
		}
		if direct.End(t, i) {
			for n := 3; n > 1; n-- {
				s := t.Cut(i, i+n)
				if i+n <= t.Len() && (l.given[s] || n == 3 && span.Hiragana(t.R[i]) && span.Hiragana(t.At(i+1)) && t.At(i+2) == '子') && closes(t, i+n) {
					return i + n
				}
			}
		}
		if t.Ends(i, "うちの") && l.given[t.Cut(i, i+1)] && t.At(i+1) != 0 && strings.ContainsRune("はがも", t.At(i+1)) && kidsNames[t.R[i]] {
			return i + 1
		}
		for n := 3; n > 1; n-- {
			if r := t.At(i + n); r != 'っ' && r != 'と' {
				continue // nothing that is looked for below
			}
			if s := t.Cut(i, i+n); !span.Han(t.At(i-1)) && (l.given[s] || l.wideKana[hira(s)] && (span.Katakana(t.R[i]) || t.Has(i+n, "って子"))) && (t.Has(i+n, "って子") || t.Has(i+n, "って人") || t.Has(i+n, "って名前") || t.Has(i+n, "という子") || t.Has(i+n, "という名") || t.Has(i+n, "っていう子")) {
				return i + n
			}
		}
		return 0
	}
	for n := 5; n > 0; n-- {
		if i+n > t.Len() || !closes(t, i+n) {
			continue
		}
		s, rs, kanji, kana := t.Cut(i, i+n), t.R[i:i+n], 0, 0
		for _, r := range rs {
			switch {
			case l.nameKanji[r] || l.nameEnds[r]:
				kanji++
			case span.Hiragana(r) || span.Katakana(r):
				kana++
			default:
				kanji = -9
			}
		}
		switch {
		case n > 2 && (strings.HasSuffix(s, "兵衛") || strings.HasSuffix(s, "衛門") || strings.HasSuffix(s, "之助") || strings.HasSuffix(s, "太郎")):
			return i + n
		case l.surnames[s] && s != "奥" && (n == 1 || n == 2 && !l.placeish[s] || l.often[s]):
			return i + n
		case n == 1 && kanji == 1 && (l.given[s] || l.nameEnds[rs[0]] && l.nameKanji[rs[0]]) && !span.Han(t.At(i+1)):
			return i + 1
		case n > 1 && (l.given[s] || kanji == n && l.nameEnds[rs[n-1]] || l.kanaGiven[hira(s)] || l.wideKana[hira(s)]):
			return i + n
		case kana > 0 && kanji == 1 && n <= 4 && strings.ContainsRune("子美代江枝乃香奈太郎男夫雄一二平助", rs[n-1]):
			return i + n
		}
	}
	return 0
}

// joins reports whether a rune stands between two names of a pair.
func joins(r rune) bool { return r == 'と' || r == '、' }

// pair is where the first of two given names in kana ends: ゆうたとはるかが.
func (l *lists) pair(t *span.Text, i int) int {
	if t.At(i-1) != 'と' && !joins(t.At(i+2)) && !joins(t.At(i+3)) && !joins(t.At(i+4)) && !joins(t.At(i+5)) {
		return 0
	}
	name := func(i int) int {
		for n := 5; n > 1; n-- {
			if s := t.Cut(i, i+n); i+n <= t.Len() && (l.kanaGiven[hira(s)] || l.wideKana[hira(s)]) {
				return n
			}
		}
		return 0
	}
	a := name(i)
	if a == 0 || t.At(i+a) != 'と' && t.At(i+a) != '、' {
		// The second one.
		if a > 0 && t.At(i-1) == 'と' && strings.ContainsRune("がはのをもにし", t.At(i+a)) && t.At(i+a) != 0 {
			for n := 2; n < 6 && n < i; n++ {
				if s := t.Cut(i-1-n, i-1); l.kanaGiven[hira(s)] && n > 2-1 && (i-1-n == 0 || !span.Hiragana(t.At(i-2-n)) && !span.Katakana(t.At(i-2-n))) {
					return i + a
				}
			}
		}
		return 0
	}
	b := name(i + a + 1)
	if b == 0 || a+b < 5 || !strings.ContainsRune("がはのをもにし", t.At(i+a+1+b)) || t.At(i+a+1+b) == 0 {
		return 0
	}
	return i + a
}

// chinese is where a name of China or Korea ends, beside others or before a
// title: 李明, 王さん.
func (l *lists) chinese(t *span.Text, i int, beside bool) int {
	if span.Han(t.At(i-1)) || !east[t.R[i]] {
		return 0
	}
	n := 1
	for span.Han(t.At(i+n)) && n < 4 && anyAt(t, i+n, called) == 0 {
		n++
	}
	if n == 1 && t.At(i+1) == ' ' && beside {
		for n++; span.Han(t.At(i+n)) && n < 5; n++ {
		}
	}
	if n > 4 || n > 1 && strings.ContainsRune("子女様国家人系校語史方物品体文学", t.At(i+n-1)) && !beside {
		return 0
	}
	if n > 1 && (beside && (t.At(i+n) == 0 || strings.ContainsRune("、,\n。)とが(", t.At(i+n))) || honorific(t, i+n) > 0) {
		return i + n
	}
	if n == 1 && (t.Has(i+1, "さん") || t.Has(i+1, "先生") || t.Has(i+1, "くん") || t.Has(i+1, "ちゃん")) {
		return i + 1
	}
	return 0
}

// speaker reports whether a surname at a rune, of n, is who says what follows: a
// line of a chat.
func speaker(t *span.Text, i, n int) bool {
	if r := t.At(i + n); r != ':' && !(r == ' ' && t.At(i+n+1) == ':') && !(r == '「' && (i == 0 || t.At(i-1) == '\n')) {
		return false
	}
	k := i - 1
	for t.At(k) == ' ' {
		k--
	}
	r := t.At(k)
	return k < 0 || r == '\n' || r == ']' || r == '>' || r == '】' || r == '-' || r == '・' || span.Digit(r) && (t.At(k-2) == ':' || t.At(k-1) == ':')
}

// pets are called as children are.
var pets = lexicon.Set(`ワン ニャン ネコ イヌ クマ ウサギ パンダ パパ ママ オバ オジ オネエ ゾウ キリン トリ ヒヨコ カエル モモ`)

// corporate reports whether a character ends what firms and places are called.
func corporate(r rune) bool {
	return strings.ContainsRune("店社行院会部局屋室課所館校堂園寺駅市町村県区郡道線川山島城橋港門通亭楼座組器機業産商工銀鉄病製薬建設電気系派流家氏族社省庁台", r)
}

// addressed is where a given name of any characters ends that a title follows,
// or that ends as only names do; j is where it begins, behind a surname of n.
func (l *lists) addressed(t *span.Text, j, n int, s string) int {
	m := 0
	for span.Han(t.At(j+m)) && m < 4 && (m == 0 || anyAt(t, j+m, called) == 0) {
		m++
	}
	if m == 0 || m > 3 || corporate(t.R[j+m-1]) || n == 1 && m == 1 {
		return 0
	}
	if last := t.Cut(j+m-2, j+m); m > 1 && m < 4 && !span.Han(t.At(j+m)) && (m == 3 && (last == "太郎" || last == "次郎" || last == "五郎" || last == "三郎" || last == "一郎" || last == "之助" || last == "衛門" || last == "兵衛") || last == "太郎") {
		return j + m
	}
	if (t.Has(j+m, "さん") || t.Has(j+m, "監督") || t.Has(j+m, "選手") || t.Has(j+m, "氏は") || t.Has(j+m, "先生") || t.Has(j+m, "容疑者")) && (n > 1 && (m > 1 || l.nameKanji[t.R[j]] || l.nameEnds[t.R[j]])) && l.surnames[s] {
		for k := j; k < j+m; k++ {
			if strings.ContainsRune("商建株式会社不動産工業電病銀酒菓薬料理寿司本支", t.R[k]) {
				return 0
			}
		}
		return j + m
	}
	return 0
}

// read is the length of a name in kanji whose reading in two parts stands
// behind it: 朱川湊人(しゅかわ・みなと).
func (l *lists) read(t *span.Text, i int) int {
	if span.Han(t.At(i - 1)) {
		return 0
	}
	n := 0
	for span.Han(t.At(i+n)) && n < 7 {
		n++
	}
	if n < 3 || n > 6 || t.At(i+n) != '(' {
		return 0
	}
	if reading(t, i+n+1) > 0 {
		return n
	}
	return 0
}

// reading is the length of a name in hiragana behind a bracket, in two parts or
// before さん or an age.
func reading(t *span.Text, i int) int {
	gaps, kana := 0, 0
	for k := i; k < i+16; k++ {
		switch r := t.At(k); {
		case span.Hiragana(r):
			kana++
		case (r == '・' || r == ' ') && kana > 1 && gaps == 0:
			gaps++
		case r == ')' || r == '、' || r == ',':
			if kana > 3 && (gaps == 1 || r == ')' && kana > 4 && (t.Has(k+1, "さん") || t.Has(k+1, "氏")) || r != ')' && span.Digit(t.At(k+1))) {
				return k - i
			}
			return 0
		default:
			return 0
		}
	}
	return 0
}
