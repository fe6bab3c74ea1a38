package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"irori/internal/store"
)

// collector keeps what it is sent.
type collector struct {
	mu      sync.Mutex
	spans   []*collectortrace.ExportTraceServiceRequest
	metrics []*collectormetrics.ExportMetricsServiceRequest
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if r.Header.Get("X-Token") != "a b" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
	case r.URL.Path == "/v1/traces":
		m := &collectortrace.ExportTraceServiceRequest{}
		err = protojson.Unmarshal(hexIDs(raw), m)
		c.spans = append(c.spans, m)
	case r.URL.Path == "/v1/metrics":
		m := &collectormetrics.ExportMetricsServiceRequest{}
		err = protojson.Unmarshal(hexIDs(raw), m)
		c.metrics = append(c.metrics, m)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// hexIDs writes the ids as protobuf's own JSON has them: OTLP's differ in being
// hexadecimal.
func hexIDs(raw []byte) []byte {
	return regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`).ReplaceAllFunc(raw, func(m []byte) []byte {
		parts := strings.Split(string(m), `"`)
		b, err := hex.DecodeString(parts[3])
		if err != nil {
			return m
		}
		return []byte(`"` + parts[1] + `":"` + base64.StdEncoding.EncodeToString(b) + `"`)
	})
}

func p[T any](v T) *T { return &v }

func attributes(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range list {
		out[kv.Key] = strings.Join(strings.Fields(kv.Value.String()), " ")
	}
	return out
}

func TestExport(t *testing.T) {
	c := &collector{}
	srv := httptest.NewServer(c)
	defer srv.Close()
	e, err := New(Options{Version: "v9", Log: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
		return map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL, "OTEL_EXPORTER_OTLP_HEADERS": "X-Token=a%20b", "OTEL_RESOURCE_ATTRIBUTES": "deployment=home",
		}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ok := &store.Record{
		ID: "id1", Time: time.Unix(1000, 0), Key: "anna", API: "chat", Route: "local", Backend: "embedded", Model: "qwen", ModelRequested: "irori/auto",
		Status: store.StatusOK, FinishReason: "stop", PromptTokens: p(10), CachedTokens: p(4), OutputTokens: p(5), TotalSeconds: p(2.0), TTFTSeconds: p(1.0),
		EnergyJ: p(3.5), EnergyMethod: store.EnergyModelled, Cost: p(0.25), Currency: "JPY", TraceParent: parent,
	}
	bad := &store.Record{ID: "id2", Time: time.Unix(1001, 0), API: "embeddings", Model: "himitsu", Status: store.StatusError, ErrorCode: "model_not_found"}
	for _, r := range []*store.Record{ok, bad} {
		e.Admitted(r)
		e.Finished(r)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range c.spans {
		for _, s := range m.ResourceSpans[0].ScopeSpans[0].Spans {
			names = append(names, s.Name)
			a := attributes(s.Attributes)
			if s.Name != "chat qwen" {
				if a["error.type"] != `string_value:"model_not_found"` || a["gen_ai.usage.input_tokens"] != "" {
					t.Errorf("%v", a)
				}
				continue
			}
			for name, want := range map[string]string{
				"gen_ai.operation.name": `string_value:"chat"`, "gen_ai.provider.name": `string_value:"irori"`, "gen_ai.response.model": `string_value:"qwen"`,
				"gen_ai.response.id": `string_value:"id1"`, "gen_ai.usage.input_tokens": "int_value:10", "gen_ai.usage.output_tokens": "int_value:5",
				"gen_ai.usage.cache_read.input_tokens": "int_value:4", "irori.energy_j": "double_value:3.5", "irori.energy_method": `string_value:"modelled"`,
			} {
				if a[name] != want {
					t.Errorf("%s is %q, want %q", name, a[name], want)
				}
			}
			if got := time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano); got != 2*time.Second || s.StartTimeUnixNano != 1000e9 {
				t.Errorf("it began at %d and took %v", s.StartTimeUnixNano, got)
			}
			if s.TraceId[0] != 0x0a || s.ParentSpanId[0] != 0xb7 {
				t.Errorf("its parent is %x %x", s.TraceId, s.ParentSpanId)
			}
		}
	}
	if len(names) != 2 {
		t.Errorf("the spans are %q", names)
	}
	seen := map[string]bool{}
	for _, m := range c.metrics {
		for _, x := range m.ResourceMetrics[0].ScopeMetrics[0].Metrics {
			seen[x.Name] = true
		}
		if s := m.String(); strings.Contains(s, "himitsu") || strings.Contains(s, "anna") {
			t.Errorf("a name that somebody made up is sent: %s", s)
		}
	}
	for _, name := range []string{
		"gen_ai.client.token.usage", "gen_ai.client.operation.duration", "gen_ai.server.request.duration", "gen_ai.server.time_to_first_token",
		"gen_ai.server.time_per_output_token", "gen_ai.client.inference.usage.input_tokens", "irori.request.energy", "irori.request.cost",
	} {
		if !seen[name] {
			t.Errorf("no %s among %v", name, seen)
		}
	}
	for _, m := range c.spans {
		if s := m.String(); strings.Contains(s, "himitsu") || strings.Contains(s, "anna") {
			t.Errorf("a name that somebody made up is sent: %s", s)
		}
	}
}

// A collector that is away holds nothing up.
func TestCollectorAway(t *testing.T) {
	e, err := New(Options{Endpoint: "http://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		e.Finished(&store.Record{ID: "a", API: "chat", Backend: "b", Model: fmt.Sprint("m", i), Status: store.StatusOK, TotalSeconds: p(1.0)})
	}
	e.mu.Lock()
	spans, sets := len(e.spans), len(e.series.by["gen_ai.server.request.duration"].order)
	e.mu.Unlock()
	if spans > maxSpans || sets > maxSeries+1 {
		t.Errorf("%d spans and %d sets of attributes are held", spans, sets)
	}
	// Once that is known, hardly any are made until somebody answers.
	if err := e.sendSpans(t.Context()); err == nil {
		t.Error("nobody was there, and nothing is said")
	}
	more := func() int {
		for range 100 {
			e.Finished(&store.Record{ID: "a", API: "chat", Backend: "b", Model: "m", Status: store.StatusOK})
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.spans)
	}
	if n := more(); n != probeSpans {
		t.Errorf("%d spans are held for a collector that is away", n)
	}
	there := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer there.Close()
	traces := e.traces
	e.traces = there.URL
	if err := e.sendSpans(t.Context()); err != nil {
		t.Error(err)
	}
	if n := more(); n != 100 {
		t.Errorf("%d of 100 spans are held for a collector that is back", n)
	}
	e.traces = traces
	if err := e.Close(t.Context()); err == nil {
		t.Error("nobody was there, and nothing is said")
	}
	for _, bad := range []string{"foo", "ftp://x", "http://"} {
		if _, err := New(Options{Endpoint: bad, Log: slog.New(slog.DiscardHandler)}); err == nil {
			t.Errorf("%q is taken for a collector", bad)
		}
	}
}
