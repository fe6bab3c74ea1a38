package app

import (
	"cmp"
	"os"
	"strings"

	"irori/internal/app/remote"
	"irori/internal/config"
	"irori/internal/cost"
	"irori/internal/unit"
)

// backends are the other servers of the settings, with their keys and prices.
func (e *Env) backends() []remote.Spec {
	var out []remote.Spec
	for name, b := range e.Config.Backends {
		s := remote.Spec{
			Name: name, Kind: b.Kind, URL: b.URL, KeyVariable: config.KeyVariable(name), Prices: map[string]cost.Price{}, Failover: b.Failover, Command: b.Command, Log: e.Log,
			Key: strings.TrimSpace(cmp.Or(os.Getenv(config.KeyVariable(name)), b.Key)),
		}
		s.HeaderTimeout, s.IdleTimeout = b.Timeouts()
		s.MaxConcurrent, s.Pool, s.Cloud = b.MaxConcurrent, b.Pool, b.Cloud
		for whose, p := range e.Config.Prices {
			if model, ok := strings.CutPrefix(whose, name+"/"); ok {
				s.Prices[model] = e.price(p)
			}
		}
		out = append(out, s)
	}
	return out
}

func (e *Env) price(p config.Price) cost.Price {
	per := func(v *float64) *unit.PerMtoken { return (*unit.PerMtoken)(v) }
	return cost.Price{
		In: *per(p.In), Out: *per(p.Out), Cached: per(p.Cached), CacheWrite: per(p.CacheWrite),
		BatchIn: per(p.BatchIn), BatchOut: per(p.BatchOut), BatchCached: per(p.BatchCached), BatchCacheWrite: per(p.BatchCacheWrite),
		Currency: strings.ToUpper(cmp.Or(p.Currency, e.Config.Money.Currency)), Version: p.Version,
	}.Named()
}
