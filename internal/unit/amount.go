package unit

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// errAmount is a figure that is no amount of anything.
var errAmount = errors.New("not a positive number")

// number splits a text into the figure at its beginning and what follows.
// Thousands may have commas or underscores.
func number(s string) (v float64, rest string, err error) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != ',' && r != '_' })
	if i < 0 {
		i = len(s)
	}
	v, err = strconv.ParseFloat(strings.NewReplacer(",", "", "_", "").Replace(s[:i]), 64)
	if err != nil || v <= 0 || math.IsInf(v, 0) {
		return 0, "", errAmount
	}
	return v, strings.TrimSpace(s[i:]), nil
}

// signs are the signs of currencies that people type.
var signs = map[string]string{"¥": "JPY", "￥": "JPY", "円": "JPY", "$": "USD", "€": "EUR", "£": "GBP"}

// ParseMoney reads an amount of money: "500 JPY", "¥500", "500円", "$12.50".
// The currency is in capital letters.
func ParseMoney(s string) (amount float64, currency string, err error) {
	s = strings.TrimSpace(s)
	for sign, code := range signs {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			v, tail, err := number(rest)
			if err == nil && tail != "" {
				err = fmt.Errorf("%q behind the amount", tail)
			}
			return v, code, err
		}
	}
	v, tail, err := number(s)
	if err != nil {
		return 0, "", err
	}
	if code, ok := signs[tail]; ok {
		return v, code, nil
	}
	code := strings.ToUpper(tail)
	if len(code) != 3 || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return 0, "", fmt.Errorf("%q is no currency", tail)
	}
	return v, code, nil
}

// energies are the units of energy in joules.
var energies = map[string]float64{"mj": 1e-3, "j": 1, "kj": 1e3, "wh": 3.6e3, "kwh": 3.6e6}

// ParseJoules reads an amount of energy: "800 J", "2.5kJ", "40 Wh", "1.2kWh".
// "MJ" is a million joules, "mJ" a thousandth.
func ParseJoules(s string) (Joules, error) {
	v, tail, err := number(s)
	if err != nil {
		return 0, err
	}
	if tail == "MJ" {
		return Joules(v * 1e6), nil
	}
	factor, ok := energies[strings.ToLower(tail)]
	if !ok {
		return 0, fmt.Errorf("%q is no unit of energy", tail)
	}
	return Joules(v * factor), nil
}

// multiples are what may stand before a unit that is counted.
var multiples = map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9}

// ParseCount reads a number of things named noun: "200k tokens", "1M tokens",
// "5000 tokens".
func ParseCount(s, noun string) (int64, error) {
	v, tail, err := number(s)
	if err != nil {
		return 0, err
	}
	tail = strings.ToLower(tail)
	mult, ok := strings.CutSuffix(tail, noun+"s")
	if !ok {
		mult, ok = strings.CutSuffix(tail, noun)
	}
	factor, known := multiples[strings.TrimSpace(mult)]
	if !ok || !known || v*factor > 1<<53 {
		return 0, fmt.Errorf("%q is no number of %ss", strings.TrimSpace(s), noun)
	}
	return int64(math.Round(v * factor)), nil
}
