package ffi

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ContextOptions say how a context is made.
type ContextOptions struct {
	// Context is the total number of cells: split evenly over Sequences
	// unless Unified.
	Context   int
	Batch     int
	Ubatch    int
	Sequences int
	Threads   int
	// Outputs bounds the positions of one batch that ask for logits; 0 means
	// the batch. Buffers of that many vocabularies are kept.
	Outputs int
	Unified bool
	// TypeK and TypeV are ggml types of the cache (F16 = 1, Q8_0 = 8).
	TypeK, TypeV int
	// FlashAttn is -1 auto, 0 off, 1 on.
	FlashAttn int
	// Embeddings makes a context for vectors with the given pooling
	// (-1 the model's own, 1 mean, 2 CLS, 3 last, 4 rank).
	Embeddings bool
	Pooling    int
	// NoKQVOffload keeps the cache in main memory.
	NoKQVOffload bool
}

// Context is an inference context with its KV cache. It is not safe for
// concurrent use.
type Context struct {
	lib *Lib
	ptr uintptr
	mem uintptr
	in  inputs
	pin runtime.Pinner

	// Ctx, CtxSeq, Batch, Ubatch and Sequences are what the library made of
	// the options: it pads and splits.
	Ctx, CtxSeq, Batch, Ubatch, Sequences int
	Unified                               bool
	NVocab                                int
	nOut                                  int
}

// inputs are the arrays of one batch, pinned for the context's life so that
// the library may read them.
type inputs struct {
	token  []int32
	pos    []int32
	nSeq   []int32
	seq    []int32
	seqPtr []*int32
	logits []int8
}

// NewContext makes a context.
func (m *Model) NewContext(o ContextOptions) (*Context, error) {
	p := m.lib.ctxDefault()
	p.NCtx, p.NBatch, p.NUbatch = uint32(o.Context), uint32(o.Batch), uint32(o.Ubatch)
	p.NSeqMax = uint32(o.Sequences)
	p.NThreads, p.NThreadsBatch = int32(o.Threads), int32(o.Threads)
	p.KVUnified = o.Unified
	p.TypeK, p.TypeV = int32(o.TypeK), int32(o.TypeV)
	p.FlashAttn = int32(o.FlashAttn)
	p.OffloadKQV = !o.NoKQVOffload
	p.NOutputsMax = uint32(o.Outputs)
	p.NOutputsMaxPerSeq = 0
	if o.Embeddings {
		p.Embeddings = true
		p.Pooling = int32(o.Pooling)
	}
	ptr := m.lib.initModel(m.ptr, p)
	if ptr == 0 {
		return nil, errors.New("the library could not make a context: the cache may not fit in memory")
	}
	s := &m.lib.sym
	c := &Context{
		lib: m.lib, ptr: ptr, Unified: o.Unified, NVocab: m.NVocab,
		Ctx: int(word(s.nCtx, ptr)), CtxSeq: int(word(s.nCtxSeq, ptr)),
		Batch: int(word(s.nBatch, ptr)), Ubatch: int(word(s.nUbatch, ptr)), Sequences: int(word(s.nSeqMax, ptr)),
	}
	c.mem, _, _ = purego.SyscallN(s.getMemory, ptr)
	c.makeInputs()
	return c, nil
}

func (c *Context) makeInputs() {
	n := c.Batch
	c.in = inputs{
		token: make([]int32, n), pos: make([]int32, n), nSeq: make([]int32, n),
		seq: make([]int32, n), seqPtr: make([]*int32, n), logits: make([]int8, n),
	}
	for i := range n {
		c.in.nSeq[i] = 1
		c.in.seqPtr[i] = &c.in.seq[i]
	}
	c.pin.Pin(&c.in.token[0])
	c.pin.Pin(&c.in.pos[0])
	c.pin.Pin(&c.in.nSeq[0])
	c.pin.Pin(&c.in.seq[0])
	c.pin.Pin(&c.in.seqPtr[0])
	c.pin.Pin(&c.in.logits[0])
}

// Free releases the context.
func (c *Context) Free() {
	purego.SyscallN(c.lib.sym.ctxFree, c.ptr)
	c.pin.Unpin()
}

// Entry is one token of a batch.
type Entry struct {
	Token int32
	Pos   int32
	Seq   int32
	// Output asks for this position's logits or vector.
	Output bool
}

// ErrCacheFull says that no cells were free for the batch; the cache is as it
// was before.
var ErrCacheFull = errors.New("no free cells in the KV cache")

// Decode computes a batch. Outputs are read by index into list afterwards.
func (c *Context) Decode(list []Entry) error {
	b, err := c.fill(list)
	if err != nil {
		return err
	}
	return status(c.lib.decode(c.ptr, b))
}

// Encode runs an encoder-only model over a batch of at most Ubatch tokens.
func (c *Context) Encode(list []Entry) error {
	if len(list) > c.Ubatch {
		return fmt.Errorf("%d tokens are more than the %d that an encoder takes at once", len(list), c.Ubatch)
	}
	b, err := c.fill(list)
	if err != nil {
		return err
	}
	return status(c.lib.encode(c.ptr, b))
}

func status(rc int32) error {
	switch {
	case rc == 0:
		return nil
	case rc == 1:
		return ErrCacheFull
	case rc == 2:
		return errors.New("the decode was aborted")
	default:
		return fmt.Errorf("the library refused the batch (code %d)", rc)
	}
}

