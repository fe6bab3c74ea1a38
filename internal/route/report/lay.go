package report

import (
	"fmt"
	"math"
	"strings"

	"irori/internal/page"
	"irori/internal/plot"
	"irori/internal/route/replay"
)

// writer lays out a page in one language.
type writer struct {
	page.Page
	r *replay.Result
}

// t chooses between two wordings.
func (w *writer) t(en, ja string) string {
	if w.Language == "ja" {
		return ja
	}
	return en
}

// routers are shown in this order.
var routers = []string{"irori", "ngram", "random", "oracle"}

func (w *writer) router(name string) string {
	switch name {
	case "irori":
		return "Irori"
	case "ngram":
		return w.t("n-grams", "n-gram")
	case "random":
		return w.t("random", "無作為")
	}
	return w.t("oracle", "オラクル")
}

func lay(language string, r *replay.Result, stream []replay.Regret, about About) *page.Page {
	w := &writer{r: r}
	w.Language = language
	w.Title = w.t("Routers on recorded outcomes", "記録済みの結果でのルーターの評価")
	w.short()
	w.quality()
	w.spending()
	w.trust()
	w.regret(stream, about.Price)
	w.how(about)
	return &w.Page
}

func share(v *float64, times float64, format string) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf(format, *v*times)
}

// barely is up to which APGR a router is not said to be better than chance.
const barely = .55

// short is the table, and what it does not show.
func (w *writer) short() {
	r := w.r
	w.P(fmt.Sprintf(w.t("%d questions. The local model alone reaches %.3f, the strong model %.3f.", "%d 問。ローカルモデルだけなら %.3f、強いモデルだけなら %.3f です。"), r.Questions, r.Weak, r.Strong))
	if r.Predictor != "" {
		w.P(fmt.Sprintf(w.t("Judged by model %s, which had been trained on %d outcomes before: those must not be among these. There is no n-gram baseline, and no test against one.", "先に %[2]d 件で学習したモデル %[1]s で評価しました。その学習に使った質問がここに混じっていてはいけません。n-gram との比較はありません。"), r.Predictor, r.Trained))
	} else if r.Method == "held out" {
		w.P(fmt.Sprintf(w.t("Judged on questions that training did not hold; it held %d others.", "学習にない質問で評価しました（学習は別の %d 問）。"), r.Trained))
	} else {
		w.P(w.t("Cross-validated within these outcomes, equal questions together: in-domain figures.", "この記録の中で交差検証しました（同じ質問は同じ組）。同じ分野の中での数値です。"))
	}
	if r.LeftOut+r.Thinned > 0 {
		w.P(fmt.Sprintf(w.t("%d other records are left out: both scores are not known of them as an audit drew them, nothing tells the question, or they were audited more often than others.", "ほかの %d 件は除きました（監査で両方のスコアが分かっていない、質問を表すものがない、または他より多く監査されたもの）。"), r.LeftOut+r.Thinned))
	}
	if r.Outside != nil {
		said := fmt.Sprintf(w.t("On groups that training did not hold, APGR is %.3f (0.5 is chance)", "学習にないグループでの APGR は %.3f です（0.5 が偶然）"), *r.Outside)
		if *r.Outside < barely {
			said += w.t(": what is gained here is known of this traffic only", "。ここでの得は、この種の通信についてだけのものです")
		}
		w.Warn(said + w.t(".", "。"))
	}
	switch {
	case r.Strong <= r.Weak:
		w.Warn(w.t("The strong model is no better on these questions: there is no gap to recover, so no APGR and no CPT.", "これらの質問では強いモデルのほうが良くはないので、取り戻すべき差がなく、APGR も CPT もありません。"))
	case r.Weak >= .95*r.Strong:
		w.Warn(w.t("The local model alone already reaches 95 % of the strong one's quality.", "ローカルモデルだけで、強いモデルの品質の 95 % に届いています。"))
	}
	w.H(2, w.t("In short", "要約"))
	t := &page.Table{Head: []string{w.t("Router", "ルーター"), "APGR", "CPT50", "CPT80", w.t("Calls at 95 %", "95 % に要る呼び出し")}}
	for _, name := range routers {
		f, ok := r.Routers[name]
		if !ok {
			continue
		}
		row := []page.Cell{{Main: w.router(name)}, {Main: share(f.APGR, 1, "%.3f")}, {Main: share(f.CPT50, 100, "%.1f %%")}, {Main: share(f.CPT80, 100, "%.1f %%")}, {Main: share(f.Calls95, 100, "%.1f %%")}}
		if f.Low != nil {
			row[1].Sub = fmt.Sprintf("%.3f–%.3f", *f.Low, *f.High)
		}
		t.Rows = append(t.Rows, row)
	}
	w.Add(page.Block{Table: t})
	if p := r.Paired; p != nil {
		w.P(fmt.Sprintf(w.t("Irori less n-grams: %+.3f (95 %% interval %.3f to %.3f), p = %.2g.", "Irori と n-gram の差：%+.3f（95 %% 区間 %.3f〜%.3f）、p = %.2g。"), p.Diff, p.Low, p.High, p.P))
	}
	w.P(w.t("APGR is the share of the gap between the models that is recovered, averaged over all shares of calls. CPT50 and CPT80 are the least shares of calls that recover half and four fifths of it.",
		"APGR はモデル間の差をどれだけ取り戻したかで、呼び出しの割合すべてにわたる平均です。CPT50 と CPT80 は、その半分と 8 割を取り戻すのに要る呼び出しの最小の割合です。"))
}

