package learnt

import (
	"irori/internal/route/log"
	"irori/internal/route/reason"
	"irori/internal/store/routed"
)

// single are the words that stand alone in the log of routed requests.
var single = map[string]string{
	routed.Weak: "手元のモデル", routed.Strong: "クラウドのモデル",
	routed.Planned: "予定", routed.Audited: "監査済み", routed.Failed: "失敗", routed.Undecided: "判定できず",
	routed.LocalOnly: "外に出さない", routed.Redact: "伏せて出す",
	log.Test: "テスト", log.Feedback: "フィードバック", log.Schema: "スキーマ", log.ShadowJudge: "監査の判定", log.Call: "ツールの呼び出し",
	log.Tool: "ツールの結果", log.Edit: "次の要求での直し", log.Retry: "再試行", log.Verifier: "ローカルモデル自身による判定",
	"error": "失敗", "cancelled": "取り消し", "interrupted": "中断",
	"what is private is never shadowed": "私的なものは監査しない", "too many audits wait": "監査がたまりすぎている", "an answer is missing": "答えがない",
	"the server stopped": "サーバーが止まった", "it took too long": "時間がかかりすぎた",
}

// japanese says a reason, or a word of the log, in Japanese, as far as it is
// fixed vocabulary.
func japanese(s string) string {
	if w, ok := single[s]; ok {
		return w
	}
	return reason.Japanese(s)
}
