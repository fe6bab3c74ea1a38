package store

import "time"

// Status says how a request ended.
type Status string

// The ways a request ends.
const (
	StatusOK        Status = "ok"
	StatusCancelled Status = "cancelled"
	StatusError     Status = "error"
)

// EnergyMethod says where a figure of energy comes from.
type EnergyMethod string

// The methods: a sensor, a model with an interval, or the provider's word.
const (
	EnergyMeasured EnergyMethod = "measured"
	EnergyModelled EnergyMethod = "modelled"
	EnergyProvider EnergyMethod = "provider"
)

// Record is one admitted request in the ledger: the outside contract of
// `irori log --json`. What is unknown is absent, never zero. It holds no text
// of prompts or answers.
type Record struct {
	ID             string    `json:"id"`
	Time           time.Time `json:"time"`
	Key            string    `json:"key,omitempty"`
	API            string    `json:"api"`
	Route          string    `json:"route,omitempty"`
	Backend        string    `json:"backend,omitempty"`
	Engine         string    `json:"engine,omitempty"`
	Model          string    `json:"model,omitempty"`
	ModelRequested string    `json:"model_requested,omitempty"`
	Quantization   string    `json:"quantization,omitempty"`
	Stream         bool      `json:"stream"`
	// Status is empty while the request is open.
	Status       Status `json:"status,omitempty"`
	ErrorCode    string `json:"error_code,omitempty"`
	FinishReason string `json:"finish_reason,omitempty"`

	PromptTokens     *int `json:"prompt_tokens,omitempty"`
	CachedTokens     *int `json:"cached_tokens,omitempty"`
	CacheWriteTokens *int `json:"cache_write_tokens,omitempty"`
	OutputTokens     *int `json:"output_tokens,omitempty"`
	// ReasoningTokens are part of OutputTokens.
	ReasoningTokens *int   `json:"reasoning_tokens,omitempty"`
	UsageSource     string `json:"usage_source,omitempty"`
	// ServiceTier is what the backend says it served the request as: batches
	// have prices of their own.
	ServiceTier string `json:"service_tier,omitempty"`

	QueueSeconds *float64 `json:"queue_s,omitempty"`
	// TTFTSeconds is from acceptance to the first token.
	TTFTSeconds  *float64 `json:"ttft_s,omitempty"`
	ITLP50       *float64 `json:"itl_p50_s,omitempty"`
	ITLP95       *float64 `json:"itl_p95_s,omitempty"`
	TotalSeconds *float64 `json:"total_s,omitempty"`

	EnergyJ      *float64     `json:"energy_j,omitempty"`
	EnergyLowJ   *float64     `json:"energy_low_j,omitempty"`
	EnergyHighJ  *float64     `json:"energy_high_j,omitempty"`
	EnergyMethod EnergyMethod `json:"energy_method,omitempty"`
	// EnergyBasis says in words what was measured or assumed.
	EnergyBasis string `json:"energy_basis,omitempty"`
	// EnergyActiveJ is without the share of idle power; the prompt's and the
	// output's parts add up to EnergyJ.
	EnergyActiveJ  *float64 `json:"energy_active_j,omitempty"`
	EnergyPrefillJ *float64 `json:"energy_prefill_j,omitempty"`
	EnergyDecodeJ  *float64 `json:"energy_decode_j,omitempty"`
	// PowerW is the whole device's mean power from the request's first step to
	// its last, whoever else was served; the bounds are a model's.
	PowerW     *float64 `json:"power_w,omitempty"`
	PowerLowW  *float64 `json:"power_low_w,omitempty"`
	PowerHighW *float64 `json:"power_high_w,omitempty"`
	// EnergyCoverage is the part of the work's time that the meters saw.
	EnergyCoverage *float64 `json:"energy_coverage,omitempty"`

	Cost         *float64 `json:"cost,omitempty"`
	CostLow      *float64 `json:"cost_low,omitempty"`
	CostHigh     *float64 `json:"cost_high,omitempty"`
	Currency     string   `json:"currency,omitempty"`
	PriceVersion string   `json:"price_version,omitempty"`

	DecisionPolicy string   `json:"decision_policy,omitempty"`
	DecisionReason string   `json:"decision_reason,omitempty"`
	DecisionScore  *float64 `json:"decision_score,omitempty"`
	EscalatedFrom  string   `json:"escalated_from,omitempty"`
	// HeldSeconds is how long an answer was held back to be judged, part of
	// TTFTSeconds.
	HeldSeconds *float64  `json:"held_s,omitempty"`
	Attempts    []Attempt `json:"attempts,omitempty"`
	Client      string    `json:"client,omitempty"`
	// TraceParent is the client's own span, in W3C's form; it is not kept.
	TraceParent string `json:"-"`
}

// Attempt is one try at a backend, the last one included where there were
// several.
type Attempt struct {
	Backend      string   `json:"backend"`
	Model        string   `json:"model,omitempty"`
	Status       Status   `json:"status"`
	ErrorCode    string   `json:"error_code,omitempty"`
	Seconds      float64  `json:"seconds"`
	PromptTokens *int     `json:"prompt_tokens,omitempty"`
	OutputTokens *int     `json:"output_tokens,omitempty"`
	EnergyJ      *float64 `json:"energy_j,omitempty"`
	Cost         *float64 `json:"cost,omitempty"`
	CostLow      *float64 `json:"cost_low,omitempty"`
	CostHigh     *float64 `json:"cost_high,omitempty"`
}
