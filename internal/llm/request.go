package llm

import "encoding/json"

// Request is one admitted request for generated text, in no dialect.
// Optional numbers are pointers: nil means that the client did not say, and
// the model's or the server's default holds.
type Request struct {
	// ID is the server's own id of the request, unique in the ledger.
	ID string
	// Model is the model's name as the backend knows it.
	Model string

	// Messages is the conversation of a chat request.
	Messages []Message
	// Prompt is the raw text of a completion request; used when Messages is
	// nil. PromptTokens, when not nil, is used instead of Prompt.
	Prompt       string
	PromptTokens []int32
	// Raw is true for a completion request: no chat template is applied and
	// the output is not parsed for tools or reasoning.
	Raw bool
	// Echo asks for the prompt in front of a completion.
	Echo bool

	Tools         []Tool
	ToolChoice    ToolChoice
	ParallelTools *bool
	Format        Format
	Think         *bool
	Effort        string
	TemplateArgs  map[string]json.RawMessage
	Sampling      Sampling
	// MaxTokens bounds the output tokens of each choice.
	MaxTokens *int
	Stop      []string
	// IgnoreEOS goes on after an end-of-generation token.
	IgnoreEOS bool
	// N is the number of choices; 0 counts as 1.
	N int
	// Logprobs asks for the log-probability of each sampled token, and
	// TopLogprobs for that many alternatives beside it.
	Logprobs    bool
	TopLogprobs int
	Adapters    []Adapter
	Stream      bool
	// User is the client's own name for its user, passed on, never stored.
	User string
	// Relay, where set, lets a backend whose server speaks the client's
	// dialect pass the request and its answer on as they are written.
	Relay *Relay `json:",omitempty"`
}

// Relay is a request as its client wrote it.
type Relay struct {
	// Dialect names it; Body is one JSON object that was read without fault.
	Dialect string
	Body    []byte
	// Usage says that the client asked to see the usage of a stream.
	Usage bool
	// Header are the headers that belong to the dialect, Query what stands
	// behind the question mark of its address.
	Header map[string][]string `json:",omitempty"`
	Query  string              `json:",omitempty"`
	// Read says that what passes of the answer is wanted in events too, in
	// Event.Read; Told that it is wanted in events only, to add to it.
	Read, Told bool
}

// The dialects of a Relay.
const (
	DialectOpenAIChat = "openai.chat"
	DialectAnthropic  = "anthropic.messages"
)

// AsChat is a completion for an API that only chats: the prompt is what the
// user says. What a conversation cannot carry is refused by name; api is what
// errors call the API.
func (r *Request) AsChat(api string) (*Request, error) {
	switch {
	case !r.Raw:
		return r, nil
	case r.PromptTokens != nil:
		return nil, Errorf(CodeUnsupported, "%s takes no tokens: send the prompt as text", api).WithParam("prompt")
	case r.Echo:
		return nil, Errorf(CodeUnsupported, "echo is not supported by %s", api).WithParam("echo")
	}
	c := *r
	c.Raw, c.Prompt, c.Messages = false, "", []Message{TextMessage(RoleUser, r.Prompt)}
	return &c, nil
}

// Choices is the number of choices asked for, at least 1.
func (r *Request) Choices() int { return max(r.N, 1) }

// ForcesCall reports whether the answer must be a call of a tool.
func (r *Request) ForcesCall() bool {
	mode := r.ToolChoice.Mode
	return !r.Raw && len(r.Tools) > 0 && (mode == ToolRequired || mode == ToolNamed)
}

// FormatField is what the client calls the thing that constrains the output.
func (r *Request) FormatField() string {
	switch {
	case r.ForcesCall():
		return "tools"
	case r.Format.Field != "":
		return r.Format.Field
	}
	return "response_format"
}

// FormatKind is how the output is constrained.
type FormatKind string

// The kinds of output constraint. The empty kind is free text.
const (
	FormatText       FormatKind = ""
	FormatJSON       FormatKind = "json_object"
	FormatJSONSchema FormatKind = "json_schema"
	FormatGrammar    FormatKind = "grammar"
)

// Format constrains the output.
type Format struct {
	Kind FormatKind
	// Schema is the JSON Schema of FormatJSONSchema.
	Schema json.RawMessage
	// Grammar is the GBNF text of FormatGrammar; its root rule is "root".
	Grammar string
	// Field is what the client calls the format, for errors about it.
	Field string
}

// Adapter is a LoRA adapter to apply, by its catalog name.
type Adapter struct {
	Name  string
	Scale float32
}

// Sampling holds the sampler parameters. Names and meanings are llama.cpp's;
// nil means not said.
type Sampling struct {
	Temperature      *float32
	TopK             *int
	TopP             *float32
	MinP             *float32
	TypicalP         *float32
	TopNSigma        *float32
	XTCProbability   *float32
	XTCThreshold     *float32
	DynatempRange    *float32
	DynatempExponent *float32
	// Mirostat is 0 for off or 2 for Mirostat 2, which takes the place of
	// the samplers that truncate.
	Mirostat         *int
	MirostatTau      *float32
	MirostatEta      *float32
	RepeatPenalty    *float32
	RepeatLastN      *int
	PresencePenalty  *float32
	FrequencyPenalty *float32
	DRYMultiplier    *float32
	DRYBase          *float32
	DRYAllowedLength *int
	DRYPenaltyLastN  *int
	DRYBreakers      []string
	// LogitBias adds to the logit of a token id before anything else.
	LogitBias map[int32]float32
	Seed      *uint32
}
