package engine

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"irori/internal/engine/adapter"
	"irori/internal/engine/crew"
	"irori/internal/engine/dialogue"
	"irori/internal/engine/embed"
	"irori/internal/engine/ffi"
	"irori/internal/engine/grammar/automaton"
	"irori/internal/engine/sample"
	"irori/internal/engine/sched"
	"irori/internal/engine/score"
	"irori/internal/gguf"
	"irori/internal/llm"
	"irori/internal/unit"
	"irori/internal/worker"
	"irori/internal/worker/lanes"
)

// Engine serves one model. Its loop runs on one goroutine, which owns the
// lanes and all running sequences; everything else talks to it through inbox.
type Engine struct {
	lib   *ffi.Lib
	model *ffi.Model
	facts ffi.Facts
	out   *worker.Writer
	load  worker.Load

	layout   lanes.Layout
	threads  int
	batch    int
	kvType   int
	kvTok    int64
	flash    int
	defaults sample.Params
	adapters adapter.Set
	chat     *dialogue.Dialogue

	inbox       chan any
	lanes       []*lane
	longPending bool
	queue       []*run
	jobs        map[uint64]*job
	pacer       sched.Pacer
	crew        *crew.Crew
	offloads    bool
	runs        map[uint64]*run
	nextRun     uint64
	pending     sync.Map
	pieces      [2][][]byte
	eog         map[int32]bool
	eogOnce     sync.Once
	eogTokens   []int32
	vocab       func() *automaton.Vocab
	step        worker.Step
	frame       []byte
	clock       stepClock
	embed       *embed.Embedder
	scorer      *score.Scorer
	closing     bool
}

// kvTypes are the cache types by name, with their ggml numbers.
var kvTypes = map[string]int{"": 1, "f16": 1, "q8_0": 8, "q4_0": 2, "f32": 0, "bf16": 30}

var flashModes = map[string]int{"": -1, "auto": -1, "off": 0, "on": 1}

// newEngine loads the model that load names.
func newEngine(lib *ffi.Lib, load worker.Load, out *worker.Writer) (*Engine, error) {
	o := load.Options
	e := &Engine{
		lib: lib, out: out, load: load, inbox: make(chan any, 256), jobs: map[uint64]*job{}, runs: map[uint64]*run{},
		eog: map[int32]bool{}, threads: o.Threads, batch: o.Batch, adapters: adapter.Set{},
		pacer: sched.Pacer{Soft: 90 * time.Millisecond, Hard: 450 * time.Millisecond, Alone: 400 * time.Millisecond, Breaths: 22, Max: 512},
	}
	e.crew = crew.New(e.threads)
	e.vocab = sync.OnceValue(e.readVocab)
	if e.batch <= 0 {
		e.batch = 2048
	}
	var ok bool
	if e.kvType, ok = kvTypes[strings.ToLower(o.KVType)]; !ok {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "kv_type %q is not known", o.KVType).WithHint("use f16, q8_0 or q4_0")
	}
	if e.flash, ok = flashModes[strings.ToLower(o.FlashAttn)]; !ok {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "flash_attention %q is not known", o.FlashAttn).WithHint("use auto, on or off")
	}
	if e.flash == flashModes["off"] && (e.kvType == kvTypes["q8_0"] || e.kvType == kvTypes["q4_0"]) {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "kv_type %s needs flash attention, and flash_attention is off", o.KVType).WithHint("leave flash_attention out of the config, or set kv_type: f16")
	}
	for _, f := range load.Files {
		if _, err := os.Stat(f); err != nil {
			return nil, llm.Wrap(llm.CodeNotFound, err, "the model's file is missing").WithHint("irori pull %s", load.Model)
		}
	}
	if err := e.loadModel(o); err != nil {
		return nil, err
	}
	for name, path := range load.Adapters {
		e.adapters[name] = adapter.Load(e.model, path)
	}
	var err error
	if e.defaults, err = e.modelDefaults(); err != nil {
		return nil, err
	}
	e.chat = dialogue.New(e.model, o.Template)
	e.embed = embed.New(embed.Options{Model: e.model, Name: load.Model, Facts: e.facts, Threads: e.threads, OnBatch: e.reportBeside, Ranks: ranks(load.Files)})
	e.scorer = score.New(score.Options{Model: e.model, Threads: e.threads, KVType: e.kvType, FlashAttn: e.flash})
	if e.writes() {
		return e, e.firstLane()
	}
	// Nothing of it stays in a cache.
	e.layout = lanes.Layout{Limit: e.embed.Size()}
	return e, nil
}

// writes reports whether the model goes on with a text. One whose tokens look
// at those behind them does not.
func (e *Engine) writes() bool {
	arch, _ := e.model.Meta("general.architecture")
	causal, told := e.model.Meta(arch + ".attention.causal")
	return e.facts.Decoder && !e.facts.Encoder && (!told || causal != "false")
}

func (e *Engine) loadModel(o worker.Options) error {
	layers := -1
	if o.GPULayers != nil {
		layers = *o.GPULayers
	}
	e.offloads = layers != 0 && slices.ContainsFunc(e.lib.Devices(), func(d ffi.Device) bool { return d.GPU })
	var err error
	e.model, err = e.lib.LoadModel(e.load.Files, ffi.ModelOptions{
		GPULayers: layers, NoMmap: o.NoMmap, Mlock: o.Mlock, NoRepack: o.NoRepack,
	})
	if err != nil {
		return llm.Wrap(llm.CodeCorrupt, err, "model %s (%s)", e.load.Model, filepath.Base(e.load.Files[0])).
			WithHint("irori show %s --verify", e.load.Model)
	}
	e.facts = e.model.Facts()
	e.pieces = [2][][]byte{make([][]byte, e.model.NVocab), make([][]byte, e.model.NVocab)}
	e.kvTok = perToken(e.load.Files[0], o.KVType)
	e.layout = lanes.Plan(o, e.kvTok, e.facts.ContextTrain)
	return e.checkLayout(o)
}

