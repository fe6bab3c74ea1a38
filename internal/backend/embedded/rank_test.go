package embedded_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/backend/embedded"
	"irori/internal/gguf"
	"irori/internal/llm"
)

// ranker is a BERT of one layer with a classification head, and weights that
// mean nothing. It computes a score by itself, in float64 and without a word of
// the library's, so that what comes out of the library can be compared.
type ranker struct {
	words []string
	w     map[string][]float64
}

// The shape of the ranker.
const (
	rankWidth, rankHeads, rankInner, rankPlaces = 64, 2, 128, 48
	rankEps                                     = 1e-12
)

func newRanker() *ranker {
	r := &ranker{w: map[string][]float64{}, words: []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}}
	for _, s := range strings.Fields("a the cat dog sat ran on mat what where is who bank river money tokyo rain") {
		// How GGUF writes the words of BERT that begin one.
		r.words = append(r.words, "\u2581"+s)
	}
	for _, t := range r.shapes() {
		n := t.cols * max(t.rows, 1)
		v := make([]float64, n)
		for i := range v {
			// Neither like each other nor like those of another tensor.
			x := math.Sin(float64(i)*12.9898+float64(len(t.name))*78.233+float64(t.name[len(t.name)/2])) * 43758.5453
			v[i] = float64(float32((x - math.Floor(x) - 0.5) * t.scale))
			if t.one {
				v[i] = float64(float32(1 + v[i]))
			}
		}
		r.w[t.name] = v
	}
	return r
}

type rankTensor struct {
	name       string
	cols, rows int
	scale      float64
	one        bool // around 1
}

func (r *ranker) shapes() []rankTensor {
	const b = "blk.0."
	list := []rankTensor{
		{name: "token_embd.weight", cols: rankWidth, rows: len(r.words), scale: 2},
		{name: "token_types.weight", cols: rankWidth, rows: 2, scale: 1},
		{name: "position_embd.weight", cols: rankWidth, rows: rankPlaces, scale: 1},
		{name: "cls.weight", cols: rankWidth, rows: rankWidth, scale: 0.5}, {name: "cls.bias", cols: rankWidth, scale: 0.5},
		{name: "cls.output.weight", cols: rankWidth, rows: 1, scale: 2}, {name: "cls.output.bias", cols: 1, scale: 1},
		{name: b + "ffn_up.weight", cols: rankWidth, rows: rankInner, scale: 0.5}, {name: b + "ffn_up.bias", cols: rankInner, scale: 0.5},
		{name: b + "ffn_down.weight", cols: rankInner, rows: rankWidth, scale: 0.5}, {name: b + "ffn_down.bias", cols: rankWidth, scale: 0.5},
	}
	for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
		list = append(list, rankTensor{name: b + n + ".weight", cols: rankWidth, rows: rankWidth, scale: 0.6}, rankTensor{name: b + n + ".bias", cols: rankWidth, scale: 0.3})
	}
	for _, n := range []string{"token_embd_norm", b + "attn_output_norm", b + "layer_output_norm"} {
		list = append(list, rankTensor{name: n + ".weight", cols: rankWidth, scale: 0.4, one: true}, rankTensor{name: n + ".bias", cols: rankWidth, scale: 0.4})
	}
	return list
}

