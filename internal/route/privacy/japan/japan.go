// Package japan finds names of people in Japanese.
package japan

import (
	"strings"

	"irori/internal/route/privacy/lattice"
	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/thing"
)

// placeishText are surnames that name a place or a thing at least as often: alone
// they are no evidence.
const placeishText = `尼崎 千葉 福島 石川 山口 宮崎 宮城 福井 富山 長野 岡山 徳島 香川 滋賀 静岡 奈良 長崎 熊本 福岡 佐賀 秋田 山形 川崎 高松 松山 松本 前橋 水戸 金沢 高知 鳥取 渋谷 目黒 中野 豊島 板橋 上野 神田 秋葉 立川 町田
国立 神戸 岡崎 豊田 春日 柏 船橋 市川 成田 川口 川越 藤沢 鎌倉 平塚 小田原 大和 長岡 高岡 小松 飯田 諏訪 小川 石橋 大橋 荒川 青山 赤坂 吉野 大島 大川 古川 早川 松原 熊野 日向 近江 柏原 日光 三島 沼津 豊岡 姫路
津 堺 呉 萩 三原 福山 尾道 倉敷 今治 宇都宮 郡司 日野 福生 本郷 本庄 湯沢 横手 大館 三沢 八戸 会津 桐生 足利 大宮 浦和 所沢 中央 東山 北山 南山 高山 白浜 別府 臼杵 霧島 名取 古河 土浦 取手 日立 三木 明石 宝塚
伊丹 吹田 茨木 高槻 枚方 守口 門真 東 西 南 北 中 原 森 林 関 堀 辻 星 泉 桜 椿 港 城 島 谷 沢 坂 橋 柳 杉 梶 菅 柏 桂 榊 表 車 中道 新田 上田 大町 有馬 草津 湯川 箱根 熱海 伊東 下田 富士 都 今 境 滝 楠 奥 岡 沖 浜 畑 平 宮 峰 近 仲 所 堤 丸 団 長 角 源 善 渡 萱 霞 葛 鶴 嵐山 宇治 飛鳥 吉備 丹波 但馬 武蔵 相模 駿河 三河 尾張 美濃 飛騨
加賀 越前 越後 信濃 大隅 出雲 広島 銀座 白川 白山 立山 八幡 住吉 天童 長門 陸前 月島 佃 浅草 品川 三国 東雲 本町 本宮 西宮 城島 日吉 安土 目白 代田 国分 府中 大森 蒲田 江戸 新川 新島 新宮 今治 足立 葛飾 江東 墨田 文京 台東 練馬 杉並 世田谷 香取 鹿島 佐倉 松戸 流山 野田 鴨川 勝浦 館山 君津 木更津 市原`

// called follow names. Those after the bar follow surnames alone, and are no
// evidence behind a place's.
var called = span.NewWords(strings.Fields(`さん 様 さま 氏 君 くん ちゃん 先生 殿 先輩 部長 課長 社長 係長 主任 専務 常務 会長 店長 院長 校長 教授 准教授 助教 選手 監督 議員 容疑者 被告 夫妻 博士 医師 弁護士 税理士 看護師 主査 室長 所長 局長 次長 本部長 支店長 副社長 副部長 取締役 代表 理事 マネージャー マネジャー リーダー アナウンサー 記者 刑事 警部 巡査 支配人 両氏 後輩 夫人 首相 大統領 大臣 元首相 委員 コーチ シェフ ディレクター チーフ 宅 ご夫妻 投手 捕手 騎手 棋士 九段 八段 七段 名人 竜王 教諭 講師 司書 保育士 保健師 助手 宮司 住職 師匠 親方 女将 班長 組長 園長 学長 総長 船長 機長 隊長 団長 館長 座長 議長 幹事 書記 会計士 司法書士 行政書士 薬剤師 美容師 検事 判事 教官 主将 キャプテン オーナー 女史 党首 書記長 外相 長官 判事 騎手 自身 アナ 三段 四段 五段 六段 元選手 元監督 元社長 元会長 元議員 元騎手 元投手 元教授 夫妻 ご夫妻 画伯 牧師 神父 和尚 執事 監事 国家主席 主席 総書記 副本部長 副会長 副院長 副校長 副店長 副班長 副主任 副所長 副室長 副大臣 技師 技官 助役 補佐 課長補佐 課長代理 部長代理 係長代理 監査役 相談役 顧問 大使 執行役員 政務官 幹事長 工場長 施設長 センター長 編集長 統括 療法士 助産師 歯科医師 獣医師 調理師 嬢`)...)

// officials rule places, too.
var officials = span.NewWords("知事", "都知事", "府知事", "県知事", "道知事", "市長", "町長", "村長", "区長")

// plainly are those that follow anybody's name.
var plainly = span.NewWords("さん", "様", "さま", "氏", "君", "くん")

