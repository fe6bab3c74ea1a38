package report

import (
	"fmt"
	"irori/internal/page"
	"maps"
	"slices"
	"strings"

	"irori/internal/eval/figure"
	"irori/internal/eval/sample"
	"irori/internal/plot"
)

// domains shows which occupations' questions are answered.
func (w *writer) domains() {
	l := w.l
	if len(w.partsOf("domain")) == 0 {
		return
	}
	w.H(2, l.t("By occupation", "職業分野別"))
	w.P(fmt.Sprintf(l.t("Questions are sorted into occupational groups by a small classifier. A group of fewer than %d questions has no figure.",
		"質問は小さな分類器で職業分野に分けています。%d 問未満の分野には数値を出しません。"), figure.LeastOfDomain))
	if rows := w.bars("domain"); len(rows) > 0 {
		w.shareBars("domains", l.t("Share answered rightly, by occupation", "職業分野別の正答率"), rows)
	}
	var few []string
	for _, of := range w.partsOf("domain") {
		most := 0
		enough := false
		for _, t := range w.run.Targets {
			if g := w.result.Group(t.ID, "quality", "domain", of); g != nil {
				f, _ := g.Get("accuracy")
				enough = enough || f.Value != nil
				most = max(most, g.Attempted)
			}
		}
		if !enough {
			few = append(few, fmt.Sprintf("%s (%d)", l.part("domain", of), most))
		}
	}
	if len(few) > 0 {
		w.P(l.t("Too few questions for a figure: ", "質問が少なく数値を出せない分野：") + strings.Join(few, ", "))
	}
}

// best shows what the local models could do together, and against the cloud.
func (w *writer) best() {
	l := w.l
	if len(w.result.Best) == 0 {
		return
	}
	w.H(2, l.t("Best of local", "ローカルの最善"))
	w.P(l.t("A question is solved where any local model is right. The oracle takes the right answer of the fewest joules; where none is right, the answer of the fewest joules, which it pays for. No router does better.",
		"いずれかのローカルモデルが正答すれば「解けた」とします。神託は、正答のうち最も J の少ないものを選び、正答がなければ最も J の少ない回答を選んでその分を払います。これより良い振り分けはありません。"))
	for i := range w.result.Best {
		b := &w.result.Best[i]
		g := &figure.Group{Figures: b.Figures}
		t := &page.Table{Head: []string{l.t("Machine", "機器"), l.t("Questions", "質問数"), l.name("accuracy"), l.name("energy_j"), l.name("ipw"), l.name("ipj")}}
		row := []page.Cell{{Main: w.machine(b.Machine), Sub: l.t("oracle over ", "神託：") + fmt.Sprint(len(b.Targets)) + l.t(" models", " モデル")}, {Main: fmt.Sprint(b.Questions)}}
		for _, n := range []string{"accuracy", "energy_j", "ipw", "ipj"} {
			f, ok := g.Get(n)
			row = append(row, l.cell(f, ok))
		}
		t.Rows = append(t.Rows, row)
		w.Add(page.Block{Table: t})
		w.bestBars(b)
		if len(b.Shares) > 0 {
			var said []string
			for _, id := range slices.Sorted(maps.Keys(b.Shares)) {
				said = append(said, fmt.Sprintf("%s %.1f %%", w.label(id), 100*b.Shares[id]))
			}
			w.P(l.t("The oracle gives: ", "神託の配分：") + strings.Join(said, ", "))
		}
		if len(b.Clouds) > 0 {
			w.clouds(b)
		}
	}
}

// bestBars puts each local model, all of them together and the cloud side by
// side.
func (w *writer) bestBars(b *figure.Best) {
	var rows []plot.Bar
	var said []string
	add := func(label string, f figure.Figure) {
		if f.Value != nil {
			r := within(f)
			rows = append(rows, plot.Bar{Label: label, Values: []*plot.Range{&r}})
			said = append(said, fmt.Sprintf("%s %s %%", label, value(f, *f.Value)))
		}
	}
	accuracy := func(id string) figure.Figure {
		if g := w.result.Group(id, "quality", "all", ""); g != nil {
			f, _ := g.Get("accuracy")
			return f
		}
		return figure.Figure{}
	}
	for _, id := range b.Targets {
		add(w.label(id), accuracy(id))
	}
	f, _ := (&figure.Group{Figures: b.Figures}).Get("accuracy")
	add(w.l.t("Best of local", "ローカルの最善"), f)
	for _, c := range b.Clouds {
		add(w.label(c.Target)+w.l.t(" (cloud)", "（クラウド）"), accuracy(c.Target))
	}
	if len(rows) < 2 {
		return
	}
	w.Add(w.picture("best-"+fileName(b.Machine), w.l.t("Share answered rightly: each model, and the best of local", "正答率：各モデルと、ローカルの最善"), strings.Join(said, "; "), func(f plot.Frame) string {
		f.PercentY = true
		return plot.Bars(f, nil, rows)
	}))
}

