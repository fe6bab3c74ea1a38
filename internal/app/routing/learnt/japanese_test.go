package learnt

import (
	"strings"
	"testing"

	"irori/internal/store"
)

// What is fixed vocabulary is said in Japanese, and what a person wrote stays.
func TestReasonsInJapanese(t *testing.T) {
	for reason, want := range map[string]string{
		"cloud: nothing is known of such questions yet":                 "クラウド: このような質問についてはまだ何もわからない",
		"local: a better answer is not worth it (+3 points, 10 wanted)": "ローカル: よりよい答えはそれに値しない(+3 ポイント、必要なのは 10)",
		"local: it is marked as confidential":                           "ローカル: it is marked as confidential",
		"cloud: no bound allows a local answer: nothing says how doubtful an answer is: irori route train learns that from audits, or cascade judges answers": "クラウド: 手元の答えを許す約束がない: 答えがどれほど疑わしいかを示すものがない。irori route train が監査から学ぶか、cascade が答えを評価する",
		"retry": "再試行", "weak": "手元のモデル",
	} {
		if got := japanese(reason); strings.ReplaceAll(got, " (", "(") != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
	e, err := Explain(t.Context(), t.TempDir(), &store.Record{API: "audit", DecisionReason: "cloud: audit of 01a2"}, "ja")
	if err != nil || strings.Join(e.Words, "|") != "決めた理由: クラウド: 次の要求の監査: 01a2。|クライアントの要求ではない: 両側の答えを比べる監査が尋ねた。" {
		t.Errorf("%q %v", e.Words, err)
	}
}
