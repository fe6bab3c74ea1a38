// Command ollama drives Ollama's own Go client. It is a module of its own: what
// it needs does not go together with the other SDKs.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/ollama/ollama/api"
)

const (
	small = "smollm2-135m-instruct"
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
	ctx := context.Background()
	u, err := url.Parse(base)
	check("an address", err == nil, err)
	c := api.NewClient(u, http.DefaultClient)
	no := false
	ask := &api.ChatRequest{Model: small, Messages: []api.Message{{Role: "user", Content: words}}, Options: map[string]any{"num_predict": 16, "temperature": 0}}
	var said strings.Builder
	done := false
	err = c.Chat(ctx, ask, func(r api.ChatResponse) error {
		said.WriteString(r.Message.Content)
		done = done || r.Done && r.EvalCount > 0
		return nil
	})
	check("ollama/api: chat as a stream", err == nil && done && said.String() != "", err, said.String())
	ask.Model, ask.Stream = fake, &no
	ask.Tools = api.Tools{{Type: "function", Function: api.ToolFunction{Name: "weather", Description: "d", Parameters: api.ToolFunctionParameters{Type: "object", Properties: api.NewToolPropertiesMap()}}}}
	name := ""
	err = c.Chat(ctx, ask, func(r api.ChatResponse) error {
		for _, t := range r.Message.ToolCalls {
			name = t.Function.Name
		}
		return nil
	})
	check("ollama/api: tools", err == nil && name == "weather", err, name)
	e, err := c.Embed(ctx, &api.EmbedRequest{Model: small, Input: []string{"a", "b"}})
	check("ollama/api: embed", err == nil && len(e.Embeddings) == 2, err)
	l, err := c.List(ctx)
	check("ollama/api: list", err == nil && len(l.Models) > 0, err)
	v, err := c.Version(ctx)
	check("ollama/api: version", err == nil && v != "", err)
	w, err := c.Show(ctx, &api.ShowRequest{Model: small})
	check("ollama/api: show", err == nil && w.Details.Family != "", err)
}