func (w *writer) clouds(b *figure.Best) {
	l := w.l
	t := &page.Table{Head: []string{l.t("Against", "比較相手"), l.name("covered"), l.t("Both right", "両方正答"), l.t("Only local", "ローカルのみ"), l.t("Only cloud", "クラウドのみ"), l.t("Neither", "両方誤り")}}
	for _, c := range b.Clouds {
		t.Rows = append(t.Rows, []page.Cell{{Main: w.label(c.Target)}, l.cell(c.Covered, true), {Main: fmt.Sprint(c.Both)}, {Main: fmt.Sprint(c.OnlyLocal)}, {Main: fmt.Sprint(c.OnlyCloud)}, {Main: fmt.Sprint(c.Neither)}})
	}
	w.Add(page.Block{Table: t})
	w.P(l.t("Covered: a local model answers at least as well.", "「足りる」は、ローカルのどれかが同等以上に答えた割合です。"))
}

func (w *writer) machine(id string) string {
	for _, m := range w.run.Machines {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

// fileName keeps of a name what any file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}

// latency shows how long answers take.
func (w *writer) latency() {
	l := w.l
	passes := []string{"latency", "quality"}
	w.H(2, l.t("Latency and speed", "待ち時間と速度"))
	alone := slices.ContainsFunc(w.run.Targets, func(t sample.Target) bool { return w.result.Group(t.ID, "latency", "all", "") != nil })
	if alone {
		w.P(l.t("From the pass for latency: one question at a time.", "待ち時間用の測定（一問ずつ）の値です。"))
	} else {
		w.P(l.t("From the pass for quality, with all its streams: there was none for latency alone.", "待ち時間だけの測定はなく、全系統を使った測定の値です。"))
	}
	w.Add(w.figures(passes, "ttft_p50_s", "ttft_p95_s", "itl_p50_s", "itl_p95_s", "total_p50_s", "total_p95_s", "stream_tokens_per_s", "stream_characters_per_s"))
	var rows []plot.Bar
	var said []string
	for _, t := range w.run.Targets {
		g := w.group(t.ID, "all", "", passes...)
		if g == nil {
			continue
		}
		b := plot.Bar{Label: label(w.run, t), Values: make([]*plot.Range, 3)}
		for i, n := range []string{"ttft_p50_s", "ttft_p95_s", "total_p50_s"} {
			if f, ok := g.Get(n); ok && f.Value != nil {
				r := within(f)
				b.Values[i] = &r
				said = append(said, fmt.Sprintf("%s %s %s s", b.Label, l.name(n), value(f, *f.Value)))
			}
		}
		rows = append(rows, b)
	}
	if len(said) > 0 {
		w.Add(w.picture("latency", l.t("Seconds until the first token and the whole answer", "最初のトークンと回答完了までの秒数"), strings.Join(said, "; "), func(f plot.Frame) string {
			f.X = l.t("seconds", "秒")
			return plot.Bars(f, []string{l.name("ttft_p50_s"), l.name("ttft_p95_s"), l.name("total_p50_s")}, rows)
		}))
	}
	w.P(l.t("Gaps between tokens are kept as percentiles of each answer; the figure is the median of these over answers. Intervals of percentiles are those of their ranks.",
		"トークン間隔は回答ごとの百分位として残しており、数値はその中央値です。百分位の区間は順位から求めています。"))
	if alone {
		w.H(3, l.t("All streams together", "全系統の合計"))
		w.P(l.t("From the pass for quality.", "品質の測定の値です。"))
		w.Add(w.figures(quality, "tokens_per_s", "characters_per_s", "ttft_p50_s", "total_p50_s", "j_per_output_token", "j_per_token"))
	} else {
		w.Add(w.figures(quality, "tokens_per_s", "characters_per_s", "j_per_output_token", "j_per_token"))
	}
}

// load shows what happens at a rate.
func (w *writer) load() {
	l := w.l
	type curve struct{ good, joules, ttft plot.Line }
	var curves []curve
	t := &page.Table{Head: []string{l.t("Model", "モデル"), l.name("offered_per_s"), l.name("goodput_per_s"), l.name("within_limits"), l.name("ttft_p95_s"), l.name("itl_p95_s"), l.name("j_per_output_token")}}
	for i, held := range w.held() {
		target, groups := held.target, held.groups
		slices.SortFunc(groups, func(a, b *figure.Group) int {
			x, _ := figure.Rate(a.Pass)
			y, _ := figure.Rate(b.Pass)
			return int(1000 * (x - y))
		})
		line := plot.Line{Label: strings.TrimSuffix(label(w.run, target)+" · "+held.limit, " · "), Colour: i}
		c := curve{line, line, line}
		for _, g := range groups {
			row := []page.Cell{{Main: label(w.run, target), Sub: g.Pass}}
			for _, n := range []string{"offered_per_s", "goodput_per_s", "within_limits", "ttft_p95_s", "itl_p95_s", "j_per_output_token"} {
				f, ok := g.Get(n)
				row = append(row, l.cell(f, ok))
			}
			t.Rows = append(t.Rows, row)
			at, _ := g.Get("offered_per_s")
			for n, line := range map[string]*plot.Line{"goodput_per_s": &c.good, "j_per_output_token": &c.joules, "ttft_p95_s": &c.ttft} {
				if f, ok := g.Get(n); ok && f.Value != nil && at.Value != nil {
					line.X, line.Y = append(line.X, *at.Value), append(line.Y, within(f))
				}
			}
		}
		if len(groups) > 0 {
			curves = append(curves, c)
		}
	}
	if len(curves) == 0 {
		return
	}
	w.H(2, l.t("Under load", "負荷をかけたとき"))
	w.P(fmt.Sprintf(l.t("Requests come at a rate, whatever comes back. Good is an answer whose first token comes within %s and whose 95th percentile of gaps is within %s.",
		"応答にかかわらず一定の率でリクエストを送ります。最初のトークンが %s 以内、トークン間隔の 95 百分位が %s 以内の回答を良好とします。"), orDash(w.run.Settings[figure.SettingTTFT]), orDash(w.run.Settings[figure.SettingITL])))
	x := l.name("offered_per_s")
	for _, p := range []struct {
		name, y string
		of      func(curve) plot.Line
	}{{"load-goodput", l.name("goodput_per_s"), func(c curve) plot.Line { return c.good }},
		{"load-joules", l.name("j_per_output_token"), func(c curve) plot.Line { return c.joules }},
		{"load-first-token", l.name("ttft_p95_s") + " s", func(c curve) plot.Line { return c.ttft }}} {
		var lines []plot.Line
		for _, c := range curves {
			if line := p.of(c); len(line.X) > 0 {
				lines = append(lines, line)
			}
		}
		w.lines(p.name, p.y+l.t(" against the rate", "と到着率"), x, p.y, false, lines)
	}
	w.Add(page.Block{Table: t})
}

// loaded are the passes of load of a target, at one limit of power.
type loaded struct {
	target sample.Target
	limit  string
	groups []*figure.Group
}

func (w *writer) held() []loaded {
	var out []loaded
	for _, t := range w.run.Targets {
		limits := map[string]int{}
		for i := range w.result.Groups {
			g := &w.result.Groups[i]
			if _, ok := figure.Rate(g.Pass); !ok || g.Target != t.ID || g.By != "all" {
				continue
			}
			_, limit, _ := strings.Cut(g.Pass, "-at-")
			at, ok := limits[limit]
			if !ok {
				at = len(out)
				limits[limit] = at
				out = append(out, loaded{target: t, limit: limit})
			}
			out[at].groups = append(out[at].groups, g)
		}
	}
	return out
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// lines shows series, and says them in words.
func (w *writer) lines(name, title, x, y string, percent bool, lines []plot.Line) {
	if len(lines) == 0 {
		return
	}
	var said []string
	for _, line := range lines {
		var values []string
		for i := range line.X {
			at := plot.Number(line.X[i])
			if i < len(line.Names) {
				at = line.Names[i]
			}
			v := plot.Number(line.Y[i].Value)
			if percent {
				v = fmt.Sprintf("%.1f %%", 100*line.Y[i].Value)
			}
			values = append(values, at+": "+v)
		}
		said = append(said, line.Label+" "+strings.Join(values, ", "))
	}
	w.Add(w.picture(name, title, strings.Join(said, "; "), func(f plot.Frame) string {
		f.X, f.Y, f.PercentY = x, y, percent
		return plot.Lines(f, lines)
	}))
}

// others are the figures that only some runs have.
func (w *writer) others() {
	l := w.l
	has := func(names ...string) bool {
		return slices.ContainsFunc(w.result.Groups, func(g figure.Group) bool {
			return slices.ContainsFunc(names, func(n string) bool { _, ok := g.Get(n); return ok })
		})
	}
	if has("judge_agreement") {
		w.judging()
	}
	if has("instructions_strict") {
		w.H(2, l.t("Instructions", "指示の遵守"))
		w.Add(w.figures(quality, "instructions_strict", "instructions_loose"))
	}
	if has("perplexity") {
		w.H(2, l.t("Likelihood of texts", "文章の尤度"))
		w.Add(w.figures(quality, "perplexity", "perplexity_pooled", "bits_per_byte", "ppw", "ppj", "ppw_pooled", "ppj_pooled"))
	}
	if has("cost") {
		w.H(2, l.t("Money", "費用"))
		w.Add(w.money())
	}
}

// money has a row for each target and each currency that it was paid in.
func (w *writer) money() page.Block {
	t := &page.Table{Head: []string{w.l.t("Model", "モデル"), w.l.name("cost"), w.l.name("cost_per_correct")}}
	for _, target := range w.run.Targets {
		g := w.group(target.ID, "all", "", quality...)
		if g == nil {
			continue
		}
		for i, f := range g.Figures {
			// What a right answer costs is made beside what an answer does.
			if f.Name == "cost" {
				t.Rows = append(t.Rows, []page.Cell{{Main: label(w.run, target), Sub: w.beside(target, g)}, w.l.cell(f, true), w.l.cell(g.Figures[i+1], true)})
			}
		}
	}
	return page.Block{Table: t}
}
