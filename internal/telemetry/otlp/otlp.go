// Package otlp sends spans and metrics of requests to an OpenTelemetry
// collector, under the names of the conventions for generative AI, as OTLP
// over HTTP in JSON.
//
// It is presentation only, like package telemetry: it says what records say,
// never a word of a prompt or an answer, and no key. Energy and money have no
// name in the conventions and stand under irori. The reference exporters bring
// gRPC and every generated message with them, a quarter of the program's size
// and memory for what most never turn on; the JSON of the protocol is small.
package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"irori/internal/dial"
	"irori/internal/store"
)

// Options say where to send.
type Options struct {
	// Endpoint is the collector's address, http://127.0.0.1:4318; empty leaves
	// it to the variables OTEL_EXPORTER_OTLP_*.
	Endpoint string
	Version  string
	Log      *slog.Logger
	// Getenv reads variables; nil is os.Getenv.
	Getenv func(string) string
}

// Wanted reports whether a collector is named, by a setting or by the
// variables that all of OpenTelemetry's programs know.
func Wanted(o Options) bool {
	env := o.env()
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	return o.Endpoint+env("OTEL_EXPORTER_OTLP_ENDPOINT")+env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")+env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") != ""
}

func (o Options) env() func(string) string {
	if o.Getenv != nil {
		return o.Getenv
	}
	return os.Getenv
}

// The bounds of what waits, and how often it is sent.
const (
	maxSpans = 2048
	// probeSpans are made between two attempts while the collector is away:
	// something to find out with that it is back.
	probeSpans  = 16
	batchSpans  = 512
	spansEvery  = 5 * time.Second
	countsEvery = time.Minute
	sendWithin  = 10 * time.Second
)

// Exporter observes requests and sends what it saw in the background. A
// collector that is away loses what it would have had, and holds nothing up.
type Exporter struct {
	traces, metrics string
	header          http.Header
	resource        resource
	log             *slog.Logger
	began           time.Time
	stop            context.CancelFunc
	running         sync.WaitGroup
	wake            chan struct{}

	mu     sync.Mutex
	spans  []span
	lost   int
	series *series
	// away is true from a message that did not arrive to one that did.
	away   bool
	warned time.Time
}

// New makes an Exporter and starts it.
func New(o Options) (*Exporter, error) {
	env := o.env()
	e := &Exporter{log: o.Log, began: time.Now(), wake: make(chan struct{}, 1), series: newSeries(), header: http.Header{}}
	base := strings.TrimRight(o.Endpoint, "/")
	if base == "" {
		base = strings.TrimRight(env("OTEL_EXPORTER_OTLP_ENDPOINT"), "/")
	}
	e.traces, e.metrics = base+"/v1/traces", base+"/v1/metrics"
	if o.Endpoint == "" {
		if v := env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); v != "" {
			e.traces = v
		}
		if v := env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"); v != "" {
			e.metrics = v
		}
	}
	for _, to := range []string{e.traces, e.metrics} {
		if u, err := url.Parse(to); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%q is no address of a collector", to)
		}
	}
	for name, v := range pairs(env("OTEL_EXPORTER_OTLP_HEADERS")) {
		e.header.Set(name, v)
	}
	name := env("OTEL_SERVICE_NAME")
	if name == "" {
		name = "irori"
	}
	e.resource.Attributes = attrs{}.text("service.name", name).text("service.version", o.Version)
	for k, v := range pairs(env("OTEL_RESOURCE_ATTRIBUTES")) {
		e.resource.Attributes = e.resource.Attributes.text(k, v)
	}
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.running.Go(func() { e.run(ctx) })
	return e, nil
}

// pairs reads k=v,k=v with values as in URLs.
func pairs(s string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(s, ",") {
		if k, v, ok := strings.Cut(part, "="); ok {
			if plain, err := url.QueryUnescape(strings.TrimSpace(v)); err == nil {
				out[strings.TrimSpace(k)] = plain
			}
		}
	}
	return out
}

func (e *Exporter) run(ctx context.Context) {
	soon, late := time.NewTicker(spansEvery), time.NewTicker(countsEvery)
	defer soon.Stop()
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
			e.sendSpans(ctx)
		case <-soon.C:
			e.sendSpans(ctx)
		case <-late.C:
			e.sendCounts(ctx)
		}
	}
}

// Close sends what is left, within ctx.
func (e *Exporter) Close(ctx context.Context) error {
	e.stop()
	e.running.Wait()
	return errors.Join(e.sendSpans(ctx), e.sendCounts(ctx))
}

// Admitted does nothing: a span is made when its request ends.
func (e *Exporter) Admitted(*store.Record) {}

// Finished makes the span of a request and counts it.
func (e *Exporter) Finished(r *store.Record) {
	common := commonOf(r)
	e.mu.Lock()
	most := maxSpans
	if e.away {
		most = probeSpans
	}
	if e.series.count(r, common); len(e.spans) < most {
		e.spans = append(e.spans, spanOf(r, common))
	} else {
		e.lost++
	}
	full := len(e.spans) >= batchSpans
	e.mu.Unlock()
	if full {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
}

func (e *Exporter) sendSpans(ctx context.Context) error {
	e.mu.Lock()
	list := e.spans
	e.spans = nil
	e.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return e.post(ctx, e.traces, map[string]any{"resourceSpans": []any{map[string]any{
		"resource": e.resource, "scopeSpans": []any{map[string]any{"scope": map[string]string{"name": "irori"}, "spans": list}},
	}}})
}

func (e *Exporter) sendCounts(ctx context.Context) error {
	e.mu.Lock()
	list := e.series.metrics(e.began, time.Now())
	e.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return e.post(ctx, e.metrics, map[string]any{"resourceMetrics": []any{map[string]any{
		"resource": e.resource, "scopeMetrics": []any{map[string]any{"scope": map[string]string{"name": "irori"}, "metrics": list}},
	}}})
}

// post sends one message, and says once in a while that it cannot.
func (e *Exporter) post(ctx context.Context, to string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = e.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	resp, err := dial.Client.Do(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection can be used again
		_ = resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			err = fmt.Errorf("the collector at %s answers %s", to, resp.Status)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = err != nil
	if err != nil && time.Since(e.warned) > 10*time.Minute {
		e.warned = time.Now()
		e.log.Warn("spans and metrics do not reach the collector", "err", err, "lost", e.lost)
	}
	return err
}
