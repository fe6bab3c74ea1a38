package learnt

import (
	"strings"

	"irori/internal/route/log"
	"irori/internal/store/routed"
)

// single are the words that stand alone in the log of routed requests.
var single = map[string]string{
	routed.Weak: "手元のモデル", routed.Strong: "クラウドのモデル",
	routed.Planned: "予定", routed.Audited: "監査済み", routed.Failed: "失敗", routed.Undecided: "判定できず",
	routed.LocalOnly: "外に出さない", routed.Redact: "伏せて出す",
	log.Test: "テスト", log.Feedback: "フィードバック", log.Schema: "スキーマ", log.ShadowJudge: "監査の判定", log.Call: "ツールの呼び出し",
	log.Tool: "ツールの結果", log.Edit: "次の要求での直し", log.Retry: "再試行", log.Verifier: "ローカルモデル自身による判定",
}

// phrases are the fixed parts of reasons. What a person wrote in a policy, and
// names, stay as they are.
var phrases = strings.NewReplacer(
	"nothing is known of such questions yet", "このような質問についてはまだ何もわからない",
	"a better answer is not worth it", "よりよい答えはそれに値しない",
	"a better answer is worth it", "よりよい答えはそれに値する",
	"the answer is judged first", "まず答えを評価する",
	"the answer is judged within a bound", "約束の範囲で答えを評価する",
	"within the bound (doubt ", "約束の範囲内(疑い ",
	"the policy says so until a bound is promised", "約束できるまではポリシーがそう定める",
	"no bound allows a local answer", "手元の答えを許す約束がない",
	"nothing says how doubtful an answer is: irori route train learns that from audits, or cascade judges answers",
	"答えがどれほど疑わしいかを示すものがない。irori route train が監査から学ぶか、cascade が答えを評価する",
	"; about ", "。およそ ",
	"more audited answers are needed", "件の監査済みの答えが要る",
	"the request asks for it", "要求がそう求めた",
	"no local target can answer it", "手元に答えられるものがない",
	"no other target can answer it", "ほかに答えられるものがない",
	"private (", "私的な内容(",
	"outside its hours", "時間外",
	"nobody else can answer, and the answer was doubtful", "ほかに答えられるものがなく、答えは疑わしかった",
	"named by the request", "要求が名指しした",
	"failover (", "代わりの回答(",
	"escalated: ", "回した: ",
	"audit of ", "次の要求の監査: ",
	" points, ", " ポイント、必要なのは ",
	" wanted)", ")",
)

// japanese says a reason, or a word of the log, in Japanese, as far as it is
// fixed vocabulary.
func japanese(s string) string {
	if w, ok := single[s]; ok {
		return w
	}
	if rest, ok := strings.CutPrefix(s, "cloud: "); ok {
		return "クラウド: " + phrases.Replace(rest)
	}
	if rest, ok := strings.CutPrefix(s, "local: "); ok {
		return "ローカル: " + phrases.Replace(rest)
	}
	return phrases.Replace(s)
}
