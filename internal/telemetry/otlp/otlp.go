// Package otlp sends spans and metrics of requests to an OpenTelemetry
// collector, under the names of the conventions for generative AI.
//
// It is presentation only, like package telemetry: it says what records say,
// never a word of a prompt or an answer, and no key. Energy and money have no
// name in the conventions and stand under irori.
package otlp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"irori/internal/store"
	"irori/internal/telemetry"
)

// Options say where to send.
type Options struct {
	// Endpoint is the collector's address, http://127.0.0.1:4318; empty leaves
	// it to the variables OTEL_EXPORTER_OTLP_*.
	Endpoint string
	Version  string
	Log      *slog.Logger
	// Every is how often metrics are sent; 0 is a minute.
	Every time.Duration
}

// Exporter observes requests and sends what it saw in the background. A
// collector that is away loses what it would have had, and holds nothing up.
type Exporter struct {
	spans   *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
	tracer  trace.Tracer

	tokens, duration, server, first, per metric.Float64Histogram
	used                                 map[string]metric.Int64Counter
	energy, cost                         metric.Float64Counter
}

// The buckets that the conventions advise.
var (
	tokenBuckets    = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
	durationBuckets = []float64{.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	firstBuckets    = []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
	perBuckets      = []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5}
)

// New makes an Exporter. Nothing is sent until a request ends.
func New(ctx context.Context, o Options) (*Exporter, error) {
	var spans []otlptracehttp.Option
	var metrics []otlpmetrichttp.Option
	if o.Endpoint != "" {
		spans = append(spans, otlptracehttp.WithEndpointURL(o.Endpoint+"/v1/traces"))
		metrics = append(metrics, otlpmetrichttp.WithEndpointURL(o.Endpoint+"/v1/metrics"))
	}
	te, err := otlptracehttp.New(ctx, spans...)
	if err != nil {
		return nil, err
	}
	me, err := otlpmetrichttp.New(ctx, metrics...)
	if err != nil {
		return nil, errors.Join(err, te.Shutdown(ctx))
	}
	res := resource.NewSchemaless(attribute.String("service.name", "irori"), attribute.String("service.version", o.Version))
	var every []sdkmetric.PeriodicReaderOption
	if o.Every > 0 {
		every = append(every, sdkmetric.WithInterval(o.Every))
	}
	e := &Exporter{
		spans:   sdktrace.NewTracerProvider(sdktrace.WithBatcher(te), sdktrace.WithResource(res)),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(me, every...)), sdkmetric.WithResource(res)),
	}
	e.tracer = e.spans.Tracer("irori")
	return e, e.instruments(e.metrics.Meter("irori"))
}

func (e *Exporter) instruments(m metric.Meter) error {
	var errs []error
	histogram := func(name, unit string, buckets []float64) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit(unit), metric.WithExplicitBucketBoundaries(buckets...))
		errs = append(errs, err)
		return h
	}
	counter := func(name, unit string) metric.Float64Counter {
		c, err := m.Float64Counter(name, metric.WithUnit(unit))
		errs = append(errs, err)
		return c
	}
	e.tokens = histogram("gen_ai.client.token.usage", "{token}", tokenBuckets)
	e.duration = histogram("gen_ai.client.operation.duration", "s", durationBuckets)
	e.server = histogram("gen_ai.server.request.duration", "s", durationBuckets)
	e.first = histogram("gen_ai.server.time_to_first_token", "s", firstBuckets)
	e.per = histogram("gen_ai.server.time_per_output_token", "s", perBuckets)
	e.energy, e.cost = counter("irori.request.energy", "J"), counter("irori.request.cost", "{currency}")
	e.used = map[string]metric.Int64Counter{}
	for _, kind := range []string{"input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens", "reasoning.output_tokens"} {
		c, err := m.Int64Counter("gen_ai.client.inference.usage."+kind, metric.WithUnit("{token}"))
		errs, e.used[kind] = append(errs, err), c
	}
	return errors.Join(errs...)
}

// Close sends what is left.
func (e *Exporter) Close(ctx context.Context) error {
	return errors.Join(e.spans.Shutdown(ctx), e.metrics.Shutdown(ctx))
}

// Admitted does nothing: a span is made when its request ends.
func (e *Exporter) Admitted(*store.Record) {}

// Finished makes the span of a request and counts it.
func (e *Exporter) Finished(r *store.Record) {
	op := telemetry.Operation(r.API)
	model := r.Model
	if r.Backend == "" {
		model = "" // what a client invented
	}
	common := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", op), attribute.String("gen_ai.provider.name", provider(r)),
		attribute.String("gen_ai.request.model", model), attribute.String("gen_ai.response.model", model),
	}
	if r.ErrorCode != "" {
		common = append(common, attribute.String("error.type", r.ErrorCode))
	}
	ctx := e.span(r, op+" "+model, common)
	e.count(ctx, r, append(common, attribute.String("irori.route", r.Route)))
}

