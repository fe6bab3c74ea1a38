// Package embed makes vectors of texts with a loaded model: one sequence an
// input, pooled as the model's file says, cut to the dimensions that are asked
// for and brought to length 1. Of a query and documents it makes scores, where
// the model is one that ranks.
//
// It knows nothing of requests' queues and streams: it computes on whatever
// goroutine asks, beside them.
package embed

import (
	"math"
	"strconv"
	"sync"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/llm"
)

// Options are what an Embedder works with.
type Options struct {
	Model *ffi.Model
	// Name is the model's, for errors.
	Name    string
	Facts   ffi.Facts
	Threads int
	// Ranks says that the model's file is one of a model that ranks.
	Ranks bool
	// OnBatch hears of every computed batch: whose it is, when it began and
	// how many tokens it held.
	OnBatch func(id uint64, began time.Time, tokens int) error
}

// Embedder makes vectors and scores, each in a context of its own, made at the
// first request. It is safe for concurrent use; requests take turns.
type Embedder struct {
	o       Options
	vectors pooled
	ranks   pooled
}

// pooled is a context that pools.
type pooled struct {
	mu  sync.Mutex
	ctx *ffi.Context
}

// New makes an Embedder.
func New(o Options) *Embedder { return &Embedder{o: o} }

const (
	// maxTokens bounds one input: pooling needs the whole of it in one
	// physical batch.
	maxTokens = 2048

	// Sequences is how many inputs are computed at once.
	Sequences = 16
)

// poolings are the library's pooling types that give one vector a text.
var poolings = map[int]string{1: "mean", 2: "cls", 3: "last"}

// poolingType is the model's own pooling, or mean for a model that was not
// made for embeddings.
func (e *Embedder) poolingType() int {
	arch, _ := e.o.Model.Meta("general.architecture")
	s, ok := e.o.Model.Meta(arch + ".pooling_type")
	if n, err := strconv.Atoi(s); ok && err == nil && poolings[n] != "" {
		return n
	}
	return 1
}

// Size is the longest input.
func (e *Embedder) Size() int {
	n := maxTokens
	if t := e.o.Facts.ContextTrain; t > 0 {
		n = min(n, t)
	}
	return n
}

// Vectors answers an embedding request.
func (e *Embedder) Vectors(id uint64, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	arrived := time.Now()
	if req.Dimensions < 0 || req.Dimensions > e.o.Facts.Embedding {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "dimensions is %d; the model's vectors have %d", req.Dimensions, e.o.Facts.Embedding).WithParam("dimensions")
	}
	inputs := make([][]int32, len(req.Inputs))
	total := 0
	for i, in := range req.Inputs {
		tokens, err := e.input(in)
		if err != nil {
			return nil, err
		}
		inputs[i] = tokens
		total += len(tokens)
	}
	res := &llm.EmbedResult{Vectors: make([][]float32, 0, len(inputs))}
	began, err := e.run(&e.vectors, e.poolingType(), id, inputs, e.o.Facts.Embedding, func(v []float32) {
		res.Vectors = append(res.Vectors, unit(v, req.Dimensions))
	})
	if err != nil {
		return nil, err
	}
	res.Usage = llm.Usage{PromptTokens: &total, OutputTokens: llm.IntPtr(0), Source: llm.UsageBackend}
	res.Timings = llm.Timings{Queue: began.Sub(arrived), Prefill: time.Since(began)}
	return res, nil
}

func (e *Embedder) input(in llm.EmbedInput) ([]int32, error) {
	tokens := in.Tokens
	if tokens == nil {
		var err error
		if tokens, err = e.o.Model.Tokenize(in.Text, true, false); err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "input").WithParam("input")
		}
	}
	if len(tokens) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "an input is empty").WithParam("input")
	}
	if size := e.Size(); len(tokens) > size {
		return nil, llm.Errorf(llm.CodeContextLength, "an input has %d tokens; %s embeds at most %d at once", len(tokens), e.o.Name, size).
			WithParam("input").WithHint("split the text")
	}
	for _, t := range tokens {
		if t < 0 || int(t) >= e.o.Model.NVocab {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "token %d is not in the vocabulary of %d", t, e.o.Model.NVocab).WithParam("input")
		}
	}
	return tokens, nil
}

// run computes the inputs in turn with other requests, and gives width numbers
// of each to take. began is when its turn came.
func (e *Embedder) run(p *pooled, pooling int, id uint64, inputs [][]int32, width int, take func([]float32)) (began time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		size := e.Size()
		ctx, err := e.o.Model.NewContext(ffi.ContextOptions{
			Context: size * 2, Batch: size, Ubatch: size, Sequences: Sequences, Threads: e.o.Threads, Unified: true,
			TypeK: 1, TypeV: 1, FlashAttn: -1, Embeddings: true, Pooling: pooling,
		})
		if err != nil {
			return began, llm.Wrap(llm.CodeDoesNotFit, err, "embeddings")
		}
		ctx.AttachThreadpool(e.o.Threads)
		p.ctx = ctx
	}
	began = time.Now()
	for from := 0; from < len(inputs); {
		n, err := e.batch(p.ctx, id, inputs[from:], width, take)
		if err != nil {
			return began, err
		}
		from += n
	}
	return began, nil
}

// batch computes as many of the inputs as fit one batch and returns how many
// those were.
func (e *Embedder) batch(ctx *ffi.Context, id uint64, inputs [][]int32, width int, take func([]float32)) (int, error) {
	began := time.Now()
	var list []ffi.Entry
	n := 0
	for n < len(inputs) && n < ctx.Sequences && len(list)+len(inputs[n]) <= ctx.Ubatch {
		for pos, t := range inputs[n] {
			list = append(list, ffi.Entry{Token: t, Pos: int32(pos), Seq: int32(n), Output: true})
		}
		n++
	}
	ctx.Clear()
	if err := ctx.Decode(list); err != nil {
		return 0, llm.Wrap(llm.CodeInternal, err, "embed")
	}
	for s := range n {
		v := ctx.EmbeddingSeq(s, width)
		if v == nil {
			return 0, llm.Errorf(llm.CodeUnsupported, "model %s gives no vectors", e.o.Name)
		}
		take(v)
	}
	return n, e.o.OnBatch(id, began, len(list))
}

// unit copies a vector, cut to dims components (0 keeps all), at length 1.
func unit(v []float32, dims int) []float32 {
	if dims > 0 {
		v = v[:dims]
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if sum == 0 {
		return out
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		out[i] = float32(float64(x) * scale)
	}
	return out
}
