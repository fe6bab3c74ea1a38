package plot

import (
	"fmt"
	"html"
	"math"
	"slices"
)

// Point is a mark in a plot of two values. Points of one Rank are comparable:
// the front is drawn through the best of them, of the highest Y at the lowest
// X. Hollow marks what is not like the others.
type Point struct {
	Label  string
	X, Y   Range
	Rank   string
	Hollow bool
	Colour int
}

// Points draws marks with their intervals, a letter at each, and what the
// letters stand for below.
func Points(f Frame, points []Point) string {
	p := &pen{}
	const plotHigh = 300.0
	x, y := linear(0, 1), linear(0, 1)
	if len(points) > 0 {
		x, y = axes(f, points)
	}
	x.from, x.to, y.from, y.to = left, Width-right, plotHigh-bottom, top
	p.frame(f, x, y, plotHigh)
	for _, rank := range ranks(points) {
		p.front(Front(points, rank), points, x, y)
	}
	for _, pt := range points {
		at, up := x.at(pt.X.Value), y.at(pt.Y.Value)
		bar := fmt.Sprintf(`stroke="%s" stroke-width="1.5" opacity=".55"`, colour(pt.Colour))
		p.line(x.at(pt.X.Low), up, x.at(pt.X.High), up, bar)
		p.line(at, y.at(pt.Y.Low), at, y.at(pt.Y.High), bar)
	}
	for i, pt := range points {
		at, up := x.at(pt.X.Value), y.at(pt.Y.Value)
		fill := colour(pt.Colour)
		if pt.Hollow {
			fill = "var(--paper)"
		}
		p.f(`<circle cx="%s" cy="%s" r="5" fill="%s" stroke="%s" stroke-width="2"/>`, n(at), n(up), fill, colour(pt.Colour))
		side, anchor := 9.0, "start"
		if at > Width-right-24 {
			side, anchor = -9, "end"
		}
		p.text(at+side, up-7, anchor, fmt.Sprintf(` font-weight="700" fill="%s" stroke="var(--paper)" stroke-width="3" paint-order="stroke"`, colour(pt.Colour)), letter(i))
	}
	p.height = plotHigh + 4
	for i, pt := range points {
		p.height += 19
		p.text(left, p.height-6, "start", fmt.Sprintf(` font-weight="700" fill="%s"`, colour(pt.Colour)), letter(i))
		p.text(left+26, p.height-6, "start", plain, cut(pt.Label, Width-left-26-right))
	}
	p.height += 4
	return p.finish(f)
}

// letter names a mark: A to Z, then A1 and on.
func letter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprintf("%c%d", 'A'+i%26, i/26)
}

// axes fits both axes to the points and their intervals.
func axes(f Frame, points []Point) (x, y scale) {
	xl, xh, yl, yh := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if !f.LogX || p.X.Low > 0 {
			xl = min(xl, p.X.Low)
		}
		xl, xh = min(xl, p.X.Value), max(xh, p.X.High)
		yl, yh = min(yl, p.Y.Low), max(yh, p.Y.High)
	}
	if f.LogX && xl > 0 {
		x = logarithmic(xl, xh)
	} else {
		x = linear(min(0, xl), xh)
	}
	return x, linear(yl, yh)
}

func ranks(points []Point) []string {
	var out []string
	for _, p := range points {
		if p.Rank != "" && !slices.Contains(out, p.Rank) {
			out = append(out, p.Rank)
		}
	}
	return out
}

// Front are the points of a rank that no other of it beats: none has less X and
// at least its Y. They come in the order of X.
func Front(points []Point, rank string) []int {
	var order, out []int
	for i, p := range points {
		if p.Rank == rank {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch p, q := points[a], points[b]; {
		case p.X.Value != q.X.Value:
			return sign(p.X.Value - q.X.Value)
		default:
			return sign(q.Y.Value - p.Y.Value)
		}
	})
	best := math.Inf(-1)
	for _, i := range order {
		if points[i].Y.Value > best {
			best = points[i].Y.Value
			out = append(out, i)
		}
	}
	return out
}