// learned are architectures whose places in a sequence are a table: behind its
// end the library ends the process.
var learned = []string{"gpt2", "starcoder", "bert"}

// checkLayout refuses settings that contradict each other or the model.
func (e *Engine) checkLayout(o worker.Options) error {
	train := e.facts.ContextTrain
	if arch, _ := e.model.Meta("general.architecture"); o.Context > train && train > 0 && slices.Contains(learned, arch) {
		return llm.Errorf(llm.CodeInvalidRequest, "a context of %d tokens is more than the %d places that %s has", o.Context, train, e.load.Model).
			WithHint("set models.%s.context to %d, or leave it out", e.load.Model, train)
	}
	if need := e.layout.Cache(e.kvTok); o.MemoryFixed && e.kvTok > 0 && need > o.MemoryBudget {
		shape := fmt.Sprintf("%d sequences of %d tokens", e.layout.Main.Slots, e.layout.Main.Length)
		if e.layout.Unified {
			shape = fmt.Sprintf("%d tokens for all sequences", e.layout.Main.Length)
		}
		err := llm.Errorf(llm.CodeDoesNotFit, "the cache of %s takes %s, and kv_memory is %s", shape, unit.Bytes(need), unit.Bytes(o.MemoryBudget))
		if o.Context == 0 && o.Parallel == 0 {
			return err.WithHint("raise kv_memory in the config: to %s at least", unit.Bytes(need))
		}
		return err.WithHint("raise kv_memory, or leave context or parallel out of the config")
	}
	return nil
}

// firstLane makes the context that answers first, and starts making the main
// one behind it.
func (e *Engine) firstLane() error {
	size := e.layout.Main
	if e.layout.First.Slots > 0 {
		size = e.layout.First
	}
	l, err := e.newLane(size)
	if err != nil {
		return llm.Wrap(llm.CodeDoesNotFit, err, "model %s", e.load.Model).
			WithHint("set a smaller context in the config, or choose a smaller model")
	}
	e.lanes = []*lane{l}
	if e.layout.First.Slots > 0 {
		l.makeshift = true
		e.grow(e.layout.Main, false)
	}
	return nil
}

// modelDefaults takes the sampler values that the model's file recommends,
// then those of the config.
func (e *Engine) modelDefaults() (sample.Params, error) {
	p := sample.Defaults()
	for key, to := range map[string]*float64{
		"general.sampling.temp": &p.Temperature, "general.sampling.top_p": &p.TopP,
		"general.sampling.min_p": &p.MinP, "general.sampling.penalty_repeat": &p.RepeatPenalty,
	} {
		if s, ok := e.model.Meta(key); ok {
			var v float64
			if _, err := fmt.Sscanf(s, "%g", &v); err == nil {
				*to = v
			}
		}
	}
	if s, ok := e.model.Meta("general.sampling.top_k"); ok {
		var v int
		if _, err := fmt.Sscanf(s, "%d", &v); err == nil {
			p.TopK = v
		}
	}
	return p.With(e.load.Options.Defaults)
}

// perToken is what a token takes in the cache by the file's own facts, 0 where
// they do not say.
func perToken(path, kvType string) int64 {
	f, err := gguf.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	return lanes.PerToken(f, kvType)
}

// ranks reports whether a model's files are those of one that ranks.
func ranks(paths []string) bool {
	var files []*gguf.File
	for _, path := range paths {
		f, err := gguf.Open(path)
		if err != nil {
			return false
		}
		defer f.Close()
		files = append(files, f)
	}
	return len(files) > 0 && files[0].Pooling(files[1:]...) == gguf.PoolingRank
}

// ready describes the loaded model to the parent.
func (e *Engine) ready(took time.Duration) worker.Ready {
	arch, _ := e.model.Meta("general.architecture")
	r := worker.Ready{
		Description: e.facts.Description, Architecture: arch, Parameters: e.facts.Parameters, Bytes: e.facts.Bytes,
		ContextTrain: e.facts.ContextTrain, Context: cmp.Or(e.layout.Context(), e.layout.Limit), Parallel: cmp.Or(e.layout.Main.Slots, embed.Sequences),
		KVBytesPerToken: e.kvTok, Threads: e.threads, Placement: e.placement(), VocabSize: e.model.NVocab,
		EmbeddingSize: e.facts.Embedding, EmbeddingOnly: len(e.lanes) == 0, LoadSeconds: took.Seconds(),
	}
	if !r.EmbeddingOnly && e.kvTok > 0 {
		r.ContextBytes = e.layout.Total(e.kvTok, r.VocabSize)
	}
	e.chat.Describe(&r)
	return r
}

// placement says where the model runs and why, in one line.
func (e *Engine) placement() string {
	var gpus []string
	for _, d := range e.lib.Devices() {
		if d.GPU {
			gpus = append(gpus, d.Name+" ("+d.Description+")")
		}
	}
	layers := e.load.Options.GPULayers
	switch {
	case len(gpus) == 0:
		return fmt.Sprintf("CPU (threads: %d): %s", e.threads, e.lib.WhyNoGPU())
	case layers != nil && *layers == 0:
		return fmt.Sprintf("CPU (threads: %d): gpu_layers is 0, %s left unused", e.threads, strings.Join(gpus, ", "))
	case layers != nil && *layers > 0:
		return fmt.Sprintf("%d layers on %s, the rest on CPU", *layers, strings.Join(gpus, ", "))
	}
	return "all layers on " + strings.Join(gpus, ", ")
}