// fill checks what would abort the process inside the library, and copies the
// batch into the pinned arrays.
func (c *Context) fill(list []Entry) (batch, error) {
	if len(list) == 0 || len(list) > c.Batch {
		return batch{}, fmt.Errorf("a batch of %d tokens; it must have 1 to %d", len(list), c.Batch)
	}
	c.nOut = 0
	for i, e := range list {
		if e.Seq < 0 || int(e.Seq) >= c.Sequences {
			return batch{}, fmt.Errorf("sequence %d of %d", e.Seq, c.Sequences)
		}
		if e.Token < 0 || int(e.Token) >= c.NVocab {
			return batch{}, fmt.Errorf("token %d is not in the vocabulary of %d", e.Token, c.NVocab)
		}
		c.in.token[i], c.in.pos[i], c.in.seq[i], c.in.logits[i] = e.Token, e.Pos, e.Seq, 0
		if e.Output {
			c.in.logits[i] = 1
			c.nOut++
		}
	}
	return batch{
		NTokens:  int32(len(list)),
		Token:    uintptr(unsafe.Pointer(&c.in.token[0])),
		Pos:      uintptr(unsafe.Pointer(&c.in.pos[0])),
		NSeqID:   uintptr(unsafe.Pointer(&c.in.nSeq[0])),
		SeqID:    uintptr(unsafe.Pointer(&c.in.seqPtr[0])),
		LogitsAt: uintptr(unsafe.Pointer(&c.in.logits[0])),
	}, nil
}

// Logits returns the logits of entry i of the last batch, which must have had
// Output set. They live until the next Decode and may be changed in place.
func (c *Context) Logits(i int) []float32 {
	p, _, _ := purego.SyscallN(c.lib.sym.logitsIth, c.ptr, uintptr(i))
	return floats(p, c.NVocab)
}

// EmbeddingSeq returns the pooled vector of a sequence, nil where pooling is
// none. It lives until the next Decode.
func (c *Context) EmbeddingSeq(seq, n int) []float32 {
	p, _, _ := purego.SyscallN(c.lib.sym.embdSeq, c.ptr, uintptr(seq))
	return floats(p, n)
}

// floats views n floats of C memory.
func floats(p uintptr, n int) []float32 {
	if p == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(cptr(p)), n)
}

// cptr turns an address of C memory into a pointer. The collector does not
// move or free C memory, so the rule that vet guards is kept.
func cptr(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// SeqRemove drops the positions [p0, p1) of a sequence; -1 for p1 means to
// the end. It reports false where the model cannot drop a part; dropping a
// whole sequence (p0 0, p1 -1) never fails.
func (c *Context) SeqRemove(seq, p0, p1 int) bool {
	if seq < 0 || seq >= c.Sequences {
		return false
	}
	return flag(c.lib.sym.seqRm, c.mem, uintptr(seq), uintptr(p0), uintptr(p1))
}

// SeqCopy copies the whole of one sequence onto another. Parts are not
// offered: with a split cache a partial copy aborts the process.
func (c *Context) SeqCopy(src, dst int) {
	if src < 0 || dst < 0 || src >= c.Sequences || dst >= c.Sequences || src == dst {
		return
	}
	purego.SyscallN(c.lib.sym.seqCp, c.mem, uintptr(src), uintptr(dst), ^uintptr(0), ^uintptr(0))
}

// SeqMax returns the largest position of a sequence, -1 when it is empty.
func (c *Context) SeqMax(seq int) int {
	return int(word(c.lib.sym.posMax, c.mem, uintptr(seq)))
}

// Clear empties the whole cache.
func (c *Context) Clear() { purego.SyscallN(c.lib.sym.memClear, c.mem, 0) }

// SetLoRA makes exactly these adapters act, with their scales.
func (c *Context) SetLoRA(list []*LoRA, scales []float32) error {
	if len(list) != len(scales) {
		return fmt.Errorf("%d adapters with %d scales", len(list), len(scales))
	}
	if len(list) == 0 {
		purego.SyscallN(c.lib.sym.setLora, c.ptr, 0, 0, 0)
		return nil
	}
	ptrs := make([]uintptr, len(list))
	for i, a := range list {
		ptrs[i] = a.ptr
	}
	rc := word(c.lib.sym.setLora, c.ptr, uintptr(unsafe.Pointer(&ptrs[0])), uintptr(len(ptrs)), uintptr(unsafe.Pointer(&scales[0])))
	runtime.KeepAlive(ptrs)
	runtime.KeepAlive(scales)
	if rc != 0 {
		return fmt.Errorf("the library refused the adapters (code %d)", rc)
	}
	return nil
}

// SetThreads sets how many threads of the pool compute.
func (c *Context) SetThreads(n int) {
	purego.SyscallN(c.lib.sym.setThreads, c.ptr, uintptr(n), uintptr(n))
}

// Synchronize waits for the work of a device to finish.
func (c *Context) Synchronize() { purego.SyscallN(c.lib.sym.synchronize, c.ptr) }

// MoveSeq copies the whole of one sequence into a sequence of another context
// of the same model, which must be empty there. It reports how many bytes
// travelled.
func (c *Context) MoveSeq(seq int, to *Context, toSeq int) (int, error) {
	s := &c.lib.sym
	size, _, _ := purego.SyscallN(s.stateSize, c.ptr, uintptr(seq))
	if size == 0 {
		return 0, errors.New("the sequence has no state")
	}
	buf := make([]byte, size)
	n, _, _ := purego.SyscallN(s.stateGet, c.ptr, uintptr(unsafe.Pointer(&buf[0])), size, uintptr(seq))
	if n == 0 {
		return 0, errors.New("the library could not save the sequence")
	}
	m, _, _ := purego.SyscallN(s.stateSet, to.ptr, uintptr(unsafe.Pointer(&buf[0])), n, uintptr(toSeq))
	if m == 0 {
		return 0, errors.New("the library could not restore the sequence")
	}
	return int(m), nil
}
