package place

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// before looks back from a number for the place that it belongs to. sure says
// that a prefecture or a municipality is named, town that only a town may be;
// a < 0 means that there is none.
func before(t *span.Text, i int) (a int, sure, town bool) {
	j := i
	if t.At(j-1) == ' ' {
		j--
	}
	low := j
	for low > 0 && j-low < 40 && reaches(t, low-1) {
		low--
	}
	if s := municipal(t, low, j, t.At(i-1) == ' '); s >= 0 {
		return s, true, true
	}
	s := j
	for s > low && (span.Han(t.R[s-1]) || span.Katakana(t.R[s-1])) && j-s < 7 {
		s--
	}
	if n := j - s; n < 2 || n > 6 || i != j || notTown(t.Cut(s, j)) {
		return -1, false, false
	}
	return s, false, true
}

// municipality is where the name begins that ends with a mark, -1 where none
// does.
func municipality(t *span.Text, low, mark int) int {
	if k := kana.Suffix(t.Cut(low, mark)); k != "" {
		return mark - runes(k)
	}
	s := mark
	for s > low && mark-s < 5 && (span.Han(t.R[s-1]) || (t.R[s-1] == 'の' || t.R[s-1] == 'ノ' || t.R[s-1] == 'ケ') && span.Han(t.At(s-2)) && mark-s < 3) {
		s--
	}
	if s == mark || strings.ContainsRune("都市当各同本全両他県", t.R[mark-1]) && mark-s == 1 {
		return -1
	}
	return s
}

// notTowns are words before numbers like 1-2-3 that name no town.
var notTowns = []string{"平成", "昭和", "令和", "大正", "明治", "結果", "比率", "番号", "電話", "品番", "型番", "版", "第", "章", "図", "表", "式", "約", "全", "計", "合計", "例", "問", "巻", "号", "項", "条", "節", "日付", "期間", "時間", "配列", "範囲",
	"設定", "手順", "構成", "布陣", "システム", "フォーメーション", "バージョン", "ポート", "コード", "番", "課題", "注文", "予約", "会員", "対", "勝", "比", "割合", "連番", "管理", "案件", "内線", "携帯", "成績", "得点", "スコア", "順", "参照", "項目", "別紙", "資料", "付録", "サイズ", "モデル", "部屋", "定期", "年月日",
	"ナンバー", "個人番号", "カード", "口座", "議題", "議案", "論点", "設問", "質問", "問題", "提案", "改訂", "規則", "仕様", "要件", "工程", "作業", "試合", "枝番", "報告", "段落", "練習", "演習", "単元", "列", "行", "ページ", "頁", "ステップ", "レベル", "タスク", "チケット", "リリース"}

func notTown(s string) bool {
	for _, w := range notTowns {
		if strings.HasSuffix(s, w) || strings.HasPrefix(s, w) && len([]rune(w)) > 1 {
			return true
		}
	}
	return false
}

// houses are parts of the names of buildings.
var houses = []string{"マンション", "ビル", "ハイツ", "コーポ", "荘", "アパート", "レジデンス", "タワー", "ハウス", "メゾン", "パレス", "プラザ", "コート", "ヒルズ", "グラン", "号室", "号棟", "棟", "階", "シティ", "ガーデン", "テラス", "パーク", "ヴィラ", "ビラ", "コーポラス", "団地", "住宅", "寮", "館", "フラット", "ドミール", "シャトー", "プレイス", "スクエア", "ライオンズ", "カーサ", "サンライズ", "エステート", "レオパレス", "キャッスル", "ロイヤル", "メゾネット", "社宅"}

// building goes on from the numbers of an address to a building and a room.
func building(t *span.Text, i int) int {
	j := i
	if t.At(j) == '-' {
		j++
		for span.Digit(t.At(j)) {
			j++
		}
	}
	if t.Has(j, "号室") {
		return j + 2
	}
	k := j
	if t.At(k) == '\n' && span.Katakana(t.At(k+1)) {
		k++
	}
	for k < t.Len() && t.R[k] == ' ' && k < j+2 {
		k++
	}
	start := k
	if start == j && t.At(k) == 'の' {
		return min(j, t.Len())
	}
	if start > j {
		if to := homed(t, start); to > start {
			return to
		}
	}
	for start > j && k < start+6 && span.Hiragana(t.At(k)) {
		k++ // いきいきプラザ
	}
	if !span.Katakana(t.At(k)) && !span.Han(t.At(k)) || k < start+3 {
		k = start
	}
	for k < t.Len() && k < start+32 {
		r := t.R[k]
		if strings.ContainsRune(bounds, r) && r != '(' || span.Hiragana(r) && !strings.ContainsRune("つのみさくらひかりあおいすみれわかばやま", r) {
			break
		}
		if r == ' ' && !span.Digit(t.At(k+1)) {
			break
		}
		k++
	}
	name := t.Cut(start, k)
	for _, h := range houses {
		if strings.Contains(name, h) {
			return trim(t, start, k)
		}
	}
	// A room alone: 1-2-3 405, 1-2-3-405.
	n := 0
	for span.Digit(t.At(start + n)) {
		n++
	}
	if start > j && n >= 3 && n <= 4 {
		if t.Has(start+n, "号室") {
			n += 2
		}
		return start + n
	}
	return min(j, t.Len())
}

// trim takes the words of a sentence off the end of a building's name.
func trim(t *span.Text, start, k int) int {
	for _, e := range []string{"号室", "階", "号棟", "棟", "荘"} {
		if b := strings.LastIndex(t.Cut(start, k), e); b >= 0 {
			return start + len([]rune(t.Cut(start, k)[:b])) + len([]rune(e))
		}
	}
	for j := k; j > start; j-- {
		if r := t.At(j - 1); span.Digit(r) || span.Katakana(r) || span.Letter(r) {
			return j
		}
	}
	return k
}

// kyoto is an address by streets: 中京区烏丸通三条上ル.
func kyoto(t *span.Text, i int) (a, b int) {
	for j := i + 1; j < i+14 && t.At(j) != 0; j++ {
		for _, way := range []string{"上ル", "下ル", "上る", "下る", "東入", "西入", "上がる", "下がる"} {
			if t.Has(j, way) {
				a, sure, _ := before(t, i)
				if !sure {
					return 0, 0
				}
				end := j + len([]rune(way))
				if r := t.At(end); r == 'ル' || r == 'る' {
					end++
				}
				for span.Han(t.At(end)) && end < j+16 {
					end++
				}
				return a, building(t, numbers(t, end).to)
			}
		}
		if r := t.R[j]; !span.Han(r) && !span.Katakana(r) && r != ' ' {
			return 0, 0
		}
	}
	return 0, 0
}