func anyAt(t *span.Text, i int, of *span.Words) int {
	best := of.Longest(t, i)
	if best == 0 {
		return 0
	}
	if best == 1 && t.At(i) == '様' && (t.At(i-1) == '同' || t.At(i+1) != 0 && strings.ContainsRune("々子式態相", t.At(i+1))) || best == 3 && (t.Has(i, "ちゃんぽん") || t.Has(i, "ちゃんこ")) || best == 1 && t.At(i) == '君' && t.At(i+1) == '主' {
		return 0
	}
	return best
}

// title is the length of what follows a name, with the space before it.
func honorific(t *span.Text, i int) int {
	if n := anyAt(t, i, called); n > 0 {
		return n
	}
	if t.At(i) == ' ' {
		if n := anyAt(t, i+1, called); n > 0 {
			return n + 1
		}
	}
	return 0
}

// roles end the words that may stand right before a name.
var roles = span.NewWords("担当", "長", "代表", "取締役", "氏名", "名前", "者", "員", "授", "師", "士", "生", "首相", "大臣", "優", "監督", "選手", "夫", "妻", "母", "父", "兄", "弟", "姉", "妹", "娘", "息子", "作家", "画家", "家", "名義", "宛", "故", "元", "新人", "主任", "総理", "大統領", "社", "部", "課", "係", "科", "室", "名", "者名", "役", "手", "将", "臣", "民", "理事", "人", "方", "同", "旧姓", "主", "会計", "書記", "監事", "顧問", "議長", "司会", "講師", "主演", "脚本", "作曲", "監修", "原作", "著", "訳", "幹事", "班", "組", "被告", "原告", "告", "容疑", "作詞", "役名", "声", "主役", "無職", "俳優")

// begins reports whether a name may begin at a rune.
func begins(t *span.Text, i int) bool {
	if !span.Han(t.At(i - 1)) {
		return true
	}
	return roles.End(t, i)
}

// ends reports whether a name may end before a rune.
func ends(t *span.Text, i int) bool {
	r := t.At(i)
	if !span.Han(r) {
		return true
	}
	return anyAt(t, i, called) > 0 || strings.ContainsRune("著作訳編宛様氏殿本両他以筆画曰", r)
}

// nameKanjiText are characters of which given names are made; the last ones end
// them.
const (
	nameKanjiText = `愛葵明朱旭梓綾彩文歩亜阿安杏伊衣依郁一壱樹育逸允胤羽雨宇卯瑛英栄永衛恵慧絵江奈央旺桜凰王臣音恩温佳加可花華果夏嘉香歌霞楓雅海凱介快絢覚岳学楽活寛幹環貫冠敢柑莞岩希季紀貴輝喜基起規葵吉久弓究球京恭教匡響暁欣金勤錦琴玖空邦国訓薫君桂慶啓敬圭景渓蛍潔結月健憲賢謙剣研絢堅元玄源弦現湖虎瑚悟吾護伍公功光広弘宏孝幸航康浩紘晃高皇鴻煌恒耕滉洸豪剛克国彩才采宰菜咲桜作朔冴沙紗早桑三蚕山志史司士至詩嗣資児治次慈滋時鹿七実篤舎朱珠寿樹秀修周宗州柊秋重淑俊駿舜隼春瞬准淳純順潤諄旬渚緒助女尚昌昭章祥翔将勝匠昇正政晶彰照奨丞穣譲丈城条心信真慎新進晋伸森仁臣尋澄水翠粋瑞穂崇嵩数生成誠晴清聖星惺征世静摂節千泉仙茜扇宣善全禅素創爽奏湊壮蒼草颯想総聡足多太汰大泰代拓琢卓匠達智知千竹茶忠暢朝澄直津月槻弦哲鉄徹展典天登斗都杜冬桃燈透陶当東統藤董道瞳童徳篤敦奈那凪夏夢南虹日乃能波羽馬梅博伯隼帆繁比妃飛斐菱彦姫百氷美浜不布芙冨富武風楓福文平兵碧保穂歩宝芳邦萌豊朋峰鳳望北睦麻舞昌万満巳未実海三美岬道充光稔明宗睦夢務武茂萌猛森紋也弥椰矢耶哉靖康柚由結友勇悠祐裕雄優遊宥佑有侑雪行之幸葉陽洋容耀蓉遥要瑶世依与吉良羅来楽莉里理梨璃李律隆龍竜琉瑠流亮良凌涼諒遼稜梁伶怜玲礼麗鈴零令恋蓮連廉呂路朗郎浪禄六和倭亘航湧若誉嘉能喬毅衣賀俊信義由紀夫郷久雅治重信秀忠輔甫範則宣彬紳尋杉絃椛栞汐澪颯琥凛凜雛暖蘭斐佐倫顕眞惠吏辰禎壽昂皓詠亨庸爾稚苗唯享好己厚維悦斉摩興滋芙祢緋琵毬鞠茉莉椋楠櫻澤濱淵將髙岐延宜造伴兼盛`
	nameEndsText  = `子美香奈菜花華恵絵江代枝乃音羽衣織沙紗里理梨莉央緒穂保帆実未海希季紀貴輝樹生也哉弥矢斗人仁翔太汰大郎朗介助輔佑祐平一二三司志史士嗣治次児之幸行雄夫男彦久明昭章彰晃光広弘宏博浩裕寛孝隆高崇貴康泰靖正政昌雅真誠信伸慎進新心直尚成生清晴春夏秋冬月星空風馬真磨麿悟吾護功勲男義吉良利俊敏哲徹典徳則範憲紀規賢健剛毅武猛勝克勇勉満充豊稔実孔和一葉咲桜愛結夢佳加可歌夜夕雪幸由帆福久平八寿有優悠友朋智知友美亜阿乙音希望桃梅百合李莉蘭鈴玲怜麗瑠璃琉輝暉吹鶴亀洋亮英啓喜至栄嘉将秀宣己敬芳巳好基登廣善晶重資祥路征紘顕依暁慶聡暢陽爾惠恭造倫映吏詞苗那蔵滋照匡尋誉修純訓彬耶佐`
	// No names, though they look like a surname and a given one.
	unnamedText = `元夫 元妻 元子 元彦 佐藤錦 大西洋 太平洋 中山道 高山植物 大谷石 大和田 大野城 長野市 松本城 平和 東京 南北 東西 林道 林業 森林 原子 原則 東洋 西洋 南洋 北洋 東海 西海 南海 北海 関心 関東 関西 関白 中心 中央 星空 星雲 谷間 今日 今月 今年 今夏 今春 今秋 今冬 平成 平安 長女 長男 長期 長文 都心 都道 新春 新人 新星 新月 宮大工 橋本環 原宿 今後 今回 今朝 今夜 島国 坂道 桂月 泉水 堀川 中学 中学生 中古 中国 中高 中和 中空 大分 大津 角界 金星 奥義 北斗 北陸 西武 東武 西陣 南国 平日 平均 丸太 沖合 境界 表彰 表紙 岡山 関数 堀江 仲良 近日 近代 近世 近年 善良 渡航 渡世 源泉 源流 源氏 源氏物語 滝行 富士山 富士見 本山 本間 大井町 長門 高松城 高田馬場 福島 小松菜 小松市 桜木町 日野市 大和朝 大和路 三国志 三国 南部 南部藩 藤原京 平城京 奈良時 日向夏 上田城 金沢城 立花家 市川市 和泉市 小川町 千代 東郷 都留 市原市 丹波 安芸 有馬温泉 大森林 三原色 三原 原生 原生林 成田空 川口湖 川崎重 富山湾 石川県 宮城県 青森`
)

