package figure

import (
	"cmp"
	"math"
	"slices"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// quantiles are those of every latency.
var quantiles = []struct {
	name string
	q    float64
}{{"p50", 0.50}, {"p90", 0.90}, {"p95", 0.95}, {"p99", 0.99}}

// latency are percentiles over samples. Of the gaps between tokens each
// sample keeps four percentiles: itl_p95_s is the median over samples of a
// sample's 95th percentile, not the percentile of all gaps, which the samples do
// not hold.
func (m *maker) latency(asked []*sample.Sample) {
	for _, l := range []struct {
		name string
		of   func(*sample.Sample) *float64
	}{{"ttft", func(s *sample.Sample) *float64 { return s.Latency.TTFT }}, {"total", func(s *sample.Sample) *float64 { return s.Latency.Total }}} {
		for _, q := range quantiles {
			m.percentile(l.name+"_"+q.name+"_s", asked, l.of, q.q)
		}
	}
	for i, q := range quantiles {
		m.percentile("itl_"+q.name+"_s", asked, func(s *sample.Sample) *float64 {
			l := &s.Latency
			return []*float64{l.ITLP50, l.ITLP90, l.ITLP95, l.ITLP99}[i]
		}, 0.5)
	}
}

// percentile puts in a percentile of what samples have; where none has it,
// nothing.
func (m *maker) percentile(name string, asked []*sample.Sample, of func(*sample.Sample) *float64, q float64) {
	list := pick(asked, func(s *sample.Sample) bool { return of(s) != nil })
	if len(list) == 0 {
		return
	}
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = *of(s)
	}
	i, ok := stat.Percentile(values, q, Level, len(sums(list, one)[0]))
	m.add(Figure{Name: name, Unit: "s", N: len(list), Of: len(asked), Interval: Ranks}, i, ok)
}

// speed is how fast answers are written: by one stream after its first token,
// and by all streams together while any was open.
func (m *maker) speed(asked []*sample.Sample) {
	streamed := pick(asked, func(s *sample.Sample) bool {
		return s.Tokens.Output != nil && *s.Tokens.Output > 1 && decoding(s) > 0
	})
	if len(streamed) > 0 {
		m.ratio(Figure{Name: "stream_tokens_per_s", Unit: "1/s", Of: len(asked)}, streamed, func(s *sample.Sample) float64 { return float64(*s.Tokens.Output - 1) }, decoding)
		written := pick(streamed, func(s *sample.Sample) bool { return s.Tokens.Characters != nil })
		if len(written) > 0 {
			// The first token is there when decoding begins, and with it its
			// share of the characters.
			m.ratio(Figure{Name: "stream_characters_per_s", Unit: "1/s", Of: len(asked)}, written, func(s *sample.Sample) float64 {
				return float64(*s.Tokens.Characters) * (1 - 1/float64(*s.Tokens.Output))
			}, decoding)
		}
	}
	if !m.whole {
		return // what a part wrote while others wrote too is no speed
	}
	m.throughput("tokens_per_s", asked, func(s *sample.Sample) *int { return s.Tokens.Output })
	m.throughput("characters_per_s", asked, func(s *sample.Sample) *int { return s.Tokens.Characters })
}

// decoding is the time from the first token to the end, 0 where it is unknown.
func decoding(s *sample.Sample) float64 {
	if s.Latency.Total == nil || s.Latency.TTFT == nil {
		return 0
	}
	return *s.Latency.Total - *s.Latency.TTFT
}

// slicesOfTime is into how many slices the busy time is cut for an interval.
const slicesOfTime = 40

// throughput is what all streams wrote over the time that any was open: pauses
// between parts of a run are no slowness. The interval is drawn from slices of
// that time, since what answers wrote at one time hangs together.
func (m *maker) throughput(name string, asked []*sample.Sample, of func(*sample.Sample) *int) {
	list := pick(asked, func(s *sample.Sample) bool { return of(s) != nil && s.Latency.Total != nil && *s.Latency.Total > 0 })
	if len(list) == 0 {
		return
	}
	// Where nobody knows when anything was asked, nobody knows what was at one
	// time.
	if !slices.ContainsFunc(list, func(s *sample.Sample) bool { return s.Start > 0 || !s.Time.IsZero() }) {
		m.add(Figure{Name: name, Unit: "1/s", Of: len(asked)}, none, false)
		return
	}
	f := Figure{Name: name, Unit: "1/s", N: len(list), Of: len(asked), Interval: Bootstrap}
	spans := busy(list)
	whole := 0.0
	for _, s := range spans {
		whole += s.to - s.from
	}
	width := whole / slicesOfTime
	written, time := make([]float64, slicesOfTime), make([]float64, slicesOfTime)
	for i := range time {
		time[i] = width
	}
	for _, s := range list {
		begin, length := s.Start, *s.Latency.Total
		if t := s.Latency.TTFT; t != nil && *t < length {
			begin, length = begin+*t, length-*t
		}
		from := elapsed(spans, begin)
		spread(written, width, from, from+length, float64(*of(s)))
	}
	i, ok := draws([][]float64{written, time}, m.seedOf(name), over)
	m.add(f, i, ok)
}

// span is a time during which something was asked.
type span struct{ from, to float64 }

// busy are the times in which any sample was under way.
func busy(list []*sample.Sample) []span {
	all := make([]span, len(list))
	for i, s := range list {
		all[i] = span{s.Start, s.Start + *s.Latency.Total}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	out := all[:1]
	for _, s := range all[1:] {
		if last := &out[len(out)-1]; s.from <= last.to {
			last.to = max(last.to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// elapsed is how much busy time lies before a point of time.
func elapsed(spans []span, t float64) float64 {
	sum := 0.0
	for _, s := range spans {
		sum += max(0, min(t, s.to)-s.from)
	}
	return sum
}

// spread divides an amount over the slices that a time touches.
func spread(slots []float64, width, from, to, amount float64) {
	if !(width > 0) || !(to > from) {
		return
	}
	last := len(slots) - 1
	for i := min(last, int(math.Max(0, from/width))); i <= last; i++ {
		low, high := float64(i)*width, float64(i+1)*width
		if low >= to {
			return
		}
		if i == last {
			high = math.Max(high, to)
		}
		slots[i] += amount * math.Max(0, math.Min(high, to)-math.Max(low, from)) / (to - from)
	}
}
