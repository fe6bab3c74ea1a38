package unit

import (
	"math"
	"strconv"
	"strings"
)

// PerMtoken is a price in some currency per million tokens.
type PerMtoken float64

// Of is the price of n tokens.
func (p PerMtoken) Of(tokens int) float64 { return float64(p) * float64(tokens) / 1e6 }

// FormatMoney formats an amount: "¥1,235", "¥12.3", "¥0.00012", "$1,234.50",
// "$0.00042", and "12.30 EUR" for other currencies. An amount that is not 0 is
// never shown as 0.
func FormatMoney(amount float64, currency string) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	code := strings.ToUpper(currency)
	if code == "JPY" {
		return sign + "¥" + moneyDigits(amount, 100, 0)
	}
	text := moneyDigits(amount, 1, 2)
	switch code {
	case "USD":
		return sign + "$" + text
	case "":
		return sign + text
	}
	return sign + text + " " + code
}

// moneyDigits writes amounts from large on with the currency's own decimals
// and smaller ones with three significant digits, trailing zeros removed down
// to the currency's decimals.
func moneyDigits(v, large float64, decimals int) string {
	if v == 0 || v >= large {
		return group(strconv.FormatFloat(v, 'f', decimals, 64))
	}
	s := Digits(v, 3)
	point := strings.IndexByte(s, '.')
	if point < 0 {
		return s
	}
	for strings.HasSuffix(s, "0") && len(s)-point-1 > decimals {
		s = s[:len(s)-1]
	}
	return strings.TrimSuffix(s, ".")
}

// group puts commas between thousands.
func group(s string) string {
	whole, frac, has := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		return whole + "." + frac
	}
	return whole
}

// ParsePerMtoken reads a price per million tokens.
func ParsePerMtoken(s string) (PerMtoken, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err == nil && (v < 0 || math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return PerMtoken(v), err
}