// givenAt is the length of a given name in kanji, 0 where there is none. sure
// says that it is in the list; behind a surname that is seen often the last
// character may be any of a name's.
func (l *lists) givenAt(t *span.Text, i int, often bool) (n int, sure bool) {
	for _, n := range []int{4, 3, 2, 1} {
		if g := t.Cut(i, i+n); i+n <= t.Len() && l.given[g] && (n > 2 || ends(t, i+n)) {
			return n, true
		}
	}
	for _, n := range []int{3, 2} {
		ok := i+n <= t.Len() && ends(t, i+n)
		for k := range n {
			ok = ok && (l.nameKanji[t.At(i+k)] || l.nameEnds[t.At(i+k)])
		}
		if ok && (l.nameEnds[t.At(i+n-1)] || often) {
			return n, false
		}
	}
	return 0, false
}

// Names returns the Japanese names of a text, in folded runes.
func Names(t *span.Text) []span.Span {
	var l *lists
	var out []span.Span
	for i := 0; i < t.Len(); {
		r := t.R[i]
		if !span.Han(r) && !span.Hiragana(r) && !span.Katakana(r) {
			i++
			continue
		}
		if l == nil {
			l = known()
		}
		a, b := i, 0
		switch {
		case span.Han(r):
			a, b = l.kanji(t, i)
		case span.Katakana(r) && !span.Katakana(t.At(i-1)):
			b = l.katakana(t, i)
		case span.Hiragana(r):
			b = l.hiragana(t, i)
		}
		if b <= a {
			if b = l.own(t, i); b == 0 && !span.Han(r) {
				if b = l.pair(t, i); b == 0 && (t.At(i-1) == ' ' || t.At(i-1) == ':' || t.At(i-1) == '"') {
					b = spelt(t, i)
				}
			}
			a = i
		}
		if b <= a {
			b = l.bare(t, i)
		}
		if b <= a && span.Han(r) {
			if b = l.colleague(t, i); b == 0 {
				b = l.hero(t, i)
			}
			if b <= a {
				b = l.stranger(t, i)
			}
		}
		if b <= a && span.Han(r) {
			b = l.told(t, i, len(out) > 0)
		}
		if b <= a && span.Han(r) {
			b = l.chinese(t, i, len(out) > 0 && (strings.ContainsRune("、,・と/", t.At(i-1)) && out[len(out)-1].End >= i-6 || (t.At(i-1) == '\n' || t.At(i-1) == ' ' && (t.At(i-2) == '.' || t.At(i-2) == '-')) && out[len(out)-1].End >= i-8 && (t.At(i+2) == '\n' || t.At(i+3) == '\n')))
		}
		if b > a && span.Katakana(t.R[a]) && thing.Known(t.Cut(a, b)) {
			i = b
			continue
		}
		if b > a {
			out = append(out, span.Span{Class: span.Name, Start: a, End: b})
			i = b
		} else {
			i++
		}
	}
	if l == nil {
		return nil
	}
	return l.speakers(t, l.again(t, l.neighbours(t, l.among(t, out))))
}

