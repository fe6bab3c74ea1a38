package worker

import (
	"irori/internal/llm"
)

// Load tells a worker what to load and how.
type Load struct {
	Protocol int
	// LibraryDir holds the engine's libraries.
	LibraryDir string
	// Model is the model's name, for messages.
	Model string
	// Files are the model's files, splits in order.
	Files []string
	// Adapters are LoRA files by name.
	Adapters map[string]string
	Options  Options
}

// Options are the settings of one model. Zero values mean automatic.
type Options struct {
	// Context is the longest sequence; 0 takes what the model was trained
	// for, within MemoryBudget.
	Context int
	// Parallel is how many sequences run at once.
	Parallel int
	Threads  int
	Batch    int
	// KVType is f16, q8_0 or q4_0.
	KVType string
	// KVUnified shares one cache between all sequences: more room for long
	// ones, slower with many.
	KVUnified bool
	// GPULayers is how many layers go to an accelerator; nil means all that
	// there is room for, when there is one.
	GPULayers *int
	FlashAttn string
	NoMmap    bool
	Mlock     bool
	NoRepack  bool
	// MemoryBudget bounds the KV cache in bytes; 0 means a share of what is
	// free.
	MemoryBudget int64
	// MemoryFixed says that a person set MemoryBudget: what does not fit in it
	// is refused, whatever else they set.
	MemoryFixed bool
	// Template overrides the model's own chat template.
	Template string
	// Defaults are sampler values for what requests leave open.
	Defaults llm.Sampling
}

// Hello is what a worker says of its libraries.
type Hello struct {
	Protocol int
	PID      int
	Engine   string
	Ggml     string
	Commit   string
	System   string
	Devices  []Device
	// NoGPU says why no device but the processor computes; empty where one
	// does.
	NoGPU string
}

// Device is a compute device.
type Device struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	GPU         bool   `json:"gpu"`
	FreeBytes   uint64 `json:"free_bytes"`
	TotalBytes  uint64 `json:"total_bytes"`
}

// Ready is what a worker says of its model.
type Ready struct {
	Description  string
	Architecture string
	Parameters   uint64
	Bytes        uint64
	ContextTrain int
	// Context is the longest sequence that a request may reach.
	Context  int
	Parallel int
	// KVBytesPerToken is what one token takes in the cache, measured by the
	// model's shape; 0 where unknown.
	KVBytesPerToken int64
	// ContextBytes is what the contexts take once all are made, 0 where
	// unknown.
	ContextBytes int64
	Threads      int
	// Placement says in words where the model runs and why.
	Placement      string
	VocabSize      int
	EmbeddingSize  int
	Pooling        string
	EmbeddingOnly  bool
	TemplateFormat string
	TemplateError  string
	Tools          bool
	Thinking       bool
	LoadSeconds    float64
}

// Submit asks for generation.
type Submit struct {
	ID      uint64
	Request *llm.Request
}

// Call is a question with an id.
type Call struct {
	ID       uint64
	Embed    *llm.EmbedRequest    `json:",omitempty"`
	Rank     *llm.RerankRequest   `json:",omitempty"`
	Tokenize *llm.TokenizeRequest `json:",omitempty"`
}

// Reply answers a Call.
type Reply struct {
	ID     uint64
	Embed  *llm.EmbedResult  `json:",omitempty"`
	Rank   *llm.RerankResult `json:",omitempty"`
	Tokens *llm.Tokens       `json:",omitempty"`
	Err    *Failure          `json:",omitempty"`
}

// Failure is an llm.Error on the wire.
type Failure struct {
	Code    llm.Code
	Message string
	Hint    string `json:",omitempty"`
	Param   string `json:",omitempty"`
}

// Fail makes a Failure of an error.
func Fail(err error) *Failure {
	f := &Failure{Code: llm.CodeOf(err), Message: err.Error()}
	if e, ok := err.(*llm.Error); ok {
		f.Hint, f.Param = e.Hint, e.Param
	}
	return f
}

// Error makes an llm.Error of a Failure.
func (f *Failure) Error() *llm.Error {
	return &llm.Error{Code: f.Code, Message: f.Message, Hint: f.Hint, Param: f.Param}
}

// Note is a line for the gateway's log. Levels are slog's.
type Note struct {
	Level   int
	Message string
}
