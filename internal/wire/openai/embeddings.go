package openai

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// Embeddings is a decoded request for vectors.
type Embeddings struct {
	Request *llm.EmbedRequest
	// Base64 asks for little-endian floats in base64 instead of numbers.
	Base64 bool
	Model  string
}

// vectorParts are what other servers know for vectors and is not kept here; see
// unhonoured.
type vectorParts struct {
	EmbdNormalize  json.RawMessage `json:"embd_normalize" neutral:"2"`
	Normalize      json.RawMessage `json:"normalize" neutral:"true"`
	TruncatePrompt json.RawMessage `json:"truncate_prompt_tokens" hint:"split the text"`
}

// maxInputs bounds the inputs of one embeddings request, as OpenAI does.
const maxInputs = 2048

// DecodeEmbeddings reads the body of POST /v1/embeddings.
func DecodeEmbeddings(data []byte) (*Embeddings, error) {
	var b struct {
		Model          string          `json:"model"`
		Input          json.RawMessage `json:"input"`
		EncodingFormat string          `json:"encoding_format"`
		Dimensions     *int            `json:"dimensions"`
		vectorParts
	}
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	if err := refuse(&b.vectorParts); err != nil {
		return nil, err
	}
	in, err := inputs(b.Input, "input", maxInputs)
	if err != nil {
		return nil, err
	}
	out := &Embeddings{Request: &llm.EmbedRequest{Model: b.Model, Inputs: in}, Model: b.Model}
	switch b.EncodingFormat {
	case "", "float":
	case "base64":
		out.Base64 = true
	default:
		return nil, body.Invalid("encoding_format", "encoding_format %q is not known; use float or base64", b.EncodingFormat)
	}
	if b.Dimensions != nil {
		if *b.Dimensions < 1 {
			return nil, body.Invalid("dimensions", "dimensions is %d; it must be at least 1", *b.Dimensions)
		}
		out.Request.Dimensions = *b.Dimensions
	}
	return out, nil
}

type embeddingItem struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"`
}

// EncodeEmbeddings writes the answer.
func EncodeEmbeddings(req *Embeddings, model string, res *llm.EmbedResult, ext *llm.Spent) ([]byte, error) {
	items := make([]embeddingItem, len(res.Vectors))
	for i, v := range res.Vectors {
		items[i] = embeddingItem{Object: "embedding", Index: i, Embedding: v}
		if req.Base64 {
			b := make([]byte, 0, 4*len(v))
			for _, x := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
			items[i].Embedding = base64.StdEncoding.EncodeToString(b)
		}
	}
	n := 0
	if res.Usage.PromptTokens != nil {
		n = *res.Usage.PromptTokens
	}
	type embedUsage struct {
		PromptTokens int        `json:"prompt_tokens"`
		TotalTokens  int        `json:"total_tokens"`
		Irori        *llm.Spent `json:"irori,omitempty"`
	}
	return json.Marshal(struct {
		Object string          `json:"object"`
		Data   []embeddingItem `json:"data"`
		Model  string          `json:"model"`
		Usage  embedUsage      `json:"usage"`
	}{"list", items, model, embedUsage{n, n, ext}})
}
