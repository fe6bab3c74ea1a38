package app

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/app/sensors"
	"irori/internal/backend/embedded"
	"irori/internal/gateway"
	"irori/internal/power"
	"irori/internal/power/inflight"
	"irori/internal/power/load"
	"irori/internal/store"
	"irori/internal/unit"
)

// accounts attributes energy and its price to requests.
type accounts struct {
	attribution *power.Attribution
	tariff      tariff
	// unknown says why energy is not known, where it is not.
	unknown string
	stop    context.CancelFunc
	running sync.WaitGroup
	release func()
	// beside shares among requests of other programs on this machine, nil
	// where nothing is measured.
	beside *inflight.Tally
}

// tariff is the price of electricity.
type tariff struct {
	// perKWh is nil where no price is known.
	perKWh            *float64
	currency, version string
}

// referenceYen is the reference price of 家電公取協 since 2022-07-22, in yen a
// kilowatt-hour.
const referenceYen = 31.0

// newAccounts finds what energy can be known by, and starts to read it.
func newAccounts(e *Env) (*accounts, error) {
	c := e.Config
	a := &accounts{tariff: tariff{perKWh: c.Money.PerKWh, currency: c.Money.Currency, version: c.Money.Version}}
	if a.tariff.perKWh == nil && a.tariff.currency == "JPY" {
		price := referenceYen
		a.tariff.perKWh = &price
		if a.tariff.version == "" {
			a.tariff.version = "jp-reference-2022-07-22"
		}
	} else if a.tariff.perKWh != nil && a.tariff.version == "" {
		a.tariff.version = fmt.Sprintf("config-%g-%s-per-kWh", *a.tariff.perKWh, a.tariff.currency)
	}
	model := power.DefaultCoreModel()
	if r, ok := load.Known(thisMachine().CPU.Model); ok {
		if m, ok := r.Thread(); ok {
			model = m
		}
	}
	if lo, hi := c.Energy.WattsPerCoreLow, c.Energy.WattsPerCoreHigh; lo != nil && hi != nil {
		var err error
		if model, err = power.NewCoreModel(unit.Watts(*lo), unit.Watts(*hi)); err != nil {
			return nil, err
		}
	}
	accelerated, found := e.computesOnGPU(), &sensors.Set{}
	if c.Energy.Sensors != "off" {
		o := e.SensorOptions()
		// A card that others use would be charged here.
		o.NoGPU = !accelerated
		found = sensors.Find(context.Background(), o)
		for _, m := range found.Missing {
			e.Log.Debug("a sensor cannot be read", "sensor", m.What, "why", m.Why)
		}
	}
	a.release = found.Close
	var o power.AttributionOptions
	o, a.unknown = found.Basis(accelerated, &model)
	o.Threads = runtime.NumCPU()
	a.attribution = power.NewAttribution(o)
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	for _, s := range o.Sources {
		a.running.Go(func() { s.Sampler.Run(ctx) })
	}
	if len(o.Sources) > 0 {
		a.beside = inflight.New(inflight.Options{Take: a.attribution.Step})
		a.running.Go(func() { a.flush(ctx) })
	}
	return a, nil
}

// flushEvery is how often what other programs did is told.
const flushEvery = 100 * time.Millisecond

// flush tells what happens in other programs until ctx ends.
func (a *accounts) flush(ctx context.Context) {
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			a.beside.Flush()
		}
	}
}

// Share opens the account of a request that another program computes. See
// gateway.Sharer.
func (a *accounts) Share(id, engine string) *atomic.Int64 {
	if a.beside == nil {
		return nil
	}
	a.attribution.Begin(id)
	return a.beside.Begin(id, engine)
}

func (a *accounts) close() {
	a.stop()
	a.running.Wait()
	a.release()
}

// how says in a line how energy is known here.
func (a *accounts) how() string {
	method, basis := a.attribution.Basis()
	if method == "" {
		return "unknown: " + a.unknown
	}
	text := string(method) + ": " + basis
	if f := a.attribution.Faults(); len(f) > 0 {
		text += "; not believed at the last request: " + strings.Join(f, "; ")
	}
	return text
}

// knows says in which currency energy is priced, "" where it is not, and
// whether it is known at all.
func (a *accounts) knows() (currency string, metered bool) {
	method, _ := a.attribution.Basis()
	if method != "" && a.tariff.perKWh != nil {
		currency = a.tariff.currency
	}
	return currency, method != ""
}

// observer returns what sees the steps of one model's worker.
func (a *accounts) observer(worker string) func(embedded.Step) {
	return func(s embedded.Step) {
		works := make([]power.Work, len(s.Works))
		for i, w := range s.Works {
			works[i] = power.Work{Request: w.Request, Prefill: w.Prefill, Decode: w.Decode}
		}
		a.attribution.Step(power.Step{Worker: worker, Start: s.Start, Duration: s.Duration, CPU: s.CPU, Works: works})
	}
}

// Begin opens a request's account. See gateway.Meter.
func (a *accounts) Begin(id string) { a.attribution.Begin(id) }

// End closes it: energy where known, money where there is a tariff too.
func (a *accounts) End(id string) gateway.Account {
	if a.beside != nil {
		a.beside.End(id)
	}
	m := a.attribution.End(id)
	var out gateway.Account
	if m.Method == "" {
		return out
	}
	out.EnergyJ, out.EnergyLowJ, out.EnergyHighJ = known(m.Joules), known(m.Low), known(m.High)
	out.Method, out.Basis = store.EnergyMethod(m.Method), m.Basis
	out.ActiveJ, out.PrefillJ, out.DecodeJ = known(m.Active()), known(m.Prefill), known(m.Decode)
	if p := m.Power; p != nil {
		out.PowerW = known(p.Mean)
		if m.Method == power.Modelled {
			out.PowerLowW, out.PowerHighW = known(p.Low), known(p.High)
		}
	}
	if m.Method == power.Measured || m.Coverage > 0 {
		out.Coverage = known(m.Coverage)
	}
	if a.tariff.perKWh == nil {
		return out
	}
	price := func(j unit.Joules) *float64 {
		v := round(j.KWh() * *a.tariff.perKWh)
		return &v
	}
	out.Cost, out.CostLow, out.CostHigh = price(m.Joules), price(m.Low), price(m.High)
	out.Currency, out.PriceVersion = a.tariff.currency, a.tariff.version
	return out
}

// known is a figure of the record.
func known[T ~float64](v T) *float64 {
	r := round(float64(v))
	return &r
}

// round keeps six significant digits: no sensor and no tariff knows more.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
