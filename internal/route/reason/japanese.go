package reason

import (
	"regexp"
	"strings"
)

// said is a fixed part of a decision's reason, in English and Japanese.
type said struct{ en, ja string }

// phrases are the fixed parts, the longer before those that stand in them. * is
// what stands there, and comes back at each *, in order, or as $2 says.
var phrases = []said{
	{"the conversation is here already, and changing is not worth it", "会話はすでにこちらにあり、移すには値しない"},
	{"the conversation is here already, and ", "会話はすでにこちらにあり、"},
	{"nothing is known of such questions yet", "このような質問についてはまだ何もわからない"},
	{"a better answer is not worth it", "よりよい答えはそれに値しない"},
	{"a better answer is worth it", "よりよい答えはそれに値する"},
	{"the answer is judged first", "まず答えを評価する"},
	{"the answer is judged within a bound", "約束の範囲で答えを評価する"},
	{"within the bound (doubt ", "約束の範囲内(疑い "},
	{"the policy says so until a bound is promised", "約束できるまではポリシーがそう定める"},
	{"no bound allows a local answer", "手元の答えを許す約束がない"},
	{"nothing says how doubtful an answer is: irori route train learns that from audits, or cascade judges answers", "答えがどれほど疑わしいかを示すものがない。irori route train が監査から学ぶか、cascade が答えを評価する"},
	{"more than one answer is asked for at once", "一度に複数の答えを求められている"},
	{"nothing predicts its chances", "見込みを予測するものがない"},
	{"no answer was audited yet", "まだ監査した答えがない"},
	{"too few answers were audited yet", "監査した答えがまだ少なすぎる"},
	{"nothing was audited yet", "まだ何も監査していない"},
	{"even the least doubtful of the audited answers were wrong too often", "監査した答えのうち最も疑わしくないものさえ、誤りが多すぎた"},
	{"the answers that were audited do not carry the promise", "監査した答えでは約束に足りない"},
	{"the alarm rang: too many accepted answers were wrong, and nothing is promised until enough new ones were audited", "警報が鳴った。受け入れた答えに誤りが多すぎ、新しい答えを十分に監査するまで何も約束しない"},
	{"; about * more audited answers are needed", "。およそ * 件の監査済みの答えがさらに要る"},
	{" more audited answers are needed", " 件の監査済みの答えがさらに要る"},
	{"the request asks for it", "要求がそう求めた"},
	{"no local target can answer it", "手元に答えられるものがない"},
	{"no other target can answer it", "ほかに答えられるものがない"},
	{"requests that generate nothing stay here", "何も生成しないリクエストは手元に留める"},
	{"private (its text is not read)", "私的な内容(本文は読まない)"},
	{"private (it is to stay here)", "私的な内容(手元に留めるもの)"},
	{"private (it could not be read)", "私的な内容(読めなかった)"},
	{"private (its conversation is)", "私的な内容(会話がそうである)"},
	{"private (", "私的な内容("},
	{"outside its hours", "時間外"},
	{"the budget of * is spent", "予算(*)を使い切った"},
	{" does not answer now", " は今は答えない"},
	{" takes * tokens, and about * are asked", " が扱えるのは * トークンで、およそ * トークンが求められている"},
	{" takes no images", " は画像を扱えない"},
	{" calls no tools", " はツールを呼べない"},
	{" is not known to cost at most *", " の料金が * 以下だとはわからない"},
	{"; nobody is expected to begin within *", "。* 以内に始まる見込みのものはない"},
	{" is none of the providers that the request allows", " は要求が許すプロバイダーのものではない"},
	{" is expected to begin after *, and * are wanted", " は * 後に始まる見込みで、求められているのは *"},
	{"the rule of line * holds, and nobody of * can answer", "* 行目のルールが成り立つが、* に答えられるものがない"},
	{"the rule of line * holds", "* 行目のルールが成り立つ"},
	{"nobody else can answer, and the answer was doubtful", "ほかに答えられるものがなく、答えは疑わしかった"},
	{"named by the request", "要求が名指しした"},
	{"the server's default model", "サーバーの既定のモデル"},
	{"no cloud backend is configured", "クラウドのバックエンドが設定されていない"},
	{"no route to the cloud is configured", "クラウドへのルートが設定されていない"},
	{"the first model of backend *", "バックエンド * の最初のモデル"},
	{"failover (", "代わりの回答("},
	{"escalated: ", "回した: "},
	{"the answer is empty", "答えが空である"},
	{"the answer was cut off", "答えが途中で切れた"},
	{"the answer was filtered", "答えが取り除かれた"},
	{"the answer is not the JSON that was asked for", "答えが求められた JSON でない"},
	{"the answer does not fit its schema", "答えがスキーマに合わない"},
	{"the answer calls a tool wrongly", "答えがツールを誤って呼んでいる"},
	{"the answer has code that no compiler takes", "答えのコードをコンパイラーが受け付けない"},
	{"the answer is a refusal", "答えが拒否である"},
	{"the answer repeats itself", "答えが同じことを繰り返している"},
	{"the answer is in another language", "答えが別の言語である"},
	{"the answer lacks its sources", "答えに出典がない"},
	{"the answer is doubtful", "答えが疑わしい"},
	{"nothing tells how certain the answer is", "答えがどれほど確かかを示すものがない"},
	{"no such answers were audited: a signal is missing that all of those had", "このような答えは監査していない。監査したものがみな持っていた信号がない"},
	{"what the question promised of the local model", "質問から見込んだ手元のモデルの正答率"},
	{"what the question promised of the strong model", "質問から見込んだクラウドのモデルの正答率"},
	{"the share of samples that say the same", "同じことを言う標本の割合"},
	{"what the model's own verdict on its answer is worth", "モデル自身の判定が示すもの"},
	{"the mean log-probability of the tokens", "トークンの対数確率の平均"},
	{"the least certain token", "最も不確かなトークン"},
	{"the share of tokens below −2", "対数確率が −2 を下回るトークンの割合"},
	{"the mean lead over the next best tokens", "次点のトークンとの差の平均"},
	{"the closest choice between two tokens", "二つのトークンの最も僅かな差"},
	{"the share of close choices", "僅差のトークンの割合"},
	{"the mean entropy of the tokens", "トークンのエントロピーの平均"},
	{"the highest entropy of a token", "トークンのエントロピーの最大"},
	{"the share of tokens of high entropy", "エントロピーの高いトークンの割合"},
	{"the lead of the chosen letter", "選んだ記号の次点との差"},
	{"the length of the answer", "答えの長さ"},
	{"the log-probabilities of the tokens (", "トークンの対数確率("},
	{" is not known", " がわからない"},
	{", above the usual", "(普段より高い)"},
	{", below the usual", "(普段より低い)"},
	{"audit of ", "次の要求の監査: "},
	{"the answer to *, which is alike (", "* への答え。似ている("},
	{"the answer to ", "次の要求への答え: "},
	{"; masked: ", "。伏せたもの: "},
	{"; private: it could not be read", "。私的な内容: 読めなかった"},
	{"; private: ", "。私的な内容: "},
	{" points, * wanted", " ポイント、必要なのは *"},
	{", for a cost of ", "、費用は "},
	{"cancelled by ", "取り消し: "},
}