// write makes the model's file; without head, one that cannot rank.
func (r *ranker) write(t *testing.T, pooling uint32, head bool) string {
	t.Helper()
	var w gguf.Writer
	kinds := make([]int32, len(r.words))
	for i := range kinds {
		if kinds[i] = 1; i < 5 {
			kinds[i] = 3 // a control token
		}
	}
	for k, v := range map[string]any{
		"general.architecture": "bert", "general.name": "ranker", "general.file_type": uint32(0),
		"bert.context_length": uint32(rankPlaces), "bert.embedding_length": uint32(rankWidth), "bert.block_count": uint32(1),
		"bert.feed_forward_length": uint32(rankInner), "bert.attention.head_count": uint32(rankHeads),
		"bert.attention.layer_norm_epsilon": float32(rankEps), "bert.attention.causal": false, "bert.pooling_type": pooling,
		"tokenizer.ggml.model": "bert", "tokenizer.ggml.pre": "jina-v2-en", "tokenizer.ggml.tokens": r.words, "tokenizer.ggml.token_type": kinds,
		"tokenizer.ggml.token_type_count": uint32(2), "tokenizer.ggml.padding_token_id": uint32(0), "tokenizer.ggml.unknown_token_id": uint32(1),
		"tokenizer.ggml.bos_token_id": uint32(2), "tokenizer.ggml.cls_token_id": uint32(2), "tokenizer.ggml.seperator_token_id": uint32(3),
		"tokenizer.ggml.mask_token_id": uint32(4),
	} {
		if err := w.Put(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f32, _ := gguf.ParseType("F32")
	for _, s := range r.shapes() {
		if !head && strings.HasPrefix(s.name, "cls.") {
			continue
		}
		b := make([]byte, 0, 4*len(r.w[s.name]))
		for _, x := range r.w[s.name] {
			u := math.Float32bits(float32(x))
			b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		}
		dims := []uint64{uint64(s.cols)}
		if s.rows > 0 {
			dims = append(dims, uint64(s.rows))
		}
		if err := w.Add(gguf.Tensor{Name: s.name, Dims: dims, Type: f32}, bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "ranker.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// linear is a layer: its weights times x, and its bias.
func (r *ranker) linear(name string, x []float64) []float64 {
	w, b := r.w[name+".weight"], r.w[name+".bias"]
	out := make([]float64, len(b))
	for i := range out {
		out[i] = b[i]
		for j, v := range x {
			out[i] += w[i*len(x)+j] * v
		}
	}
	return out
}

func (r *ranker) norm(name string, x []float64) []float64 {
	w, b := r.w[name+".weight"], r.w[name+".bias"]
	mean, square := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		square += (v - mean) * (v - mean) / float64(len(x))
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = (v-mean)/math.Sqrt(square+rankEps)*w[i] + b[i]
	}
	return out
}

func plus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

// tokens are those of the pair, one a word.
func (r *ranker) tokens(query, document string) []int {
	out := []int{2}
	for _, text := range []string{query, document} {
		for _, s := range strings.Fields(text) {
			at := 1 // not known
			for i, w := range r.words {
				if w == "\u2581"+s {
					at = i
				}
			}
			out = append(out, at)
		}
		out = append(out, 3)
	}
	return out
}

// score is what the model gives a pair.
func (r *ranker) score(query, document string) float64 {
	row := func(name string, i int) []float64 { return r.w[name][i*rankWidth : (i+1)*rankWidth] }
	var x [][]float64
	for pos, t := range r.tokens(query, document) {
		x = append(x, r.norm("token_embd_norm", plus(plus(row("token_embd.weight", t), row("token_types.weight", 0)), row("position_embd.weight", pos))))
	}
	var q, k, v [][]float64
	for _, h := range x {
		q, k, v = append(q, r.linear("blk.0.attn_q", h)), append(k, r.linear("blk.0.attn_k", h)), append(v, r.linear("blk.0.attn_v", h))
	}
	const each = rankWidth / rankHeads
	// Only the first token's row is asked for at the end.
	mixed := make([]float64, rankWidth)
	for head := range rankHeads {
		from := head * each
		weights, sum := make([]float64, len(x)), 0.0
		for j := range x {
			dot := 0.0
			for d := range each {
				dot += q[0][from+d] * k[j][from+d]
			}
			weights[j] = math.Exp(dot / math.Sqrt(each))
			sum += weights[j]
		}
		for j := range x {
			for d := range each {
				mixed[from+d] += weights[j] / sum * v[j][from+d]
			}
		}
	}
	h := r.norm("blk.0.attn_output_norm", plus(r.linear("blk.0.attn_output", mixed), x[0]))
	up := r.linear("blk.0.ffn_up", h)
	for i, u := range up {
		up[i] = 0.5 * u * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(u+0.044715*u*u*u)))
	}
	h = r.norm("blk.0.layer_output_norm", plus(r.linear("blk.0.ffn_down", up), h))
	h = r.linear("cls", h)
	for i := range h {
		h[i] = math.Tanh(h[i])
	}
	return r.linear("cls.output", h)[0]
}

func TestRerank(t *testing.T) {
	r := newRanker()
	path := r.write(t, 4, true)
	b := start(t, func(o *embedded.Options) { o.Load.Model, o.Load.Files = "ranker", []string{path} })
	if r := b.Status().Ready; r.Parallel < 1 || r.Context != rankPlaces || !r.EmbeddingOnly {
		t.Errorf("nobody gets a turn at it: %+v", r)
	}
	docs := []string{"the cat sat on the mat", "the dog ran", "money is on the river bank", "rain on tokyo", "a", ""}
	for range 30 {
		docs = append(docs, "the bank is where the money is") // more than one batch has sequences for
	}
	const query = "where is the cat"
	res, err := b.Rerank(t.Context(), &llm.RerankRequest{ID: "r", Query: query, Documents: docs, Top: len(docs)})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Ranks) != len(docs) {
		t.Fatalf("%d scores for %d documents", len(res.Ranks), len(docs))
	}
	tokens, spread := 0, map[string]bool{}
	for i, rank := range res.Ranks {
		want := r.score(query, docs[rank.Index])
		// The library computes in less than float32 here and there.
		if math.Abs(rank.Score-want) > 0.005 {
			t.Errorf("documents[%d] has the score %.4f, by hand %.4f", rank.Index, rank.Score, want)
		}
		if i > 0 && rank.Score > res.Ranks[i-1].Score {
			t.Errorf("documents[%d] comes behind a worse one", rank.Index)
		}
		spread[fmt.Sprintf("%.2f", want)] = true
	}
	for _, d := range docs {
		tokens += len(r.tokens(query, d))
	}
	if len(spread) < 5 {
		t.Errorf("the scores are too alike to tell anything: %v", spread)
	}
	if *res.Usage.PromptTokens != tokens || *res.Usage.OutputTokens != 0 || res.Usage.Source != llm.UsageBackend {
		t.Errorf("%d prompt tokens, want %d; %+v", *res.Usage.PromptTokens, tokens, res.Usage)
	}
	top, err := b.Rerank(t.Context(), &llm.RerankRequest{Query: query, Documents: docs[:4], Top: 2})
	if err != nil || len(top.Ranks) != 2 || top.Ranks[0].Score < top.Ranks[1].Score {
		t.Errorf("the best two: %+v, %v", top, err)
	}

	_, err = b.Rerank(t.Context(), &llm.RerankRequest{Query: query, Documents: []string{"a", strings.Repeat("the cat ", 40)}, Top: 2})
	if llm.CodeOf(err) != llm.CodeContextLength || !strings.Contains(err.Error(), "documents[1] has 87 tokens") {
		t.Error(err)
	}
	// What is spelled like a mark is text: the score is that of unknown words.
	if res, err := b.Rerank(t.Context(), &llm.RerankRequest{Query: query, Documents: []string{"[SEP]"}, Top: 1}); err != nil || *res.Usage.PromptTokens <= len(r.tokens(query, "x")) {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := ask(t.Context(), b, raw("hello", 3)); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Error(err)
	}
}

func TestOnlyAModelWithAHeadRanks(t *testing.T) {
	req := &llm.RerankRequest{Query: "a", Documents: []string{"b"}, Top: 1}
	if _, err := small(t).Rerank(t.Context(), req); llm.CodeOf(err) != llm.CodeUnsupported || !strings.Contains(err.Error(), "small does not rank") {
		t.Error(err)
	}
	// One whose file says that it ranks, and has no tensors for it, would end
	// the library's process.
	path := newRanker().write(t, 4, false)
	b := start(t, func(o *embedded.Options) { o.Load.Model, o.Load.Files = "headless", []string{path} })
	if _, err := b.Rerank(t.Context(), req); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Error(err)
	}
	if v, err := b.Embed(t.Context(), &llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "the cat"}}}); err != nil || len(v.Vectors[0]) != rankWidth {
		t.Errorf("%v", err)
	}
}
