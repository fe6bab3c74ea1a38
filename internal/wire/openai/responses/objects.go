package responses

import (
	"bytes"
	"encoding/json"
	"errors"

	"irori/internal/llm"
)

// Reply is what stays the same over one answer.
type Reply struct {
	// Key is what all ids of the answer are made of.
	Key     string
	Model   string
	Created int64
}

// ID is the id of the response.
func (r Reply) ID() string { return "resp_" + r.Key }

// The statuses of a response.
const (
	StatusQueued     = "queued"
	StatusInProgress = "in_progress"
	StatusCompleted  = "completed"
	StatusIncomplete = "incomplete"
	StatusFailed     = "failed"
	StatusCancelled  = "cancelled"
)

// responseBody is the response object, but for what it repeats of its request
// and the usage, which follow.
type responseBody struct {
	ID         string          `json:"id"`
	Object     string          `json:"object"`
	CreatedAt  int64           `json:"created_at"`
	Status     string          `json:"status"`
	Background bool            `json:"background"`
	Completed  *int64          `json:"completed_at"`
	Error      *errorBody      `json:"error"`
	Incomplete *incompleteBody `json:"incomplete_details"`
	Model      string          `json:"model"`
	Output     []itemBody      `json:"output"`
	Chat       *idBody         `json:"conversation,omitempty"`
}

type idBody struct {
	ID string `json:"id"`
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type incompleteBody struct {
	Reason string `json:"reason"`
}

// itemBody is an item of an answer; which fields count follows from Type.
type itemBody struct {
	ID        string      `json:"id"`
	Type      string      `json:"type"`
	Status    string      `json:"status,omitempty"`
	Role      string      `json:"role,omitempty"`
	Content   *[]partBody `json:"content,omitempty"`
	Summary   *[]partBody `json:"summary,omitempty"`
	Sealed    *string     `json:"encrypted_content,omitempty"`
	CallID    string      `json:"call_id,omitempty"`
	Namespace string      `json:"namespace,omitempty"`
	Name      string      `json:"name,omitempty"`
	Arguments *string     `json:"arguments,omitempty"`
	Input     *string     `json:"input,omitempty"`
}

// partBody is a part of an item. Text has the lists that clients rely on.
type partBody struct {
	Type        string     `json:"type"`
	Text        string     `json:"text"`
	Annotations *[]string  `json:"annotations,omitempty"`
	Logprobs    *[]logprob `json:"logprobs,omitempty"`
}

type logprob struct {
	Token   string     `json:"token"`
	Logprob float64    `json:"logprob"`
	Bytes   []int      `json:"bytes"`
	Top     *[]logprob `json:"top_logprobs,omitempty"`
}

func logprobOf(t llm.TokenLogprob) logprob {
	l := logprob{Token: t.Text, Logprob: t.Logprob, Bytes: make([]int, len(t.Bytes))}
	for i, b := range t.Bytes {
		l.Bytes[i] = int(b)
	}
	return l
}

func logprobsOf(list []llm.TokenLogprob) []logprob {
	out := make([]logprob, len(list))
	for i, t := range list {
		out[i] = logprobOf(t)
		top := make([]logprob, len(t.Top))
		for k, x := range t.Top {
			top[k] = logprobOf(x)
		}
		out[i].Top = &top
	}
	return out
}

type usageBody struct {
	Input         int           `json:"input_tokens"`
	InputDetails  inputDetails  `json:"input_tokens_details"`
	Output        int           `json:"output_tokens"`
	OutputDetails outputDetails `json:"output_tokens_details"`
	Total         int           `json:"total_tokens"`
	Irori         *llm.Spent    `json:"irori,omitempty"`
}

type inputDetails struct {
	Cached int `json:"cached_tokens"`
}

type outputDetails struct {
	Reasoning int `json:"reasoning_tokens"`
}

// known is a count, 0 where the backend did not say: the vendor's usage has no
// way to leave a count out. The ledger has.
func known(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func usageOf(u *llm.Usage, ext *llm.Spent) *usageBody {
	if u == nil {
		u = &llm.Usage{}
	}
	b := &usageBody{Input: known(u.PromptTokens), Output: known(u.OutputTokens), Irori: ext}
	b.Total = b.Input + b.Output
	b.InputDetails.Cached, b.OutputDetails.Reasoning = known(u.CachedTokens), known(u.ReasoningTokens)
	return b
}

// partial is the usage of a response that broke off: null where a count is not
// known, since 0 would say that nothing was written.
func partial(u *llm.Usage, ext *llm.Spent) *usageBody {
	if u == nil || u.PromptTokens == nil || u.OutputTokens == nil {
		return nil
	}
	return usageOf(u, ext)
}

// failure says in the vendor's words why a response failed.
func failure(e *llm.Error) *errorBody {
	b := &errorBody{Code: "server_error", Message: e.Error()}
	switch e.Code {
	case llm.CodeContextLength:
		b.Code = "context_length_exceeded"
	case llm.CodeOverloaded, llm.CodeRateLimited:
		b.Code = "rate_limit_exceeded"
	case llm.CodeInvalidRequest, llm.CodeUnsupported:
		b.Code = "invalid_prompt"
	}
	if e.Hint != "" {
		b.Message += " (hint: " + e.Hint + ")"
	}
	return b
}

// asError is the error to tell a client of.
func asError(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	return llm.Wrap(llm.CodeInternal, err, "")
}

// marshal writes JSON without escaping HTML: text is shown as it is.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