// kanji is a name that begins with kanji, or that a label announces.
func (l *lists) kanji(t *span.Text, i int) (a, b int) {
	if a, b = l.labelled(t, i); b > a {
		return a, b
	}
	if r := t.At(i - 1); r < 0x3400 || roles.End(t, i) {
		for n := 6; n > 2; n-- {
			if l.famous[t.Cut(i, i+n)] && institutes.Longest(t, i+n) == 0 && i+n <= t.Len() && ends(t, i+n) && !t.Has(i+n, "の名を") {
				return i, i + n
			}
		}
	}
	if n := l.read(t, i); n > 0 {
		return i, i + n
	}
	if !begins(t, i) {
		return 0, 0
	}
	if end := l.surnamed(t, i, func(n int, s string) bool { return l.alone(t, i, n, s) }); end > 0 {
		return i, end
	}
	// An unknown surname before 様 or さん.
	n := 0
	for span.Han(t.At(i+n)) && t.At(i+n) != '様' && t.At(i+n) != '氏' && n < 5 {
		n++
	}
	if (n == 2 || n == 3) && !span.Han(t.At(i-1)) && (t.Has(i+n, "様") || t.Has(i+n, "さん") || t.Has(i+n, "氏")) && anyAt(t, i+n, called) > 0 &&
		!strings.ContainsRune("屋者員方人家社店行局院省庁署係課部室長客親父母子娘姉兄弟妹孫婆爺友官生士師手主当頭様医都府県市区町村国々体位皆御各先何誰彼女男達間事", t.At(i+n-1)) && !strings.ContainsRune("御各皆貴弊何誰両若奥王神仏", t.At(i)) {
		return i, i + n
	}
	begun := l.givenLengths[t.At(i)] != 0 // else no list has a given name here
	if begun && (kin(t, i) || l.given[t.Cut(i, i+3)] && !span.Han(t.At(i-1))) {
		for n := 3; n > 1; n-- {
			if r := t.At(i + n); l.given[t.Cut(i, i+n)] && r != 0 && strings.ContainsRune("はがをにと、", r) {
				return i, i + n
			}
		}
	}
	// Whose child it is, is said before a given name that nobody lists.
	if n := l.child(t, i); n > 0 {
		return i, i + n
	}
	// A given name alone, called so.
	for n := 3; begun && n > 1; n-- {
		if l.given[t.Cut(i, i+n)] && !span.Han(t.At(i-1)) && (t.Has(i+n, "ちゃん") || t.Has(i+n, "くん") || t.Has(i+n, "さん") || t.Has(i+n, "様") || t.Has(i+n, "君")) {
			return i, i + n
		}
	}
	return 0, 0
}

// child is the length of a given name in kanji before ちゃん or くん: any one
// where the words before say whose, else one of characters that names have.
func (l *lists) child(t *span.Text, i int) int {
	n, named := 0, true
	for span.Han(t.At(i+n)) && n < 5 {
		named = named && (l.nameKanji[t.At(i+n)] || l.nameEnds[t.At(i+n)])
		n++
	}
	if n == 0 || n > 4 || span.Han(t.At(i-1)) || !t.Has(i+n, "ちゃん") && !t.Has(i+n, "くん") || anyAt(t, i+n, called) == 0 ||
		strings.ContainsRune("赤坊嬢爺婆兄姉父母叔伯孫犬猫娘僕皆", t.At(i+n-1)) {
		return 0
	}
	if kin(t, i) || named && n > 1 {
		return n
	}
	return 0
}

// whose are the words before の and a given name that say whose it is.
var whose = span.NewWords(strings.Fields(kinText)...)

// kin reports whether the words before say whose given name follows.
func kin(t *span.Text, i int) bool {
	return t.At(i-1) == 'の' && whose.End(t, i-1)
}

