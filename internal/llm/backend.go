package llm

import (
	"context"
	"iter"
)

// Backend answers requests. A Backend is safe for concurrent use.
//
// Generate yields events until the stream ends or fails; an error ends the
// stream and is an *Error wherever the cause is known. Breaking out of the
// loop, or cancelling ctx, stops the work behind it. What had been counted
// until then is reported by a last EventUsage when the stream is consumed
// after the cancellation, so that a ledger can be exact.
type Backend interface {
	Generate(ctx context.Context, req *Request) iter.Seq2[Event, error]
}

// EmbedRequest asks for one vector per input.
type EmbedRequest struct {
	ID     string
	Model  string
	Inputs []EmbedInput
	// Dimensions, when not 0, cuts vectors to their first so many
	// components and scales them to length 1 again (Matryoshka).
	Dimensions int
	// Attempt, where set, is told of tries; see EventAttempt.
	Attempt func(*Attempt) `json:"-"`
}

// EmbedInput is a text, or tokens when Tokens is not nil.
type EmbedInput struct {
	Text   string
	Tokens []int32
}

// EmbedResult holds one vector of unit length per input, in order.
type EmbedResult struct {
	Vectors [][]float32
	Usage   Usage
	Timings Timings
}

// Embedder is the optional power of a Backend to embed text.
type Embedder interface {
	Embed(ctx context.Context, req *EmbedRequest) (*EmbedResult, error)
}

// RerankRequest asks how well each of some documents answers a query.
type RerankRequest struct {
	ID        string
	Model     string
	Query     string
	Documents []string
	// Top is how many of the best to return.
	Top int
	// Attempt, where set, is told of tries; see EventAttempt.
	Attempt func(*Attempt) `json:"-"`
}

// Rank is the score of a document, by its place in the request. What a score
// means is the model's own; a higher one is better.
type Rank struct {
	Index int
	Score float64
}

// RerankResult holds the best documents, the best first.
type RerankResult struct {
	Ranks []Rank
	Usage Usage
}

// Reranker is the optional power of a Backend to rank documents.
type Reranker interface {
	Rerank(ctx context.Context, req *RerankRequest) (*RerankResult, error)
}

// TokenizeRequest asks for the tokens of a text, or of a rendered
// conversation when Chat is not nil.
type TokenizeRequest struct {
	Model string
	Text  string
	// AddSpecial adds the model's own begin and end tokens.
	AddSpecial bool
	// ParseSpecial reads special tokens that are spelled out in Text.
	ParseSpecial bool
	// Chat, when not nil, is rendered with the model's template and counted
	// in place of Text.
	Chat *Request
	// WithPieces asks for the text of each token.
	WithPieces bool
}

// Tokens are the ids of a text, with the pieces where asked for.
type Tokens struct {
	IDs    []int32
	Pieces []string
	// MaxContext is the longest prompt plus output that a request may have.
	MaxContext int
}

// TokenCounter is the optional power of a Backend to tokenize exactly.
type TokenCounter interface {
	Tokenize(ctx context.Context, req *TokenizeRequest) (*Tokens, error)
}

// PromptCounter is the optional power of a Backend whose server counts the
// tokens of a conversation, and does not say which they are.
type PromptCounter interface {
	CountPrompt(ctx context.Context, req *Request) (int, error)
}
