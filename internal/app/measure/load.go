package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/eval/load"
	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/llm"
	"irori/internal/sensor/nvml"
	"irori/internal/unit"
)

// LoadOptions say how a server is put under load.
type LoadOptions struct {
	Options
	// Rates are questions a second, one after the other, each For so long.
	Rates []float64
	For   time.Duration
	load.Limits
	// PowerLimits are what the GPUs are held to, one after the other, each with
	// all rates.
	PowerLimits []unit.Watts
}

// Limit sets what the GPUs are held to, in watts.
func (o *LoadOptions) Limit(list []float64) {
	for _, w := range list {
		o.PowerLimits = append(o.PowerLimits, unit.Watts(w))
	}
}

// Rates reads a list of numbers above 0.
func Rates(s string) ([]float64, error) {
	var out []float64
	for w := range strings.SplitSeq(s, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil || !(v > 0 && v <= 1e6) {
			return nil, fmt.Errorf("%q is no list of numbers above 0", s)
		}
		out = append(out, v)
	}
	return out, nil
}

// LoadFile has the figures of the rates of a run.
const LoadFile = "load.json"

// MakeLoad plans questions that arrive at rates and wait for nobody.
func MakeLoad(ctx context.Context, env *app.Env, o LoadOptions) (*Plan, error) {
	o.Streams = []int{1}
	p, err := sketch(ctx, env, o.Options)
	if err != nil {
		return nil, err
	}
	p.load = &o
	limits := o.PowerLimits
	if len(limits) == 0 {
		limits = []unit.Watts{0}
	}
	for i := range p.Run.Targets {
		t := &p.Run.Targets[i]
		t.ID, t.Streams = t.Model, 0
		for _, w := range limits {
			for _, rate := range o.Rates {
				p.add(o.part(p, t, rate, w))
			}
		}
	}
	p.Run.Settings["for"], p.Run.Settings["rates"] = o.For.String(), floats(o.Rates)
	p.Run.Settings["ttft-limit"], p.Run.Settings["itl-limit"] = o.TTFT.String(), o.ITL.String()
	return p, nil
}

func floats(list []float64) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(out, ",")
}

// part are the questions of a rate: all items in turn, each round in an order
// of its own.
func (o *LoadOptions) part(p *Plan, t *sample.Target, rate float64, w unit.Watts) Part {
	pass := "load-" + floats([]float64{rate})
	if w > 0 {
		pass += fmt.Sprintf("-at-%gW", float64(w))
	}
	x := Part{Target: t, Pass: pass, At: load.Arrivals(rate, o.For, o.Seed), Rate: rate, Limit: w}
	var jobs []run.Job
	for r := 0; len(jobs) < len(x.At); r++ {
		jobs = append(jobs, run.Order(t, pass, r, p.tasks, o.Seed)...)
	}
	x.Repeats = [][]run.Job{jobs[:len(x.At)]}
	return x
}

// underLoad asks the questions of a rate, and computes its figures.
func (r *runner) underLoad(ctx context.Context, x *run.Runner, p Part) error {
	if p.Limit > 0 {
		if err := r.cap.Set(p.Limit); err != nil {
			return refusedCap(err)
		}
	}
	late, err := x.Open(ctx, p.Repeats[0], p.At)
	if err != nil {
		return err
	}
	var mine []sample.Sample
	for _, s := range r.j.Kept() {
		if s.Target == p.Target.ID && s.Pass == p.Pass {
			mine = append(mine, s)
		}
	}
	f := load.Of(p.Rate, r.load.For, mine, r.load.Limits)
	f.Target, f.LateS = p.Target.ID, late.Seconds()
	if p.Limit > 0 {
		w := float64(p.Limit)
		f.PowerLimitW = &w
	}
	if late > 100*time.Millisecond {
		r.note("at %g a second a question was asked %.2f s late: this machine was too busy to ask", p.Rate, late.Seconds())
	}
	r.loads = append(r.loads, f)
	return nil
}

// writeLoads keeps the figures with the run.
func (r *runner) writeLoads() error {
	if r.load == nil {
		return nil
	}
	b, err := json.MarshalIndent(r.loads, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.j.Dir, LoadFile), append(b, '\n'), 0o644)
}

// openCap checks that the GPUs may be held to what is asked for.
func (r *runner) openCap() (err error) {
	if r.load == nil || len(r.load.PowerLimits) == 0 {
		return nil
	}
	if r.cap, err = nvml.OpenCap(); err != nil {
		return refusedCap(err)
	}
	least, most := r.cap.Bounds()
	for _, w := range r.load.PowerLimits {
		if w < least || w > most {
			return errors.Join(r.closeCap(), llm.Errorf(llm.CodeForbidden, "the GPU cannot be held to %s", w).WithHint("give --power-limits from %g to %g", float64(least), float64(most)))
		}
	}
	return nil
}

func (r *runner) closeCap() error {
	if r.cap == nil {
		return nil
	}
	return r.cap.Close()
}

// refusedCap is why power cannot be limited here.
func refusedCap(err error) error {
	out := llm.Wrap(llm.CodeForbidden, err, "the power of the GPU cannot be limited here")
	if e, ok := errors.AsType[*nvml.Error](err); ok && e.Code == 4 {
		return out.WithHint("only the administrator may: run it with sudo -E, or leave --power-limits out")
	}
	return out.WithHint("leave --power-limits out")
}
