package learnt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"irori/internal/app/outcomes"
	"irori/internal/route/doubt"
	"irori/internal/route/feature"
	"irori/internal/route/predict"
	"irori/internal/route/reason"
	"irori/internal/store"
	"irori/internal/store/routed"
)

// Explained says why a request was answered by whom it was.
type Explained struct {
	ID     string   `json:"id"`
	Policy string   `json:"policy,omitempty"`
	Reason string   `json:"reason,omitempty"`
	Words  []string `json:"words"`
	// Outcome is what the log of routed requests knows, nil where it has none.
	Outcome *routed.Row `json:"outcome,omitempty"`
}

// words are what an explanation says, in English and Japanese.
var words = map[string][2]string{
	"reason":   {"Decided: %s.", "決めた理由: %s。"},
	"route":    {"Route %s, policy %s: %s here, %s in the cloud.", "ルート %s(ポリシー %s): 手元は %s、クラウドは %s。"},
	"first":    {"It was decided before anything was generated.", "生成の前に決めた。"},
	"prefix":   {"It was decided by the first tokens of the local answer, which were held back.", "手元の回答の冒頭を保留し、それを見て決めた。"},
	"whole":    {"It was decided by the whole local answer, which was held back.", "手元の回答の全体を保留し、それを見て決めた。"},
	"late":     {"It was decided before anything was generated; the local answer was asked for by the audit, and judged then.", "生成の前に決めた。手元の回答は後から監査が求め、そこで評価した。"},
	"on":       {"The conversation was %s before.", "会話はそれまで%sにあった。"},
	"again":    {"It was decided anew all the same: %s.", "それでも決め直した: %s。"},
	"doubt":    {"The doubt of the local answer was %.3f.", "手元の回答の疑わしさは %.3f だった。"},
	"expected": {"Expected then: right with %.0f %% here, with %.0f %% in the cloud.", "当時の見込み: 手元で正答 %.0f %%、クラウドで %.0f %%。"},
	"nothing":  {"Nothing was predicted: this pair of targets has no predictor yet (irori route status).", "予測はない: この組にはまだ予測器がない(irori route status)。"},
	"alone":    {"The predictor %s alone said: right with %.0f %% here, with %.0f %% in the cloud. What came of requests since then corrects it.", "予測器 %s だけなら: 手元で正答 %.0f %%、クラウドで %.0f %%。その後のリクエストの結果がこれを補正した。"},
	"unproven": {"The predictor %s, which this home's labels made, said: right with %.0f %% here, with %.0f %% in the cloud. It decided nothing, because it was not proven yet (irori route status).", "このホームのラベルから作られた予測器 %s の見込み: 手元で正答 %.0f %%、クラウドで %.0f %%。まだ実証されていないので決定には使われなかった(irori route status)。"},
	"verdict":  {"Asked whether its answer holds, the local model said yes with %.0f %%. By what that was worth on audited answers, it is right with %.0f %% where either was as likely.", "答えが正しいかと尋ねると、手元のモデルは %.0f %% で「はい」と答えた。監査済みの答えでの実績から、五分五分なら %.0f %% で正しい。"},
	"mute":     {"Asked whether its answer holds, the local model said yes with %.0f %%. That counts for nothing yet: too few such answers were audited.", "答えが正しいかと尋ねると、手元のモデルは %.0f %% で「はい」と答えた。監査済みの答えが少ないので、まだ考慮されない。"},
	"model":    {"The predictor has changed since; this is what it says now.", "予測器はその後に変わった。以下は今の予測器が述べること。"},
	"promise":  {"It stood on the promise %s.", "約束 %s に基づく。"},
	"audit":    {"Chance had both sides answer it (share %g): %s.", "両者に答えさせる抽出(割合 %g)の対象: %s。"},
	"vain":     {"The audit failed: %s.", "監査は失敗した: %s。"},
	"label":    {"The %s answer is worth %.2g, says %s (trusted %.2g).", "%sの回答の評価は %.2g(出所 %s、信頼度 %.2g)。"},
	"private":  {"Of what was private: %s.", "私的な内容の扱い: %s。"},
	"failed":   {"It ended as %s.", "結果: %s。"},
	"audits":   {"It is no client's request: an audit asked for it, to compare the answers of both sides.", "クライアントの要求ではない: 両側の答えを比べる監査が尋ねた。"},
	"plain":    {"No route decided it: the request named who answers.", "ルートは関わっていない: 要求が回答者を指定した。"},
}

// sides are where a conversation was, anew why that did not count.
var (
	sides = map[string][2]string{routed.Weak: {"here", "手元"}, routed.Strong: {"in the cloud", "クラウド"}}
	anew  = map[string][2]string{
		"retry": {"the same was asked again", "同じことがもう一度尋ねられた"}, "edit": {"the last turn was changed", "最後の発言が書き直された"},
		"tool": {"a tool that was called failed", "呼んだツールが失敗した"}, "call": {"a tool could not read its call", "ツールが呼び出しを読めなかった"},
		"escalated": {"the last local answer would not do", "手元の前の答えでは足りなかった"}, "failover": {"the last answer was of who stood in", "前の答えは代わりのものが出した"},
	}
)