func sign(v float64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

// front draws steps: between two of the front nothing better is known.
func (p *pen) front(list []int, points []Point, x, y scale) {
	if len(list) < 2 {
		return
	}
	for k := 1; k < len(list); k++ {
		a, b := points[list[k-1]], points[list[k]]
		p.line(x.at(a.X.Value), y.at(a.Y.Value), x.at(b.X.Value), y.at(a.Y.Value), dashed)
		p.line(x.at(b.X.Value), y.at(a.Y.Value), x.at(b.X.Value), y.at(b.Y.Value), dashed)
	}
}

// frame draws both axes.
func (p *pen) frame(f Frame, x, y scale, high float64) {
	for _, t := range y.ticks {
		p.line(x.from, y.at(t), x.to, y.at(t), rule)
		p.text(x.from-6, y.at(t)+4, "end", faint, tick(t, f.PercentY))
	}
	for _, t := range x.ticks {
		p.line(x.at(t), y.from, x.at(t), y.from+4, rule)
		label := tick(t, false)
		if x.at(t)+width(label) > Width {
			// How wide it becomes is the reader's font's to say.
			p.text(min(x.at(t)+width(label)/2, Width-1), y.from+18, "end", faint, label)
			continue
		}
		p.text(x.at(t), y.from+18, "middle", faint, label)
	}
	p.text((x.from+x.to)/2, high-6, "middle", plain, f.X)
	p.f(`<text transform="translate(13 %s) rotate(-90)" text-anchor="middle" fill="var(--ink)">%s</text>`, n((y.from+y.to)/2), html.EscapeString(f.Y))
}

// Bar is a row of bars: one value for each of the series that has one.
type Bar struct {
	Label  string
	Values []*Range
}

// Bars draws rows of bars with their intervals; series names the bars of a row.
func Bars(f Frame, series []string, rows []Bar) string {
	p := &pen{}
	x := linear(0, greatest(rows))
	if f.PercentY {
		x = linear(0, 1)
	}
	x.from, x.to = left/4, Width-right-64
	p.height = 4
	if len(series) > 1 {
		for i, s := range series {
			p.f(`<rect x="%s" y="%s" width="11" height="11" fill="%s"/>`, n(x.from), n(p.height+5), colour(i))
			p.text(x.from+17, p.height+15, "start", plain, cut(s, Width-x.from-17-right))
			p.height += 18
		}
		p.height += 4
	}
	const thick = 13.0
	begin := p.height
	body := &pen{}
	for _, row := range rows {
		body.text(x.from, p.height+14, "start", plain, cut(row.Label, Width-x.from-right))
		p.height += 20
		for i, v := range row.Values {
			if v == nil {
				continue
			}
			body.bar(f, x, p.height, thick, i, *v)
			p.height += thick + 3
		}
		p.height += 5
	}
	for _, t := range x.ticks {
		p.line(x.at(t), begin, x.at(t), p.height, rule)
		p.text(x.at(t), p.height+14, "middle", faint, tick(t, f.PercentY))
	}
	p.WriteString(body.String())
	p.height += 22
	if f.X != "" {
		p.text((x.from+x.to)/2, p.height+10, "middle", plain, f.X)
		p.height += 18
	}
	return p.finish(f)
}

func (p *pen) bar(f Frame, x scale, y, thick float64, i int, v Range) {
	p.f(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s" opacity=".75"/>`, n(x.from), n(y), n(max(0.5, x.at(v.Value)-x.from)), n(thick), colour(i))
	mid := y + thick/2
	whisker := `stroke="var(--ink)" stroke-width="1.2"`
	p.line(x.at(v.Low), mid, x.at(v.High), mid, whisker)
	p.line(x.at(v.Low), mid-3, x.at(v.Low), mid+3, whisker)
	p.line(x.at(v.High), mid-3, x.at(v.High), mid+3, whisker)
	p.text(x.at(max(v.High, v.Value))+6, mid+4.5, "start", plain, tick(v.Value, f.PercentY))
}

func greatest(rows []Bar) float64 {
	high := 0.0
	for _, r := range rows {
		for _, v := range r.Values {
			if v != nil {
				high = max(high, v.High, v.Value)
			}
		}
	}
	return high
}

// Line is a series of values over X. Names stand at the values where they are
// given.
type Line struct {
	Label string
	X     []float64
	Y     []Range
	// Names are written at the axis instead of numbers; those of the first
	// line count.
	Names  []string
	Colour int
}

// Lines draws series with their intervals and their names below.
func Lines(f Frame, lines []Line) string {
	p := &pen{}
	const plotHigh = 280.0
	var points []Point
	for _, l := range lines {
		for i := range l.X {
			points = append(points, Point{X: Range{l.X[i], l.X[i], l.X[i]}, Y: l.Y[i]})
		}
	}
	if len(points) == 0 {
		return p.finish(f)
	}
	x, y := axes(f, points)
	if !f.FitY {
		y = linear(min(0, y.low), y.high)
	}
	if f.PercentY {
		y = linear(0, 1)
	}
	names := lines[0].Names
	if len(names) > 0 {
		x = linear(points[0].X.Value, points[0].X.Value)
		low, high := lines[0].X[0], lines[0].X[len(lines[0].X)-1]
		pad := max((high-low)*0.08, 0.5)
		x.low, x.high, x.ticks = low-pad, high+pad, nil
	}
	x.from, x.to, y.from, y.to = left, Width-right, plotHigh-bottom, top
	p.frame(f, x, y, plotHigh)
	p.names(lines[0], x, y)
	for _, l := range lines {
		for k := range l.X {
			at := x.at(l.X[k])
			p.line(at, y.at(l.Y[k].Low), at, y.at(l.Y[k].High), fmt.Sprintf(`stroke="%s" stroke-width="1.5" opacity=".55"`, colour(l.Colour)))
			if k > 0 {
				p.line(x.at(l.X[k-1]), y.at(l.Y[k-1].Value), at, y.at(l.Y[k].Value), fmt.Sprintf(`stroke="%s" stroke-width="2"`, colour(l.Colour)))
			}
			p.f(`<circle cx="%s" cy="%s" r="4" fill="%s"/>`, n(at), n(y.at(l.Y[k].Value)), colour(l.Colour))
		}
	}
	p.height = plotHigh + 4
	for _, l := range lines {
		p.height += 19
		p.f(`<rect x="%s" y="%s" width="11" height="11" fill="%s"/>`, n(left), n(p.height-15), colour(l.Colour))
		p.text(left+17, p.height-6, "start", plain, cut(l.Label, Width-left-17-right))
	}
	p.height += 4
	return p.finish(f)
}

// names writes at the axis what stands there, as far as there is room.
func (p *pen) names(l Line, x, y scale) {
	end := math.Inf(-1)
	for i, name := range l.Names {
		at, half := x.at(l.X[i]), width(name)/2
		if at-half < end+6 {
			continue
		}
		p.text(at, y.from+18, "middle", faint, name)
		end = at + half
	}
}
