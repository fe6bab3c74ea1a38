package learnt

import (
	"strings"
	"testing"

	"irori/internal/store"
)

// What is fixed vocabulary is said in Japanese, and what a person wrote stays.
func TestReasonsInJapanese(t *testing.T) {
	for word, want := range map[string]string{"retry": "再試行", "weak": "手元のモデル", "local: rule 1": "ローカル: ルール 1"} {
		if got := japanese(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	e, err := Explain(t.Context(), t.TempDir(), &store.Record{API: "audit", DecisionReason: "cloud: audit of 01a2"}, "ja")
	if err != nil || strings.Join(e.Words, "|") != "決めた理由: クラウド: 次の要求の監査: 01a2。|クライアントの要求ではない: 両側の答えを比べる監査が尋ねた。" {
		t.Errorf("%q %v", e.Words, err)
	}
}
