package japan

import (
	"strings"

	"irori/internal/route/privacy/lattice"
	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
)

// institutes are what bears somebody's name.
var institutes = span.NewWords(strings.Fields(`駅 市 州 県 区 町 村 山 川 島 湖 岬 湾 通り 賞 社 号 橋 城 寺 館 式 型 線 杯 庁 記念 博物館 美術館 文学館 資料館 図書館 公園 神社 財団 大学 高校 学園 病院 医院 商店 商事 製薬 製作所 工業 建設 銀行 証券 酒造 本店 事務所 研究所 通 流 派 家 屋 邸 戦 像 旧居 旧宅 生家 の墓 記 伝 時代 幕府 の名を冠`)...)

// among adds the names that the words of a run of kanji make likely to those
// that the rules have found.
func (l *lists) among(t *span.Text, found []span.Span) []span.Span {
	var out []span.Span
	var names []lattice.Found
	var waiting lattice.Found
	read := lattice.NewReader()
	at, next := 0, 0
	for i := 0; i < t.Len(); i++ {
		if !span.Han(t.R[i]) {
			continue
		}
		j := lattice.End(t, i)
		for next < len(found) && found[next].End <= i {
			next++
		}
		if next < len(found) && found[next].Start <= i && found[next].End >= j && !span.Katakana(t.At(j)) || span.Digit(t.At(j)) {
			i = j - 1
			continue // found already, or numbered
		}
		names = read.Names(names[:0], t, i, j)
		if len(names) == 1 && waiting.End > 0 && names[0].Start == waiting.End+1 && l.pairs(t, names[0]) {
			// Two surnames, neither likely enough by itself: 柏木と桑原.
			out = append(out, span.Span{Class: span.Name, Start: waiting.Start, End: waiting.End}, span.Span{Class: span.Name, Start: names[0].Start, End: names[0].End})
			waiting = lattice.Found{}
			i = j - 1
			continue
		}
		waiting = lattice.Found{}
		for _, n := range names {
			a, b := n.Start, l.likely(t, n, len(found) > 0)
			if b <= a {
				if n.End == j && t.At(j) == 'と' && l.pairs(t, n) {
					waiting = n
				}
				continue
			}
			for at < len(found) && found[at].End <= a {
				out = append(out, found[at])
				at++
			}
			for at < len(found) && found[at].Start < b { // they overlap
				a, b = min(a, found[at].Start), max(b, found[at].End)
				at++
			}
			out = append(out, span.Span{Class: span.Name, Start: a, End: b})
		}
		i = j - 1
	}
	return append(out, found[at:]...)
}

// likely is where a name ends that the words of a run of kanji make likely, 0
// where what stands around it does not bear it out.
func (l *lists) likely(t *span.Text, n lattice.Found, others bool) int {
	s := t.Cut(n.Start, n.End)
	after, before := t.At(n.End), t.At(n.Start-1)
	size := n.End - n.Start
	if l.unnamed[s] || before == '「' && after == '」' || before == '『' || after == '』' || before == '《' {
		return 0
	}
	if n.Titled || honorific(t, n.End) > 0 {
		if size == 1 && (s == "源" || s == "平") && after == '氏' {
			return 0
		}
		if size > 1 || n.Sure && n.Margin > 1500 && !t.Has(n.End, "くん") {
			if n.Kind == lattice.Family && l.placeish[s] && anyAt(t, n.End, plainly) == 0 {
				return 0
			}
			return n.End
		}
		return 0
	}
	switch n.Kind {
	case lattice.Full, lattice.Known:
		if institutes.Longest(t, n.End) > 0 {
			return 0
		}
		if t.Has(n.End, "政権") {
			return n.End
		}
		if span.Han(after) && n.Kind == lattice.Full && n.End-n.Start < 4 && n.Margin < 4000 {
			return 0 // more of the word may follow
		}
		if n.Sure && n.Margin > 600 || n.Margin > 2500 {
			return n.End
		}
		return 0
	}
	if n.Kind == lattice.Family && (after == '姓' || after == '邸' || after == '宅' || after == '宛') && size > 1 && n.Sure && !l.placeish[s] {
		return n.End
	}
	if span.Han(after) || size < 2 {
		return 0
	}
	if n.Kind == lattice.Family {
		if end := l.whole(t, n.Start, size, s); end > n.End {
			return end
		}
		k := n.End
		for span.Katakana(t.At(k)) {
			k++
		}
		if kana := t.Cut(n.End, k); n.Sure && k-n.End > 1 && k-n.End < 5 && !l.placeish[s] && lattice.Katakana(kana) != lattice.Ordinary && !nouns[kana] && !staff[kana] && !honest.MatchString(kana) && closes(t, k) && n.Lead > 0 {
			return k // 阿部ミツ
		}
	}
	if !n.Sure || l.placeish[s] || !closes(t, n.End) && after != ':' && after != '→' && before != '→' || l.amidPlaces(t, n.Start, n.End) {
		return 0
	}
	if n.Kind == lattice.Given {
		if n.Lead > 1000 && n.Margin > 1500 {
			return n.End
		}
		return 0
	}
	lead, margin := 700, 1000
	if before == '(' && after == ')' {
		lead = 2000 // where it is from, perhaps
	}
	switch {
	case n.Lead > 2400:
	case after == ':' || after == '→' || before == '→' || t.Has(n.End, "と申") || t.Has(n.End, "という人") || t.Has(n.End, "です") || t.Has(n.End, "でございます"):
		lead, margin = 0, 50
	case doing(t, n.End):
		lead, margin = -800, 100
	case after == 'と' || after == 'に' || after == 'の':
		margin = 3600
		if others && after == 'に' {
			margin = 2000
		} else if others {
			margin = 1000
		}
	}
	if n.Lead > lead && n.Margin > margin {
		return n.End
	}
	return 0
}

