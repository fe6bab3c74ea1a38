package llm

import (
	"strings"
	"time"
)

// EventType tells the kinds of events of a stream apart.
type EventType uint8

// The kinds of events. A stream is one EventStart, then content events of any
// choice in any order, one EventFinish a choice, and one EventUsage last.
const (
	// EventStart says that the prompt is being worked on; Usage holds the
	// prompt's token count where it is known.
	EventStart EventType = iota + 1
	// EventText carries visible text.
	EventText
	// EventReasoning carries thinking, apart from the answer.
	EventReasoning
	// EventToolCall carries a fragment of a tool call.
	EventToolCall
	// EventFinish ends one choice with its FinishReason.
	EventFinish
	// EventUsage ends the stream with Usage and Timings.
	EventUsage
	// EventAttempt tells, at any time, of a try at a backend that failed, and
	// of the one that came after such a try. It is for the ledger, and no
	// part of the answer.
	EventAttempt
	// EventRaw carries a part of an answer as its server wrote it, framed for
	// a client of the same dialect (see Request.Relay): Raw holds until the
	// reader returns, Pieces is how many pieces of the answer are in it, about
	// one a token. Finish and Usage are set where they are known with it.
	EventRaw
	// EventBeyond says that the answer has something that no event says: who
	// puts it together of events has less than the client.
	EventBeyond
)

// FinishReason says why a choice ended.
type FinishReason string

// The finish reasons, in OpenAI's words.
const (
	FinishStop          FinishReason = "stop"
	FinishLength        FinishReason = "length"
	FinishToolCalls     FinishReason = "tool_calls"
	FinishContentFilter FinishReason = "content_filter"
)

// Event is one step of an answer. Which fields are set follows from Type.
type Event struct {
	Type   EventType
	Choice int
	// Text is complete UTF-8: a character is never split between events.
	Text string
	// Signature, on an EventReasoning without Text, ends a stretch of thinking
	// that its provider signed; Redacted is a whole stretch that the provider
	// shows to nobody. See Thought.
	Signature, Redacted string
	ToolCall            ToolCallDelta
	// Logprobs belong to the tokens that produced Text, where asked for.
	Logprobs []TokenLogprob
	Finish   FinishReason
	// StopSequence is the stop string that ended the choice, if one did.
	StopSequence string
	Usage        *Usage
	Timings      *Timings
	Attempt      *Attempt `json:",omitempty"`
	Raw          []byte   `json:",omitempty"`
	Pieces       int      `json:",omitempty"`
	// Read is what Raw says, in events, where a Relay wants it.
	Read []Event `json:",omitempty"`
}

// Size is how many bytes of an answer's text the event carries.
func (e *Event) Size() int {
	return len(e.Text) + len(e.ToolCall.Name) + len(e.ToolCall.Arguments)
}

// Attempt is one try at a backend.
type Attempt struct {
	Backend, Model string
	// Code is empty where the try succeeded.
	Code  Code
	Took  time.Duration
	Usage *Usage
}

// ToolCallDelta is a fragment of a tool call. ID and Name come on the first
// fragment of an index only; Arguments are pieces of one JSON text.
type ToolCallDelta struct {
	Index     int
	ID        string
	Name      string
	Arguments string
}

// TokenLogprob is a token with its natural log-probability under the model's
// raw distribution: before penalties, temperature, truncation or grammar.
type TokenLogprob struct {
	ID      int32
	Text    string
	Bytes   []byte
	Logprob float64
	Top     []TokenLogprob
	// First marks the first token of a prompt: nothing stands before it, so
	// it has no log-probability.
	First bool `json:",omitempty"`
}

// UsageSource says who counted the tokens.
type UsageSource string

// The sources of usage: the backend's own report, or counted from what was
// relayed.
const (
	UsageBackend UsageSource = "backend"
	UsageCounted UsageSource = "counted"
	// UsageUnknown says that nobody counted, and that nobody can: the answer
	// came in one piece.
	UsageUnknown UsageSource = "unknown"
)

