package unit

import "testing"

func TestParseMoney(t *testing.T) {
	for in, want := range map[string]struct {
		v    float64
		code string
	}{
		"500 JPY": {500, "JPY"}, "500jpy": {500, "JPY"}, "¥1,500": {1500, "JPY"}, "￥20": {20, "JPY"}, "300円": {300, "JPY"},
		"$12.50": {12.5, "USD"}, "0.25 EUR": {0.25, "EUR"}, "€7": {7, "EUR"},
	} {
		v, code, err := ParseMoney(in)
		if err != nil || v != want.v || code != want.code {
			t.Errorf("%q: %v %s %v", in, v, code, err)
		}
	}
	for _, in := range []string{"", "JPY", "-5 JPY", "0 JPY", "5", "5 YENS", "$5 USD", "1e400 USD", "NaN USD", "5 J"} {
		if v, code, err := ParseMoney(in); err == nil {
			t.Errorf("%q is read as %v %s", in, v, code)
		}
	}
}

func TestParseJoules(t *testing.T) {
	for in, want := range map[string]Joules{"800 J": 800, "2.5kJ": 2500, "40Wh": 144000, "1.5 kWh": 5.4e6, "3 MJ": 3e6, "3 mJ": 0.003} {
		if j, err := ParseJoules(in); err != nil || j != want {
			t.Errorf("%q: %v %v", in, float64(j), err)
		}
	}
	for _, in := range []string{"", "5", "5 W", "kJ", "0 J", "-1 J"} {
		if j, err := ParseJoules(in); err == nil {
			t.Errorf("%q is read as %v", in, float64(j))
		}
	}
}

func TestParseCount(t *testing.T) {
	for in, want := range map[string]int64{"5000 tokens": 5000, "200k tokens": 200000, "1.5M tokens": 1500000, "1 token": 1, "2mtokens": 2000000} {
		if n, err := ParseCount(in, "token"); err != nil || n != want {
			t.Errorf("%q: %v %v", in, n, err)
		}
	}
	for _, in := range []string{"", "tokens", "5", "5 xtokens", "1e99 tokens", "999999999999G tokens"} {
		if n, err := ParseCount(in, "token"); err == nil {
			t.Errorf("%q is read as %v", in, n)
		}
	}
}
