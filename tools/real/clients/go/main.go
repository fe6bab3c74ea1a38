// Command go drives the official Go SDKs of OpenAI and Anthropic.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/anthropics/anthropic-sdk-go"
	aoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

const (
	real  = "irori/local"
	fake  = "fake/fake"
	words = "What is the capital of France?"
)

func check(what string, ok bool, shown ...any) {
	if !ok {
		fmt.Println("FAIL", what)
		fmt.Fprintln(os.Stderr, shown...)
		os.Exit(1)
	}
	fmt.Println("ok  ", what)
}

func main() {
	base := os.Getenv("BASE_URL")
	overAnthropic(base, overOpenAI(base))
}

func overOpenAI(base string) string {
	ctx := context.Background()
	c := openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey("none"), option.WithMaxRetries(0))
	ask := openai.ChatCompletionNewParams{
		Model: real, MaxTokens: param.NewOpt(int64(16)), Temperature: param.NewOpt(0.0),
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(words)},
	}
	r, err := c.Chat.Completions.New(ctx, ask)
	check("openai-go: chat", err == nil && r.Choices[0].Message.Content != "" && r.Usage.CompletionTokens > 0, err)
	text := r.Choices[0].Message.Content
	s := c.Chat.Completions.NewStreaming(ctx, ask)
	acc := openai.ChatCompletionAccumulator{}
	for s.Next() {
		acc.AddChunk(s.Current())
	}
	check("openai-go: stream", s.Err() == nil && acc.Choices[0].Message.Content == text, s.Err())
	t, err := c.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model: fake, Messages: ask.Messages,
		Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "weather", Parameters: shared.FunctionParameters{"type": "object"}})},
	})
	check("openai-go: tools", err == nil && t.Choices[0].Message.ToolCalls[0].Function.Name == "weather", err, t)
	e, err := c.Embeddings.New(ctx, openai.EmbeddingNewParams{Model: real, Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}}})
	check("openai-go: embeddings", err == nil && len(e.Data) == 2 && len(e.Data[0].Embedding) > 100, err)
	o, err := c.Responses.New(ctx, responses.ResponseNewParams{Model: real, MaxOutputTokens: param.NewOpt(int64(16)), Temperature: param.NewOpt(0.0), Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt(words)}})
	check("openai-go: responses", err == nil && o.OutputText() == text, err, o)
	_, err = c.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "nobody", Messages: ask.Messages})
	bad, ok := err.(*openai.Error)
	check("openai-go: errors", ok && bad.StatusCode == http.StatusNotFound && bad.Code == "model_not_found", err)
	return text
}

func overAnthropic(base, text string) {
	ctx := context.Background()
	c := anthropic.NewClient(aoption.WithBaseURL(base), aoption.WithAPIKey("none"), aoption.WithMaxRetries(0))
	ask := anthropic.MessageNewParams{
		Model: real, MaxTokens: 16, Temperature: anthropic.Float(0),
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(words))},
	}
	r, err := c.Messages.New(ctx, ask)
	check("anthropic-sdk-go: messages", err == nil && r.Content[0].Text == text && r.Usage.OutputTokens > 0, err, r)
	s := c.Messages.NewStreaming(ctx, ask)
	whole := anthropic.Message{}
	for s.Next() {
		gather(whole.Accumulate(s.Current()))
	}
	check("anthropic-sdk-go: stream", s.Err() == nil && whole.Content[0].Text == text && whole.Usage.OutputTokens == r.Usage.OutputTokens, s.Err())
	n, err := c.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: real, Messages: ask.Messages})
	check("anthropic-sdk-go: count", err == nil && n.InputTokens == r.Usage.InputTokens+r.Usage.CacheReadInputTokens, err, n)
	ask.Model, ask.MaxTokens = fake, 100
	ask.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "weather", InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"city": map[string]any{"type": "string"}}}}}}
	s = c.Messages.NewStreaming(ctx, ask)
	whole = anthropic.Message{}
	for s.Next() {
		gather(whole.Accumulate(s.Current()))
	}
	check("anthropic-sdk-go: tools", s.Err() == nil && whole.StopReason == "tool_use", s.Err(), whole)
}

// gather ends the program at an event that the SDK cannot add to a message.
func gather(err error) {
	if err != nil {
		check("anthropic-sdk-go: an event", false, err)
	}
}
