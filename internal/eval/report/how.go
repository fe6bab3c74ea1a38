package report

import (
	"fmt"
	"irori/internal/page"
	"maps"
	"slices"
	"strings"

	"irori/internal/eval/figure"
	"irori/internal/eval/pair"
	"irori/internal/eval/sample"
)

// how says how it was measured, and what became of every question.
func (w *writer) how() {
	l := w.l
	w.H(2, l.t("What became of the questions", "質問の行方"))
	var seen []sample.State
	for _, s := range []sample.State{sample.Right, sample.Wrong, sample.Unparsed, sample.Refused, sample.Truncated, sample.Failed, sample.JudgeUnparsed, sample.Unscored, sample.Skipped} {
		if slices.ContainsFunc(w.result.Groups, func(g figure.Group) bool { return g.Counts[s] > 0 }) {
			seen = append(seen, s)
		}
	}
	t := &page.Table{Head: []string{l.t("Model", "モデル"), l.t("Asked", "質問数")}}
	for _, s := range seen {
		t.Head = append(t.Head, l.t(states[s][0], states[s][1]))
	}
	for i := range w.result.Groups {
		g := &w.result.Groups[i]
		if g.By != "all" {
			continue
		}
		row := []page.Cell{{Main: w.label(g.Target), Sub: g.Pass}, {Main: fmt.Sprint(g.Attempted)}}
		for _, s := range seen {
			row = append(row, page.Cell{Main: fmt.Sprint(g.Counts[s])})
		}
		t.Rows = append(t.Rows, row)
	}
	w.Add(page.Block{Table: t})
	w.P(l.t("Unreadable, refused, cut off and failed answers are not right, and their energy counts. What the judge's words left open counts on neither side.",
		"読み取れない・拒否・打ち切り・失敗は正答とせず、エネルギーには算入します。判定を読み取れないものは、正答にもエネルギーにも入れません。"))

	w.H(2, l.t("How it was measured", "測定の方法"))
	if len(w.run.Command) > 0 {
		w.Add(page.Block{Code: strings.Join(quoted(w.run.Command), " ")})
	}
	about := &page.Table{Head: []string{"", ""}}
	put := func(name, value string) {
		if value != "" {
			about.Rows = append(about.Rows, []page.Cell{{Main: name}, {Main: value}})
		}
	}
	put(l.t("Irori", "Irori"), w.run.Version)
	put(l.t("Begun", "開始"), w.run.Started)
	put(l.t("Ended", "終了"), w.run.Ended)
	put(l.t("Seed", "シード"), fmt.Sprint(w.run.Seed))
	put(l.t("Judge", "判定モデル"), w.run.Judge)
	if w.run.PerKWh != nil {
		put(l.t("Electricity", "電気料金"), fmt.Sprintf("%g %s/kWh", *w.run.PerKWh, w.run.Currency))
	}
	for _, k := range slices.Sorted(maps.Keys(w.run.Settings)) {
		if strings.HasPrefix(k, pair.RankPrefix) {
			continue
		}
		put(k, w.run.Settings[k])
	}
	for _, b := range w.bases() {
		put(l.t("Energy", "エネルギー"), b)
	}
	w.Add(page.Block{Table: about})
	for _, m := range w.run.Machines {
		w.Add(page.Block{List: w.machineWords(m)})
	}
	if len(w.run.Notes) > 0 {
		w.H(3, l.t("Notes", "注記"))
		w.Add(page.Block{List: w.run.Notes})
	}
	w.tasks()
	w.models()
}

// quoted are words as a shell takes them.
func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, s := range words {
		if s == "" || strings.ContainsAny(s, " \t\n\"'\\$&|;<>(){}*?#~`!") {
			s = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		out[i] = s
	}
	return out
}

