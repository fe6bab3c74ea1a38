package outside

import (
	"io"
	"math"
	"strconv"
	"strings"
)

// Tolerance is how far a published figure may lie from what its own row gives:
// two in a hundred, as figures are rounded.
const Tolerance = 0.02

// Checked is a row of a published table with its metrics computed anew.
type Checked struct {
	// Line is the row's in the file.
	Line int `json:"line"`
	// Label is the row's model, hardware or name, where it has one.
	Label string `json:"label,omitempty"`
	// IPW and IPJ are accuracy (from 0 to 1) over mean power, and over mean
	// energy: arXiv 2511.07885, section 2.
	IPW float64 `json:"ipw"`
	IPJ float64 `json:"ipj"`
	// GivenIPW and GivenIPJ are what the row says.
	GivenIPW *float64 `json:"given_ipw,omitempty"`
	GivenIPJ *float64 `json:"given_ipj,omitempty"`
	// Flagged says that the row contradicts itself, Why in which figure.
	Flagged bool   `json:"flagged"`
	Why     string `json:"why,omitempty"`
}

// Check reads a table with the columns acc, watts and seconds, and where there
// are any ipw and ipj, and computes the latter anew. An accuracy above 1 is
// taken for a percentage. Energy in a column kj, joules or energy_j is taken
// before watts times seconds, as long as it says the same: each of those two was
// rounded once more.
func Check(file string, r io.Reader) ([]Checked, error) {
	rows, _, err := table(file, r, []string{"acc", "watts", "seconds"})
	if err != nil {
		return nil, err
	}
	out := make([]Checked, 0, len(rows))
	for _, row := range rows {
		c, err := row.check()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (r row) check() (c Checked, err error) {
	var figure [3]float64
	for i, name := range []string{"acc", "watts", "seconds"} {
		if figure[i], err = r.number(name); err != nil {
			return c, err
		}
	}
	acc, watts, seconds := figure[0], figure[1], figure[2]
	if acc > 1 {
		acc /= 100
	}
	switch {
	case acc < 0 || acc > 1:
		return c, malformed(r.file, r.line, "acc", "%g is no accuracy: it must be from 0 to 1, or to 100 in percent", figure[0])
	case watts <= 0:
		return c, malformed(r.file, r.line, "watts", "%g is no power: it must be above 0", watts)
	case seconds <= 0:
		return c, malformed(r.file, r.line, "seconds", "%g is no time: it must be above 0", seconds)
	}
	c = Checked{Line: r.line, Label: r.label(), IPW: acc / watts, IPJ: acc / r.joules(watts*seconds)}
	var why []string
	for _, f := range []struct {
		name  string
		is    float64
		given **float64
	}{{"ipw", c.IPW, &c.GivenIPW}, {"ipj", c.IPJ, &c.GivenIPJ}} {
		if r.text(f.name) == "" {
			continue
		}
		v, err := r.number(f.name)
		if err != nil {
			return c, err
		}
		*f.given = &v
		if deviates(f.is, v, r.text(f.name)) {
			why = append(why, f.name)
		}
	}
	c.Flagged, c.Why = len(why) > 0, strings.Join(why, ", ")
	return c, nil
}

// alike is how far a row's energy may lie from its watts times its seconds, by
// the rounding of all three.
const alike = 0.01

// joules is the energy that a row states where it states the same as its watts
// and seconds, to their rounding; else what those come to.
func (r row) joules(product float64) float64 {
	for _, c := range []struct {
		name  string
		scale float64
	}{{"energy_j", 1}, {"joules", 1}, {"kj", 1000}} {
		v, err := strconv.ParseFloat(r.text(c.name), 64)
		if v *= c.scale; err == nil && math.Abs(v-product) <= alike*product {
			return v
		}
	}
	return product
}

// deviates reports whether a figure lies further from what it should be than
// rounding explains. One of one or two digits says no more than its last digit
// does.
func deviates(want, given float64, written string) bool {
	off := math.Abs(given - want)
	if digits, unit := precision(written); digits < 3 {
		off -= unit / 2
	}
	return off > Tolerance*math.Abs(want)
}

// precision counts the digits of a figure as it is written, and gives the
// value of its last one.
func precision(s string) (digits int, unit float64) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimLeft(s, "+-")), "e")
	scale := 0.0
	for _, c := range exponent {
		if c >= '0' && c <= '9' {
			scale = scale*10 + float64(c-'0')
		}
	}
	if strings.HasPrefix(exponent, "-") {
		scale = -scale
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return len(strings.TrimLeft(whole+fraction, "0")), math.Pow(10, scale-float64(len(fraction)))
}

// label is what a row calls itself.
func (r row) label() string {
	var parts []string
	for _, name := range []string{"name", "model", "hardware", "device"} {
		if s := r.text(name); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
