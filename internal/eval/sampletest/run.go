// Package sampletest makes up runs for tests: what is in them was measured by
// nobody, and the run says so.
package sampletest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"irori/internal/eval/sample"
)

// Options say what a made-up run has.
type Options struct {
	ID   string
	Seed uint64
	// Items are asked in each family and language.
	Items   int
	Repeats int
	// Method is that of the energy: measured, modelled, or empty for none.
	Method  string
	Machine string
	Targets []sample.Target
	// Skill is the share that a target has right, Watts its device's power.
	Skill map[string]float64
	Watts map[string]float64
	// Rates are passes of load.
	Rates []float64
	// Domains are given to the questions in turn.
	Domains []string
}

var families = []string{"arithmetic", "extraction", "instructions", "knowledge"}

// Small are options for a quick run of two local models and one elsewhere.
func Small() Options {
	return Options{
		ID: "made-up", Seed: 7, Items: 12, Repeats: 1, Method: "measured", Machine: "bench",
		Targets: []sample.Target{
			{ID: "small-q8", Model: "small-1b", Requested: "small-1b", Quantization: "Q8_0", Backend: "local", Engine: "llama.cpp", Where: "local", Streams: 8, Chat: true, Released: "2024-11-02"},
			{ID: "small-q4", Model: "small-1b", Requested: "small-1b", Quantization: "Q4_K_M", Backend: "local", Engine: "llama.cpp", Where: "local", Streams: 8, Chat: true, Released: "2024-11-02"},
			{ID: "cloud", Model: "big", Requested: "far/big", Backend: "far", Where: "cloud", Streams: 8, Chat: true},
		},
		Skill:   map[string]float64{"small-q8": 0.55, "small-q4": 0.5, "cloud": 0.9},
		Watts:   map[string]float64{"small-q8": 40, "small-q4": 30},
		Domains: []string{"computer", "none"},
	}
}

// Make makes a run up.
func Make(o Options) (sample.Run, []sample.Sample) {
	r := rand.New(rand.NewPCG(o.Seed, 1))
	price := 31.0
	run := sample.Run{
		Schema: sample.SchemaVersion, ID: o.ID, Title: "made up for a test", Command: []string{"irori", "measure", "run", "small-1b", "--on", "standard"},
		Version: "test", Started: "2026-01-02T03:04:05Z", Ended: "2026-01-02T03:24:05Z", Seed: o.Seed, Suite: "standard",
		Targets: o.Targets, Machines: []sample.Machine{{ID: o.Machine, Name: o.Machine, Processor: "made up", Cores: 2, System: "linux"}},
		Settings: map[string]string{"temperature": "0", "max-tokens": "100", "ttft-limit": "1s", "itl-limit": "100ms"},
		Expected: map[string]int{}, Notes: []string{"made up: nobody measured this"}, Currency: "JPY", PerKWh: &price,
	}
	for _, f := range families {
		for _, l := range []string{"en", "ja"} {
			run.Tasks = append(run.Tasks, sample.TaskRef{Name: f + "-" + l, Version: "1", Family: f, Language: l, Items: o.Items, SHA256: fmt.Sprintf("%064x", len(f)*7+len(l)), Licence: "Apache-2.0"})
		}
	}
	var out []sample.Sample
	for i := range run.Targets {
		t := &run.Targets[i]
		if t.Machine == "" {
			t.Machine = o.Machine
		}
		clock := 0.0
		passes := []string{"quality", "latency"}
		for _, rate := range o.Rates {
			passes = append(passes, fmt.Sprintf("load-%g", rate))
		}
		for p, pass := range passes {
			for _, task := range run.Tasks {
				for item := range o.Items {
					if p > 0 && item >= 5 {
						break
					}
					for repeat := range max(1, o.Repeats) {
						s := made(r, o, *t, pass, task, item)
						s.Repeat, s.Order, s.Start = repeat, len(out), clock
						s.Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(clock * 1e9))
						step := *s.Latency.Total / float64(t.Streams)
						if p == 1 {
							step = *s.Latency.Total
						} else if p > 1 {
							step = 1 / o.Rates[p-2]
						}
						clock += step
						out = append(out, s)
					}
				}
			}
			run.Expected[t.ID+"/"+pass] = 0
		}
	}
	for _, s := range out {
		run.Expected[s.Target+"/"+s.Pass]++
	}
	return run, out
}

// made makes one sample up. What is right hangs on the question too: hard ones
// are hard for all.
func made(r *rand.Rand, o Options, t sample.Target, pass string, task sample.TaskRef, item int) sample.Sample {
	s := sample.Sample{
		Schema: sample.SchemaVersion, Target: t.ID, Pass: pass, Task: task.Name, Item: fmt.Sprint(item), Family: task.Family, Language: task.Language,
		PromptSHA: fmt.Sprintf("%064x", item), InFlight: t.Streams, FinishReason: "stop",
	}
	if len(o.Domains) > 0 {
		s.Domain = o.Domains[item%len(o.Domains)]
	}
	hard := rand.New(rand.NewPCG(uint64(item), uint64(len(task.Name)))).Float64()
	switch x := 0.5*hard + 0.5*r.Float64(); {
	case x < o.Skill[t.ID]:
		s.State = sample.Right
	case r.Float64() < 0.1:
		s.State = sample.Unparsed
	default:
		s.State = sample.Wrong
	}
	prompt, output := 40+r.IntN(80), 5+r.IntN(60)
	characters := output * 4
	if task.Language == "ja" {
		characters = output * 2
	}
	ttft, gap := 0.05+0.1*r.Float64(), 0.02+0.01*r.Float64()
	if rate, err := fmt.Sscanf(pass, "load-%g", new(float64)); rate == 1 && err == nil {
		var v float64
		_, _ = fmt.Sscanf(pass, "load-%g", &v)
		ttft *= math.Exp(v / 2)
	}
	total := ttft + gap*float64(output)
	s.Tokens = sample.Tokens{Prompt: &prompt, Output: &output, Characters: &characters}
	s.Latency = sample.Latency{TTFT: &ttft, Total: &total, ITLP50: &gap, ITLP90: scaled(gap, 1.2), ITLP95: scaled(gap, 1.4), ITLP99: scaled(gap, 2)}
	if t.Where == "cloud" {
		cost := float64(prompt)*0.0001 + float64(output)*0.0006
		s.Cost, s.Currency = &cost, "JPY"
		return s
	}
	if w := o.Watts[t.ID]; w > 0 && o.Method != "" {
		power := w * (0.9 + 0.2*r.Float64())
		joules := power * total / float64(t.Streams)
		s.Energy = &sample.Energy{Method: o.Method, Basis: "package", Full: joules, Active: scaled(joules, 0.7), Prefill: scaled(joules, 0.3), Decode: scaled(joules, 0.7), Power: &power}
		if o.Method == "modelled" {
			s.Energy.Low, s.Energy.High = scaled(joules, 0.5), scaled(joules, 1.6)
			s.Energy.PowerLow, s.Energy.PowerHi = scaled(power, 0.5), scaled(power, 1.6)
		}
	}
	return s
}

func scaled(v, by float64) *float64 {
	v *= by
	return &v
}
