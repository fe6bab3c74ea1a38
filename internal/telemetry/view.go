package telemetry

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"irori/internal/power"
	"irori/internal/store"
)

// Operation is the gen_ai name of what an API does.
func Operation(api string) string {
	switch {
	case strings.Contains(api, "embed"):
		return "embeddings"
	case strings.Contains(api, "rerank"):
		return "rerank"
	case strings.Contains(api, "chat"), strings.Contains(api, "messages"), strings.Contains(api, "responses"):
		return "chat"
	}
	return "text_completion"
}

var (
	ledgerLag     = prometheus.NewDesc("irori_ledger_lag_seconds", "Age of the oldest ended request that is not in the store.", nil, nil)
	ledgerWaiting = prometheus.NewDesc("irori_ledger_waiting_records", "Ended requests that are not in the store.", nil, nil)
	ledgerBytes   = prometheus.NewDesc("irori_ledger_journal_bytes", "Size of the journal.", nil, nil)
	ledgerFailing = prometheus.NewDesc("irori_ledger_failing", "1 while the journal or the store cannot be written.", nil, nil)
	energyParts   = prometheus.NewDesc("irori_power_joules_total",
		"What the meters saw, by where it went; the parts add up to all of it.", []string{"part"}, nil)
	energyModelled = prometheus.NewDesc("irori_power_modelled_joules_total",
		"What was modelled, the middle of the interval, by where it went.", []string{"part"}, nil)
)

var backendUp = prometheus.NewDesc("irori_backend_up", "1 where requests go to the backend, 0 where it does not answer or failed too often.", []string{"backend"}, nil)

// backendsView reads how the backends of the settings are.
type backendsView struct{ read func() map[string]bool }

// Describe implements prometheus.Collector.
func (v backendsView) Describe(ch chan<- *prometheus.Desc) { ch <- backendUp }

// Collect implements prometheus.Collector.
func (v backendsView) Collect(ch chan<- prometheus.Metric) {
	for name, up := range v.read() {
		x := 0.0
		if up {
			x = 1
		}
		ch <- prometheus.MustNewConstMetric(backendUp, prometheus.GaugeValue, x, name)
	}
}

// Backends shows how backends are, by what read says; it is called once.
func (m *Metrics) Backends(read func() map[string]bool) {
	m.registry.MustRegister(backendsView{read})
}

// ledgerView reads the ledger's state when it is asked for.
type ledgerView struct{ read func() store.LedgerStats }

// Describe implements prometheus.Collector.
func (v ledgerView) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ledgerLag, ledgerWaiting, ledgerBytes, ledgerFailing} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (v ledgerView) Collect(ch chan<- prometheus.Metric) {
	s := v.read()
	failing := 0.0
	if s.Err != nil {
		failing = 1
	}
	ch <- prometheus.MustNewConstMetric(ledgerLag, prometheus.GaugeValue, s.Lag.Seconds())
	ch <- prometheus.MustNewConstMetric(ledgerWaiting, prometheus.GaugeValue, float64(s.Waiting))
	ch <- prometheus.MustNewConstMetric(ledgerBytes, prometheus.GaugeValue, float64(s.JournalBytes))
	ch <- prometheus.MustNewConstMetric(ledgerFailing, prometheus.GaugeValue, failing)
}

// energyView reads the attribution's counters when they are asked for.
type energyView struct{ read func() power.Totals }

// Describe implements prometheus.Collector.
func (v energyView) Describe(ch chan<- *prometheus.Desc) {
	ch <- energyParts
	ch <- energyModelled
}

// Collect implements prometheus.Collector. A figure that no meter gave is left
// out, not shown as 0.
func (v energyView) Collect(ch chan<- prometheus.Metric) {
	t := v.read()
	show := func(d *prometheus.Desc, part string, joules float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, joules, part)
	}
	if t.Measured > 0 {
		show(energyParts, "attributed", float64(t.Attributed))
		show(energyParts, "idle", float64(t.Idle))
		show(energyParts, "unattributed", float64(t.Unattributed))
	}
	if t.Modelled > 0 {
		show(energyModelled, "attributed", float64(t.Modelled-t.ModelledUnattributed))
		show(energyModelled, "unattributed", float64(t.ModelledUnattributed))
	}
}