// whole is where a surname with a given name ends, 0 where there is none.
func (l *lists) whole(t *span.Text, i, n int, s string) int {
	j := i + n
	if t.At(j) == ' ' && span.Han(t.At(j+1)) {
		if g, sure := l.givenAt(t, j+1, l.often[s]); g > 0 && (sure || n > 1) && (!l.placeish[s] || sure || g > 1) {
			return j + 1 + g
		}
		return 0
	}
	if t.At(j) == ' ' || span.Hiragana(t.At(j)) || span.Katakana(t.At(j)) {
		k := j
		if t.At(k) == ' ' {
			k++
		}
		if m := k; n > 1 && span.Katakana(t.At(m)) {
			for span.Katakana(t.At(m)) {
				m++
			}
			if m-k > 1 && m-k < 5 && t.Has(m, "さん") && !l.placeish[s] && !staff[t.Cut(k, m)] {
				return m
			}
		}
		for m := 5; m > 1; m-- {
			g := t.Cut(k, k+m)
			if k+m <= t.Len() && (l.kanaGiven[hira(g)] || l.wideKana[hira(g)] && (span.Katakana(t.At(k)) || honorific(t, k+m) > 0)) && (k > j || m > 2 || honorific(t, k+m) > 0 || span.Katakana(t.At(k)) && n > 1 && !span.Katakana(t.At(k+m))) && !span.Katakana(t.At(k+m)) &&
				(!span.Hiragana(t.At(k+m)) || span.Katakana(t.At(k)) || m > 2 && strings.ContainsRune("はがをにのとでもかさく", t.At(k+m)) || honorific(t, k+m) > 0) {
				return k + m
			}
		}
		return l.spelled(t, j, n, s)
	}
	if m := l.addressed(t, j, n, s); m > 0 {
		return m
	}
	g, sure := l.givenAt(t, j, l.often[s])
	whole := t.Cut(i, j+g)
	switch {
	case g == 0, !sure && lattice.Common(t.Cut(j, j+g)), l.unnamed[whole], n == 1 && g == 1, g > 2 && institutes.Longest(t, j+g) > 0:
		return 0
	case g == 1 && (!sure || l.placeish[s] || span.Katakana(t.At(j+1)) || strings.ContainsRune("山川島町村市区郡県都府道駅港湾城寺院神社橋岳湖沢谷京北南東西中大小新家上下内外前後", t.At(j))):
		return 0
	case !sure && (n == 1 || l.placeish[s] && n+g < 4 || span.Katakana(t.At(j+g)) && honorific(t, j+g) == 0):
		return 0
	case n == 1 && !sure:
		return 0
	}
	return j + g
}

// spelled is where a name ends whose given part is hiragana that nobody lists:
// behind a surname and a space, before a title or the end of what is said.
func (l *lists) spelled(t *span.Text, j, n int, s string) int {
	if t.At(j) != ' ' || n < 2 || l.placeish[s] {
		return 0
	}
	for m := 4; m > 1; m-- {
		k := j + 1 + m
		g := t.Cut(j+1, k)
		if k > t.Len() || strings.ContainsFunc(g, func(r rune) bool { return !span.Hiragana(r) && !span.Katakana(r) }) || strings.HasPrefix(g, "です") || strings.HasPrefix(g, "ます") || honorific(t, j+1) > 0 {
			continue
		}
		if r := t.At(k); honorific(t, k) > 0 || t.Has(k, "です") || r == 0 || strings.ContainsRune("\n、。,(（)）/|", r) {
			return k
		}
	}
	return 0
}

// alone reports whether a surname without a given name is one.
func (l *lists) alone(t *span.Text, i, n int, s string) bool {
	j := i + n
	after := func(words ...string) bool {
		for _, w := range words {
			if t.Has(j, w) {
				return true
			}
		}
		return false
	}
	if n == 1 && strings.ContainsRune("源平", t.R[i]) && t.Has(j, "氏") {
		return false // a house
	}
	if s == "奥" && (after("さん") || after("様") || after("さま")) {
		return false // somebody's wife
	}
	if t.Ends(i, "旧姓") && (t.At(j) == 'の' || t.At(j) == 0 || strings.ContainsRune("、。)）です", t.At(j))) {
		return true
	}
	if honorific(t, j) > 0 && !(after("代表", "宅", "理事", "委員", "名人", "記者", " 代表") && l.placeish[s]) {
		return true
	}
	if !l.placeish[s] && anyAt(t, j, officials) > 0 {
		return true
	}
	if after("と申します", "と申す", "といいます", "と言います", "でございます", "と名乗") {
		return true
	}
	if n > 1 && l.often[s] && speaker(t, i, n) {
		return true
	}
	if n == 1 || l.placeish[s] {
		return false
	}
	if after("です", "だ。", "より\n", " 拝", "拝") && (t.At(i-1) == 'の' || t.At(i-1) == 0 || strings.ContainsRune("、。\n は「,. ", t.At(i-1))) {
		return true
	}
	if !l.often[s] || span.Han(t.At(i-1)) || l.amidPlaces(t, i, j) {
		return false
	}
	r := t.At(j)
	if r == 0 || strings.ContainsRune("はがをにともへ、。)」\n,", r) {
		return !after("はし", "とも")
	}
	return after("から", "より", "の", "・", "さ", "まで連絡", "宛") && !after("の里", "の滝", "の森", "の海", "の川", "の城")
}