// Usage counts tokens. Nil means unknown, which is not zero.
type Usage struct {
	// PromptTokens includes cached tokens.
	PromptTokens *int
	CachedTokens *int
	CacheWrite   *int
	// OutputTokens includes reasoning tokens.
	OutputTokens    *int
	ReasoningTokens *int
	Source          UsageSource
	// Tier is the class of service that the backend says it answered in, empty
	// where it does not say: prices differ by it.
	Tier Tier `json:",omitempty"`
	// Said is how many bytes of text an answer has that passed in one piece,
	// where Source is UsageUnknown.
	Said int `json:",omitempty"`
}

// Tier is a backend's own name for a class of service, or TierMixed.
type Tier string

// TierMixed is that of a sum whose parts were served in several.
const TierMixed Tier = "mixed"

// UnmarshalJSON reads what a backend calls a tier. What can be no name of one
// is none, and no fault of the answer around it: names go into the ledger.
func (t *Tier) UnmarshalJSON(b []byte) error {
	*t = ""
	name, ok := strings.CutPrefix(strings.TrimSuffix(string(b), `"`), `"`)
	if ok && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" {
		*t = Tier(name)
	}
	return nil
}

// Batched reports whether a tier is one of work that may wait, which is sold at
// a price of its own. OpenAI's flex is: it has the prices of its batches.
func (t Tier) Batched() bool { return t == "batch" || t == "flex" }

// And is the tier of both together.
func (t Tier) And(u Tier) Tier {
	switch {
	case t == u:
		return t
	case !t.Batched() && !u.Batched() && t != TierMixed && u != TierMixed:
		return "" // several names, one price
	}
	return TierMixed
}

// Spent is the energy, money and waiting of a request, nil where unknown: every dialect
// has it under `usage.irori` where a request asks for it.
type Spent struct {
	EnergyJ      *float64 `json:"energy_j,omitempty"`
	EnergyLowJ   *float64 `json:"energy_low_j,omitempty"`
	EnergyHighJ  *float64 `json:"energy_high_j,omitempty"`
	EnergyMethod string   `json:"energy_method,omitempty"`
	EnergyBasis  string   `json:"energy_basis,omitempty"`
	// EnergyActiveJ is without the share of idle power; the prompt's and the
	// output's parts add up to EnergyJ.
	EnergyActiveJ  *float64 `json:"energy_active_j,omitempty"`
	EnergyPrefillJ *float64 `json:"energy_prefill_j,omitempty"`
	EnergyDecodeJ  *float64 `json:"energy_decode_j,omitempty"`
	// PowerW is the mean power of the whole device meanwhile; the bounds are a
	// model's.
	PowerW         *float64 `json:"power_w,omitempty"`
	PowerLowW      *float64 `json:"power_low_w,omitempty"`
	PowerHighW     *float64 `json:"power_high_w,omitempty"`
	EnergyCoverage *float64 `json:"energy_coverage,omitempty"`
	Cost           *float64 `json:"cost,omitempty"`
	CostLow        *float64 `json:"cost_low,omitempty"`
	CostHigh       *float64 `json:"cost_high,omitempty"`
	Currency       string   `json:"currency,omitempty"`
	// QueueSeconds is the wait for memory and a turn, here and in the backend.
	QueueSeconds *float64 `json:"queue_s,omitempty"`
}

// Timings are the durations of one request as the backend saw them.
type Timings struct {
	// Queue is the wait for a slot.
	Queue time.Duration
	// Prefill is from the slot to the first token.
	Prefill time.Duration
	// Decode is from the first token to the last.
	Decode time.Duration
}

// IntPtr returns a pointer to n: a known count.
func IntPtr(n int) *int { return &n }

// Pieces counts the pieces of an answer among events, and returns those that
// end it.
func Pieces(events []Event) (pieces int, ends []Event) {
	for _, e := range events {
		switch e.Type {
		case EventText, EventReasoning, EventToolCall:
			pieces++
		case EventFinish:
			ends = append(ends, e)
		}
	}
	return pieces, ends
}
