package report

import (
	"fmt"
	"irori/internal/page"
	"strconv"
	"strings"

	"irori/internal/eval/figure"
	"irori/internal/eval/sample"
	"irori/internal/eval/topic"
	"irori/internal/plot"
)

// Language is that of a report.
type Language string

// The languages of a report.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// t chooses between two wordings.
func (l Language) t(en, ja string) string {
	if l == Japanese {
		return ja
	}
	return en
}

// names are what figures are called.
var names = map[string][2]string{
	"accuracy":                {"Accuracy", "正答率"},
	"judge_agreement":         {"Judge agreed with itself", "判定の一致（順番を入れ替えて）"},
	"instructions_strict":     {"Instructions kept, strictly", "指示の遵守（厳密）"},
	"instructions_loose":      {"Instructions kept, loosely", "指示の遵守（緩い判定）"},
	"ttft_p50_s":              {"First token, median", "最初のトークン（中央値）"},
	"ttft_p90_s":              {"First token, p90", "最初のトークン p90"},
	"ttft_p95_s":              {"First token, p95", "最初のトークン p95"},
	"ttft_p99_s":              {"First token, p99", "最初のトークン p99"},
	"total_p50_s":             {"Whole answer, median", "回答の完了（中央値）"},
	"total_p90_s":             {"Whole answer, p90", "回答の完了 p90"},
	"total_p95_s":             {"Whole answer, p95", "回答の完了 p95"},
	"total_p99_s":             {"Whole answer, p99", "回答の完了 p99"},
	"itl_p50_s":               {"Gap between tokens, median", "トークン間隔（中央値）"},
	"itl_p90_s":               {"Gap between tokens, p90", "トークン間隔 p90"},
	"itl_p95_s":               {"Gap between tokens, p95", "トークン間隔 p95"},
	"itl_p99_s":               {"Gap between tokens, p99", "トークン間隔 p99"},
	"stream_tokens_per_s":     {"Tokens/s of one stream", "一系統のトークン/秒"},
	"stream_characters_per_s": {"Characters/s of one stream", "一系統の文字/秒"},
	"tokens_per_s":            {"Tokens/s of all streams", "全系統のトークン/秒"},
	"characters_per_s":        {"Characters/s of all streams", "全系統の文字/秒"},
	"power_w":                 {"Power", "電力"},
	"energy_j":                {"Energy a question", "一問のエネルギー"},
	"j_per_output_token":      {"J a token written", "出力トークン当たり J"},
	"j_per_token":             {"J a token, read and written", "入出力トークン当たり J"},
	"ipw":                     {"Accuracy per watt (IPW)", "W 当たり正答率（IPW）"},
	"ipj":                     {"Accuracy per joule (IPJ)", "J 当たり正答率（IPJ）"},
	"j_per_correct":           {"J a right answer", "正答一つ当たり J"},
	"cost":                    {"Money a question", "一問の費用"},
	"cost_per_correct":        {"Money a right answer", "正答一つ当たりの費用"},
	"perplexity":              {"Perplexity, mean of texts", "パープレキシティ（文章の平均）"},
	"perplexity_pooled":       {"Perplexity, all tokens", "パープレキシティ（全トークン）"},
	"bits_per_byte":           {"Bits a byte", "バイト当たりビット"},
	"ppw":                     {"PPW, mean of texts", "PPW（文章の平均）"},
	"ppj":                     {"PPJ, mean of texts", "PPJ（文章の平均）"},
	"ppw_pooled":              {"PPW, all tokens", "PPW（全トークン）"},
	"ppj_pooled":              {"PPJ, all tokens", "PPJ（全トークン）"},
	"offered_per_s":           {"Requests/s that came", "到着リクエスト/秒"},
	"within_limits":           {"Within the limits", "制限内の割合"},
	"goodput_per_s":           {"Goodput, requests/s", "グッドプット（リクエスト/秒）"},
	"covered":                 {"Covered locally", "ローカルで足りる割合"},
}

func (l Language) name(figure string) string {
	w, ok := names[figure]
	if !ok {
		return figure
	}
	return l.t(w[0], w[1])
}