// Explain says in words why a request of the ledger was answered by whom it
// was, in Japanese for "ja" and else in English. home has the predictors.
func Explain(ctx context.Context, home string, rec *store.Record, lang string) (*Explained, error) {
	out := &Explained{ID: rec.ID, Policy: rec.DecisionPolicy, Reason: rec.DecisionReason}
	i := 0
	if lang == "ja" {
		i = 1
	}
	say := func(key string, args ...any) { out.Words = append(out.Words, fmt.Sprintf(words[key][i], args...)) }
	in := func(s string) string { return s }
	if lang == "ja" {
		in = japanese
	}
	say("reason", in(rec.DecisionReason))
	switch {
	case rec.API == "audit": // its policy is that of the route whose budget it counts to
		say("audits")
		return out, nil
	case rec.DecisionPolicy == "":
		say("plain")
		return out, nil
	}
	var row *routed.Row
	err := outcomes.Rows(ctx, home, routed.Which{ID: rec.ID}, func(rows iter.Seq2[*routed.Row, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			row = r
		}
		return nil
	})
	if err != nil || row == nil {
		return out, err
	}
	out.Outcome = row
	say("route", row.Route, row.Version, row.Weak.Name, row.Strong.Name)
	switch late := row.Answered == routed.Strong && rec.EscalatedFrom == ""; {
	case row.Point == routed.Before:
		say("first")
	case late:
		say("late")
	case row.Point == routed.Prefix:
		say("prefix")
	case row.Point == routed.Answer:
		say("whole")
	default:
		say("first")
	}
	if on := row.Turn.On; on != "" {
		say("on", sides[on][i])
		if row.Turn.Again != "" {
			say("again", anew[row.Turn.Again][i])
		}
	}
	based := row.BaseWeak != nil && row.BaseStrong != nil
	switch {
	case row.PWeak != nil && row.PStrong != nil:
		say("expected", 100**row.PWeak, 100**row.PStrong)
		if based && row.Predictor != row.Base {
			say("alone", row.Base, 100**row.BaseWeak, 100**row.BaseStrong)
		}
		out.Words = append(out.Words, predicted(ctx, home, row, lang, say)...)
	case based:
		say("unproven", row.Base, 100**row.BaseWeak, 100**row.BaseStrong)
	default:
		say("nothing")
	}
	if row.Doubt != nil && row.Point != routed.Before {
		say("doubt", *row.Doubt)
		var none *doubt.Model
		for _, r := range none.Explain(row.Signals, 3) {
			out.Words = append(out.Words, "  "+r.Words)
		}
	}
	if yes, ok := row.Signals[doubt.VerifierYes]; ok {
		if worth := row.Signals[doubt.Verified]; worth != .5 {
			say("verdict", 100*yes, 100*worth)
		} else {
			say("mute", 100*yes)
		}
	}
	if row.Privacy != "" && row.Privacy != routed.Any {
		say("private", in(row.Privacy))
	}
	if row.Promise != "" {
		say("promise", row.Promise)
	}
	if row.Audit != "" && row.Share != nil {
		say("audit", *row.Share, in(row.Audit))
		if row.AuditWhy != "" {
			say("vain", in(row.AuditWhy))
		}
	}
	for _, l := range row.Labels {
		say("label", in(l.Side), l.Score, in(l.Source), l.Weight)
	}
	if row.Failure != "" {
		status, code, _ := strings.Cut(row.Failure, " ")
		say("failed", strings.TrimSpace(in(status)+" "+code))
	}
	return out, nil
}

// predicted is what the predictor says of a request's features.
func predicted(ctx context.Context, home string, row *routed.Row, lang string, say func(string, ...any)) []string {
	m, err := predict.Load(PredictorFile(home, row.Route, row.Weak.Name), predict.Options{})
	base := cmp.Or(row.Base, row.Predictor)
	if err != nil || m.Version() != base {
		if own := ownOf(ctx, home, Pair{row.Route, row.Weak.Name, row.Strong.Name}); own != nil && (err != nil || own.Version() == base) {
			m, err = own, nil
		}
	}
	if err != nil {
		return nil // what was expected is said
	}
	q := predict.Question{Text: row.Question, At: row.Time}
	if q.Text == "" {
		if q.Features, err = feature.ReadKept(string(row.Features)); err != nil {
			return nil
		}
	}
	if m.Version() != base {
		say("model")
	}
	return slices.Clone(reason.Sentences(m.ExplainOf(q, 8), lang))
}

// ownOf is the predictor that a home's labels made for a pair, nil without one.
func ownOf(ctx context.Context, home string, p Pair) (m *predict.Model) {
	name := keptModel + p.name()
	err := outcomes.Kept(ctx, home, func(s outcomes.Values) error {
		kept, err := s.Kept(ctx, name)
		if err != nil || kept[name] == nil {
			return err
		}
		m, err = predict.Read(bytes.NewReader(kept[name]), predict.Options{})
		return err
	})
	if err != nil {
		return nil
	}
	return m
}
