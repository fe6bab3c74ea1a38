package engine

import (
	"math"
	"strconv"
	"sync"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/llm"
	"irori/internal/worker"
)

// embedder makes vectors in a context of its own, made at the first request,
// on whatever goroutine asks: running streams go on beside it.
type embedder struct {
	mu  sync.Mutex
	ctx *ffi.Context
}

const (
	// embedTokens bounds one input: pooling needs the whole of it in one
	// physical batch.
	embedTokens = 2048
	embedSeqs   = 16
)

// poolings are the library's pooling types that give one vector a text.
var poolings = map[int]string{1: "mean", 2: "cls", 3: "last"}

// poolingType is the model's own pooling, or mean for a model that was not
// made for embeddings.
func (e *Engine) poolingType() int {
	arch, _ := e.model.Meta("general.architecture")
	s, ok := e.model.Meta(arch + ".pooling_type")
	if n, err := strconv.Atoi(s); ok && err == nil && poolings[n] != "" {
		return n
	}
	return 1
}

func (e *Engine) embedSize() int {
	n := embedTokens
	if t := e.facts.ContextTrain; t > 0 {
		n = min(n, t)
	}
	return n
}

// vectors answers an embedding request.
func (e *Engine) vectors(id uint64, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	arrived := time.Now()
	if req.Dimensions < 0 || req.Dimensions > e.facts.Embedding {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "dimensions is %d; the model's vectors have %d", req.Dimensions, e.facts.Embedding).WithParam("dimensions")
	}
	inputs := make([][]int32, len(req.Inputs))
	total := 0
	for i, in := range req.Inputs {
		tokens, err := e.embedInput(in)
		if err != nil {
			return nil, err
		}
		inputs[i] = tokens
		total += len(tokens)
	}
	e.embed.mu.Lock()
	defer e.embed.mu.Unlock()
	if e.embed.ctx == nil {
		size := e.embedSize()
		ctx, err := e.model.NewContext(ffi.ContextOptions{
			Context: size * 2, Batch: size, Ubatch: size, Sequences: embedSeqs, Threads: e.threads, Unified: true,
			TypeK: 1, TypeV: 1, FlashAttn: -1, Embeddings: true, Pooling: e.poolingType(),
		})
		if err != nil {
			return nil, llm.Wrap(llm.CodeDoesNotFit, err, "embeddings")
		}
		ctx.AttachThreadpool(e.threads)
		e.embed.ctx = ctx
	}
	began := time.Now()
	res := &llm.EmbedResult{Vectors: make([][]float32, 0, len(inputs))}
	for from := 0; from < len(inputs); {
		n, err := e.embedBatch(id, inputs[from:], res, req.Dimensions)
		if err != nil {
			return nil, err
		}
		from += n
	}
	res.Usage = llm.Usage{PromptTokens: &total, OutputTokens: llm.IntPtr(0), Source: llm.UsageBackend}
	res.Timings = llm.Timings{Queue: began.Sub(arrived), Prefill: time.Since(began)}
	return res, nil
}

func (e *Engine) embedInput(in llm.EmbedInput) ([]int32, error) {
	tokens := in.Tokens
	if tokens == nil {
		var err error
		if tokens, err = e.model.Tokenize(in.Text, true, false); err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "input").WithParam("input")
		}
	}
	if len(tokens) == 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "an input is empty").WithParam("input")
	}
	if size := e.embedSize(); len(tokens) > size {
		return nil, llm.Errorf(llm.CodeContextLength, "an input has %d tokens; %s embeds at most %d at once", len(tokens), e.load.Model, size).
			WithParam("input").WithHint("split the text")
	}
	for _, t := range tokens {
		if t < 0 || int(t) >= e.model.NVocab {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "token %d is not in the vocabulary of %d", t, e.model.NVocab).WithParam("input")
		}
	}
	return tokens, nil
}

// embedBatch computes as many of the inputs as fit one batch and returns how
// many those were.
func (e *Engine) embedBatch(id uint64, inputs [][]int32, res *llm.EmbedResult, dims int) (int, error) {
	ctx := e.embed.ctx
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
		v := ctx.EmbeddingSeq(s, e.facts.Embedding)
		if v == nil {
			return 0, llm.Errorf(llm.CodeUnsupported, "model %s gives no vectors", e.load.Model)
		}
		res.Vectors = append(res.Vectors, unit(v, dims))
	}
	return n, e.reportBeside(id, began, len(list))
}

// reportBeside sends the work of a batch that was computed beside the loop.
func (e *Engine) reportBeside(id uint64, began time.Time, tokens int) error {
	st := worker.Step{Start: began.UnixNano(), Nanos: int64(time.Since(began)), CPU: cpuSince()}
	st.Decode, st.Works = st.Nanos, []worker.Work{{ID: id, Prefill: tokens}}
	b, err := st.Append(nil)
	if err != nil {
		return err
	}
	return e.out.Write(worker.KindStep, b)
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