// deeds are what people do, not places: they stand behind a surname and は.
var deeds = span.NewWords(strings.Fields(`完了 着手 提出 担当 出席 欠席 対応 確認 報告 作成 言っ 言う 言い出 話した 話す 伝え 説明 退職 入社 異動 結婚 休みます 休みで 休みを 休む 来ま 来た 遅刻 調整 連絡 指摘 発言 承認 提案 同席 お願いし 電話し 電話を メールし 相談し 返信 答え 笑っ 笑い 泣い 頷い うなず 叫ん 呟い つぶや 黙っ 尋ね 辞め 引き継 不在 在席 外出 戻り 戻る 席を 頼ん 頼む 怒っ 謝罪 依頼 手配 決め 微笑 振り向 振り返 走り 走っ 駆け 歩い 見上げ 見つめ 目を 手を 声を 鍵を 息を 立っ 座っ 倒れ 握り 肩を 眉を 頬を 口を 出演 受賞 引退 移籍 優勝 昇進 転勤 挨拶 休職 復帰 入院 手術 亡くな 引っ越 出馬 就任 辞任 来日 逮捕 当選 立ち上が 首を`)...)

// doing reports whether what follows a name says what somebody does.
func doing(t *span.Text, i int) bool {
	if t.Has(i, "から電話") || t.Has(i, "から連絡") || t.Has(i, "からメール") || t.Has(i, "から返信") || t.Has(i, "から相談") || t.Has(i, "に確認") || t.Has(i, "に言われ") || t.Has(i, "に頼ま") || t.Has(i, "に怒られ") || t.Has(i, "に伝え") || t.Has(i, "に任せ") || t.Has(i, "に報告") || t.Has(i, "に連絡") || t.Has(i, "に相談") || t.Has(i, "に依頼") || t.Has(i, "にお願い") || t.Has(i, "に引き継") || t.Has(i, "に電話") || t.Has(i, "まで連絡") || t.Has(i, "まで電話") {
		return true
	}
	if r := t.At(i); r != 'が' && r != 'は' && r != 'も' {
		return false
	}
	for k := i + 1; k < i+14; k++ {
		switch r := t.At(k); {
		case r == 0 || r == '。' || r == '\n':
			return false
		case r == '「' && k < i+3, deeds.Longest(t, k) > 0:
			return true
		case r == 'は':
			return false
		}
	}
	return false
}