// labels stand in forms before names. Strict ones announce nothing else.
var labels = []struct {
	text   string
	strict bool
}{
	{"氏名", true}, {"お名前", true}, {"患者名", true}, {"名義人", true}, {"口座名義", true}, {"契約者", true}, {"申込者", true}, {"申請者", true}, {"受取人", true}, {"届出人", true}, {"保護者", false}, {"緊急連絡先", false}, {"名前", false},
	{"担当者", false}, {"担当", false}, {"患者", false}, {"顧客名", false}, {"宛名", false}, {"差出人", false}, {"依頼者", false}, {"依頼人", false}, {"代表者", false}, {"送信者", false}, {"署名", false}, {"作成者", false}, {"報告者", false}, {"出席者", false}, {"参加者", false}, {"本名", true}, {"旧姓", true}, {"司会", false}, {"引率", false}, {"議事録作成", false}, {"記録", false}, {"作者", false}, {"著者", false}, {"執筆", false}, {"監修", false}, {"講師", false}, {"承認者", false}, {"発表者", false}, {"責任者", false}, {"出席", false}, {"参加", false}, {"世帯主", true}, {"被保険者", false}, {"配偶者", false}, {"送付先", false}, {"お届け先", false}, {"作詞者", false}, {"作曲者", false}, {"編曲者", false}, {"翻訳者", false}, {"指揮者", false}, {"設計者", false}, {"発明者", false}, {"創業者", false}, {"主演", false}, {"脚本", false}, {"ご依頼主", false}, {"貸主", false}, {"借主", false}, {"売主", false}, {"買主", false}, {"遺言者", false}, {"被相続人", false}, {"相続人", false}, {"債権者", false}, {"債務者", false}, {"会計", false}, {"書記", false}, {"幹事", false}, {"施主", false}, {"喪主", false}, {"飼い主", false}, {"入居者", false}, {"利用者", false},
}

// fillersText stand in forms where a name would.
const fillersText = "必須 任意 入力 未定 不明 無 変更 非公開 欄 記入 未記入 記載 同上 匿名 空欄 変数 省略 漢字 全角 半角 一覧 登録 確認 表示 項目 後日 担当者 本人 該当 名前 氏名"

var labelWords = span.NewWords(func() (all []string) {
	for _, l := range labels {
		all = append(all, l.text)
	}
	return all
}()...)

// labelled is the name behind a label.
func (l *lists) labelled(t *span.Text, i int) (a, b int) {
	if which, n := labelWords.At(t, i); n > 0 {
		j := i + n
		for t.At(j) != 0 && strings.ContainsRune("名様)】]」", t.At(j)) && j < i+8 {
			j++
		}
		mark := j
		for t.At(j) != 0 && strings.ContainsRune(" ::はが\t|", t.At(j)) && j < mark+4 {
			j++
		}
		if j == mark {
			return 0, 0
		}
		return j, l.filled(t, j, labels[which].strict)
	}
	return 0, 0
}

// filled is where a name ends that stands in a form at a rune.
func (l *lists) filled(t *span.Text, j int, strict bool) int {
	if end := l.surnamed(t, j, func(n int, s string) bool {
		return n > 1 && !span.Han(t.At(j+n)) && !l.placeish[s] || honorific(t, j+n) > 0
	}); end > 0 {
		return end
	}
	for n := 3; n > 1; n-- {
		if s := t.Cut(j, j+n); l.surnames[s] && !l.placeish[s] {
			m := n
			for span.Han(t.At(j+m)) && m < n+4 {
				m++
			}
			if r := t.At(j + m); m > n && m < n+4 && (r == 0 || strings.ContainsRune("、。\n,(", r) || t.Has(j+m, "です")) && !corporate(t.R[j+m-1]) {
				return j + m
			}
		}
	}
	k, spaces := j, 0
	for k < j+9 && (span.Han(t.At(k)) || span.Katakana(t.At(k)) || t.At(k) == ' ' && spaces == 0 && (span.Han(t.At(k+1)) || span.Katakana(t.At(k+1)) || span.Hiragana(t.At(k+1)))) {
		if t.At(k) == ' ' {
			spaces++
		}
		k++
	}
	n := k - j
	if !strict || n < 2 || n > 8 || l.fillers[t.Cut(j, k)] || l.fillers[t.Cut(j, j+2)] {
		return 0
	}
	if r := t.At(k); r == 0 || strings.ContainsRune("\n、。,(（様 /|", r) || t.Has(k, "です") || t.Has(k, "さん") {
		return k
	}
	return 0
}

// surnamed is where a name ends that begins with a surname, 0 where none does;
// alone says whether a surname of n runes needs no given name.
func (l *lists) surnamed(t *span.Text, i int, alone func(n int, s string) bool) int {
	lengths := l.surnameLengths[t.At(i)]
	for n := 4; n > 0; n-- {
		if lengths>>n&1 == 0 || i+n > t.Len() {
			continue
		}
		s := t.Cut(i, i+n)
		if !l.surnames[s] {
			continue
		}
		if end := l.whole(t, i, n, s); end > 0 {
			return end
		}
		if alone(n, s) {
			return i + n
		}
	}
	return 0
}

// hira turns katakana into hiragana.
func hira(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - 0x60
		}
		return r
	}, s)
}

