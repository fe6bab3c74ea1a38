package sample

import "time"

// SchemaVersion is the version of the two formats; a reader refuses a greater
// one.
const SchemaVersion = 1

// State is what became of a question.
type State string

// The states. Only Right scores. Unparsed, Refused, Truncated and Failed score
// 0 and their energy counts; JudgeUnparsed leaves accuracy and energy both;
// Skipped was not asked (nothing here can run it); Unscored has no right and
// wrong (perplexity).
const (
	Right         State = "right"
	Wrong         State = "wrong"
	Unparsed      State = "answer_unparsed"
	Refused       State = "refused"
	Truncated     State = "truncated"
	Failed        State = "failed"
	JudgeUnparsed State = "judge_unparsed"
	Skipped       State = "skipped"
	Unscored      State = "unscored"
)

// Sample is one question asked of one target once. What is not known is
// absent: no figure of a sample is ever 0 or -1 for want of a better one.
type Sample struct {
	Schema int `json:"schema_version"`
	// Target is the target's ID in the run; Pass tells the passes of a run
	// apart: "quality" asks everything with many streams, "latency" a few
	// alone, "load-R" at a rate.
	Target string `json:"target"`
	Pass   string `json:"pass"`
	// Repeat counts from 0. Order is the place in the shuffled order.
	Repeat int `json:"repeat"`
	Order  int `json:"order"`

	Task     string `json:"task"`
	Item     string `json:"query_id"`
	Family   string `json:"family"`
	Language string `json:"language,omitempty"`
	// Domain is the occupational group of the question.
	Domain string `json:"domain,omitempty"`

	PromptSHA   string `json:"prompt_sha256"`
	ResponseSHA string `json:"response_sha256,omitempty"`
	// Output is the answer; it may be left out of a run that is shared.
	Output *string `json:"output,omitempty"`

	State State `json:"state"`
	// Parsed is what was read out of the answer; Why says of a failed or
	// skipped one why.
	Parsed any    `json:"parsed,omitempty"`
	Why    string `json:"why,omitempty"`
	// Strict and Loose are the verdicts of an item of instructions.
	Strict []bool `json:"strict,omitempty"`
	Loose  []bool `json:"loose,omitempty"`
	Judge  *Judge `json:"judge,omitempty"`

	Tokens  Tokens  `json:"tokens"`
	Latency Latency `json:"latency"`
	Energy  *Energy `json:"energy,omitempty"`
	// NLL is the sum of negative log-likelihoods in nats over NLLTokens
	// tokens and NLLBytes bytes of text.
	NLL       *float64 `json:"nll_sum,omitempty"`
	NLLTokens *int     `json:"nll_tokens,omitempty"`
	NLLBytes  *int     `json:"nll_bytes,omitempty"`

	Cost     *float64 `json:"cost,omitempty"`
	Currency string   `json:"currency,omitempty"`

	// Temperature and MaxTokens are what was asked for, absent where nothing
	// was to be written.
	Temperature *float64 `json:"temperature,omitempty"`
	MaxTokens   *int     `json:"max_tokens,omitempty"`

	FinishReason string `json:"finish_reason,omitempty"`
	RequestID    string `json:"request_id,omitempty"`
	// Start is seconds since the run began, on the monotonic clock. It and Time
	// are unknown, and absent, where the run was made elsewhere.
	Start float64   `json:"start_s,omitzero"`
	Time  time.Time `json:"time,omitzero"`
	// InFlight is how many questions were under way when this one was sent,
	// itself included.
	InFlight int `json:"in_flight,omitempty"`
}

// Tokens counts tokens and characters (文字) of the answer.
type Tokens struct {
	Prompt     *int `json:"prompt,omitempty"`
	Cached     *int `json:"cached,omitempty"`
	Output     *int `json:"output,omitempty"`
	Reasoning  *int `json:"reasoning,omitempty"`
	Characters *int `json:"characters,omitempty"`
}

// Latency is in seconds. The gaps between tokens are kept as percentiles of
// the sample.
type Latency struct {
	TTFT   *float64 `json:"ttft_s,omitempty"`
	Total  *float64 `json:"total_s,omitempty"`
	Queue  *float64 `json:"queue_s,omitempty"`
	ITLP50 *float64 `json:"itl_p50_s,omitempty"`
	ITLP90 *float64 `json:"itl_p90_s,omitempty"`
	ITLP95 *float64 `json:"itl_p95_s,omitempty"`
	ITLP99 *float64 `json:"itl_p99_s,omitempty"`
}

// Energy is what a question took. Full is with the idle share while it was in
// flight, Active without; Low and High bound Full. Power is the mean power of
// the device while the question ran, not its share of it.
type Energy struct {
	Method   string   `json:"method"` // measured, modelled, provider
	Basis    string   `json:"basis"`
	Full     float64  `json:"energy_j"`
	Active   *float64 `json:"energy_active_j,omitempty"`
	Low      *float64 `json:"energy_low_j,omitempty"`
	High     *float64 `json:"energy_high_j,omitempty"`
	Prefill  *float64 `json:"energy_prefill_j,omitempty"`
	Decode   *float64 `json:"energy_decode_j,omitempty"`
	Power    *float64 `json:"power_w,omitempty"`
	PowerLow *float64 `json:"power_low_w,omitempty"`
	PowerHi  *float64 `json:"power_high_w,omitempty"`
	Coverage *float64 `json:"coverage,omitempty"`
}

