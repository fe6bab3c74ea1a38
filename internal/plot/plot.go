package plot

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Range is a value with the interval around it.
type Range struct{ Value, Low, High float64 }

// Frame is what surrounds a plot.
type Frame struct {
	// ID is unique in the page. Title and Text say in words what is to be
	// seen.
	ID, Title, Text string
	// X and Y name the axes.
	X, Y string
	// LogX draws X by its logarithm, PercentY shares of one as percent.
	LogX, PercentY bool
	// FitY lets the axis of lines begin where their values do, not at nothing.
	FitY bool
}

// Width is the width of every plot in its own units: narrow, so that on a
// telephone letters stay letters.
const Width = 480

const (
	left, right, top, bottom = 56.0, 14.0, 14.0, 44.0
	font                     = 13.0
	colours                  = 6
)

// Style are the variables that plots take their colours from.
const Style = `--ink:#1d1d1b;--faint:#6b6b66;--paper:#fff;--rule:#d9d8d2;--c0:#0b62a4;--c1:#c2410c;--c2:#2f7d32;--c3:#8e3a9d;--c4:#8a6d00;--c5:#00737a`

// StyleDark are the same on a dark ground.
const StyleDark = `--ink:#ececea;--faint:#a3a39d;--paper:#191a1c;--rule:#3d3e40;--c0:#6db3f2;--c1:#ff9a66;--c2:#7fcf83;--c3:#d79be6;--c4:#e0c04a;--c5:#5fd0d6`

// pen writes one picture.
type pen struct {
	strings.Builder
	height float64
}

func (p *pen) f(format string, args ...any) { fmt.Fprintf(&p.Builder, format, args...) }

// text writes words; anchor is start, middle or end.
func (p *pen) text(x, y float64, anchor, class, words string) {
	p.f(`<text x="%s" y="%s" text-anchor="%s"%s>%s</text>`, n(x), n(y), anchor, class, html.EscapeString(words))
}

func (p *pen) line(x1, y1, x2, y2 float64, style string) {
	p.f(`<line x1="%s" y1="%s" x2="%s" y2="%s" %s/>`, n(x1), n(y1), n(x2), n(y2), style)
}

const (
	faint  = ` fill="var(--faint)"`
	plain  = ` fill="var(--ink)"`
	rule   = `stroke="var(--rule)"`
	dashed = `stroke="var(--faint)" stroke-dasharray="4 3" stroke-width="1.5"`
)

func colour(i int) string { return fmt.Sprintf("var(--c%d)", i%colours) }

// finish puts the frame around what was drawn.
func (p *pen) finish(f Frame) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" role="img" aria-labelledby="%s-t %s-d" font-family="system-ui,'Hiragino Sans','Noto Sans CJK JP','Noto Sans JP',sans-serif" font-size="%g"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>%s</svg>`,
		Width, n(p.height), f.ID, f.ID, font, f.ID, html.EscapeString(f.Title), f.ID, html.EscapeString(f.Text), p.String())
}

// Alone makes a picture of a page one that stands alone.
func Alone(svg string) string {
	at := strings.Index(svg, "><title")
	if at < 0 {
		return svg
	}
	return svg[:at+1] + `<style>svg{` + Style + `;background:var(--paper)}@media(prefers-color-scheme:dark){svg{` + StyleDark + `}}</style>` + svg[at+1:]
}

// n writes a coordinate.
func n(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// scale maps values to places.
type scale struct {
	low, high, from, to float64
	log                 bool
	ticks               []float64
}

// at is the place of a value, within the axis.
func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		v, low, high = math.Log(math.Max(v, s.low)), math.Log(low), math.Log(high)
	}
	return s.from + (s.to-s.from)*math.Max(0, math.Min(1, (v-low)/(high-low)))
}

// linear is an axis whose ends are round numbers.
func linear(low, high float64) scale {
	if !(high > low) {
		low, high = low-math.Abs(low)/2-0.5, high+math.Abs(high)/2+0.5
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, by := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*by) <= 6 {
			step *= by
			break
		}
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	s := scale{low: first * step, high: last * step}
	for i := first; i <= last; i++ {
		s.ticks = append(s.ticks, i*step)
	}
	return s
}

// logarithmic is an axis of powers of ten with 2 and 5 between where there is
// room.
func logarithmic(low, high float64) scale {
	s := scale{low: low / 1.25, high: high * 1.25, log: true}
	for _, by := range [][]float64{{1, 2, 5}, {1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}} {
		s.ticks = nil
		for e := math.Floor(math.Log10(s.low)); e <= math.Ceil(math.Log10(s.high)); e++ {
			for _, b := range by {
				if v := b * math.Pow(10, e); v >= s.low && v <= s.high {
					s.ticks = append(s.ticks, v)
				}
			}
		}
		if k := len(s.ticks); k >= 3 && k <= 8 {
			break
		}
	}
	return s
}

// Number writes a value for people: three digits, and powers of ten where it
// is very great or small.
func Number(v float64) string {
	if v == 0 {
		return "0"
	}
	e := int(math.Floor(math.Log10(math.Abs(v)) + 1e-12))
	if e >= -3 && e < 5 {
		return strings.Replace(trim(strconv.FormatFloat(v, 'f', max(0, 2-e), 64)), "-", "−", 1)
	}
	return strings.Replace(trim(strconv.FormatFloat(v/math.Pow(10, float64(e)), 'f', 2, 64)), "-", "−", 1) + "×10" + raised(e)
}

// trim takes zeros behind the point away.
func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func raised(e int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(e))
}

// tick writes a value at an axis.
func tick(v float64, percent bool) string {
	if percent {
		return Number(math.Round(v*1000)/10) + "%"
	}
	return Number(v)
}

// width is about how wide words are: Japanese letters are as wide as high.
func width(s string) float64 {
	w := 0.0
	for _, r := range s {
		if r >= 0x2e80 {
			w++
		} else {
			w += 0.56
		}
	}
	return w * font
}

// cut shortens words to a width.
func cut(s string, to float64) string {
	if width(s) <= to {
		return s
	}
	runes := []rune(s)
	for len(runes) > 1 && width(string(runes)+"…") > to {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
