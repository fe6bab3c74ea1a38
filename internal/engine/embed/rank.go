package embed

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"irori/internal/llm"
)

// poolRank is the library's pooling type that makes a score of a text.
const poolRank = 4

// Ranks answers a reranking request: one sequence a document, with the query
// before it.
func (e *Embedder) Ranks(id uint64, req *llm.RerankRequest) (*llm.RerankResult, error) {
	if !e.o.Ranks {
		return nil, llm.Errorf(llm.CodeUnsupported, "model %s does not rank: its file has no tensors for that", e.o.Name).
			WithParam("model").WithHint("irori pull file:PATH, or hf:OWNER/REPO, of a GGUF with a ranking head; or ask a backend's: BACKEND/MODEL")
	}
	inputs := make([][]int32, len(req.Documents))
	total, size := 0, e.Size()
	for i, d := range req.Documents {
		tokens, err := e.pair(req.Query, d)
		if err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "documents[%d]", i).WithParam("documents")
		}
		if len(tokens) > size {
			return nil, llm.Errorf(llm.CodeContextLength, "documents[%d] has %d tokens with the query; %s ranks at most %d at once", i, len(tokens), e.o.Name, size).
				WithParam("documents").WithHint("split the document")
		}
		inputs[i] = tokens
		total += len(tokens)
	}
	res := &llm.RerankResult{Ranks: make([]llm.Rank, 0, len(inputs))}
	if _, err := e.run(&e.ranks, poolRank, id, inputs, 1, func(v []float32) {
		res.Ranks = append(res.Ranks, llm.Rank{Index: len(res.Ranks), Score: float64(v[0])})
	}); err != nil {
		return nil, err
	}
	for _, r := range res.Ranks {
		if math.IsNaN(r.Score) || math.IsInf(r.Score, 0) {
			return nil, llm.Errorf(llm.CodeInternal, "model %s gives documents[%d] a score that is no number", e.o.Name, r.Index)
		}
	}
	slices.SortStableFunc(res.Ranks, func(a, b llm.Rank) int { return cmp.Compare(b.Score, a.Score) })
	if req.Top > 0 && req.Top < len(res.Ranks) {
		res.Ranks = res.Ranks[:req.Top]
	}
	res.Usage = llm.Usage{PromptTokens: &total, OutputTokens: llm.IntPtr(0), Source: llm.UsageBackend}
	return res, nil
}

// pair puts a query and a document into the form that the model was trained
// on: its own template, else the marks of its vocabulary around both.
func (e *Embedder) pair(query, document string) ([]int32, error) {
	m := e.o.Model
	if t := m.RankTemplate(); t != "" {
		return e.templated(t, query, document)
	}
	q, err := m.Tokenize(query, false, false)
	if err != nil {
		return nil, err
	}
	d, err := m.Tokenize(document, false, false)
	if err != nil {
		return nil, err
	}
	var out []int32
	mark := func(wanted bool, token int32) bool {
		if wanted && token >= 0 {
			out = append(out, token)
		}
		return wanted && token >= 0
	}
	end := m.EOS()
	if end < 0 {
		end = m.SEP()
	}
	mark(m.AddsBOS(), m.BOS())
	out = append(out, q...)
	mark(m.AddsEOS(), end)
	mark(m.AddsSEP(), m.SEP())
	out = append(out, d...)
	if !mark(m.AddsEOS(), end) {
		// BERT's vocabulary has a separator, and wants it behind both texts.
		mark(m.AddsSEP(), m.SEP())
	}
	return out, nil
}

// templated fills a template. Marks that are spelled out in a text are text,
// and none of the template's.
func (e *Embedder) templated(template, query, document string) ([]int32, error) {
	m := e.o.Model
	fill := func(q, d string) ([]int32, error) {
		return m.Tokenize(strings.NewReplacer("{query}", q, "{document}", d).Replace(template), false, true)
	}
	all, err := fill(query, document)
	if err != nil {
		return nil, err
	}
	bare, err := fill("", "")
	if err != nil {
		return nil, err
	}
	if e.marks(all) == e.marks(bare) {
		return all, nil
	}
	var out []int32
	for template != "" {
		at, text, skip := len(template), "", 0
		for name, t := range map[string]string{"{query}": query, "{document}": document} {
			if i := strings.Index(template, name); i >= 0 && i < at {
				at, text, skip = i, t, len(name)
			}
		}
		own, err := m.Tokenize(template[:at], false, true)
		if err != nil {
			return nil, err
		}
		given, err := m.Tokenize(text, false, false)
		if err != nil {
			return nil, err
		}
		out = append(append(out, own...), given...)
		template = template[at+skip:]
	}
	return out, nil
}

// marks counts the control tokens.
func (e *Embedder) marks(tokens []int32) (n int) {
	for _, t := range tokens {
		if e.o.Model.IsControl(t) {
			n++
		}
	}
	return n
}
