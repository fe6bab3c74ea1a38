package fan

import (
	"testing"

	"irori/internal/llm"
)

// Choices that were served differently have no price in common.
func TestTiersOfChoices(t *testing.T) {
	for _, c := range []struct {
		tiers []llm.Tier
		want  llm.Tier
	}{
		{[]llm.Tier{"batch"}, "batch"}, {[]llm.Tier{"batch", "batch"}, "batch"}, {[]llm.Tier{"batch", "default", "batch"}, llm.TierMixed}, {[]llm.Tier{"", "batch"}, llm.TierMixed},
	} {
		sum := llm.Event{Usage: &llm.Usage{}}
		for _, tier := range c.tiers {
			addUp(&sum, llm.Event{Usage: &llm.Usage{PromptTokens: llm.IntPtr(1), Source: llm.UsageBackend, Tier: tier}})
		}
		if sum.Usage.Tier != c.want || *sum.Usage.PromptTokens != len(c.tiers) {
			t.Errorf("%q: %+v", c.tiers, sum.Usage)
		}
	}
}