// Judge is what a judge said of an answer beside a reference.
type Judge struct {
	Model string `json:"model"`
	// Verdicts are those of the orders that were asked: win, tie, loss, or
	// unparsed.
	Verdicts []string `json:"verdicts"`
	Agreed   bool     `json:"agreed"`
	Attempts int      `json:"attempts"`
}

// Target is what was measured: a model in a quantization on a backend with a
// number of streams.
type Target struct {
	ID           string `json:"id"`
	Model        string `json:"model"`
	Requested    string `json:"model_requested"`
	Quantization string `json:"quantization,omitempty"`
	Digest       string `json:"digest,omitempty"`
	Parameters   *int64 `json:"parameters,omitempty"`
	Released     string `json:"released,omitempty"` // date of release, where known
	Backend      string `json:"backend"`
	Engine       string `json:"engine,omitempty"`
	Where        string `json:"where"` // local or cloud
	Streams      int    `json:"streams"`
	// Chat says that the model was asked in its chat template; a base model
	// continues plain text.
	Chat bool `json:"chat"`
	// Machine is the ID of the machine that it ran on.
	Machine string `json:"machine"`
	// Label tells apart what is otherwise alike: a prompt, a setting.
	Label string `json:"label,omitempty"`
}

// Machine is where a run was made.
type Machine struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Processor string   `json:"processor,omitempty"`
	Cores     int      `json:"cores,omitempty"`
	MemoryB   *int64   `json:"memory_bytes,omitempty"`
	GPUs      []string `json:"gpus,omitempty"`
	System    string   `json:"system,omitempty"`
	// IdleW is the power without work, before and after the run, where it was
	// measured.
	IdleBeforeW *float64 `json:"idle_before_w,omitempty"`
	IdleAfterW  *float64 `json:"idle_after_w,omitempty"`
}

// TaskRef names a task of a run and pins its questions.
type TaskRef struct {
	Name     string `json:"task"`
	Version  string `json:"version"`
	Family   string `json:"family"`
	Language string `json:"language,omitempty"`
	Items    int    `json:"items"`
	SHA256   string `json:"sha256"`
	// AnswersSHA256 pins what answers are compared with, without the prompts.
	AnswersSHA256 string `json:"answers_sha256,omitempty"`

	Source  string `json:"source,omitempty"`
	Licence string `json:"licence,omitempty"`
	// SameAs names tasks that ask the same questions, in another language or
	// another choice of them.
	SameAs []string `json:"same_as,omitempty"`
	// Temperature is what the task asks for, where the run leaves it that.
	Temperature *float64 `json:"temperature,omitempty"`
}

// Run describes a run: run.json.
type Run struct {
	Schema  int      `json:"schema_version"`
	ID      string   `json:"id"`
	Title   string   `json:"title,omitempty"`
	Command []string `json:"command"`
	Version string   `json:"irori_version"`
	Started string   `json:"started"`
	Ended   string   `json:"ended,omitempty"`
	Seed    uint64   `json:"seed"`
	Suite   string   `json:"suite"`

	Tasks    []TaskRef         `json:"tasks"`
	Targets  []Target          `json:"targets"`
	Machines []Machine         `json:"machines"`
	Settings map[string]string `json:"settings"` // temperature, max_tokens, repeats, limit …
	// Expected counts the samples that a whole run has, for each target and
	// pass ("TARGET/PASS").
	Expected map[string]int `json:"expected"`
	// WarmUps are the questions before those that count.
	WarmUps []WarmUp `json:"warm_ups,omitempty"`
	// Notes say what the reader must know: a noisy machine, a throttled
	// processor, a judge.
	Notes []string `json:"notes,omitempty"`
	// Judge is the judging model, empty where none was asked.
	Judge string `json:"judge,omitempty"`
	// Currency is that of money, PerKWh the price of electricity.
	Currency string   `json:"currency,omitempty"`
	PerKWh   *float64 `json:"price_per_kwh,omitempty"`
}

// WarmUp says how a target was warmed up: with questions that do not count,
// until its speed had settled.
type WarmUp struct {
	Target   string `json:"target"`
	Requests int    `json:"requests"`
	// Failed counts the questions that were passed over: no answer came.
	Failed int `json:"failed,omitempty"`
	// FirstTTFT is that of the first, loading included.
	FirstTTFT *float64 `json:"first_ttft_s,omitempty"`
	Steady    bool     `json:"steady"`
	// TokensPerS is the mean speed of the last few, CV how much it varied.
	TokensPerS *float64 `json:"tokens_per_s,omitempty"`
	CV         *float64 `json:"tokens_per_s_cv,omitempty"`
}