// picture frames a plot; its ID is unique in a file of both languages.
func (w *writer) picture(name, title, said string, f plot.Frame, lines []plot.Line) {
	f.ID, f.Title, f.Text = name+"-"+w.Language, title, said
	w.Add(page.Block{Picture: &page.Picture{Name: f.ID, SVG: plot.Lines(f, lines), Title: title, Text: said}})
}

func exact(v float64) plot.Range { return plot.Range{Value: v, Low: v, High: v} }

var colours = map[string]int{"irori": 0, "ngram": 1, "random": 4, "oracle": 2}

// along draws the routers' curves over what at says of a point.
func (w *writer) along(at func(p replay.Point) *float64) (lines []plot.Line, said string) {
	var words []string
	for _, name := range []string{"oracle", "irori", "ngram"} {
		if w.r.Curves[name] == nil {
			continue
		}
		l := plot.Line{Label: w.router(name), Colour: colours[name]}
		for _, p := range w.r.Curves[name] {
			if x := at(p); x != nil {
				l.X, l.Y = append(l.X, *x), append(l.Y, exact(p.Score))
			}
		}
		if len(l.X) == 0 {
			return nil, ""
		}
		lines = append(lines, l)
		words = append(words, fmt.Sprintf("%s: %.3f, %.3f, %.3f", l.Label, l.Y[5].Value, l.Y[10].Value, l.Y[15].Value))
	}
	return lines, w.t("Quality at a quarter, half and three quarters of calls: ", "呼び出しが 4 分の 1・半分・4 分の 3 のときの品質：") + strings.Join(words, "; ")
}

// ends are the points of everything local and everything in the cloud.
func (w *writer) ends(at func(p replay.Point) *float64) []plot.Line {
	c := w.r.Curves["oracle"]
	var out []plot.Line
	for i, p := range []replay.Point{c[0], c[len(c)-1]} {
		label := w.t("all local", "すべてローカル")
		if i == 1 {
			label = w.t("all cloud", "すべてクラウド")
		}
		out = append(out, plot.Line{Label: fmt.Sprintf("%s: %.3f", label, p.Score), Colour: 3 + 2*i, X: []float64{*at(p)}, Y: []plot.Range{exact(p.Score)}})
	}
	return out
}

// quality shows what is reached with how many calls.
func (w *writer) quality() {
	w.H(2, w.t("Quality and calls", "品質と呼び出し"))
	at := func(p replay.Point) *float64 { v := 100 * p.Share; return &v }
	lines, said := w.along(at)
	band := plot.Line{Label: w.t("random, bars hold 95 of 100 orders", "無作為（縦線は 100 回中 95 回の範囲）"), Colour: colours["random"]}
	for _, b := range w.r.Chance {
		band.X = append(band.X, 100*b.Share)
		band.Y = append(band.Y, plot.Range{Value: w.r.Weak + b.Share*(w.r.Strong-w.r.Weak), Low: b.Low, High: b.High})
	}
	lines = append(append(lines, band), w.ends(at)...)
	w.picture("quality", w.t("Mean score when a share of the questions goes to the strong model", "質問の一部を強いモデルに回したときの平均スコア"), said,
		plot.Frame{X: w.t("questions to the strong model, %", "強いモデルに回す質問 %"), Y: w.t("mean score", "平均スコア"), FitY: true}, lines)
}