// foreignUnsureText are katakana that name more than people.
const foreignUnsureText = `ヴェルディ マーク ビル ダン アリ レオ ノア サラ リン ヤン ワン ミア マリア ローラ ベン マックス ホワイト ワシントン リンカーン ケネディ シャーロット ジャクソン ブラウン グリーン キング クーパー ジャック オスカー ルーカス フランク ライト ヒル ムーア ウッド ロング プライス ベル クック グレイ ジョー トム ティム サム ニック マイク ボブ ジム トニー アンナ カール ポール ロス アン チャン チェン マスク ゲイツ ナポレオン バッハ ブッシュ リサ ルイス アリス ニコラス ハリス カーター スミス ヤング`

// eponyms are what bears somebody's name; ranks are those that a surname in
// katakana alone goes before, and nouns what else goes there.
var (
	eponyms = starts{span.NewWords("大学", "銀行", "空港", "病院", "シリーズ", "財団", "ホテル", "カップ", "定理", "法則", "効果", "症候群", "病", "彗星", "海峡", "運河", "諸島", "通り", "記念", "式", "方程式", "変換", "関数", "分布")}
	ranks   = starts{span.NewWords("氏は", "氏が", "氏の", "首相", "元首相", "大統領", "元大統領", "女史", "党首", "投手", "捕手", "騎手", "判事", "容疑者", "被告", "夫人", "博士", "監督", "選手", "外相", "長官", "書記長", "教授", "議長", "議員", "校長", "神父", "牧師", "卿", "軍曹", "大佐", "中尉")}
	nouns   = lexicon.Set(`アメリカ イギリス フランス ドイツ イタリア スペイン ロシア ウクライナ カナダ メキシコ ブラジル アルゼンチン チリ ペルー コロンビア キューバ インド パキスタン ネパール タイ ベトナム フィリピン マレーシア シンガポール インドネシア オーストラリア ニュージーランド トルコ イラン イラク シリア イスラエル エジプト ケニア ナイジェリア ガーナ モロッコ ポーランド チェコ ハンガリー オーストリア スイス オランダ ベルギー デンマーク スウェーデン ノルウェー フィンランド アイルランド ギリシャ ポルトガル モンゴル スリランカ ミャンマー ウガンダ ソマリア スーダン ルーマニア ブルガリア セルビア クロアチア
サッカー テニス バレー バスケ ラグビー ゴルフ スキー スケート フィギュア レスリング ボクシング マラソン プロ アマ チーム アニメ ドラマ ヘッド リリーフ エース キャッチャー オリンピック パラリンピック メダリスト ベテラン レギュラー ユース ジュニア シニア コーチ クラブ リーグ セリーグ パリーグ サポート スター スタッフ スクール フリー インター ゲスト セミナー オンライン ベンチ コレクション カトリック プロテスタント ルーキー スイマー ランナー バドミントン ハンドボール ソフトボール バスケットボール アスリート スポーツ スピードスケート アイスホッケー スノーボード クライミング サーフィン スケートボード フェンシング トライアスロン`)
)

// staff are called with さん and are nobody by name.
var staff = lexicon.Set(`サンタ ママ パパ スタッフ オーナー ドクター ユーザー メーカー ヘルパー アルバイト バイト パート クライアント ベンダー サポーター マネージャー マネジャー リーダー コーチ シェフ ナース ドライバー カメラマン デザイナー エンジニア プログラマー ライター モデル アイドル ファン ゲスト ホスト キャスト メンバー チーム サークル パートナー ディーラー ブローカー バイヤー レジ ショップ リフォーム ケアマネ ケアマネージャー ディレクター プロデューサー インストラクター トレーナー カウンセラー コンサル コンサルタント アドバイザー セールス クマ ゾウ キリン ウサギ ネコ カメ サル タヌキ キツネ トナカイ カラス クジラ イルカ パンダ コアラ オバ オジ オネエ ニイ ネエ ジイ バア オカマ ヤクザ クリーニング タクシー ガス ハウスメーカー`)

// honest are words in katakana that no name has.
var honest = span.NewPattern(`(?:アンド|エンド|オブ|ザ・|ストリート|スクエア|パーク|アイランド|シティ|タワー|ホテル|システム|サービス|センター|カード|ゲーム|コーヒー|ショップ|ストア|マネジメント|マーケティング|エンジニア|ゴルフ|サッカー|テニス|バレー|リーグ|オリンピック|コンテスト|デザイン|プロジェクト|チーム|クラブ|スクール|カフェ|バー$|ビル$)`)

