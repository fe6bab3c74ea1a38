package openai

import "irori/internal/llm"

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
type completionLogprob struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []float64            `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
}

func (c *completionLogprob) add(list []llm.TokenLogprob) {
	at := 0
	if n := len(c.Tokens); n > 0 {
		at = c.TextOffset[n-1] + len([]rune(c.Tokens[n-1]))
	}
	for _, t := range list {
		c.Tokens = append(c.Tokens, t.Text)
		c.TokenLogprobs = append(c.TokenLogprobs, t.Logprob)
		top := make(map[string]float64, len(t.Top))
		for _, x := range t.Top {
			top[x.Text] = x.Logprob
		}
		c.TopLogprobs = append(c.TopLogprobs, top)
		c.TextOffset = append(c.TextOffset, at)
		at += len([]rune(t.Text))
	}
}

func completionLogprobs(list []llm.TokenLogprob) ([]byte, error) {
	if list == nil {
		return nil, nil
	}
	c := &completionLogprob{}
	c.add(list)
	return marshal(c)
}
