// Package cost turns counted tokens into money by prices that somebody set.
//
// It knows no provider and no model: whoever has a price gives it a name, and
// what is not priced costs nothing known.
package cost

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/unit"
)

// Price is what a model's tokens cost per million.
type Price struct {
	In, Out unit.PerMtoken
	// Cached and CacheWrite are nil where such tokens cost as others do.
	Cached, CacheWrite *unit.PerMtoken
	Currency           string
	// Version names the price in the ledger.
	Version string
}

// Parse reads IN,OUT[,CACHED[,CACHE_WRITE]].
func Parse(s string) (Price, error) {
	parts := strings.Split(s, ",")
	if len(parts) < 2 || len(parts) > 4 {
		return Price{}, fmt.Errorf("a price is IN,OUT[,CACHED[,CACHE_WRITE]] per million tokens, like 0.15,0.6")
	}
	var v [4]*unit.PerMtoken
	for i, t := range parts {
		p, err := unit.ParsePerMtoken(t)
		if err != nil {
			return Price{}, fmt.Errorf("%.40q is no price per million tokens", t)
		}
		v[i] = &p
	}
	return Price{In: *v[0], Out: *v[1], Cached: v[2], CacheWrite: v[3]}, nil
}

// Named returns the price with a version that follows from what it says, where
// nobody gave it one.
func (p Price) Named() Price {
	if p.Version != "" {
		return p
	}
	text := number(float64(p.In)) + "," + number(float64(p.Out))
	for _, x := range []*unit.PerMtoken{p.Cached, p.CacheWrite} {
		text += ","
		if x != nil {
			text += number(float64(*x))
		}
	}
	sum := sha256.Sum256([]byte(text + " " + p.Currency))
	p.Version = "price-" + hex.EncodeToString(sum[:4])
	return p
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Cost is an amount with its bounds. Amount is nil where only those are known,
// and they are nil where nothing is, or where they would say no more. Low alone
// is what the counted tokens cost where there may be more.
type Cost struct{ Amount, Low, High *float64 }

// Of is the price of what was counted. Where it is not known how much of a
// prompt was cached, and that has a price of its own, there are only bounds.
func (p Price) Of(u *llm.Usage) Cost {
	if u == nil || u.PromptTokens == nil {
		return Cost{}
	}
	out, open := 0, false
	if u.OutputTokens != nil {
		out = *u.OutputTokens
	} else {
		open = u.Source != llm.UsageBackend || p.Out != 0
	}
	prompt := *u.PromptTokens
	amount := func(cached, written int) *float64 {
		cached = min(max(cached, 0), prompt)
		written = min(max(written, 0), prompt-cached)
		sum := float64(p.In)*float64(prompt-cached-written) + float64(p.Out)*float64(out) +
			float64(or(p.Cached, p.In))*float64(cached) + float64(or(p.CacheWrite, p.In))*float64(written)
		v := exact(sum / 1e6)
		return &v
	}
	cached, written := count(u.CachedTokens), count(u.CacheWrite)
	if u.CachedTokens == nil && p.Cached != nil && *p.Cached != p.In && prompt > 0 {
		a, b := amount(prompt, 0), amount(0, written)
		if *a > *b {
			a, b = b, a
		}
		if open {
			b = nil
		}
		return Cost{Low: a, High: b}
	}
	if open {
		return Cost{Low: amount(cached, written)}
	}
	return Cost{Amount: amount(cached, written)}
}

func or(p *unit.PerMtoken, in unit.PerMtoken) unit.PerMtoken {
	if p == nil {
		return in
	}
	return *p
}

func count(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// exact takes the last bits of binary fractions away, which no price has.
func exact(v float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 14, 64), 64)
	if err != nil {
		return 0 // it was written a moment ago
	}
	return v
}
