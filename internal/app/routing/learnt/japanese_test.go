package learnt

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"irori/internal/route/log"
	"irori/internal/store"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
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

// All that is known of a request is said in Japanese, but for names, codes and
// what is typed.
func TestAllOfARequestInJapanese(t *testing.T) {
	home := t.TempDir()
	db, err := sqlite.Open(filepath.Join(home, "outcomes.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	e := routed.Entry{ID: "01a2", Time: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Route: "auto", Version: "v1", Answered: routed.Strong, Point: routed.Answer,
		Weak: routed.Target{Name: "here"}, Strong: routed.Target{Name: "up/m"}, Privacy: routed.Redact, Doubt: new(.7), Promise: "p1", Share: new(.1), Audit: routed.Planned,
		Failure: "error backend_unavailable", Turn: routed.Turn{On: routed.Weak, Again: "tool"}}
	changes := []routed.Change{{Entry: &e}, {Audit: &routed.Audit{ID: e.ID, State: routed.Failed, Why: "backend_timeout"}}}
	for _, source := range []string{log.Test, log.Feedback, log.Schema, log.ShadowJudge, log.Call, log.Tool, log.Edit, log.Retry, log.Verifier} {
		changes = append(changes, routed.Change{Label: &routed.Label{ID: e.ID, Side: routed.Weak, Source: source, Time: e.Time}})
	}
	if err := db.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rec := &store.Record{ID: e.ID, DecisionPolicy: "auto@v1", DecisionReason: "cloud: nothing is known of such questions yet"}
	if said, err := Explain(t.Context(), home, rec, "en"); err != nil || !strings.Contains(strings.Join(said.Words, "|"), "the local answer was asked for by the audit") {
		t.Errorf("%q %v", said.Words, err)
	}
	rec.DecisionReason, rec.EscalatedFrom = "cloud: escalated: the answer is a refusal", "here"
	said, err := Explain(t.Context(), home, rec, "ja")
	if err != nil || len(said.Words) != 21 {
		t.Fatalf("%d: %q %v", len(said.Words), said.Words, err)
	}
	latin := regexp.MustCompile(`[a-z]{2,}`)
	for _, w := range said.Words {
		left := strings.NewReplacer("auto", "", "here", "", "up/m", "", "irori route status", "", "backend_unavailable", "", "backend_timeout", "").Replace(w)
		if latin.MatchString(left) {
			t.Errorf("partly English: %s", w)
		}
	}
	all := strings.Join(said.Words, "|")
	for _, want := range []string{"会話はそれまで手元にあった。|それでも決め直した: 呼んだツールが失敗した。", "監査は失敗した: backend_timeout。"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
	if said, err = Explain(t.Context(), home, rec, "en"); err != nil {
		t.Fatal(err)
	}
	all = strings.Join(said.Words, "|")
	for _, want := range []string{"The conversation was here before.|It was decided anew all the same: a tool that was called failed.", "The audit failed: backend_timeout."} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
}
