package app

import (
	"context"
	"errors"
	"os"
	"strings"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/telemetry/otlp"
)

// observers see each request one after the other.
type observers []gateway.Observer

// Admitted tells all.
func (o observers) Admitted(r *store.Record) {
	for _, x := range o {
		x.Admitted(r)
	}
}

// Finished tells all.
func (o observers) Finished(r *store.Record) {
	for _, x := range o {
		x.Finished(r)
	}
}

// exporter sends to the collector that the settings, or the variables that all
// of OpenTelemetry's programs know, name; nil where none does.
func (e *Env) exporter(ctx context.Context) (*otlp.Exporter, error) {
	to := strings.TrimRight(e.Config.Telemetry.OTLP, "/")
	set := false
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"} {
		set = set || os.Getenv(name) != ""
	}
	if to == "" && !set || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	x, err := otlp.New(ctx, otlp.Options{Endpoint: to, Version: Version, Log: e.Log})
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the collector cannot be used").WithHint("set telemetry.otlp in the config to an address like http://127.0.0.1:4318")
	}
	return x, nil
}

// observe makes what sees the requests: the metrics, and the collector where
// there is one.
func (s *server) observe(ctx context.Context) (gateway.Observer, error) {
	x, err := s.env.exporter(ctx)
	if x == nil || err != nil {
		return s.ledger.metrics, err
	}
	s.exporter = x
	return observers{s.ledger.metrics, x}, nil
}

// closeExporter sends what is left, for a moment.
func (s *server) closeExporter() {
	if s.exporter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownWait/4)
	defer cancel()
	if err := s.exporter.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		s.env.Log.Warn("the collector did not get everything", "err", err)
	}
}
