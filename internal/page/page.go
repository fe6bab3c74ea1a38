// Package page lays out reports: headings, words, tables and pictures, as one
// file of HTML that needs nothing else, with a switch between its languages, and
// as Markdown.
//
// It knows nothing of what is reported.
package page

import (
	"fmt"
	"html"
	"strings"

	"irori/internal/plot"
)

// PlotsFolder holds the pictures of a report as Markdown, beside it.
const PlotsFolder = "plots"

// names are what the switch calls the languages.
var names = map[string]string{"en": "English", "ja": "日本語"}

// Block is a piece of a report: one of its fields is set.
type Block struct {
	Heading string
	Level   int
	Para    string
	// Warn marks words that nobody may miss.
	Warn    bool
	List    []string
	Code    string
	Table   *Table
	Picture *Picture
	// Folded blocks are opened by whoever wants them, Fold says what they are.
	Folded []Block
	Fold   string
}

// Table has a head, and rows whose first cell says what the row is.
type Table struct {
	Head []string
	Rows [][]Cell
}

// Cell is a value and what is written small below it.
type Cell struct{ Main, Sub string }

// Picture is a plot with the file's name that it gets beside a text.
type Picture struct{ Name, SVG, Title, Text string }

// Page is a report in one language, en or ja.
type Page struct {
	Language string
	Title    string
	Blocks   []Block
}

// H adds a heading.
func (p *Page) H(level int, text string) {
	p.Blocks = append(p.Blocks, Block{Level: level, Heading: text})
}

// P adds a paragraph.
func (p *Page) P(text string) { p.Blocks = append(p.Blocks, Block{Para: text}) }

// Warn adds one that nobody may miss.
func (p *Page) Warn(text string) { p.Blocks = append(p.Blocks, Block{Para: text, Warn: true}) }

// Add adds blocks.
func (p *Page) Add(b ...Block) { p.Blocks = append(p.Blocks, b...) }

// HTML writes the pages of all languages into one file that needs nothing
// else: which language is seen hangs on a switch that works without scripts.
func HTML(pages []*Page) string {
	b := &strings.Builder{}
	first := pages[0]
	fmt.Fprintf(b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n", first.Language, html.EscapeString(first.Title), css(pages))
	if len(pages) > 1 {
		for i, p := range pages {
			checked := ""
			if i == 0 {
				checked = " checked"
			}
			fmt.Fprintf(b, "<input type=\"radio\" name=\"language\" id=\"in-%s\"%s>", p.Language, checked)
		}
		b.WriteString("<nav>")
		for _, p := range pages {
			fmt.Fprintf(b, "<label for=\"in-%s\" lang=\"%s\">%s</label>", p.Language, p.Language, names[p.Language])
		}
		b.WriteString("</nav>\n")
	}
	for _, p := range pages {
		fmt.Fprintf(b, "<main lang=\"%s\">\n<h1>%s</h1>\n", p.Language, html.EscapeString(p.Title))
		for _, x := range p.Blocks {
			x.html(b)
		}
		b.WriteString("</main>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

func (x *Block) html(b *strings.Builder) {
	e := html.EscapeString
	switch {
	case x.Heading != "":
		fmt.Fprintf(b, "<h%d>%s</h%d>\n", x.Level, e(x.Heading), x.Level)
	case x.Para != "" && x.Warn:
		fmt.Fprintf(b, "<p class=\"warn\">%s</p>\n", e(x.Para))
	case x.Para != "":
		fmt.Fprintf(b, "<p>%s</p>\n", e(x.Para))
	case x.Code != "":
		fmt.Fprintf(b, "<pre>%s</pre>\n", e(x.Code))
	case len(x.List) > 0:
		b.WriteString("<ul>")
		for _, s := range x.List {
			fmt.Fprintf(b, "<li>%s</li>", e(s))
		}
		b.WriteString("</ul>\n")
	case x.Table != nil:
		x.Table.html(b)
	case x.Picture != nil:
		fmt.Fprintf(b, "<figure>%s<figcaption>%s</figcaption></figure>\n", x.Picture.SVG, e(x.Picture.Title))
	case x.Fold != "":
		fmt.Fprintf(b, "<details><summary>%s</summary>\n", e(x.Fold))
		for _, y := range x.Folded {
			y.html(b)
		}
		b.WriteString("</details>\n")
	}
}

func (t *Table) html(b *strings.Builder) {
	e := html.EscapeString
	b.WriteString("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>")
	for _, h := range t.Head {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", e(h))
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range row {
			sub := ""
			if c.Sub != "" {
				sub = "<small>" + e(c.Sub) + "</small>"
			}
			if i == 0 {
				fmt.Fprintf(b, "<th scope=\"row\">%s%s</th>", e(c.Main), sub)
			} else {
				fmt.Fprintf(b, "<td>%s%s</td>", e(c.Main), sub)
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
}

// css is the look of a page: one column, both grounds, paper.
func css(pages []*Page) string {
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
			fmt.Fprintf(b, `#in-%[1]s:not(:checked)~main[lang=%[1]s]{display:none}#in-%[1]s:checked~nav label[for=in-%[1]s]{background:var(--ink);color:var(--paper)}#in-%[1]s:focus-visible~nav label[for=in-%[1]s]{outline:2px solid var(--c0)}`, p.Language)
		}
	}
	return b.String()
}

// Markdown writes a page as text; its pictures lie beside it.
func (p *Page) Markdown() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# %s\n", p.Title)
	for i := range p.Blocks {
		p.Blocks[i].markdown(b)
	}
	return b.String()
}

// marked keeps signs of Markdown, and breaks, out of words.
func marked(s string) string {
	return strings.NewReplacer("\n", " ", "|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_", "`", "\\`").Replace(s)
}

func (x *Block) markdown(b *strings.Builder) {
	switch {
	case x.Heading != "":
		fmt.Fprintf(b, "\n%s %s\n", strings.Repeat("#", x.Level), marked(x.Heading))
	case x.Para != "" && x.Warn:
		fmt.Fprintf(b, "\n> **%s**\n", marked(x.Para))
	case x.Para != "":
		fmt.Fprintf(b, "\n%s\n", marked(x.Para))
	case x.Code != "":
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(x.Code, "```", "` ` `"))
	case len(x.List) > 0:
		b.WriteString("\n")
		for _, s := range x.List {
			fmt.Fprintf(b, "- %s\n", marked(s))
		}
	case x.Table != nil:
		x.Table.markdown(b)
	case x.Picture != nil:
		fmt.Fprintf(b, "\n![%s](%s/%s.svg)\n\n%s\n", strings.NewReplacer("[", "(", "]", ")").Replace(marked(x.Picture.Text)), PlotsFolder, x.Picture.Name, marked(x.Picture.Title))
	case x.Fold != "":
		fmt.Fprintf(b, "\n### %s\n", marked(x.Fold))
		for i := range x.Folded {
			x.Folded[i].markdown(b)
		}
	}
}

func (t *Table) markdown(b *strings.Builder) {
	b.WriteString("\n|")
	for _, h := range t.Head {
		fmt.Fprintf(b, " %s |", marked(h))
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(t.Head)-1) + "\n")
	for _, row := range t.Rows {
		b.WriteString("|")
		for _, c := range row {
			s := marked(c.Main)
			if c.Sub != "" {
				s += " (" + marked(strings.ReplaceAll(c.Sub, "\n", ", ")) + ")"
			}
			fmt.Fprintf(b, " %s |", s)
		}
		b.WriteString("\n")
	}
}