// katakana is where a name ends that begins with katakana.
func (l *lists) katakana(t *span.Text, i int) int {
	if r := t.At(i - 1); (r == '・' || r == '=') && span.Katakana(t.At(i-2)) {
		return 0 // the rest of what was none
	}
	j, parts, hit, strange := i, 0, false, true
	for {
		k := j
		for span.Katakana(t.At(k)) {
			k++
		}
		part := t.Cut(j, k)
		is := lattice.Katakana(part)
		hit = hit || l.foreign[part] || is == lattice.Person || is == lattice.Ambiguous && parts > 0
		strange = strange && is != lattice.Ordinary && !honest.MatchString(part) && !nouns[part]
		parts++
		if r := t.At(k); (r == '・' || r == '=') && span.Katakana(t.At(k+1)) {
			j = k + 1
			continue
		} else if r == '・' && t.At(k+1) >= 'A' && t.At(k+1) <= 'Z' && (t.At(k+2) == '・' || t.At(k+2) == '.' && t.At(k+3) == '・') && parts < 4 {
			for k++; !span.Katakana(t.At(k)) && k < t.Len(); k++ { // ジョージ・W・ブッシュ
			}
			j = k
			continue
		}
		j = k
		break
	}
	whole := t.Cut(i, j)
	kana := hira(whole)
	if r := t.At(j); r == '』' || r == '》' || r != 0 && strings.ContainsRune("駅市州県区町村山川島湖岬湾通賞社号橋城寺館式型線杯庁像", r) || eponyms.Starts(t, j) {
		return 0
	}
	switch {
	case parts == 1 && j-i > 2 && t.Has(j, "さん") && !nouns[whole] && !staff[whole] && !honest.MatchString(whole) && !thing.Known(whole) && strings.ContainsRune("はがのをにとも、。\n(かへやよでだ|", t.At(j+2)) && t.At(j+2) != 0:
		return j
	case parts == 1 && j-i > 2 && ranks.Starts(t, j) && !nouns[whole] && !honest.MatchString(whole):
		return j
	case parts > 1 && parts < 5 && (hit && !honest.MatchString(whole) || anyAt(t, j, called) > 0):
		return j
	case (parts == 2 || parts == 3) && strange && j-i > 4 && j-i < 16 && !thing.Known(whole) && closes(t, j):
		return j
	case parts == 1 && j-i > 2 && lattice.Katakana(whole) == lattice.Person && !l.foreignUnsure[whole] && !nouns[whole] && !span.Han(t.At(i-1)) && t.At(j) != 0 && strings.ContainsRune("はがをにとも", t.At(j)):
		return j
	case parts == 2 && j-i > 4 && j-i < 14 && (span.Han(t.At(i-1)) && roles.End(t, i) || t.At(i-1) == ' ' && roles.End(t, i-1) && span.Han(t.At(i-2))) && !honest.MatchString(whole):
		return j
	case parts == 1 && t.Has(j, "氏") && !t.Has(j, "氏族") && j-i > 1:
		return j
	case parts == 1 && j-i > 1 && j-i < 7 && (t.Has(j, "くん") || t.Has(j, "ちゃん")) && anyAt(t, j, called) > 0 && !pets[whole]:
		return j
	case l.foreign[whole] && honorific(t, j) > 0:
		return j
	case (l.kanaGiven[kana] || l.kanaSurnames[kana]) && anyAt(t, j, plainly) > 0:
		return j
	case l.foreign[whole] && !l.foreignUnsure[whole] && j-i >= 4 && strings.ContainsRune("はがをにとのも、。", t.At(j)) && t.At(j) != 0:
		return j
	}
	// タナカ タロウ, タナカタロウ
	for n := 5; n > 1; n-- {
		if i+n > t.Len() || !l.kanaSurnames[hira(t.Cut(i, i+n))] {
			continue
		}
		k := i + n
		if t.At(k) == ' ' {
			k++
		}
		m := 0
		for span.Katakana(t.At(k + m)) {
			m++
		}
		if g := hira(t.Cut(k, k+m)); l.kanaGiven[g] || l.kanaGiven[strings.ReplaceAll(g, "ー", "う")] {
			return k + m
		}
	}
	return 0
}

// hiragana is where a name ends that begins with hiragana: さくらちゃん.
func (l *lists) hiragana(t *span.Text, i int) int {
	if t.At(i-1) == '(' && span.Han(t.At(i-2)) {
		if n := reading(t, i); n > 0 {
			return i + n
		}
	}
	if r := t.At(i - 1); span.Han(r) || span.Hiragana(r) && !strings.ContainsRune("はがをにとのもや", r) {
		return 0
	}
	for n := 5; n > 1; n-- {
		if i+n > t.Len() {
			continue
		}
		s := t.Cut(i, i+n)
		if (s == "たく" || s == "みな") && t.Has(i+n, "さん") {
			return 0 // many, everybody
		}
		if l.kanaSurnames[s] {
			k := i + n
			if t.At(k) == ' ' {
				k++
			}
			for m := 5; m > 1; m-- {
				if k+m <= t.Len() && l.kanaGiven[t.Cut(k, k+m)] && (k > i+n || m > 2) && (!span.Hiragana(t.At(k+m)) || honorific(t, k+m) > 0 || strings.ContainsRune("はがをにとので", t.At(k+m))) {
					return k + m
				}
			}
		}
		if (l.kanaSurnames[s] || l.kanaGiven[s]) && anyAt(t, i+n, plainly) > 0 && !span.Hiragana(t.At(i-1)) {
			return i + n
		}
		if l.kanaGiven[s] && n > 1 && (t.Has(i+n, "ちゃん") || t.Has(i+n, "くん")) {
			return i + n
		}
	}
	return 0
}