var states = map[sample.State][2]string{
	sample.Right: {"right", "正答"}, sample.Wrong: {"wrong", "誤答"}, sample.Unparsed: {"unreadable", "読み取れない回答"},
	sample.Refused: {"refused", "拒否"}, sample.Truncated: {"cut off", "途中で打ち切り"}, sample.Failed: {"failed", "失敗"},
	sample.JudgeUnparsed: {"judge unreadable", "判定を読み取れない"}, sample.Skipped: {"skipped", "対象外"}, sample.Unscored: {"not scored", "採点なし"},
}

var families = map[string]string{
	"arithmetic": "算数", "instructions": "指示遵守", "extraction": "抽出", "tools": "ツール", "code": "コード", "reading": "読解",
	"translation": "翻訳", "summary": "要約", "knowledge": "知識", "safety": "安全性",
}

// part is what a part of the questions is called.
func (l Language) part(by, of string) string {
	switch {
	case by == "language" && of == "en":
		return l.t("English", "英語")
	case by == "language" && of == "ja":
		return l.t("Japanese", "日本語")
	case by == "domain":
		for _, g := range topic.Groups() {
			if g.ID == of {
				return l.t(g.En, g.Ja)
			}
		}
	case by == "family" && l == Japanese && families[of] != "":
		return families[of]
	}
	return of
}

// method says where energy comes from.
func (l Language) method(m string) string {
	switch m {
	case "measured":
		return l.t("measured", "実測")
	case "modelled":
		return l.t("modelled", "モデル推定")
	case "provider":
		return l.t("told by the provider", "提供者の申告")
	}
	return m
}

// why says why a figure is absent.
func (l Language) why(f figure.Figure) string {
	switch f.Absent {
	case figure.AbsentNone:
		return l.t("not known", "不明")
	case figure.AbsentCoverage:
		return fmt.Sprintf(l.t("known of only %d of %d", "%[2]d 件中 %[1]d 件のみ判明"), f.N, f.Of)
	case figure.AbsentFew:
		return fmt.Sprintf(l.t("only %d questions, %d are needed", "%d 問のみ（%d 問必要）"), f.N, f.Of)
	case figure.AbsentJudge:
		return fmt.Sprintf(l.t("the judge failed: %d of %d judged", "判定の失敗が多い（%[2]d 件中 %[1]d 件のみ判定）"), f.N, f.Of)
	case figure.AbsentSame:
		return l.t("tasks ask the same questions", "同じ質問の課題が混じる")
	case figure.AbsentNoRight:
		return l.t("nothing was right", "正答なし")
	case figure.AbsentUnstable:
		return fmt.Sprintf(l.t("too few for an interval: %d", "区間を出すには少ない（%d 件）"), f.N)
	case figure.AbsentLimits:
		return l.t("no limits were set", "制限の指定なし")
	}
	return f.Absent
}

var shares = map[string]bool{"accuracy": true, "judge_agreement": true, "instructions_strict": true, "instructions_loose": true, "within_limits": true, "covered": true}

// value writes a value of a figure.
func value(f figure.Figure, v float64) string {
	if shares[f.Name] {
		return strconv.FormatFloat(100*v, 'f', 1, 64)
	}
	return plot.Number(v)
}

// unit is what stands behind a figure.
func unit(f figure.Figure) string {
	switch {
	case shares[f.Name]:
		return " %"
	case f.Unit == "" || f.Unit == "1/s":
		return ""
	case strings.HasPrefix(f.Unit, "1/"):
		return " " + f.Unit[1:]
	}
	return " " + f.Unit
}

// inMilliseconds is a figure of less than a second.
func inMilliseconds(f figure.Figure) figure.Figure {
	f.Unit = "ms"
	for _, v := range []**float64{&f.Value, &f.Low, &f.High} {
		if *v != nil {
			ms := **v * 1000
			*v = &ms
		}
	}
	return f
}

// cell shows a figure with its interval, its n and where it comes from.
func (l Language) cell(f figure.Figure, ok bool) page.Cell {
	if !ok {
		return page.Cell{Main: "–"}
	}
	if f.Value == nil {
		return page.Cell{Main: "–", Sub: l.why(f)}
	}
	if f.Unit == "s" && *f.Value < 1 {
		f = inMilliseconds(f)
	}
	c := page.Cell{Main: value(f, *f.Value) + unit(f)}
	if f.Low != nil {
		c.Sub = value(f, *f.Low) + "–" + value(f, *f.High) + "\n"
	}
	c.Sub += fmt.Sprintf("n = %d", f.N)
	if f.Method == "modelled" {
		c.Sub += "\n" + l.method(f.Method)
	}
	return c
}
