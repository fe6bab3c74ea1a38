package cohere

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"irori/internal/golden"
	"irori/internal/llm"
)

// bodies are requests as clients send them, good and bad.
var bodies = []string{
	`{"model":"m","query":"火?","documents":["a <b>","b"]}`,
	`{"model":"rerank-v3.5","query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":4096,"priority":0}`,
	`{"model":"jina-reranker-v2","query":"q","documents":[{"text":"a","id":7},"b"],"top_n":9,"return_documents":true}`,
	`{"query":{"text":"q"},"texts":["a"],"rank_fields":["text"]}`,
	`{"query":"","documents":["a"]}`,
	`{"model":"m","documents":["a"]}`, `{"model":"m","query":"q"}`, `{"model":"m","query":"q","documents":[]}`,
	`{"model":"m","query":"q","documents":["a"],"top_n":0}`, `{"model":"m","query":"q","documents":[1]}`, `{"model":"m","query":"q","documents":[{"title":"a"}]}`,
	`{"model":"m","query":"q","documents":[{"text":"a"}],"rank_fields":["title"]}`, `{"model":1}`, `x`, ``,
}

func TestRequests(t *testing.T) {
	var out strings.Builder
	for _, b := range bodies {
		fmt.Fprintf(&out, "> %s\n", b)
		q, err := Decode([]byte(b))
		if err != nil {
			e := err.(*llm.Error)
			fmt.Fprintf(&out, "%s %s: %v\n%s\n\n", e.Code, e.Param, e, EncodeError(e, "invalid_request_error"))
			continue
		}
		ask, err := EncodeAsk(q.RerankRequest)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "asks %s for the best %d\n", ask, q.Top)
		res := &llm.RerankResult{Ranks: []llm.Rank{{Index: len(q.Documents) - 1, Score: 0.5}}, Usage: llm.Usage{PromptTokens: llm.IntPtr(3)}}
		answer, err := Encode(q, "1", "m", res, nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n\n", answer)
	}
	golden.Check(t, "testdata/requests.txt", out.String())
}

// answers are a backend's to a request of three documents.
var answers = []string{
	// llama-server, vLLM, Cohere.
	`{"model":"m","object":"list","usage":{"prompt_tokens":9,"total_tokens":9},"results":[{"index":0,"relevance_score":-8.5},{"index":1,"relevance_score":2.25},{"index":2,"relevance_score":-1}]}`,
	`{"id":"rerank-1","model":"m","usage":{"total_tokens":9},"results":[{"index":2,"document":{"text":"c"},"relevance_score":0.5},{"index":0,"document":{"text":"a"},"relevance_score":0.5},{"index":1,"relevance_score":0.1}]}`,
	`{"results":[{"index":2,"relevance_score":0.5},{"index":0,"relevance_score":0.25},{"index":1,"relevance_score":0}],"id":"x","meta":{"billed_units":{"search_units":1}}}`,
	`{"results":[{"index":0,"relevance_score":1}]}`, `{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":1},{"index":1,"relevance_score":1}]}`,
	`{"results":[{"index":3,"relevance_score":1}]}`, `{"results":[{"index":0}]}`, `{}`, `[]`, `{"results":[{"index":-1,"relevance_score":1}]}`,
}

func TestAnswers(t *testing.T) {
	var out strings.Builder
	for _, a := range answers {
		res, err := DecodeAnswer([]byte(a), &llm.RerankRequest{Documents: []string{"a", "b", "c"}, Top: 2})
		b, merr := json.Marshal(res)
		if merr != nil {
			t.Fatal(merr)
		}
		fmt.Fprintf(&out, "> %s\n%s %v\n\n", a, b, err)
	}
	golden.Check(t, "testdata/answers.txt", out.String())
}

// Whatever comes is read whole or refused with a code.
func FuzzBodies(f *testing.F) {
	for _, b := range append(bodies, answers...) {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if q, err := Decode(data); err == nil && (q.Top < 1 || q.Top > len(q.Documents)) {
			t.Errorf("the best %d of %d", q.Top, len(q.Documents))
		} else if err != nil && llm.CodeOf(err) == llm.CodeInternal {
			t.Error(err)
		}
		res, err := DecodeAnswer(data, &llm.RerankRequest{Documents: []string{"a", "b"}, Top: 2})
		if err == nil && len(res.Ranks) != 2 || err != nil && llm.CodeOf(err) != llm.CodeBadAnswer {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestBytesAreNotReplaced(t *testing.T) {
	if _, err := Decode([]byte(`{"query":"` + "\xff" + `","documents":["a"]}`)); llm.CodeOf(err) != llm.CodeInvalidRequest || err.Error() != "the body is not UTF-8: 0xff at byte 11" {
		t.Error(err)
	}
}
