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
	"irori/internal/plot"
)

// writer lays out the report of one run in one language.
type writer struct {
	page.Page
	run    sample.Run
	result *figure.Result
	past   []earlier
	l      Language
}

// lay makes the page of a run.
func lay(l Language, run sample.Run, result *figure.Result, past []earlier) *page.Page {
	w := &writer{run: run, result: result, past: past, l: l}
	w.Language = string(l)
	w.Title = l.t("Measured: ", "測定報告：") + titleOf(run)
	w.overview()
	w.pareto()
	w.parts()
	w.domains()
	w.best()
	w.latency()
	w.load()
	w.versus()
	w.trend()
	w.others()
	w.how()
	w.everything()
	return &w.Page
}

func titleOf(run sample.Run) string {
	if run.Title != "" {
		return run.Title
	}
	if run.Suite != "" {
		return run.Suite + " · " + run.ID
	}
	return run.ID
}

// label is what a target is called: what tells it from the others of the run.
func label(run sample.Run, t sample.Target) string {
	differs := func(of func(sample.Target) string) bool {
		return slices.ContainsFunc(run.Targets, func(o sample.Target) bool { return o.Model == t.Model && of(o) != of(t) })
	}
	parts := []string{t.Model}
	if t.Quantization != "" && !strings.Contains(t.Model, t.Quantization) {
		parts = append(parts, t.Quantization)
	}
	if t.Label != "" {
		parts = append(parts, t.Label)
	}
	if differs(func(t sample.Target) string { return t.Backend }) && t.Backend != "" {
		parts = append(parts, t.Backend)
	}
	if differs(func(t sample.Target) string { return fmt.Sprint(t.Streams) }) && t.Streams > 0 {
		parts = append(parts, fmt.Sprintf("×%d", t.Streams))
	}
	if slices.ContainsFunc(run.Targets, func(o sample.Target) bool { return o.Machine != t.Machine && o.Where != "cloud" }) && t.Machine != "" {
		parts = append(parts, t.Machine)
	}
	return strings.Join(parts, " · ")
}

func (w *writer) label(id string) string {
	for _, t := range w.run.Targets {
		if t.ID == id {
			return label(w.run, t)
		}
	}
	return id
}

// group is a target's group of the first of the passes that has one.
func (w *writer) group(target, by, of string, passes ...string) *figure.Group {
	for _, pass := range passes {
		if g := w.result.Group(target, pass, by, of); g != nil {
			return g
		}
	}
	return nil
}

// figures is a table of the targets with some figures each.
func (w *writer) figures(passes []string, names ...string) page.Block {
	t := &page.Table{Head: []string{w.l.t("Model", "モデル")}}
	for _, n := range names {
		t.Head = append(t.Head, w.l.name(n))
	}
	for _, target := range w.run.Targets {
		g := w.group(target.ID, "all", "", passes...)
		if g == nil {
			continue
		}
		row := []page.Cell{{Main: label(w.run, target), Sub: w.beside(target, g)}}
		for _, n := range names {
			f, ok := g.Get(n)
			row = append(row, w.l.cell(f, ok))
		}
		t.Rows = append(t.Rows, row)
	}
	return page.Block{Table: t}
}

// beside says of a row where it was computed and where its energy comes from.
func (w *writer) beside(t sample.Target, g *figure.Group) string {
	parts := []string{w.l.t("local", "ローカル")}
	if t.Where == "cloud" {
		parts[0] = w.l.t("cloud", "クラウド")
	}
	if f, ok := g.Get("energy_j"); ok && f.Method != "" {
		parts = append(parts, w.l.t("energy ", "電力量は")+w.l.method(f.Method))
	}
	return strings.Join(parts, ", ")
}

var quality = []string{"quality", "latency"}

