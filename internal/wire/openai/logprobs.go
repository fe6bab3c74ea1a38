package openai

import (
	"fmt"
	"unicode/utf8"

	"irori/internal/llm"
)

type chatLogprob struct {
	Token   string        `json:"token"`
	Logprob float64       `json:"logprob"`
	Bytes   []int         `json:"bytes"`
	Top     []chatLogprob `json:"top_logprobs,omitempty"`
}

func chatLogprobOf(t llm.TokenLogprob) chatLogprob {
	c := chatLogprob{Token: t.Text, Logprob: t.Logprob, Bytes: make([]int, len(t.Bytes))}
	for i, b := range t.Bytes {
		c.Bytes[i] = int(b)
	}
	return c
}

// chatLogprobs is the "content" list of a chat choice's logprobs.
func chatLogprobs(list []llm.TokenLogprob) []chatLogprob {
	out := make([]chatLogprob, len(list))
	for i, t := range list {
		out[i] = chatLogprobOf(t)
		out[i].Top = make([]chatLogprob, len(t.Top))
		for k, x := range t.Top {
			out[i].Top[k] = chatLogprobOf(x)
		}
	}
	return out
}

type chatLogprobBody struct {
	Content []chatLogprob `json:"content"`
}

// logprobsJSON is nil where there are none.
func logprobsJSON(list []llm.TokenLogprob) ([]byte, error) {
	if list == nil {
		return nil, nil
	}
	return marshal(chatLogprobBody{chatLogprobs(list)})
}

// completionLogprob is the older endpoint's shape: four lists side by side.
// The first token of a prompt has null in the middle two.
type completionLogprob struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []*float64           `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
	// begun counts the characters that began in the text so far.
	begun int
}

func (c *completionLogprob) add(list []llm.TokenLogprob) {
	for _, t := range list {
		at := c.begun
		if len(t.Bytes) > 0 && !utf8.RuneStart(t.Bytes[0]) && at > 0 {
			at-- // within a character
		}
		for _, b := range t.Bytes {
			if utf8.RuneStart(b) {
				c.begun++
			}
		}
		c.Tokens = append(c.Tokens, tokenName(t))
		c.TextOffset = append(c.TextOffset, at)
		if t.First {
			c.TokenLogprobs, c.TopLogprobs = append(c.TokenLogprobs, nil), append(c.TopLogprobs, nil)
			continue
		}
		top := make(map[string]float64, len(t.Top))
		for _, x := range t.Top {
			top[tokenName(x)] = x.Logprob
		}
		// OpenAI's lists hold the token itself too, likely or not.
		top[tokenName(t)] = t.Logprob
		c.TokenLogprobs, c.TopLogprobs = append(c.TokenLogprobs, &t.Logprob), append(c.TopLogprobs, top)
	}
}

// next makes the lists of a further chunk, whose offsets go on from c's.
func (c *completionLogprob) next(list []llm.TokenLogprob) ([]byte, error) {
	part := completionLogprob{begun: c.begun}
	part.add(list)
	c.begun = part.begun
	return marshal(part)
}

// tokenName is a token's text, or its bytes as OpenAI writes them where they
// are only part of a character: names must differ where tokens do.
func tokenName(t llm.TokenLogprob) string {
	if utf8.Valid(t.Bytes) {
		return t.Text
	}
	name := "bytes:"
	for _, b := range t.Bytes {
		name += fmt.Sprintf(`\x%02x`, b)
	}
	return name
}
