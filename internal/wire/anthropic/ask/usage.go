package ask

import (
	"cmp"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// counts are the parts of a usage as an upstream sends them, the newest of
// each: they are cumulative and never added up.
type counts struct {
	InputTokens  *int                 `json:"input_tokens"`
	CacheWrite   *int                 `json:"cache_creation_input_tokens"`
	CacheRead    *int                 `json:"cache_read_input_tokens"`
	OutputTokens *int                 `json:"output_tokens"`
	Details      *shape.OutputDetails `json:"output_tokens_details"`
	Tier         llm.Tier             `json:"service_tier"`
}

// update takes what newer counts say.
func (c *counts) update(n counts) {
	for _, p := range []struct{ to, from **int }{
		{&c.InputTokens, &n.InputTokens}, {&c.CacheWrite, &n.CacheWrite},
		{&c.CacheRead, &n.CacheRead}, {&c.OutputTokens, &n.OutputTokens},
	} {
		if *p.from != nil {
			*p.to = *p.from
		}
	}
	c.Details, c.Tier = cmp.Or(n.Details, c.Details), cmp.Or(n.Tier, c.Tier)
}

// usage puts the cached tokens back into the prompt's.
func (c *counts) usage() *llm.Usage {
	u := &llm.Usage{CachedTokens: c.CacheRead, CacheWrite: c.CacheWrite, OutputTokens: c.OutputTokens, Tier: c.Tier}
	if c.InputTokens != nil || c.OutputTokens != nil {
		u.Source = llm.UsageBackend
	}
	if c.InputTokens != nil {
		u.PromptTokens = llm.IntPtr(*c.InputTokens + known(c.CacheRead) + known(c.CacheWrite))
	}
	if c.Details != nil {
		u.ReasoningTokens = llm.IntPtr(c.Details.ThinkingTokens)
	}
	return u
}

func known(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
