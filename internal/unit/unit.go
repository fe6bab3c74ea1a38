// Package unit holds quantities that Irori shows to people and reads from
// them: energy, power, sizes, durations and money. It knows how to parse,
// format and convert them; it knows nothing of where a figure comes from or
// what it means.
package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Joules is an amount of energy.
type Joules float64

// Watts is a rate of energy.
type Watts float64

// Bytes is a size.
type Bytes int64

// The binary multiples of a byte.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
	TiB Bytes = 1 << 40
)

// KWh converts to kilowatt hours, what electricity is billed in.
func (j Joules) KWh() float64 { return float64(j) / 3.6e6 }

// FromKWh converts from kilowatt hours.
func FromKWh(kwh float64) Joules { return Joules(kwh * 3.6e6) }

// String formats with a multiple that suits the size: "820 mJ", "12.3 J",
// "4.56 kJ", "1.20 kWh".
func (j Joules) String() string {
	abs := math.Abs(float64(j))
	switch {
	case abs == 0:
		return "0 J"
	case abs < 1e-3:
		return Digits(float64(j)*1e6, 3) + " µJ"
	case abs < 1:
		return Digits(float64(j)*1e3, 3) + " mJ"
	case abs < 1e3:
		return Digits(float64(j), 3) + " J"
	case abs < 1e5:
		return Digits(float64(j)/1e3, 3) + " kJ"
	default:
		return FormatKWh(j)
	}
}

// FormatKWh formats energy in kilowatt hours, with enough digits that a tiny
// amount is not shown as 0.
func FormatKWh(j Joules) string { return Digits(j.KWh(), 3) + " kWh" }

// Over is the energy of a constant power over d.
func (w Watts) Over(d time.Duration) Joules { return Joules(float64(w) * d.Seconds()) }

// String formats as "12.3 W", "450 mW" or "1.50 kW".
func (w Watts) String() string {
	abs := math.Abs(float64(w))
	switch {
	case abs == 0:
		return "0 W"
	case abs < 1:
		return Digits(float64(w)*1e3, 3) + " mW"
	case abs < 1e3:
		return Digits(float64(w), 3) + " W"
	default:
		return Digits(float64(w)/1e3, 3) + " kW"
	}
}

// Digits formats v with n significant digits, without an exponent, never with
// fewer digits before the point than v has: 1234.5 with 3 is "1234".
func Digits(v float64, n int) string {
	if v == 0 {
		return "0"
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	// Rounding may carry into a further digit (9.996 → 10.0), so the place of
	// the first digit is read from the rounded number.
	e := strconv.FormatFloat(v, 'e', n-1, 64)
	exp, _ := strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	return strconv.FormatFloat(v, 'f', max(0, n-1-exp), 64)
}

var byteUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
}

// ParseBytes reads "2GiB", "512MB", "1.5 g" or "4096". KiB and a bare letter
// are binary, KB is decimal; case does not matter.
func ParseBytes(s string) (Bytes, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	cut := len(text)
	for i, r := range text {
		if (r < '0' || r > '9') && r != '.' {
			cut = i
			break
		}
	}
	factor, ok := byteUnits[strings.TrimSpace(text[cut:])]
	if !ok {
		return 0, fmt.Errorf("size %q: unknown unit, use for instance 2GiB or 512MB", s)
	}
	if n, err := strconv.ParseInt(text[:cut], 10, 64); err == nil {
		if n > math.MaxInt64/int64(factor) {
			return 0, fmt.Errorf("size %q is too large", s)
		}
		return Bytes(n) * Bytes(factor), nil
	}
	f, err := strconv.ParseFloat(text[:cut], 64)
	if err != nil {
		return 0, fmt.Errorf("size %q: not a number, use for instance 2GiB or 512MB", s)
	}
	f *= factor
	if f >= math.MaxInt64 {
		return 0, fmt.Errorf("size %q is too large", s)
	}
	return Bytes(f), nil
}

// String formats in binary multiples: "512 B", "1.50 GiB".
func (b Bytes) String() string {
	abs := b
	if abs < 0 {
		abs = -abs
	}
	for _, u := range []struct {
		size Bytes
		name string
	}{{TiB, "TiB"}, {GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}} {
		if abs >= u.size {
			return Digits(float64(b)/float64(u.size), 3) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + " B"
}

// FormatDuration formats for people: "850 µs", "12.3 ms", "4.56 s", "3m07s",
// "2h05m", "3d04h".
func FormatDuration(d time.Duration) string {
	if d < 0 {
		return "-" + FormatDuration(-d)
	}
	switch {
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + " ns"
	case d < time.Millisecond:
		return Digits(float64(d)/1e3, 3) + " µs"
	case d < time.Second:
		return Digits(float64(d)/1e6, 3) + " ms"
	case d < time.Minute:
		return Digits(d.Seconds(), 3) + " s"
	}
	// Rounding to the smaller unit first keeps "60s" from appearing.
	if d < time.Hour {
		s := int64(d.Round(time.Second) / time.Second)
		if s < 3600 {
			return fmt.Sprintf("%dm%02ds", s/60, s%60)
		}
	}
	m := int64(d.Round(time.Minute) / time.Minute)
	if m < 24*60 {
		return fmt.Sprintf("%dh%02dm", m/60, m%60)
	}
	h := int64(d.Round(time.Hour) / time.Hour)
	return fmt.Sprintf("%dd%02dh", h/24, h%24)
}