// amidPlaces reports whether a surname is one of a list with places.
func (l *lists) amidPlaces(t *span.Text, i, j int) bool {
	for range 3 {
		if r := t.At(i - 1); r != '、' && r != '・' && r != ',' {
			break
		}
		k := i - 1
		for span.Han(t.At(k - 1)) {
			k--
		}
		if k == i-1 {
			break
		}
		if s := t.Cut(k, i-1); l.placeish[s] || lattice.Place(s) {
			return true
		}
		i = k
	}
	if r := t.At(j); r == '、' || r == '・' || r == 'と' || r == ',' {
		k := j + 1
		for span.Han(t.At(k)) {
			k++
		}
		if s := t.Cut(j+1, k); l.placeish[s] || lattice.Place(s) {
			return true
		}
		if r := t.At(k); r == '、' || r == '・' || r == ',' {
			m := k + 1
			for span.Han(t.At(m)) {
				m++
			}
			s := t.Cut(k+1, m)
			return l.placeish[s] || lattice.Place(s)
		}
	}
	return false
}

// offices are those whose people are called by surnames alone behind の.
var offices = span.NewWords(strings.Fields(`経理 総務 人事 営業 広報 法務 開発 企画 購買 情シス 技術 製造 品質 業務 受付 部 課 係 チーム 同期 担任 同僚 部下 後輩 先輩 上司 担当`)...)

// charges are what one of several is, before は and a name.
var charges = span.NewWords("対応者", "確認者", "入力者", "担当者", "責任者", "発表者", "報告者", "作成者", "承認者", "書記", "当番", "会計", "会計係", "司会", "班長", "幹事", "代表", "連絡係", "受付", "リーダー", "講師", "担当")

// singular are surnames of one character.
var singular = runesOf("林森原東西南北谷星泉関堀辻岡沖浜畑平宮峰奥柳杉菅榊滝楠今境堤沢桜椿李王張陳劉黄朴崔丹乾藤梶桂轟鎌")

// colleague is where a surname ends that stands where only people do, though it
// is a word or a place: 経理の星に確認, 設計は千葉が完了.
func (l *lists) colleague(t *span.Text, i int) int {
	if span.Han(t.At(i - 1)) {
		return 0
	}
	n := 0
	for span.Han(t.At(i+n)) && n < 4 {
		n++
	}
	if r := t.At(i + n); n == 0 || n > 3 || r == 0 || !strings.ContainsRune("がはもかにま、で。", r) {
		return 0
	}
	s := t.Cut(i, i+n)
	if n == 1 && !singular[t.R[i]] || n > 1 && !l.surnames[s] && !lattice.Surname(s) || l.unnamed[s] {
		return 0
	}
	if n > 1 && t.At(i-1) == 'の' && offices.End(t, i-1) && !l.placeish[s] || t.At(i-1) == 'は' && charges.End(t, i-1) {
		return i + n
	}
	if !doing(t, i+n) {
		return 0
	}
	if n == 1 && !(t.At(i-1) == 'の' && offices.End(t, i-1)) && !t.Has(i+n, "から") {
		return 0
	}
	if n == 1 && t.Has(i+n, "から") && (t.At(i-1) == 'の' && !offices.End(t, i-1)) {
		return 0
	}
	return i + n
}

// heroes stand before names that are half kanji and half katakana.
var heroes = span.NewWords("主人公は", "ヒロインは", "ライバルは", "名前は", "彼女は", "主人公の", "ヒロインの", "主人公:", "名前:", "ヒロイン:")

// hero is where a name ends that is kanji and katakana: 主人公は久遠寺アリス.
func (l *lists) hero(t *span.Text, i int) int {
	if span.Han(t.At(i - 1)) {
		return 0
	}
	n, m := 0, 0
	for span.Han(t.At(i+n)) && n < 5 {
		n++
	}
	for span.Katakana(t.At(i + n + m)) {
		m++
	}
	if g := i + n + 1; n > 1 && n < 5 && m == 0 && t.At(i+n) == ' ' && !span.Han(t.At(i-1)) {
		for span.Katakana(t.At(g+m)) || span.Hiragana(t.At(g+m)) && m < 4 && !t.Has(g+m, "さん") && !t.Has(g+m, "さま") {
			m++
		}
		if m > 1 && m < 5 && (t.Has(g+m, "さん") || t.Has(g+m, "様") || t.Has(g+m, "さま")) && !staff[t.Cut(g, g+m)] {
			return g + m // 大道寺 シゲさん
		}
		return 0
	}
	if n > 0 && n < 5 && m > 1 && m < 6 && heroes.End(t, i) && closes(t, i+n+m) {
		return i + n + m
	}
	return 0
}

