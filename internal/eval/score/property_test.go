package score

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// scripts write a whole number that is not negative in the ways that answers
// do.
var scripts = map[string]func(int64) string{
	"plain":      func(n int64) string { return fmt.Sprint(n) },
	"full width": func(n int64) string { return digitsFrom(n, '０') },
	"devanagari": func(n int64) string { return digitsFrom(n, '०') },
	"bold":       func(n int64) string { return digitsFrom(n, '𝟎') },
	"commas":     commas,
	"units":      func(n int64) string { return tenThousands(n, func(n int64) string { return fmt.Sprint(n) }) },
	"kanji":      func(n int64) string { return tenThousands(n, kanjiThousands) },
	"positions":  func(n int64) string { return mapDigits(n, []rune("〇一二三四五六七八九")) },
}

func mapDigits(n int64, to []rune) string {
	return strings.Map(func(r rune) rune { return to[r-'0'] }, fmt.Sprint(n))
}

func digitsFrom(n int64, zero rune) string {
	to := make([]rune, 10)
	for i := range to {
		to[i] = zero + rune(i)
	}
	return mapDigits(n, to)
}

func commas(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return commas(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func tenThousands(n int64, small func(int64) string) string {
	if n == 0 {
		return "零"
	}
	out := ""
	for i, u := range []string{"兆", "億", "万", ""} {
		unit := int64(1)
		for range 3 - i {
			unit *= 10000
		}
		if part := n / unit % 10000; part > 0 {
			out += small(part) + u
		}
	}
	return out
}

func kanjiThousands(n int64) string {
	names, out := []rune("〇一二三四五六七八九"), ""
	for i, u := range []string{"千", "百", "十", ""} {
		unit := []int64{1000, 100, 10, 1}[i]
		d := n / unit % 10
		switch {
		case d == 0:
		case d == 1 && u != "":
			out += u
		default:
			out += string(names[d]) + u
		}
	}
	return out
}

// TestRendered holds that a number written in any script is read back, with
// any minus, behind any announcement.
func TestRendered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 9_999_999_999_999_999).Draw(t, "n")
		if rapid.Bool().Draw(t, "small") {
			n %= 10000
		}
		script := rapid.SampledFrom([]string{"plain", "full width", "devanagari", "bold", "commas", "units", "kanji", "positions"}).Draw(t, "script")
		sign := rapid.SampledFrom([]string{"", "-", "−", "－", "▲", "マイナス", "–"}).Draw(t, "sign")
		frame := rapid.SampledFrom([]string{"%s", "答えは%sです。", "答え：%s個（12-3=9）", "The answer is %s.", "よって\n#### %s", `\boxed{%s}`, "3と5を使うと、答えは **%s** 円"}).Draw(t, "frame")
		want := big.NewRat(n, 1)
		if sign != "" {
			want.Neg(want)
		}
		s := fmt.Sprintf(frame, sign+scripts[script](n))
		f, ok := Number(s)
		if !ok || f.Value.Cmp(want) != 0 {
			t.Fatalf("%q is %v %v, want %s", s, f, ok, want.RatString())
		}
	})
}

// TestDecimals holds the same for decimal fractions, and that what is printed
// is read as the same number.
func TestDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1_000_000_000, 1_000_000_000).Draw(t, "n")
		digits := rapid.IntRange(1, 6).Draw(t, "digits")
		want := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		f, ok := Number(want.FloatString(digits))
		if !ok || f.Value.Cmp(want) != 0 {
			t.Fatalf("%s is %v", want.FloatString(digits), f)
		}
		if g, ok := Number(f.String()); !ok || g.Value.Cmp(want) != 0 {
			t.Fatalf("%s is printed as %s", want.RatString(), f)
		}
	})
}

// FuzzMark holds that no output makes a scorer panic, and that what is marked
// can be written as JSON.
func FuzzMark(f *testing.F) {
	for _, s := range []string{"", "答えは1億2000万と3分の1です", `\boxed{\frac{1}{0}}`, "(A) ③ ウ", "{\"a\":[1e999]}", "1/0", "----5%割分厘", "<think></think><thinking>", "十百千万億兆京", "\xff\x01", "答えは分かりません。", "答えは(\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, task := range Tasks() {
			for _, gold := range []string{`"3"`, `1`} {
				r, err := Mark(task, Item{Output: &s, Gold: json.RawMessage(gold), Choices: []string{"a", "空港"}})
				if err != nil {
					t.Fatal(task, err)
				}
				if _, err := json.Marshal(r); err != nil {
					t.Fatalf("%s: %q cannot be written: %v", task, s, err)
				}
			}
		}
	})
}
