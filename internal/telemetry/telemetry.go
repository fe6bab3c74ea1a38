// Package telemetry shows the ledger's records as Prometheus metrics.
//
// It is presentation only: it counts what records say and computes no energy,
// no cost and no time of its own. It does not know how requests are served or
// kept. Labels are bounded: nothing that a client can invent (a requested
// model, a key, a user) becomes one.
package telemetry

import (
	"net/http"
	"runtime"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"irori/internal/power"
	"irori/internal/store"
)

// Options says what to show beside requests.
type Options struct {
	// Version is the program's.
	Version string
	// Ledger tells how far the store is behind; nil leaves it out.
	Ledger func() store.LedgerStats
	// Energy tells the counters of the attribution; nil leaves them out.
	Energy func() power.Totals
	// MaxModels is how many models that are listed get a label of their own; 0
	// is 64. A quarter as many that are not listed get one once they have
	// answered well. The rest share "other".
	MaxModels int
}

// Metrics counts requests. It is safe for concurrent use and satisfies the
// gateway's Observer.
type Metrics struct {
	registry *prometheus.Registry
	models   *bounded
	others   *bounded // models that are not listed
	lists    func(backend, model string) bool
	backends *bounded
	codes    *bounded
	money    *bounded

	requests, errors, tokens    *prometheus.CounterVec
	energy, cost, unknownEnergy *prometheus.CounterVec
	escalations                 *prometheus.CounterVec
	inFlight                    *prometheus.GaugeVec
	duration, ttft, perToken    *prometheus.HistogramVec
	queue                       *prometheus.HistogramVec
}

// The buckets that OpenTelemetry's conventions for gen_ai servers advise.
var (
	durationBuckets = []float64{.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84}
	ttftBuckets     = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	perTokenBuckets = []float64{.001, .0025, .005, .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5}
)

// New makes metrics on a registry of their own.
func New(o Options) *Metrics {
	if o.MaxModels <= 0 {
		o.MaxModels = 64
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		models:   newBounded(o.MaxModels), others: newBounded(max(1, o.MaxModels/4)), backends: newBounded(32), codes: newBounded(64), money: newBounded(16),
	}
	m.requests = counter("irori_requests_total", "Requests that ended.", "api", "model", "route", "status")
	m.errors = counter("irori_request_errors_total", "Requests that ended in an error, by its code.", "code")
	m.tokens = counter("irori_tokens_total",
		"Tokens. cached and cache_write are part of prompt, reasoning is part of output.", "model", "route", "kind")
	m.energy = counter("irori_energy_joules_total",
		"Energy of requests. Methods are never to be added up without saying so.", "model", "route", "method")
	m.unknownEnergy = counter("irori_energy_unknown_requests_total", "Requests whose energy is not known.", "route")
	m.cost = counter("irori_cost_total", "Money, in the currency of the label.", "model", "route", "currency")
	m.escalations = counter("irori_escalations_total", "Requests that another model took over.", "model", "route")
	m.inFlight = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "irori_requests_in_flight", Help: "Requests admitted and not ended.",
	}, []string{"api"})
	m.duration = histogram("gen_ai_server_request_duration_seconds", "Time from acceptance to the end.", durationBuckets)
	m.ttft = histogram("gen_ai_server_time_to_first_token_seconds", "Time from acceptance to the first token.", ttftBuckets)
	m.perToken = histogram("gen_ai_server_time_per_output_token_seconds",
		"Time per output token after the first.", perTokenBuckets)
	m.queue = histogram("irori_queue_seconds", "Time waited for a place.", ttftBuckets)
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "irori_build_info", Help: "Always 1; the labels say what runs.",
	}, []string{"version", "go_version", "os", "arch"})
	build.WithLabelValues(o.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH).Set(1)
	m.registry.MustRegister(m.requests, m.errors, m.tokens, m.energy, m.unknownEnergy, m.cost, m.escalations, m.inFlight,
		m.duration, m.ttft, m.perToken, m.queue, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if o.Ledger != nil {
		m.registry.MustRegister(ledgerView{o.Ledger})
	}
	if o.Energy != nil {
		m.registry.MustRegister(energyView{o.Energy})
	}
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets},
		[]string{"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_response_model", "route"})
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4})
}