// speakers finds those whose surname is a word or a place in a list of what
// several people said: ・東:.
func (l *lists) speakers(t *span.Text, found []span.Span) []span.Span {
	told := false
	for _, s := range found {
		told = told || speaker(t, s.Start, s.End-s.Start) && t.At(s.End) == ':'
	}
	if !told {
		return found
	}
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
		n := 1
		for span.Han(t.At(i + n)) {
			n++
		}
		if t.At(i+n) == ':' && speaker(t, i, n) && (n == 1 && singular[t.R[i]] || n > 1 && n < 4 && l.surnames[t.Cut(i, i+n)]) {
			out = append(out, span.Span{Class: span.Name, Start: i, End: i + n})
		}
		i += n - 1
	}
	return append(out, found[at:]...)
}

// readingLabels stand before somebody's name as it is read.
var readingLabels = span.NewWords("フリガナ", "ふりがな", "カナ", "よみがな", "ヨミガナ", "よみ", "kana", "furigana", "氏名(カナ)", "名義")

// spelt is where a reading ends, of two parts, behind its label: フリガナ: タカナシ ミサキ.
func spelt(t *span.Text, i int) int {
	k := i
	for t.At(k-1) != 0 && strings.ContainsRune(" :=\"'\t)」は", t.At(k-1)) && k > i-5 {
		k--
	}
	if k == i || !readingLabels.End(t, k) {
		return 0
	}
	j, parts := i, 0
	for parts < 2 {
		a := j
		for span.Hiragana(t.At(j)) || span.Katakana(t.At(j)) {
			j++
		}
		if j-a < 2 || j-a > 7 {
			return 0
		}
		if parts++; parts < 2 {
			if t.At(j) != ' ' {
				return 0
			}
			j++
		}
	}
	if r := t.At(j); r == 0 || strings.ContainsRune("\n\"',、。)/|」", r) || t.Has(j, "です") || t.Has(j, "で") || t.Has(j, "様") {
		return j
	}
	return 0
}

// pairs reports whether a surname may be one of two that と joins.
func (l *lists) pairs(t *span.Text, n lattice.Found) bool {
	s := t.Cut(n.Start, n.End)
	r := t.At(n.End)
	return n.Kind == lattice.Family && n.Sure && n.End-n.Start > 1 && n.Lead > 300 && n.Margin > 200 && !l.placeish[s] && !l.unnamed[s] && !l.amidPlaces(t, n.Start, n.End) && !span.Han(t.At(n.Start-1)) && (r == 'と' || r == 'で' || r == 'が' || r == 'は' || r == 'に' || r == 'も' || r == 'を')
}

// childish is what is said of children, behind their name and a particle.
var childish = span.NewWords(strings.Fields(`熱を 熱が 誕生日 運動会 保育園 幼稚園 小学校 中学校 学校 宿題 寝 泣 入学 卒園 入園 卒業式 習い事 お弁当 成績 担任 発表会 参観 ミルク 離乳食 おむつ 予防接種 反抗期 ゲームばかり 塾 受験 部活 帰って 起き お迎え 迎えに 生まれ`)...)

// kid is where a child's given name ends that stands alone: 蓮が熱を出した.
func (l *lists) kid(t *span.Text, i int) int {
	before := t.At(i - 1)
	if before != 0 && before != '\n' && before != '。' && before != '、' && before != '「' && before != '日' && before != '朝' && before != '!' && before != '?' {
		return 0
	}
	for n := 4; n > 0; n-- {
		r := t.At(i + n)
		if r != 'が' && r != 'の' && r != 'は' && r != 'を' {
			continue
		}
		s := t.Cut(i, i+n)
		if (n == 1 && kidsNames[t.R[i]] || n > 1 && l.kanaGiven[s] && span.Hiragana(t.R[i])) && childish.Longest(t, i+n+1) > 0 {
			return i + n
		}
	}
	return 0
}

// kidsNames are given names of one character that are given today.
var kidsNames = runesOf("蓮葵陽翔湊樹凛結律奏朔蒼颯悠暖凪澪栞楓杏紬咲茜遥舞愛萌彩薫翼歩健亮純潤聡修徹豊凜岳慧晴旭新昴廉怜怜司匠隼駿瞬匡渉航剛誠稔")

