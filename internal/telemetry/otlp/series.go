package otlp

import (
	"slices"
	"sort"
	"strconv"
	"time"

	"irori/internal/store"
)

// The buckets that the conventions advise.
var (
	tokenBuckets    = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
	durationBuckets = []float64{.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	firstBuckets    = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	perBuckets      = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5}
)

// maxSeries bounds how many sets of attributes a metric has; the rest is
// counted under overflow, as the specification says.
const maxSeries = 256

// series are counts since the start, by metric and attributes.
type series struct {
	names []string
	by    map[string]*metric
}

type metric struct {
	name, unit string
	bounds     []float64 // nil for a sum
	points     map[string]*point
	order      []string
}

type point struct {
	attrs  attrs
	count  uint64
	sum    float64
	counts []uint64
}

func newSeries() *series { return &series{by: map[string]*metric{}} }

// add adds a value; bounds are those of a histogram, nil for a sum.
func (s *series) add(name, unit string, bounds []float64, v float64, a attrs) {
	m := s.by[name]
	if m == nil {
		m = &metric{name: name, unit: unit, bounds: bounds, points: map[string]*point{}}
		s.by[name] = m
		s.names = append(s.names, name)
	}
	var room [512]byte
	key := room[:0]
	for _, x := range a {
		for _, v := range x.Value {
			if t, ok := v.(string); ok {
				key = append(append(append(append(key, x.Key...), 0), t...), 0)
			}
		}
	}
	p := m.points[string(key)]
	if id := string(key); p == nil {
		if len(m.order) >= maxSeries {
			id, a = "", attrs{{"otel.metric.overflow", map[string]any{"boolValue": true}}}
		}
		if p = m.points[id]; p == nil {
			p = &point{attrs: a, counts: make([]uint64, len(bounds)+1)}
			m.points[id] = p
			m.order = append(m.order, id)
		}
	}
	p.count++
	p.sum += v
	if bounds != nil {
		p.counts[sort.SearchFloat64s(bounds, v)]++
	}
}

// count counts a request.
func (s *series) count(r *store.Record, common attrs) {
	a := append(slices.Clone(common), attrs{}.text("irori.route", r.Route)...)
	with := func(key, v string) attrs { return append(slices.Clone(a), attrs{}.text(key, v)...) }
	for _, x := range []struct {
		kind string
		n    *int
	}{{"input", r.PromptTokens}, {"output", r.OutputTokens}} {
		if x.n != nil {
			s.add("gen_ai.client.token.usage", "{token}", tokenBuckets, float64(*x.n), with("gen_ai.token.type", x.kind))
		}
	}
	for _, x := range []struct {
		kind string
		n    *int
	}{
		{"input_tokens", r.PromptTokens}, {"output_tokens", r.OutputTokens}, {"cache_read.input_tokens", r.CachedTokens},
		{"cache_write.input_tokens", r.CacheWriteTokens}, {"reasoning.output_tokens", r.ReasoningTokens},
	} {
		if x.n != nil {
			s.add("gen_ai.client.inference.usage."+x.kind, "{token}", nil, float64(*x.n), a)
		}
	}
	if r.TotalSeconds != nil {
		s.add("gen_ai.client.operation.duration", "s", durationBuckets, *r.TotalSeconds, a)
		s.add("gen_ai.server.request.duration", "s", durationBuckets, *r.TotalSeconds, a)
	}
	if r.TTFTSeconds != nil {
		s.add("gen_ai.server.time_to_first_token", "s", firstBuckets, *r.TTFTSeconds, a)
		if r.TotalSeconds != nil && r.OutputTokens != nil && *r.OutputTokens > 1 {
			s.add("gen_ai.server.time_per_output_token", "s", perBuckets, (*r.TotalSeconds-*r.TTFTSeconds)/float64(*r.OutputTokens-1), a)
		}
	}
	if r.EnergyJ != nil {
		// Measured and modelled joules are never one figure.
		s.add("irori.request.energy", "J", nil, *r.EnergyJ, with("irori.energy_method", string(r.EnergyMethod)))
	}
	if r.Cost != nil {
		s.add("irori.request.cost", "{currency}", nil, *r.Cost, with("irori.currency", r.Currency))
	}
}

// cumulative is the protocol's word for counts since the start.
const cumulative = 2

// metrics are all counts as the protocol writes them.
func (s *series) metrics(began, now time.Time) []any {
	var out []any
	for _, name := range s.names {
		m := s.by[name]
		var points []any
		for _, id := range m.order {
			p := m.points[id]
			x := map[string]any{"attributes": p.attrs, "startTimeUnixNano": nano(began), "timeUnixNano": nano(now)}
			if m.bounds == nil {
				x["asDouble"] = p.sum
			} else {
				counts := make([]string, len(p.counts))
				for i, n := range p.counts {
					counts[i] = strconv.FormatUint(n, 10)
				}
				x["count"], x["sum"], x["bucketCounts"], x["explicitBounds"] = strconv.FormatUint(p.count, 10), p.sum, counts, m.bounds
			}
			points = append(points, x)
		}
		kind, data := "histogram", map[string]any{"aggregationTemporality": cumulative, "dataPoints": points}
		if m.bounds == nil {
			kind, data["isMonotonic"] = "sum", true
		}
		out = append(out, map[string]any{"name": m.name, "unit": m.unit, kind: data})
	}
	return out
}