// spending shows the same by money, joules and arithmetic, where they are
// known of every question.
func (w *writer) spending() {
	w.H(2, w.t("Quality and what it takes", "品質と費用・エネルギー"))
	n := len(w.Blocks)
	for _, k := range []struct {
		name, axis string
		at         func(p replay.Point) *float64
	}{
		{"money", w.t("money a question, as recorded", "一問の費用（記録の単位）"), func(p replay.Point) *float64 { return p.Cost }},
		{"joules", w.t("joules a question", "一問のジュール"), func(p replay.Point) *float64 { return p.Joules }},
		{"compute", w.t("TFLOP a question", "一問の演算量 TFLOP"), func(p replay.Point) *float64 {
			if p.Flops == nil {
				return nil
			}
			v := *p.Flops / 1e12
			return &v
		}},
	} {
		lines, said := w.along(k.at)
		if lines == nil {
			continue
		}
		c := w.r.Curves["oracle"]
		local, cloud := *k.at(c[0]), *k.at(c[len(c)-1])
		w.picture(k.name, w.t("Mean score by ", "平均スコアと")+k.axis, said, plot.Frame{X: k.axis, Y: w.t("mean score", "平均スコア"), FitY: true}, append(lines, w.ends(k.at)...))
		w.P(fmt.Sprintf(w.t("All local: %s; all cloud: %s.", "すべてローカル：%s、すべてクラウド：%s。"), plot.Number(local), plot.Number(cloud)))
	}
	if len(w.Blocks) == n {
		w.P(w.t("Neither money nor joules nor tokens are recorded of every question: there is nothing to show.", "すべての質問に費用・ジュール・トークンの記録があるわけではないので、示せるものがありません。"))
	}
}

// trust shows how far predictions can be believed.
func (w *writer) trust() {
	w.H(2, w.t("How far predictions can be believed", "予測はどこまで信じられるか"))
	t := &page.Table{Head: []string{w.t("Expected", "予測")}}
	lines := []plot.Line{{Label: w.t("as expected", "予測どおり"), Colour: 4, X: []float64{0, 1}, Y: []plot.Range{exact(0), exact(1)}}}
	var said []string
	for i, side := range []string{"weak", "strong"} {
		rel := w.r.Reliability[side]
		name := w.t("local", "ローカル")
		if i == 1 {
			name = w.t("strong", "強いモデル")
		}
		l := plot.Line{Label: fmt.Sprintf("%s: ECE %.3f", name, rel.ECE), Colour: i}
		t.Head = append(t.Head, name)
		for _, b := range rel.Bins {
			l.X, l.Y = append(l.X, b.Expected), append(l.Y, wilson(b.Came, b.N))
		}
		lines, said = append(lines, l), append(said, l.Label)
	}
	w.picture("reliability", w.t("The share that came, by what was expected", "予測した確率ごとの、実際の割合"), strings.Join(said, "; "),
		plot.Frame{X: w.t("expected", "予測した確率"), Y: w.t("came", "実際の割合"), PercentY: true}, lines)
	w.P(w.t("Bars hold what chance makes of so many questions in 95 of 100 cases; a point of few questions says little.", "縦線は、その質問数での偶然の幅（100 回中 95 回）です。質問の少ない点からは、ほとんど何も言えません。"))
	for k := range 10 {
		row, some := []page.Cell{{Main: fmt.Sprintf("%.1f–%.1f", float64(k)/10, float64(k+1)/10)}}, false
		for _, side := range []string{"weak", "strong"} {
			c := page.Cell{Main: "–"}
			for _, b := range w.r.Reliability[side].Bins {
				if min(9, int(b.Expected*10)) == k {
					c, some = page.Cell{Main: fmt.Sprintf("%.3f → %.3f", b.Expected, b.Came), Sub: fmt.Sprintf("n = %d", b.N)}, true
				}
			}
			row = append(row, c)
		}
		if some {
			t.Rows = append(t.Rows, row)
		}
	}
	w.Add(page.Block{Fold: w.t("Reliability in figures", "信頼性の表"), Folded: []page.Block{{Table: t}}})
	l := plot.Line{Label: "Irori"}
	for _, s := range w.r.Selective {
		l.X, l.Y = append(l.X, 100*s.Coverage), append(l.Y, exact(s.Error))
	}
	w.picture("selective", w.t("Share of wrong answers among those that stay local, the most trusted first", "信頼できる順にローカルに残したときの、誤りの割合"),
		fmt.Sprintf(w.t("From %.3f for the most trusted to %.3f for all", "最も信頼できるもので %.3f、全体で %.3f"), w.r.Selective[0].Error, w.r.Selective[len(w.r.Selective)-1].Error),
		plot.Frame{X: w.t("answers that stay local, %", "ローカルに残る答え %"), Y: w.t("wrong among them", "そのうちの誤り"), PercentY: true}, []plot.Line{l})
	w.P(w.t("This curve is no promise: irori route calibrate makes one, or says that it cannot.", "この曲線は約束ではありません。約束できるかどうかは irori route calibrate が確かめます。"))
}

