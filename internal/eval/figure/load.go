package figure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/eval/sample"
	"irori/internal/eval/stat"
)

// LoadPrefix begins the name of a pass that asks at a rate, whatever comes
// back: "load-2.5" sends two and a half requests a second; "load-2.5-at-200W" does
// so with the device held to 200 W.
const LoadPrefix = "load-"

// The settings of a run that name the limits within which an answer under load
// is good: durations, as 1s or 200ms; 0s
// limits nothing. SettingFor is how long questions came at a rate.
const (
	SettingTTFT = "ttft-limit"
	SettingITL  = "itl-limit"
	SettingFor  = "for"
)

// Rate reads the rate out of a pass's name; false where it is no pass of load.
func Rate(pass string) (float64, bool) {
	rest, ok := strings.CutPrefix(pass, LoadPrefix)
	rest, _, _ = strings.Cut(rest, "-at-")
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(rest, 64)
	return v, err == nil && v > 0
}

// load puts in what a target does at a rate: how many requests a second came,
// and how many of them were answered within the limits. The 95th percentile of
// an answer's gaps is what the second limit is held against.
func (m *maker) load(run sample.Run, pass string, asked []*sample.Sample) {
	if len(asked) < 2 {
		return
	}
	first, last := asked[0].Start, asked[0].Start
	for _, s := range asked {
		first, last = min(first, s.Start), max(last, s.Start)
	}
	offered, named := Rate(pass)
	if d, err := time.ParseDuration(run.Settings[SettingFor]); err == nil && d > 0 {
		offered, named = float64(len(asked))/d.Seconds(), true
	} else if last > first {
		offered, named = float64(len(asked)-1)/(last-first), true
	}
	if !named {
		return
	}
	f := Figure{Name: "offered_per_s", Unit: "1/s", N: len(asked), Of: len(asked), Interval: Counted}
	f.Value = digits(offered)
	m.out = append(m.out, f)

	ttft, ok1 := limit(run, SettingTTFT)
	itl, ok2 := limit(run, SettingITL)
	good := Figure{Name: "goodput_per_s", Unit: "1/s", N: len(asked), Of: len(asked), Interval: Wilson}
	share := Figure{Name: "within_limits", N: len(asked), Of: len(asked), Interval: Wilson}
	if !ok1 || !ok2 {
		good.Absent, share.Absent = AbsentLimits, AbsentLimits
		m.add(share, none, false)
		m.add(good, none, false)
		return
	}
	n := len(slices.DeleteFunc(slices.Clone(asked), func(s *sample.Sample) bool { return !within(s, ttft, itl) }))
	i, ok := stat.Wilson(n, len(asked), Level)
	m.add(share, i, ok)
	m.add(good, stat.Interval{Value: i.Value * offered, Low: i.Low * offered, High: i.High * offered, N: i.N}, ok)
}

// within reports whether an answer came whole and in time.
func within(s *sample.Sample, ttft, itl float64) bool {
	l := &s.Latency
	return s.State != sample.Failed && l.Total != nil && l.TTFT != nil && (ttft == 0 || *l.TTFT <= ttft) && (itl == 0 || l.ITLP95 == nil || *l.ITLP95 <= itl)
}

func limit(run sample.Run, name string) (float64, bool) {
	d, err := time.ParseDuration(run.Settings[name])
	return d.Seconds(), err == nil && d >= 0
}