// provider is who computes: the engine here, or the backend's name.
func provider(r *store.Record) string {
	if r.Backend == "embedded" {
		return "irori"
	}
	return r.Backend
}

// span makes the span of a request, below the one that its client named.
func (e *Exporter) span(r *store.Record, name string, common []attribute.KeyValue) context.Context {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": r.TraceParent})
	end := r.Time
	if r.TotalSeconds != nil {
		end = end.Add(time.Duration(*r.TotalSeconds * float64(time.Second)))
	}
	ctx, s := e.tracer.Start(ctx, name, trace.WithTimestamp(r.Time), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(common...))
	s.SetAttributes(attribute.String("gen_ai.response.id", r.ID), attribute.String("irori.route", r.Route), attribute.String("irori.reason", r.DecisionReason), attribute.Bool("gen_ai.request.stream", r.Stream))
	if r.FinishReason != "" {
		s.SetAttributes(attribute.StringSlice("gen_ai.response.finish_reasons", []string{r.FinishReason}))
	}
	for name, n := range map[string]*int{
		"gen_ai.usage.input_tokens": r.PromptTokens, "gen_ai.usage.output_tokens": r.OutputTokens, "gen_ai.usage.cache_read.input_tokens": r.CachedTokens,
		"gen_ai.usage.cache_creation.input_tokens": r.CacheWriteTokens, "gen_ai.usage.reasoning.output_tokens": r.ReasoningTokens,
	} {
		if n != nil {
			s.SetAttributes(attribute.Int(name, *n))
		}
	}
	for name, v := range map[string]*float64{
		"irori.energy_j": r.EnergyJ, "irori.energy_low_j": r.EnergyLowJ, "irori.energy_high_j": r.EnergyHighJ, "irori.cost": r.Cost,
		"irori.queue_s": r.QueueSeconds, "gen_ai.response.time_to_first_chunk": r.TTFTSeconds,
	} {
		if v != nil {
			s.SetAttributes(attribute.Float64(name, *v))
		}
	}
	if r.EnergyMethod != "" {
		s.SetAttributes(attribute.String("irori.energy_method", string(r.EnergyMethod)))
	}
	if r.Currency != "" {
		s.SetAttributes(attribute.String("irori.currency", r.Currency))
	}
	for _, a := range r.Attempts {
		s.AddEvent("irori.attempt", trace.WithTimestamp(end), trace.WithAttributes(
			attribute.String("gen_ai.provider.name", a.Backend), attribute.String("irori.status", string(a.Status)), attribute.String("error.type", a.ErrorCode)))
	}
	if r.Status == store.StatusError {
		s.SetStatus(codes.Error, r.ErrorCode)
	}
	s.End(trace.WithTimestamp(end))
	return ctx
}

func (e *Exporter) count(ctx context.Context, r *store.Record, attrs []attribute.KeyValue) {
	with := metric.WithAttributes(attrs...)
	for kind, n := range map[string]*int{"input": r.PromptTokens, "output": r.OutputTokens} {
		if n != nil {
			e.tokens.Record(ctx, float64(*n), with, metric.WithAttributes(attribute.String("gen_ai.token.type", kind)))
		}
	}
	for kind, n := range map[string]*int{
		"input_tokens": r.PromptTokens, "output_tokens": r.OutputTokens, "cache_read.input_tokens": r.CachedTokens,
		"cache_write.input_tokens": r.CacheWriteTokens, "reasoning.output_tokens": r.ReasoningTokens,
	} {
		if n != nil {
			e.used[kind].Add(ctx, int64(*n), with)
		}
	}
	if r.TotalSeconds != nil {
		e.duration.Record(ctx, *r.TotalSeconds, with)
		e.server.Record(ctx, *r.TotalSeconds, with)
	}
	if r.TTFTSeconds != nil {
		e.first.Record(ctx, *r.TTFTSeconds, with)
		if r.TotalSeconds != nil && r.OutputTokens != nil && *r.OutputTokens > 1 {
			e.per.Record(ctx, (*r.TotalSeconds-*r.TTFTSeconds)/float64(*r.OutputTokens-1), with)
		}
	}
	if r.EnergyJ != nil {
		// Measured and modelled joules are never one figure.
		e.energy.Add(ctx, *r.EnergyJ, with, metric.WithAttributes(attribute.String("irori.energy_method", string(r.EnergyMethod))))
	}
	if r.Cost != nil {
		e.cost.Add(ctx, *r.Cost, with, metric.WithAttributes(attribute.String("irori.currency", r.Currency)))
	}
}