// wilson is a share of n with its interval of 95 %.
func wilson(share float64, n int) plot.Range {
	const z = 1.96
	m := float64(n)
	middle, half := (share+z*z/(2*m))/(1+z*z/m), z*math.Sqrt(share*(1-share)/m+z*z/(4*m*m))/(1+z*z/m)
	return plot.Range{Value: share, Low: min(share, max(0, middle-half)), High: max(share, min(1, middle+half))}
}

// regret shows what learning as one goes brings.
func (w *writer) regret(stream []replay.Regret, price float64) {
	if len(stream) == 0 {
		return
	}
	w.H(2, w.t("One question after another", "質問が順に来るとき"))
	lines := []plot.Line{{Label: w.t("goes on learning", "学び続ける"), Colour: 0}, {Label: w.t("frozen", "学習を止めた"), Colour: 1}, {Label: w.t("frozen, corrected", "学習を止めて補正した"), Colour: 2}, {Label: w.t("all local", "すべてローカル"), Colour: 3}, {Label: w.t("all cloud", "すべてクラウド"), Colour: 5}}
	for _, r := range stream {
		for i, v := range []float64{r.Online, r.Frozen, r.Corrected, r.AllLocal, r.AllCloud} {
			lines[i].X, lines[i].Y = append(lines[i].X, float64(r.Questions)), append(lines[i].Y, exact(v))
		}
	}
	var said []string
	for i := range lines {
		lines[i].Label += fmt.Sprintf(": %.1f", lines[i].Y[len(lines[i].Y)-1].Value)
		said = append(said, lines[i].Label)
	}
	w.picture("regret", w.t("Regret: what was lost against always knowing the better choice", "リグレット：常に良い方を知っていた場合に比べて失った量"), strings.Join(said, "; "),
		plot.Frame{X: w.t("questions", "質問数"), Y: w.t("regret", "リグレット")}, lines)
	w.P(fmt.Sprintf(w.t("A right answer is worth 1, a call to the strong model costs %g, what is tried is paid for. One random order; another seed gives another.", "正答の価値を 1、強いモデルの呼び出しの費用を %g とし、試しに回した分の費用も含みます。一つの無作為な順序での結果で、シードを変えれば変わります。"), price))
}

// how says how to come by the same again.
func (w *writer) how(about About) {
	w.H(2, w.t("How this was made", "作り方"))
	w.Add(page.Block{Code: about.Command})
	t := &page.Table{Head: []string{w.t("File", "ファイル"), w.t("Rows", "行数"), "SHA-256"}}
	for _, f := range about.Files {
		t.Rows = append(t.Rows, []page.Cell{{Main: f.Name}, {Main: fmt.Sprint(f.Rows)}, {Main: f.SHA256[:min(16, len(f.SHA256))]}})
	}
	w.Add(page.Block{Table: t})
	w.P(fmt.Sprintf(w.t("Irori %s, seed %d, shuffles %d. Curves, reliability and rows are of the first shuffle; figures are means over all. rows.jsonl has what was said of each question, without its text; figures.json every figure.",
		"Irori %s、シード %d、繰り返し %d。曲線・信頼性・行は最初の繰り返しのもの、数値は全体の平均です。rows.jsonl に質問ごとの値（本文は含みません）、figures.json に全数値があります。"), about.Version, about.Seed, about.Shuffles))
}