// Admitted counts a request that is being served.
func (m *Metrics) Admitted(rec *store.Record) { m.inFlight.WithLabelValues(rec.API).Inc() }

// Finished counts a request that ended.
func (m *Metrics) Finished(rec *store.Record) {
	m.inFlight.WithLabelValues(rec.API).Dec()
	model, route := m.model(rec), orNone(rec.Route)
	m.requests.WithLabelValues(rec.API, model, route, orNone(string(rec.Status))).Inc()
	if rec.Status == store.StatusError {
		m.errors.WithLabelValues(m.codes.label(rec.ErrorCode)).Inc()
	}
	if rec.EscalatedFrom != "" {
		m.escalations.WithLabelValues(model, route).Inc()
	}
	for _, t := range [...]struct {
		kind string
		n    *int
	}{
		{"prompt", rec.PromptTokens}, {"cached", rec.CachedTokens}, {"cache_write", rec.CacheWriteTokens},
		{"output", rec.OutputTokens}, {"reasoning", rec.ReasoningTokens},
	} {
		if t.n != nil && *t.n > 0 {
			m.tokens.WithLabelValues(model, route, t.kind).Add(float64(*t.n))
		}
	}
	m.spent(rec, model, route)
	m.times(rec, model, route)
}

func (m *Metrics) spent(rec *store.Record, model, route string) {
	switch {
	case rec.EnergyJ == nil:
		m.unknownEnergy.WithLabelValues(route).Inc()
	case *rec.EnergyJ >= 0:
		m.energy.WithLabelValues(model, route, orNone(string(rec.EnergyMethod))).Add(*rec.EnergyJ)
	}
	if rec.Cost != nil && *rec.Cost >= 0 {
		m.cost.WithLabelValues(model, route, m.money.label(rec.Currency)).Add(*rec.Cost)
	}
}

func (m *Metrics) times(rec *store.Record, model, route string) {
	labels := []string{Operation(rec.API), m.backends.label(rec.Backend), model, route}
	observe := func(h *prometheus.HistogramVec, v *float64) {
		if v != nil && *v >= 0 {
			h.WithLabelValues(labels...).Observe(*v)
		}
	}
	observe(m.duration, rec.TotalSeconds)
	observe(m.ttft, rec.TTFTSeconds)
	observe(m.queue, rec.QueueSeconds)
	if rec.TotalSeconds != nil && rec.TTFTSeconds != nil && rec.OutputTokens != nil && *rec.OutputTokens > 1 {
		per := (*rec.TotalSeconds - *rec.TTFTSeconds) / float64(*rec.OutputTokens-1)
		observe(m.perToken, &per)
	}
}

// Lists sets what says whether a backend is known to have a model; it is called
// before the first request. Without it all count as listed.
func (m *Metrics) Lists(has func(backend, model string) bool) { m.lists = has }

// model is the label of the model that answered. Where none did, the name is
// what the client asked for, which must not become a label. A backend may take
// any name: those that it does not list have a room of their own, so that
// invented ones leave the listed theirs.
func (m *Metrics) model(rec *store.Record) string {
	switch {
	case rec.Backend == "":
		return "none"
	case m.lists == nil || m.lists(rec.Backend, rec.Model) || m.models.has(rec.Model):
		return m.models.label(rec.Model)
	case rec.Status == store.StatusOK || m.others.has(rec.Model):
		return m.others.label(rec.Model)
	}
	return "other"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// bounded gives the first so many names a label of their own.
type bounded struct {
	mu   sync.Mutex
	max  int
	seen map[string]bool
}

func newBounded(n int) *bounded { return &bounded{max: n, seen: map[string]bool{}} }

func (b *bounded) has(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[name]
}

func (b *bounded) label(name string) string {
	if name == "" {
		return "none"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[name] {
		if len(b.seen) >= b.max {
			return "other"
		}
		b.seen[name] = true
	}
	return name
}
