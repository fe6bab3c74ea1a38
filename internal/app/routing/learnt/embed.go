package learnt

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/route/predict"
)

// batch is how many questions are sent at once, maxAnswer bounds what comes back.
const (
	batch     = 32
	maxAnswer = 64 << 20
)

// Embed gives examples the embeddings of their questions by a model of a server,
// and returns what the server calls it. Examples without a text stay without.
func Embed(ctx context.Context, url, token, model string, examples []predict.Example) (string, error) {
	name := ""
	var texts []string
	var at []int
	flush := func() error {
		if len(texts) == 0 {
			return nil
		}
		vectors, by, err := embed(ctx, url, token, model, texts)
		if err != nil {
			return err
		}
		for i, v := range vectors {
			examples[at[i]].Embedding, examples[at[i]].EmbeddedBy = v, by
		}
		name, texts, at = by, texts[:0], at[:0]
		return nil
	}
	for i, e := range examples {
		if e.Text == "" {
			continue
		}
		texts, at = append(texts, e.Text), append(at, i)
		if len(texts) == batch {
			if err := flush(); err != nil {
				return "", err
			}
		}
	}
	return name, flush()
}

func embed(ctx context.Context, url, token, model string, texts []string) ([][]float32, string, error) {
	body, err := json.Marshal(map[string]any{"model": model, "input": texts})
	if err != nil {
		return nil, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := dial.Client.Do(r)
	if err != nil {
		return nil, "", llm.Wrap(llm.CodeUnreachable, err, "the server does not answer").WithHint("irori up")
	}
	defer res.Body.Close()
	var out struct {
		Model string `json:"model"`
		Data  []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&out); err != nil {
		return nil, "", llm.Wrap(llm.CodeBadAnswer, err, "the server's embeddings cannot be read")
	}
	if out.Error != nil {
		return nil, "", llm.Errorf(llm.CodeBadAnswer, "%s", out.Error.Message)
	}
	vectors := make([][]float32, len(texts))
	for _, d := range out.Data {
		if d.Index >= 0 && d.Index < len(vectors) {
			vectors[d.Index] = d.Embedding
		}
	}
	for _, v := range vectors {
		if len(v) == 0 {
			return nil, "", llm.Errorf(llm.CodeBadAnswer, "the server made %d embeddings of %d texts", len(out.Data), len(texts))
		}
	}
	return vectors, out.Model, nil
}
