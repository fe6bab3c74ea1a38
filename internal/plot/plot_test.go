package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wellFormed reads a picture to its end and gives all its words.
func wellFormed(t interface{ Fatalf(string, ...any) }, svg string) (words []string) {
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		switch x := token.(type) {
		case xml.CharData:
			words = append(words, string(x))
		case xml.StartElement:
			for _, a := range x.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s: %s", x.Name.Local, a.Value)
				}
			}
		}
	}
}

func around(v, by float64) Range { return Range{v, v - by, v + by} }

// TestPictures: whatever the values and names are, a picture is XML without
// nonsense in it, with its title and its text.
func TestPictures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Float64Range(0, 1), rapid.Just(0.0))
		name := rapid.StringMatching(`[a-z<>&"'日本語]{0,60}`)
		f := Frame{ID: "p", Title: "a <title>", Text: name.Draw(t, "text"), X: name.Draw(t, "x"), Y: name.Draw(t, "y"), LogX: rapid.Bool().Draw(t, "log"), PercentY: rapid.Bool().Draw(t, "percent")}
		var points []Point
		var rows []Bar
		line := Line{Label: name.Draw(t, "label")}
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			v := around(value.Draw(t, "v"), rapid.Float64Range(0, 10).Draw(t, "by"))
			points = append(points, Point{Label: name.Draw(t, "label"), X: v, Y: v, Rank: "r"})
			rows = append(rows, Bar{Label: name.Draw(t, "label"), Values: []*Range{&v, nil}})
			line.X, line.Y = append(line.X, float64(i)), append(line.Y, v)
		}
		for _, svg := range []string{Points(f, points), Bars(f, []string{"a", "b"}, rows), Lines(f, []Line{line})} {
			words := wellFormed(t, svg)
			if !slices.Contains(words, "a <title>") || f.Text != "" && !slices.Contains(words, f.Text) {
				t.Fatalf("%q", words)
			}
			wellFormed(t, Alone(svg))
		}
	})
}

func TestFront(t *testing.T) {
	points := []Point{
		{X: around(10, 0), Y: around(.5, 0), Rank: "a"}, // best for little
		{X: around(20, 0), Y: around(.4, 0), Rank: "a"}, // beaten by the first
		{X: around(30, 0), Y: around(.7, 0), Rank: "a"},
		{X: around(30, 0), Y: around(.6, 0), Rank: "a"}, // beaten at the same price
		{X: around(1, 0), Y: around(.9, 0), Rank: "b"},  // not comparable
	}
	if got := Front(points, "a"); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("%v", got)
	}
	if got := Front(points, "b"); !slices.Equal(got, []int{4}) {
		t.Errorf("%v", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 0.1034: "0.103", 12345: "12345", 0.00163: "0.00163", 8.916e-5: "8.92×10⁻⁵", 6449: "6449", -2.5: "−2.5", 5.25e7: "5.25×10⁷", 100: "100", 40.06: "40.1"} {
		if got := Number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestAxes(t *testing.T) {
	for _, c := range [][2]float64{{0, 1}, {3, 3}, {0.001, 0.0013}, {-5, 70}, {0, 1e6}} {
		s := linear(c[0], c[1])
		if len(s.ticks) < 3 || len(s.ticks) > 9 || s.low > c[0] || s.high < c[1] {
			t.Errorf("%v: %+v", c, s)
		}
	}
	for _, c := range [][2]float64{{20, 50}, {0.01, 1000}, {3, 3.1}, {1, 10}} {
		s := logarithmic(c[0], c[1])
		s.from, s.to = 0, 100
		if len(s.ticks) < 1 || len(s.ticks) > 12 || s.at(c[0]) <= 0 || s.at(c[1]) >= 100 || math.IsNaN(s.at(0)) {
			t.Errorf("%v: %+v", c, s)
		}
	}
}

// What stands at the end of an axis ends within the picture, whatever font it is
// read in.
func TestLastLabelIsWhole(t *testing.T) {
	svg := Lines(Frame{ID: "a", X: "x", Y: "y"}, []Line{{Label: "l", X: []float64{0, 5e-4}, Y: []Range{around(0, 0), around(1, 0)}}})
	if !strings.Contains(svg, `text-anchor="end"`) || !strings.Contains(svg, "5×10⁻⁴") {
		t.Fatal(svg)
	}
	at := strings.Index(svg, "5×10⁻⁴")
	if last := svg[strings.LastIndex(svg[:at], "<text"):at]; !strings.Contains(last, `text-anchor="end"`) {
		t.Errorf("%s may be cut off", last)
	}
}