// mononyms are people whom everybody knows by one word.
var mononyms = lexicon.Set(`メッシ ロナウド ネイマール エムバペ ゴッホ ゴーギャン ピカソ モネ ルノワール セザンヌ マティス ダリ フェルメール レンブラント ミケランジェロ ラファエロ モーツァルト ベートーヴェン ベートーベン ショパン バッハ シューベルト シューマン ブラームス チャイコフスキー ドビュッシー ラヴェル リスト ワーグナー ヴィヴァルディ エジソン ガリレオ ニュートン ダーウィン コペルニクス ケプラー ナイチンゲール アインシュタイン シュレディンガー ハイゼンベルク ファインマン ナポレオン リンカーン チャーチル ヒトラー スターリン レーニン ガンジー ガンディー マンデラ ソクラテス プラトン アリストテレス デカルト カント ヘーゲル ニーチェ フロイト ユング マルクス ケインズ ルソー ヴォルテール シェイクスピア ゲーテ トルストイ ドストエフスキー チェーホフ カフカ ヘミングウェイ サルトル カミュ コロンブス マゼラン クレオパトラ オバマ バイデン トランプ プーチン ゼレンスキー メルケル マクロン サッチャー イチロー タモリ ダルビッシュ マツコ ルフィ ゾロ サンジ ナルト サスケ ルパン シンデレラ ラプンツェル ハムレット オフィーリア マクベス ドラキュラ ハイジ のび太 ジャイアン スネ夫 ドラえもん しずかちゃん 炭治郎 禰豆子 あいみょん`)

// actor is where a name in kana ends that stands alone: whom everybody knows, or
// who does or says something. ユキは泣いた, タケシ:.
func (l *lists) actor(t *span.Text, i int) int {
	b := t.At(i - 1)
	if span.Han(b) || span.Katakana(b) || span.Katakana(t.R[i]) && b == '・' || span.Hiragana(t.R[i]) && span.Hiragana(b) && !strings.ContainsRune("はがをにとのも", b) {
		return 0
	}
	n := 0
	for span.Katakana(t.At(i+n)) && n < 10 {
		n++
	}
	if n > 0 {
		s := t.Cut(i, i+n)
		r := t.At(i + n)
		if n < 2 || r == '・' || r == '=' {
			return 0
		}
		switch {
		case mononyms[s] && r != 0 && strings.ContainsRune("はがをにともの、", r) && (s != "リスト" && s != "ダリ" && s != "モネ" && s != "ナルト" || doing(t, i+n)):
			return i + n
		case l.person(s) && (doing(t, i+n) || r == ':' && speaker(t, i, n)):
			return i + n
		}
		return 0
	}
	if r := t.R[i]; r != 'あ' && r != 'の' && r != '炭' && r != '禰' && b != 0 && !strings.ContainsRune("\n。、」 ]>・", b) {
		return 0
	}
	for n = 5; n > 1; n-- {
		r := t.At(i + n)
		if i+n > t.Len() || span.Hiragana(r) && !strings.ContainsRune("はがをにともので", r) {
			continue
		}
		s := t.Cut(i, i+n)
		if mononyms[s] && (!span.Hiragana(r) || strings.ContainsRune("はがをにともので", r)) {
			return i + n
		}
		if !span.Hiragana(t.R[i]) || !l.kanaGiven[s] || strings.ContainsFunc(s, span.Han) {
			continue
		}
		if r == ':' && speaker(t, i, n) || (b == 0 || b == '\n' || b == '。' || b == '、' || b == '」') && r != 'も' && n > 2 && doing(t, i+n) {
			return i + n
		}
	}
	return 0
}

// person reports whether a word in katakana is somebody's, where somebody can
// be.
func (l *lists) person(s string) bool {
	return (l.foreign[s] || l.kanaGiven[hira(s)] || lattice.Katakana(s) == lattice.Person) && !nouns[s] && !staff[s] && s != "マーク" && s != "ビル" && s != "モデル"
}

// bare is where a given name, or one that everybody knows, ends that stands
// alone.
func (l *lists) bare(t *span.Text, i int) int {
	if !span.Katakana(t.R[i]) {
		if b := l.kid(t, i); b > 0 {
			return b
		}
	}
	if !span.Han(t.R[i]) || (t.R[i] == '炭' || t.R[i] == '禰') && mononyms[t.Cut(i, i+3)] {
		return l.actor(t, i)
	}
	return 0
}

// starts are words that a text may go on with.
type starts struct{ w *span.Words }

func (s starts) Starts(t *span.Text, i int) bool { return s.w.Longest(t, i) > 0 }
