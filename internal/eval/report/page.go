package report

import (
	"fmt"
	"html"
	"strings"

	"irori/internal/eval/plot"
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

// block is a piece of a report: one of its fields is set.
type block struct {
	heading string
	level   int
	para    string
	warn    bool
	list    []string
	code    string
	table   *table
	picture *picture
	// folded blocks are opened by whoever wants them.
	folded []block
	fold   string
}

// table has a head, and rows whose first cell says what the row is.
type table struct {
	head []string
	rows [][]cell
}

// cell is a value and what is written small below it.
type cell struct{ main, sub string }

// picture is a plot with the file's name that it gets beside a text.
type picture struct{ name, svg, title, text string }

// page is a report in one language.
type page struct {
	language Language
	title    string
	blocks   []block
}

func (p *page) h(level int, text string) {
	p.blocks = append(p.blocks, block{level: level, heading: text})
}

func (p *page) p(text string) { p.blocks = append(p.blocks, block{para: text}) }

func (p *page) warn(text string) { p.blocks = append(p.blocks, block{para: text, warn: true}) }

func (p *page) add(b ...block) { p.blocks = append(p.blocks, b...) }

// renderHTML writes the pages of all languages into one file that needs nothing
// else: which language is seen hangs on a switch that works without scripts.
func renderHTML(pages []*page) string {
	b := &strings.Builder{}
	first := pages[0]
	fmt.Fprintf(b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", first.language, html.EscapeString(first.title), css(pages))
	if len(pages) > 1 {
		for i, p := range pages {
			checked := ""
			if i == 0 {
				checked = " checked"
			}
			fmt.Fprintf(b, "<input type=\"radio\" name=\"language\" id=\"in-%s\"%s>", p.language, checked)
		}
		b.WriteString("<nav>")
		for _, p := range pages {
			fmt.Fprintf(b, "<label for=\"in-%s\" lang=\"%s\">%s</label>", p.language, p.language, p.language.t("English", "日本語"))
		}
		b.WriteString("</nav>\n")
	}
	for _, p := range pages {
		fmt.Fprintf(b, "<main lang=\"%s\">\n<h1>%s</h1>\n", p.language, html.EscapeString(p.title))
		for _, x := range p.blocks {
			x.html(b)
		}
		b.WriteString("</main>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

func (x *block) html(b *strings.Builder) {
	e := html.EscapeString
	switch {
	case x.heading != "":
		fmt.Fprintf(b, "<h%d>%s</h%d>\n", x.level, e(x.heading), x.level)
	case x.para != "" && x.warn:
		fmt.Fprintf(b, "<p class=\"warn\">%s</p>\n", e(x.para))
	case x.para != "":
		fmt.Fprintf(b, "<p>%s</p>\n", e(x.para))
	case x.code != "":
		fmt.Fprintf(b, "<pre>%s</pre>\n", e(x.code))
	case len(x.list) > 0:
		b.WriteString("<ul>")
		for _, s := range x.list {
			fmt.Fprintf(b, "<li>%s</li>", e(s))
		}
		b.WriteString("</ul>\n")
	case x.table != nil:
		x.table.html(b)
	case x.picture != nil:
		fmt.Fprintf(b, "<figure>%s<figcaption>%s</figcaption></figure>\n", x.picture.svg, e(x.picture.title))
	case x.fold != "":
		fmt.Fprintf(b, "<details><summary>%s</summary>\n", e(x.fold))
		for _, y := range x.folded {
			y.html(b)
		}
		b.WriteString("</details>\n")
	}
}

func (t *table) html(b *strings.Builder) {
	e := html.EscapeString
	b.WriteString("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>")
	for _, h := range t.head {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", e(h))
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range t.rows {
		b.WriteString("<tr>")
		for i, c := range row {
			sub := ""
			if c.sub != "" {
				sub = "<small>" + e(c.sub) + "</small>"
			}
			if i == 0 {
				fmt.Fprintf(b, "<th scope=\"row\">%s%s</th>", e(c.main), sub)
			} else {
				fmt.Fprintf(b, "<td>%s%s</td>", e(c.main), sub)
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
}

// css is the look of a page: one column, both grounds, paper.
func css(pages []*page) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, `:root{%s;--soft:#f4f3ef;--warn:#fff3d6;--edge:#c58a00}@media(prefers-color-scheme:dark){:root{%s;--soft:#232427;--warn:#3a2f14;--edge:#d6a02c}}`, plot.Style, plot.StyleDark)
	b.WriteString(`*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:60rem;margin:0 auto;padding:1rem 1.1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:1.2rem 0 .4rem}h2{font-size:1.25rem;margin:2.6rem 0 .5rem;padding-top:.6rem;border-top:1px solid var(--rule)}h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.5rem 0;max-width:46rem}.warn{background:var(--warn);border-left:4px solid var(--edge);padding:.5rem .8rem}
.wide{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.35rem .7rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule);white-space:nowrap}
thead th{color:var(--faint);white-space:normal;min-width:5.2rem;font-weight:600;vertical-align:bottom}th:first-child{text-align:left;font-weight:600;position:sticky;left:0;background:var(--paper);white-space:normal;min-width:8.5rem}
small{display:block;white-space:pre-line;color:var(--faint);font-weight:400;font-size:.8rem}td small{white-space:pre}
figure{margin:1rem 0;max-width:40rem}figure svg{width:100%;height:auto;display:block}figcaption{color:var(--faint);font-size:.88rem}
pre{background:var(--soft);padding:.6rem .8rem;overflow-x:auto;font-size:.88rem;white-space:pre-wrap;overflow-wrap:anywhere}ul{padding-left:1.2rem;max-width:46rem}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--c0)}
input[name=language]{position:absolute;opacity:0}nav{max-width:60rem;margin:0 auto;padding:.8rem 1.1rem 0;display:flex;gap:.5rem;justify-content:flex-end}nav label{padding:.15rem .7rem;border:1px solid var(--rule);border-radius:1rem;cursor:pointer;font-size:.9rem}
@media print{:root{` + plot.Style + `;--soft:#f4f3ef;--warn:#fff3d6}nav{display:none}body{font-size:10.5pt}main{padding:0;max-width:none}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.wide{overflow:visible}table{font-size:8pt}th,td{padding:.2rem .35rem;white-space:normal}figure{max-width:13cm}}
`)
	if len(pages) > 1 {
		for _, p := range pages {
			fmt.Fprintf(b, `#in-%[1]s:not(:checked)~main[lang=%[1]s]{display:none}#in-%[1]s:checked~nav label[for=in-%[1]s]{background:var(--ink);color:var(--paper)}#in-%[1]s:focus-visible~nav label[for=in-%[1]s]{outline:2px solid var(--c0)}`, p.language)
		}
	}
	return b.String()
}

// markdown writes a page as text; its pictures lie beside it.
func (p *page) markdown() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# %s\n", p.title)
	for i := range p.blocks {
		p.blocks[i].markdown(b)
	}
	return b.String()
}

// marked keeps signs of Markdown, and breaks, out of words.
func marked(s string) string {
	return strings.NewReplacer("\n", " ", "|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_", "`", "\\`").Replace(s)
}

func (x *block) markdown(b *strings.Builder) {
	switch {
	case x.heading != "":
		fmt.Fprintf(b, "\n%s %s\n", strings.Repeat("#", x.level), marked(x.heading))
	case x.para != "" && x.warn:
		fmt.Fprintf(b, "\n> **%s**\n", marked(x.para))
	case x.para != "":
		fmt.Fprintf(b, "\n%s\n", marked(x.para))
	case x.code != "":
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(x.code, "```", "` ` `"))
	case len(x.list) > 0:
		b.WriteString("\n")
		for _, s := range x.list {
			fmt.Fprintf(b, "- %s\n", marked(s))
		}
	case x.table != nil:
		x.table.markdown(b)
	case x.picture != nil:
		fmt.Fprintf(b, "\n![%s](%s/%s.svg)\n\n%s\n", strings.NewReplacer("[", "(", "]", ")").Replace(marked(x.picture.text)), plotsFolder, x.picture.name, marked(x.picture.title))
	case x.fold != "":
		fmt.Fprintf(b, "\n### %s\n", marked(x.fold))
		for i := range x.folded {
			x.folded[i].markdown(b)
		}
	}
}

func (t *table) markdown(b *strings.Builder) {
	b.WriteString("\n|")
	for _, h := range t.head {
		fmt.Fprintf(b, " %s |", marked(h))
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(t.head)-1) + "\n")
	for _, row := range t.rows {
		b.WriteString("|")
		for _, c := range row {
			s := marked(c.main)
			if c.sub != "" {
				s += " (" + marked(strings.ReplaceAll(c.sub, "\n", ", ")) + ")"
			}
			fmt.Fprintf(b, " %s |", s)
		}
		b.WriteString("\n")
	}
}
