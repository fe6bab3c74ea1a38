package unit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Joules(0).String(), "0 J"},
		{Joules(0.82).String(), "820 mJ"},
		{Joules(12.34).String(), "12.3 J"},
		{Joules(4560).String(), "4.56 kJ"},
		{Joules(4.32e6).String(), "1.20 kWh"},
		{FormatKWh(36), "0.0000100 kWh"},
		{Watts(0.45).String(), "450 mW"},
		{Watts(9.996).String(), "10.0 W"},
		{Watts(1500).String(), "1.50 kW"},
		{Bytes(512).String(), "512 B"},
		{(3 * GiB / 2).String(), "1.50 GiB"},
		{FormatDuration(0), "0 s"},
		{FormatDuration(850 * time.Microsecond), "850 µs"},
		{FormatDuration(4567 * time.Millisecond), "4.57 s"},
		{FormatDuration(187 * time.Second), "3m07s"},
		{FormatDuration(time.Hour - time.Millisecond), "1h00m"},
		{FormatDuration(125 * time.Minute), "2h05m"},
		{FormatDuration(76 * time.Hour), "3d04h"},
		{FormatMoney(1234.6, "JPY"), "¥1,235"},
		{FormatMoney(12.345, "jpy"), "¥12.3"},
		{FormatMoney(3, "JPY"), "¥3"},
		{FormatMoney(0.00012, "JPY"), "¥0.00012"},
		{FormatMoney(0, "JPY"), "¥0"},
		{FormatMoney(0, "USD"), "$0.00"},
		{FormatMoney(-1234.5, "USD"), "-$1,234.50"},
		{FormatMoney(0.5, "USD"), "$0.50"},
		{FormatMoney(0.00042, "USD"), "$0.00042"},
		{FormatMoney(12.3, "EUR"), "12.30 EUR"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for in, want := range map[string]Bytes{
		"2GiB": 2 * GiB, "512MB": 512e6, "1.5 g": 3 * GiB / 2, "4096": 4096, " 1kb ": 1000, "0": 0,
	} {
		if got, err := ParseBytes(in); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "GiB", "-1", "1..2g", "12 parsecs", "99999999TiB", "1e400"} {
		if got, err := ParseBytes(in); err == nil {
			t.Errorf("ParseBytes(%q) = %d, want an error", in, got)
		}
	}
}

func TestMoneyIsNeverShownAsZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(1e-12, 1e9).Draw(t, "v")
		for _, cur := range []string{"JPY", "USD"} {
			s := FormatMoney(v, cur)
			nonZero := false
			for _, r := range s {
				nonZero = nonZero || (r >= '1' && r <= '9')
			}
			if !nonZero {
				t.Fatalf("%g %s is shown as %s", v, cur, s)
			}
		}
	})
}

func TestPricePerMtoken(t *testing.T) {
	p, err := ParsePerMtoken(" 0.15 ")
	if err != nil || p.Of(2_000_000) != 0.3 {
		t.Errorf("%v %v", p, err)
	}
	for _, bad := range []string{"-1", "NaN", "Inf", "x"} {
		if _, err := ParsePerMtoken(bad); err == nil {
			t.Errorf("ParsePerMtoken(%q) passes", bad)
		}
	}
}