func (w *writer) overview() {
	l := w.l
	w.P(strings.Join(slices.DeleteFunc([]string{w.run.ID, day(w.run.Started), w.run.Suite, w.machines()}, func(s string) bool { return s == "" }), " · "))
	if w.result.Expected > w.result.Samples {
		w.Warn(fmt.Sprintf(l.t("This run is not whole: %d of %d answers are there.", "この測定は途中です。%[2]d 件中 %[1]d 件の回答があります。"), w.result.Samples, w.result.Expected))
	}
	kinds := w.methods()
	if slices.Contains(kinds, "modelled") {
		w.Warn(l.t("Watts and joules marked “modelled” were not measured: they follow from load and what such machines take. Their intervals hold the model's doubt too.",
			"「モデル推定」とある W と J は実測ではなく、負荷と機種の消費電力から推定した値です。区間には推定の不確かさも含めています。"))
	}
	if len(kinds) > 1 {
		w.Warn(l.t("Energy of different sources stands side by side here. It is not ranked.", "出どころの違うエネルギーが並んでいます。順位は付けていません。"))
	}
	w.sameQuestions()
	w.doubts()
	w.H(2, l.t("In short", "要約"))
	w.Add(w.figures(quality, "accuracy", "power_w", "energy_j", "ipw", "ipj", "j_per_correct"))
	w.P(l.t("Below each figure: its 95 % interval and the number of answers. IPW is mean accuracy over the mean power of the device while a question ran; IPJ is mean accuracy over the mean joules of a question; both over the same questions.",
		"各数値の下は 95 % 区間と回答数です。IPW は平均正答率を、回答中の機器の平均電力の平均で割ったもの、IPJ は平均正答率を一問の平均ジュールで割ったものです。分子と分母は同じ質問から計算します。"))
}

func day(s string) string {
	d, _, _ := strings.Cut(s, "T")
	return d
}

func (w *writer) machines() string {
	var out []string
	for _, m := range w.run.Machines {
		out = append(out, m.Name)
	}
	return strings.Join(out, ", ")
}

