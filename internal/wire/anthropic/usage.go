package anthropic

import (
	"fmt"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// usageBody is Anthropic's usage. A count that is not known is null, but for
// those that the vendor's clients cannot do without.
type usageBody struct {
	InputTokens  *int                 `json:"input_tokens"`
	CacheWrite   *int                 `json:"cache_creation_input_tokens"`
	CacheRead    *int                 `json:"cache_read_input_tokens"`
	OutputTokens int                  `json:"output_tokens"`
	Details      *shape.OutputDetails `json:"output_tokens_details,omitempty"`
	Irori        *llm.Spent           `json:"irori,omitempty"`
}

func known(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// usageOf takes the cached tokens out of the prompt's.
func usageOf(u *llm.Usage, ext *llm.Spent) usageBody {
	if u == nil {
		u = &llm.Usage{}
	}
	b := usageBody{CacheRead: u.CachedTokens, CacheWrite: u.CacheWrite, OutputTokens: known(u.OutputTokens), Irori: ext}
	if u.PromptTokens != nil {
		b.InputTokens = llm.IntPtr(max(0, *u.PromptTokens-known(u.CachedTokens)-known(u.CacheWrite)))
	}
	if u.ReasoningTokens != nil {
		b.Details = &shape.OutputDetails{ThinkingTokens: *u.ReasoningTokens}
	}
	return b
}

// whole is the usage of a message, which must have a count of its input.
func (b usageBody) whole() usageBody {
	b.InputTokens = llm.IntPtr(known(b.InputTokens))
	return b
}

// EncodeCount writes the answer of /v1/messages/count_tokens.
func EncodeCount(n int) []byte { return fmt.Appendf(nil, `{"input_tokens":%d}`, n) }
