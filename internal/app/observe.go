package app

import (
	"context"
	"errors"

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

// exporter sends to the collector that the settings or the environment name;
// nil where neither does.
func (e *Env) exporter() (*otlp.Exporter, error) {
	o := otlp.Options{Endpoint: e.Config.Telemetry.OTLP, Version: Version, Log: e.Log}
	if !otlp.Wanted(o) {
		return nil, nil
	}
	x, err := otlp.New(o)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "spans and metrics cannot be sent").WithHint("set telemetry.otlp in the config to an address like http://127.0.0.1:4318")
	}
	return x, nil
}

// observe makes what sees the requests: the metrics, and the collector where
// there is one.
func (s *server) observe() (gateway.Observer, error) {
	x, err := s.env.exporter()
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