// methods lists where the energy of the run comes from.
func (w *writer) methods() []string {
	seen := map[string]bool{}
	for i := range w.result.Groups {
		if f, ok := w.result.Groups[i].Get("energy_j"); ok && f.Method != "" && w.result.Groups[i].By == "all" {
			seen[f.Method] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// pareto shows accuracy against watts and joules.
func (w *writer) pareto() {
	l := w.l
	w.H(2, l.t("Accuracy against watts and joules", "電力・エネルギーと正答率"))
	n := len(w.Blocks)
	for _, x := range []struct{ figure, name, axis string }{
		{"power_w", "accuracy-watts", l.t("power while a question runs, W", "回答中の電力 W")},
		{"energy_j", "accuracy-joules", l.t("energy a question, J", "一問のエネルギー J")},
	} {
		var points []plot.Point
		var said []string
		for i, t := range w.run.Targets {
			g := w.group(t.ID, "all", "", quality...)
			if g == nil {
				continue
			}
			a, _ := g.Get("accuracy")
			e, _ := g.Get(x.figure)
			if a.Value == nil || e.Value == nil {
				continue
			}
			points = append(points, plot.Point{Label: label(w.run, t) + " · " + l.method(e.Method), X: within(e), Y: within(a), Rank: strings.Join([]string{e.Method, e.Basis, streams(t), pair.Rank(w.run, t.ID)}, "/"), Hollow: e.Method != "measured", Colour: i})
			said = append(said, fmt.Sprintf("%s: %s %%, %s%s", label(w.run, t), value(a, *a.Value), value(e, *e.Value), unit(e)))
		}
		if len(points) == 0 {
			continue
		}
		title := l.t("Accuracy against ", "正答率と") + x.axis
		w.Add(w.picture(x.name, title+l.t(". The dashed line joins those that no comparable other beats; hollow marks are modelled.", "。破線は、比べられる相手のどれにも劣らないものを結びます。白抜きはモデル推定です。"), strings.Join(said, "; "), func(f plot.Frame) string {
			f.X, f.Y, f.LogX, f.PercentY = x.axis, l.name("accuracy"), true, true
			return plot.Points(f, points)
		}))
	}
	if len(w.Blocks) == n {
		w.P(l.t("There is no energy to show: ", "示せるエネルギーがありません。") + w.noEnergy())
	}
}

// noEnergy says why there is none.
func (w *writer) noEnergy() string {
	for i := range w.result.Groups {
		if f, ok := w.result.Groups[i].Get("energy_j"); ok && f.Absent != "" {
			return w.l.why(f)
		}
	}
	return w.l.t("no answer has any", "どの回答にもありません")
}

func streams(t sample.Target) string { return fmt.Sprint(t.Streams) }

// within is a figure's range, that of its value where it has none.
func within(f figure.Figure) plot.Range {
	r := plot.Range{Value: *f.Value, Low: *f.Value, High: *f.Value}
	if f.Low != nil {
		r.Low, r.High = *f.Low, *f.High
	}
	return r
}

// picture frames a plot; its ID is unique in a file of both languages.
func (w *writer) picture(name, title, text string, draw func(plot.Frame) string) page.Block {
	return page.Block{Picture: &page.Picture{Name: name + "-" + string(w.l), SVG: draw(plot.Frame{ID: name + "-" + string(w.l), Title: title, Text: text}), Title: title, Text: text}}
}

// parts shows accuracy by family and by language.
func (w *writer) parts() {
	l := w.l
	rows := w.bars("family")
	if len(rows) == 0 {
		return
	}
	w.H(2, l.t("By kind of question", "質問の種類別"))
	w.shareBars("families", l.t("Accuracy by kind of question", "種類別の正答率"), rows)
	if langs := w.bars("language"); len(langs) > 1 {
		w.shareBars("languages", l.t("Accuracy by language", "言語別の正答率"), langs)
	}
	t := &page.Table{Head: []string{l.t("Kind", "種類")}}
	for _, target := range w.run.Targets {
		t.Head = append(t.Head, label(w.run, target))
	}
	for _, by := range []string{"family", "language", "task"} {
		for _, of := range w.partsOf(by) {
			row := []page.Cell{{Main: l.part(by, of)}}
			for _, target := range w.run.Targets {
				row = append(row, w.partCell(target.ID, by, of, "accuracy"))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	w.Add(page.Block{Fold: l.t("Figures by kind, language and task", "種類・言語・課題ごとの数値"), Folded: []page.Block{{Table: t}}})
}

func (w *writer) partCell(target, by, of, name string) page.Cell {
	if g := w.result.Group(target, "quality", by, of); g != nil {
		f, ok := g.Get(name)
		return w.l.cell(f, ok)
	}
	return page.Cell{Main: "–"}
}

// partsOf lists the parts of the questions in order.
func (w *writer) partsOf(by string) []string {
	seen := map[string]bool{}
	for i := range w.result.Groups {
		if g := &w.result.Groups[i]; g.By == by && g.Pass == "quality" {
			seen[g.Of] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// bars are the accuracies of parts, a bar a target.
func (w *writer) bars(by string) []plot.Bar {
	var out []plot.Bar
	for _, of := range w.partsOf(by) {
		b := plot.Bar{Label: w.l.part(by, of)}
		some := false
		for _, t := range w.run.Targets {
			var r *plot.Range
			if g := w.result.Group(t.ID, "quality", by, of); g != nil {
				if f, ok := g.Get("accuracy"); ok && f.Value != nil {
					v := within(f)
					r, some = &v, true
				}
			}
			b.Values = append(b.Values, r)
		}
		if some {
			out = append(out, b)
		}
	}
	return out
}

// shareBars shows shares by part, with the same in words.
func (w *writer) shareBars(name, title string, rows []plot.Bar) {
	var series, said []string
	for _, t := range w.run.Targets {
		series = append(series, label(w.run, t))
	}
	for _, r := range rows {
		var values []string
		for i, v := range r.Values {
			if v != nil {
				values = append(values, fmt.Sprintf("%s %.1f %%", series[i], 100*v.Value))
			}
		}
		said = append(said, r.Label+": "+strings.Join(values, ", "))
	}
	w.Add(w.picture(name, title, strings.Join(said, "; "), func(f plot.Frame) string {
		f.PercentY = true
		return plot.Bars(f, series, rows)
	}))
}
