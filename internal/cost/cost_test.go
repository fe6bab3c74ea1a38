package cost

import (
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"irori/internal/llm"
)

func parse(t interface{ Fatal(...any) }, s string) Price {
	p, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func usage(in, out int, cached, write *int) *llm.Usage {
	return &llm.Usage{PromptTokens: &in, OutputTokens: &out, CachedTokens: cached, CacheWrite: write, Source: llm.UsageBackend}
}

func TestOf(t *testing.T) {
	n := llm.IntPtr
	for _, c := range []struct {
		price string
		u     *llm.Usage
		want  string
	}{
		{"0.15,0.6", usage(1000, 1, nil, nil), "0.0001506"},
		{"3,15,0.3,3.75", usage(1000, 10, n(600), n(300)), "0.001755"},
		{"3,15,0.3", usage(1000, 10, n(1000), nil), "0.00045"},
		{"3,15", usage(1000, 10, n(600), n(300)), "0.00315"},
		{"0,0", usage(5, 5, nil, nil), "0"},
		{"1,1,0", usage(5, 0, n(9), n(9)), "0"},
		{"3,15", nil, ""},
		{"3,15", &llm.Usage{OutputTokens: n(3)}, ""},
		{"3,15", &llm.Usage{PromptTokens: n(3), Source: llm.UsageBackend}, ""},
		{"3,0", &llm.Usage{PromptTokens: n(3), Source: llm.UsageBackend}, "0.000009"},
	} {
		got := ""
		if a := parse(t, c.price).Of(c.u).Amount; a != nil {
			got = strconv.FormatFloat(*a, 'f', -1, 64)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.price, got, c.want)
		}
	}
	// What is counted is the least that it can cost.
	for _, cached := range []*int{nil, n(1000)} {
		u := usage(1000, 0, cached, nil)
		u.OutputTokens = nil
		if c := parse(t, "3,15,0.3").Of(u); c.Amount != nil || c.High != nil || c.Low == nil || *c.Low != 0.0003 {
			t.Errorf("%v cached, unknown output: %+v", cached, c)
		}
	}
	c := parse(t, "3,15,0.3").Of(usage(1000, 10, nil, nil))
	if c.Amount != nil || *c.Low != 0.00045 || *c.High != 0.00315 {
		t.Errorf("unknown cached tokens: %+v", c)
	}
}

// The amount is the sum in decimals, to the last token.
func TestToTheLastToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := func(name string) string { return strconv.Itoa(rapid.IntRange(0, 99999).Draw(t, name)) + "/100" }
		prices := []string{cents("in"), cents("out"), cents("cached"), cents("write")}
		text := ""
		var rats []*big.Rat
		for i, s := range prices {
			r, _ := new(big.Rat).SetString(s)
			rats = append(rats, r)
			if i > 0 {
				text += ","
			}
			text += r.FloatString(2)
		}
		cached, write, rest := rapid.IntRange(0, 1e6).Draw(t, "c"), rapid.IntRange(0, 1e6).Draw(t, "w"), rapid.IntRange(0, 1e6).Draw(t, "r")
		out := rapid.IntRange(0, 1e6).Draw(t, "o")
		got := parse(t, text).Of(usage(cached+write+rest, out, &cached, &write)).Amount
		want := new(big.Rat)
		for i, n := range []int{rest, out, cached, write} {
			want.Add(want, new(big.Rat).Mul(rats[i], big.NewRat(int64(n), 1e6)))
		}
		f, _ := want.Float64()
		if diff := *got - f; diff > 1e-9*f+1e-15 || -diff > 1e-9*f+1e-15 {
			t.Fatalf("%v, want %s", *got, want.FloatString(12))
		}
	})
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"", "1", "1,2,3,4,5", "1,x", "-1,2", "1,NaN", "1,"} {
		if p, err := Parse(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
	a, b := parse(t, "1,2").Named(), parse(t, "1,2,2").Named()
	if a.Version == b.Version || a.Version != parse(t, "1.0, 2").Named().Version || len(a.Version) != 14 {
		t.Errorf("%s %s", a.Version, b.Version)
	}
}