// sideCalls are what agents ask beside the conversation.
var sideCalls = map[string]string{
	"title": "題名", "summary": "要約", "topic": "話題", "tags": "タグ", "follow ups": "続きの質問", "query": "検索語", "completion": "補完",
	"commit message": "コミットメッセージ", "command check": "コマンドの検査", "probe": "動作の確認",
}

// pattern is a phrase that can be looked for.
type pattern struct {
	re *regexp.Regexp
	to string
}

var patterns = compile(phrases)

func compile(of []said) (out []pattern) {
	for _, s := range of {
		en, ja := regexp.QuoteMeta(s.en), strings.ReplaceAll(s.ja, "$", "$$")
		en = strings.ReplaceAll(en, `\*`, `(.+?)`)
		if strings.HasSuffix(en, `(.+?)`) {
			en = strings.TrimSuffix(en, `(.+?)`) + `([^;:、。()]+)`
		}
		for n := range strings.Count(s.ja, "*") {
			ja = strings.Replace(ja, "*", "${"+string(rune('1'+n))+"}", 1)
		}
		out = append(out, pattern{regexp.MustCompile(en), ja})
	}
	return out
}

var (
	needs = regexp.MustCompile(`^([a-z ]+) needs no cloud`)
	ruled = regexp.MustCompile(`^rule (\d+)$`)
	// shows is a signal's figure, windows those of budgets.
	shows   = regexp.MustCompile(`([^\x00-\x7F)])\)? is (-?[0-9][0-9.e+-]*)`)
	windows = regexp.MustCompile(`((?:¥|\$)?[0-9][0-9.,]*k?M?(?: [A-Za-z]+)?) (?:an (hour)|a (day|week|month)|in (total))`)
	per     = map[string]string{"hour": "毎時", "day": "一日", "week": "一週", "month": "一月", "total": "通算"}
)

// Japanese says why a request was answered by whom it was in Japanese, as far as
// that is fixed vocabulary: what a person wrote in a policy, names and codes stay.
func Japanese(s string) string {
	side := ""
	for _, x := range []said{{"cloud: ", "クラウド: "}, {"local: ", "ローカル: "}, {"cache: ", "キャッシュ: "}} {
		if rest, ok := strings.CutPrefix(s, x.en); ok {
			side, s = x.ja, rest
			break
		}
	}
	if m := needs.FindStringSubmatch(s); m != nil && sideCalls[m[1]] != "" {
		s = sideCalls[m[1]] + "にクラウドは要らない" + s[len(m[0]):]
	}
	s = ruled.ReplaceAllString(s, "ルール $1")
	if s == "audit" {
		s = "監査"
	}
	for _, p := range patterns {
		s = p.re.ReplaceAllString(s, p.to)
	}
	s = shows.ReplaceAllString(s, "$1 は $2")
	if strings.Contains(s, "予算(") {
		s = windows.ReplaceAllStringFunc(s, func(b string) string {
			m := windows.FindStringSubmatch(b)
			return per[m[2]+m[3]+m[4]] + " " + m[1]
		})
	}
	return side + s
}
