package otlp

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"irori/internal/store"
	"irori/internal/telemetry"
)

// The protocol's messages, as far as they are sent. Numbers of 64 bits are
// texts in its JSON, ids are hexadecimal.
type (
	resource struct {
		Attributes attrs `json:"attributes"`
	}
	attr struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
	attrs []attr
	event struct {
		Time       string `json:"timeUnixNano"`
		Name       string `json:"name"`
		Attributes attrs  `json:"attributes"`
	}
	span struct {
		TraceID    string         `json:"traceId"`
		SpanID     string         `json:"spanId"`
		ParentID   string         `json:"parentSpanId,omitempty"`
		Name       string         `json:"name"`
		Kind       int            `json:"kind"`
		Start      string         `json:"startTimeUnixNano"`
		End        string         `json:"endTimeUnixNano"`
		Attributes attrs          `json:"attributes"`
		Events     []event        `json:"events,omitempty"`
		Status     map[string]any `json:"status,omitempty"`
	}
)

func (a attrs) text(key, v string) attrs {
	if v == "" {
		return a
	}
	return append(a, attr{key, map[string]any{"stringValue": v}})
}

func (a attrs) whole(key string, n *int) attrs {
	if n == nil {
		return a
	}
	return append(a, attr{key, map[string]any{"intValue": strconv.Itoa(*n)}})
}

func (a attrs) float(key string, v *float64) attrs {
	if v == nil {
		return a
	}
	return append(a, attr{key, map[string]any{"doubleValue": *v}})
}

// commonOf are the attributes of a request's span and of its counts. A model
// that no backend answered for is what a client invented.
func commonOf(r *store.Record) attrs {
	model, provider := r.Model, r.Backend
	if r.Backend == "" {
		model = ""
	}
	if r.Backend == "embedded" {
		provider = "irori"
	}
	return attrs{}.text("gen_ai.operation.name", telemetry.Operation(r.API)).text("gen_ai.provider.name", provider).
		text("gen_ai.request.model", model).text("gen_ai.response.model", model).text("error.type", r.ErrorCode)
}

// The numbers of the protocol's enumerations.
const (
	kindClient  = 3
	statusError = 2
)

// spanOf is the span of a request, below the one that its client named.
func spanOf(r *store.Record, common attrs) span {
	end := r.Time
	if r.TotalSeconds != nil {
		end = end.Add(time.Duration(*r.TotalSeconds * float64(time.Second)))
	}
	s := span{SpanID: random(8), Kind: kindClient, Start: nano(r.Time), End: nano(end)}
	s.TraceID, s.ParentID = parent(r.TraceParent)
	if s.TraceID == "" {
		s.TraceID = random(16)
	}
	s.Name = telemetry.Operation(r.API)
	if r.Backend != "" {
		s.Name += " " + r.Model
	}
	a := append(attrs{}, common...).text("gen_ai.response.id", r.ID).text("irori.route", r.Route).text("irori.reason", r.DecisionReason)
	a = append(a, attr{"gen_ai.request.stream", map[string]any{"boolValue": r.Stream}})
	if r.FinishReason != "" {
		a = append(a, attr{"gen_ai.response.finish_reasons", map[string]any{"arrayValue": map[string]any{"values": []any{map[string]any{"stringValue": r.FinishReason}}}}})
	}
	a = a.whole("gen_ai.usage.input_tokens", r.PromptTokens).whole("gen_ai.usage.output_tokens", r.OutputTokens).
		whole("gen_ai.usage.cache_read.input_tokens", r.CachedTokens).whole("gen_ai.usage.cache_creation.input_tokens", r.CacheWriteTokens).
		whole("gen_ai.usage.reasoning.output_tokens", r.ReasoningTokens).float("gen_ai.response.time_to_first_chunk", r.TTFTSeconds)
	s.Attributes = a.float("irori.queue_s", r.QueueSeconds).float("irori.energy_j", r.EnergyJ).float("irori.energy_low_j", r.EnergyLowJ).
		float("irori.energy_high_j", r.EnergyHighJ).text("irori.energy_method", string(r.EnergyMethod)).float("irori.cost", r.Cost).text("irori.currency", r.Currency)
	for _, x := range r.Attempts {
		s.Events = append(s.Events, event{nano(end), "irori.attempt", attrs{}.text("gen_ai.provider.name", x.Backend).
			text("irori.status", string(x.Status)).text("error.type", x.ErrorCode)})
	}
	if r.Status == store.StatusError {
		s.Status = map[string]any{"code": statusError, "message": r.ErrorCode}
	}
	return s
}

func nano(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func random(n int) string {
	b := make([]byte, n)
	// crypto/rand never fails on the platforms that are built for.
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// parent reads a traceparent of W3C: version, trace, span, flags.
func parent(s string) (trace, span string) {
	p := strings.Split(s, "-")
	if len(p) < 4 || len(p[0]) != 2 || p[0] == "ff" || len(p[1]) != 32 || len(p[2]) != 16 || strings.Trim(p[1], "0") == "" || strings.Trim(p[2], "0") == "" {
		return "", ""
	}
	for _, x := range p[1:3] {
		if strings.Trim(x, "0123456789abcdef") != "" {
			return "", ""
		}
	}
	return p[1], p[2]
}