// bases lists what was measured.
func (w *writer) bases() []string {
	seen := map[string]bool{}
	for i := range w.result.Groups {
		if f, ok := w.result.Groups[i].Get("energy_j"); ok && f.Method != "" && w.result.Groups[i].By == "all" {
			seen[w.l.method(f.Method)+": "+f.Basis] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (w *writer) machineWords(m sample.Machine) []string {
	l := w.l
	out := []string{l.t("Machine: ", "機器：") + strings.Join(slices.DeleteFunc([]string{m.Name, m.Processor, m.System, strings.Join(m.GPUs, ", ")}, func(s string) bool { return s == "" }), " · ")}
	if m.Cores > 0 {
		out = append(out, fmt.Sprintf(l.t("Cores: %d", "コア数：%d"), m.Cores))
	}
	if m.MemoryB != nil {
		out = append(out, fmt.Sprintf(l.t("Memory: %.1f GiB", "メモリ：%.1f GiB"), float64(*m.MemoryB)/(1<<30)))
	}
	if m.IdleBeforeW != nil {
		out = append(out, fmt.Sprintf(l.t("Power without work before: %.3g W", "測定前の待機電力：%.3g W"), *m.IdleBeforeW))
	}
	if m.IdleAfterW != nil {
		out = append(out, fmt.Sprintf(l.t("Power without work after: %.3g W", "測定後の待機電力：%.3g W"), *m.IdleAfterW))
	}
	return out
}

func (w *writer) tasks() {
	if len(w.run.Tasks) == 0 {
		return
	}
	l := w.l
	t := &page.Table{Head: []string{l.t("Task", "課題"), l.t("Version", "版"), l.t("Items", "問題数"), "SHA-256", l.t("Licence", "ライセンス")}}
	for _, x := range w.run.Tasks {
		t.Rows = append(t.Rows, []page.Cell{{Main: x.Name, Sub: x.Source}, {Main: x.Version}, {Main: fmt.Sprint(x.Items)}, {Main: short(x.SHA256, 12)}, {Main: x.Licence}})
	}
	w.Add(page.Block{Fold: l.t("Tasks", "課題"), Folded: []page.Block{{Table: t}}})
}

func (w *writer) models() {
	l := w.l
	t := &page.Table{Head: []string{l.t("Model", "モデル"), l.t("Backend", "バックエンド"), l.t("Engine", "エンジン"), l.t("Streams", "系統数"), l.t("Asked as", "質問の形式"), l.t("Released", "公開日"), l.t("Digest", "ダイジェスト")}}
	for _, x := range w.run.Targets {
		form := l.t("plain text", "平文の続き")
		if x.Chat {
			form = l.t("chat", "チャット")
		}
		t.Rows = append(t.Rows, []page.Cell{{Main: x.Model, Sub: strings.TrimSpace(x.Requested + " " + x.Quantization)}, {Main: x.Backend}, {Main: x.Engine}, {Main: fmt.Sprint(x.Streams)}, {Main: form}, {Main: x.Released}, {Main: short(x.Digest, 19)}})
	}
	w.Add(page.Block{Fold: l.t("Models", "モデル"), Folded: []page.Block{{Table: t}}})
}

func short(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// everything is a table of all figures of whole passes.
func (w *writer) everything() {
	l := w.l
	t := &page.Table{Head: []string{l.t("Figure", "数値"), l.t("Value", "値"), l.t("From", "下限"), l.t("To", "上限"), "n", l.t("of", "対象"), l.t("Interval", "区間"), l.t("Source", "出どころ")}}
	for i := range w.result.Groups {
		g := &w.result.Groups[i]
		if g.By != "all" {
			continue
		}
		for _, f := range g.Figures {
			row := []page.Cell{{Main: l.name(f.Name) + unitOf(f), Sub: w.label(g.Target) + ", " + g.Pass}, {Main: "–", Sub: l.why(f)}, {}, {}, {Main: fmt.Sprint(f.N)}, {Main: fmt.Sprint(f.Of)}, {Main: f.Interval}, {Main: l.method(f.Method), Sub: f.Basis}}
			if f.Value != nil {
				row[1] = page.Cell{Main: value(f, *f.Value)}
			}
			if f.Low != nil {
				row[2].Main, row[3].Main = value(f, *f.Low), value(f, *f.High)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	w.H(2, l.t("All figures", "すべての数値"))
	w.P(l.t("figures.json has them with all digits, samples.jsonl and samples.parquet the answers that they come from; irori measure replay computes them again.",
		"全桁の値は figures.json に、元になった回答は samples.jsonl と samples.parquet にあります。irori measure replay で再計算できます。"))
	w.Add(page.Block{Fold: l.t("Figures of whole passes", "測定全体の数値"), Folded: []page.Block{{Table: t}}})
}

func unitOf(f figure.Figure) string {
	if u := strings.TrimSpace(unit(f)); u != "" {
		return ", " + u
	}
	return ""
}
