package ffi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Lib is the opened library. There is one in a process: the library keeps
// global state.
type Lib struct {
	Dir     string
	Version string
	Ggml    string
	Commit  string

	handle, ggml, base uintptr

	modelDefault func() modelParams
	ctxDefault   func() contextParams
	quantDefault func() quantizeParams
	loadModel    func(path string, p modelParams) uintptr
	loadSplits   func(paths unsafe.Pointer, n uint64, p modelParams) uintptr
	initModel    func(model uintptr, p contextParams) uintptr
	decode       func(ctx uintptr, b batch) int32
	encode       func(ctx uintptr, b batch) int32
	devMemory    func(dev uintptr, free, total *uint64)
	metaVal      func(model uintptr, key string, buf unsafe.Pointer, n uint64) int32
	desc         func(model uintptr, buf unsafe.Pointer, n uint64) int32
	chatTemplate func(model uintptr, name uintptr) string
	sysInfo      func() string
	devName      func(dev uintptr) string
	devDesc      func(dev uintptr) string
	loraInit     func(model uintptr, path string) uintptr

	sym symbols
}

// symbols are the addresses of functions whose arguments are all words; they
// are called through SyscallN, which allocates nothing.
type symbols struct {
	modelFree, ctxFree, getMemory, modelGetVocab                     uintptr
	nCtx, nCtxSeq, nBatch, nUbatch, nSeqMax                          uintptr
	nCtxTrain, nEmbd, nEmbdOut, nLayer, nParams, modelSize, ftype    uintptr
	isRecurrent, isHybrid, hasEncoder, hasDecoder, poolingType       uintptr
	vocabN, tokenize, piece, isEOG, isControl, addBOS, bos, eos, eot uintptr
	addEOS, addSEP, sep                                              uintptr
	memClear, seqRm, seqCp, posMin, posMax                           uintptr
	logitsIth, embdSeq, embdIth, setThreads, synchronize             uintptr
	setLora, loraFree                                                uintptr
	attachPool, backendInit, logSet                                  uintptr
	devCount, devGet, devType, regByName, regProc                    uintptr
	poolNew, setCausal, stateSize, stateGet, stateSet                uintptr
}

// ErrNoLibrary says that no folder held the engine's libraries.
var ErrNoLibrary = errors.New("the llama.cpp libraries were not found")

// find returns the library files of dir: base, loader and llama. Names carry
// the release and, in GPU packages, the backend, so they are matched, not
// fixed.
func find(dir string) (base, ggml, llama string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", "", "", err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	sort.Strings(names)
	for _, n := range names {
		stem := strings.TrimPrefix(n, "lib")
		switch {
		case !isLibrary(n):
		case strings.HasPrefix(stem, "ggml-base."):
			base = n
		case strings.HasPrefix(stem, "ggml.") && ggml == "":
			ggml = n
		case strings.HasPrefix(stem, "llama.") && llama == "":
			llama = n
		}
	}
	for what, n := range map[string]string{"libggml-base": base, "libggml": ggml, "libllama": llama} {
		if n == "" {
			return "", "", "", fmt.Errorf("%w: %s is missing in %s", ErrNoLibrary, what, dir)
		}
	}
	return filepath.Join(dir, base), filepath.Join(dir, ggml), filepath.Join(dir, llama), nil
}

func isLibrary(name string) bool {
	return strings.HasSuffix(name, ".so") || strings.HasSuffix(name, ".dylib") || strings.HasSuffix(name, ".dll")
}

// HasLibraries reports whether dir holds a set of engine libraries.
func HasLibraries(dir string) bool {
	_, _, _, err := find(dir)
	return err == nil
}

// Open loads the libraries of dir, installs log as their logger, loads the
// compute backends found beside them, and passes the version and layout
// gates. The environment must already hold GGML_NO_BACKTRACE=1 and no
// GGML_BACKEND_PATH.
func Open(dir string, log func(level int, text string)) (*Lib, error) {
	base, ggml, llama, err := find(dir)
	if err != nil {
		return nil, err
	}
	l := &Lib{Dir: dir}
	for _, f := range []struct {
		path string
		to   *uintptr
	}{{base, &l.base}, {ggml, &l.ggml}, {llama, &l.handle}} {
		if err = whole(f.path); err == nil {
			*f.to, err = openLibrary(f.path)
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", filepath.Base(f.path), err)
		}
	}
	if err := l.version(); err != nil {
		return nil, err
	}
	if err := l.bind(); err != nil {
		return nil, err
	}
	setLogger(l, log)
	if err := l.gate(); err != nil {
		return nil, err
	}
	var loadAll func(dir string)
	purego.RegisterLibFunc(&loadAll, l.ggml, "ggml_backend_load_all_from_path")
	announce(dir)
	loadAll(dir)
	purego.SyscallN(l.sym.backendInit)
	if n, _, _ := purego.SyscallN(l.sym.devCount); n == 0 {
		return nil, fmt.Errorf("no compute backend could be loaded from %s", dir)
	}
	l.findThreadpool()
	return l, nil
}

// version asks the library for its release before anything else is called.
func (l *Lib) version() error {
	for _, f := range []struct {
		lib  uintptr
		name string
		to   *string
	}{
		{l.handle, "llama_version", &l.Version},
		{l.base, "ggml_version", &l.Ggml},
		{l.base, "ggml_commit", &l.Commit},
	} {
		addr, err := symbol(f.lib, f.name)
		if err != nil {
			return fmt.Errorf("the library has no %s: it is not release %s", f.name, Want.Release)
		}
		var fn func() string
		purego.RegisterFunc(&fn, addr)
		*f.to = fn()
	}
	if l.Version != Want.Llama || l.Ggml != Want.Ggml {
		return fmt.Errorf("the library is llama.cpp %s with ggml %s; this binary needs %s with %s",
			l.Version, l.Ggml, Want.Llama, Want.Ggml)
	}
	return nil
}

// bind resolves every symbol, naming the first that is missing.
func (l *Lib) bind() error {
	for _, f := range []struct {
		lib  uintptr
		name string
		fn   any
	}{
		{l.handle, "llama_model_default_params", &l.modelDefault},
		{l.handle, "llama_context_default_params", &l.ctxDefault},
		{l.handle, "llama_model_quantize_default_params", &l.quantDefault},
		{l.handle, "llama_model_load_from_file", &l.loadModel},
		{l.handle, "llama_model_load_from_splits", &l.loadSplits},
		{l.handle, "llama_init_from_model", &l.initModel},
		{l.handle, "llama_decode", &l.decode},
		{l.handle, "llama_encode", &l.encode},
		{l.handle, "llama_model_meta_val_str", &l.metaVal},
		{l.handle, "llama_model_desc", &l.desc},
		{l.handle, "llama_model_chat_template", &l.chatTemplate},
		{l.handle, "llama_print_system_info", &l.sysInfo},
		{l.handle, "llama_adapter_lora_init", &l.loraInit},
		{l.base, "ggml_backend_dev_name", &l.devName},
		{l.base, "ggml_backend_dev_description", &l.devDesc},
		{l.base, "ggml_backend_dev_memory", &l.devMemory},
	} {
		addr, err := symbol(f.lib, f.name)
		if err != nil {
			return fmt.Errorf("the library has no %s: it is not release %s", f.name, Want.Release)
		}
		purego.RegisterFunc(f.fn, addr)
	}
	for name, to := range l.words() {
		lib := l.handle
		if strings.HasPrefix(name, "ggml_backend_dev_t") || strings.HasPrefix(name, "ggml_backend_reg_get") {
			lib = l.base
		} else if strings.HasPrefix(name, "ggml_") {
			lib = l.ggml
		}
		addr, err := symbol(lib, name)
		if err != nil {
			return fmt.Errorf("the library has no %s: it is not release %s", name, Want.Release)
		}
		*to = addr
	}
	return nil
}

func (l *Lib) words() map[string]*uintptr {
	s := &l.sym
	return map[string]*uintptr{
		"llama_model_free": &s.modelFree, "llama_free": &s.ctxFree, "llama_get_memory": &s.getMemory,
		"llama_model_get_vocab": &s.modelGetVocab, "llama_n_ctx": &s.nCtx, "llama_n_ctx_seq": &s.nCtxSeq,
		"llama_n_batch": &s.nBatch, "llama_n_ubatch": &s.nUbatch, "llama_n_seq_max": &s.nSeqMax,
		"llama_model_n_ctx_train": &s.nCtxTrain, "llama_model_n_embd": &s.nEmbd, "llama_model_n_embd_out": &s.nEmbdOut,
		"llama_model_n_layer": &s.nLayer, "llama_model_n_params": &s.nParams, "llama_model_size": &s.modelSize,
		"llama_model_ftype": &s.ftype, "llama_model_is_recurrent": &s.isRecurrent, "llama_model_is_hybrid": &s.isHybrid,
		"llama_model_has_encoder": &s.hasEncoder, "llama_model_has_decoder": &s.hasDecoder,
		"llama_pooling_type": &s.poolingType, "llama_vocab_n_tokens": &s.vocabN, "llama_tokenize": &s.tokenize,
		"llama_token_to_piece": &s.piece, "llama_vocab_is_eog": &s.isEOG, "llama_vocab_is_control": &s.isControl,
		"llama_vocab_get_add_bos": &s.addBOS, "llama_vocab_get_add_eos": &s.addEOS, "llama_vocab_get_add_sep": &s.addSEP, "llama_vocab_sep": &s.sep,
		"llama_vocab_bos": &s.bos, "llama_vocab_eos": &s.eos, "llama_vocab_eot": &s.eot,
		"llama_memory_clear": &s.memClear, "llama_memory_seq_rm": &s.seqRm, "llama_memory_seq_cp": &s.seqCp,
		"llama_memory_seq_pos_min": &s.posMin, "llama_memory_seq_pos_max": &s.posMax,
		"llama_get_logits_ith": &s.logitsIth, "llama_get_embeddings_seq": &s.embdSeq, "llama_get_embeddings_ith": &s.embdIth,
		"llama_set_n_threads": &s.setThreads, "llama_synchronize": &s.synchronize,
		"llama_set_adapters_lora": &s.setLora, "llama_adapter_lora_free": &s.loraFree,
		"llama_attach_threadpool": &s.attachPool, "llama_backend_init": &s.backendInit,
		"llama_log_set": &s.logSet, "llama_state_seq_get_size": &s.stateSize,
		"llama_state_seq_get_data": &s.stateGet, "llama_state_seq_set_data": &s.stateSet, "llama_set_causal_attn": &s.setCausal,
		"ggml_backend_dev_count": &s.devCount, "ggml_backend_dev_get": &s.devGet, "ggml_backend_dev_type": &s.devType,
		"ggml_backend_reg_by_name": &s.regByName, "ggml_backend_reg_get_proc_address": &s.regProc,
	}
}

// gate compares the library's own defaults with those of the release.
func (l *Lib) gate() error {
	if err := checkModelDefaults(l.modelDefault()); err != nil {
		return err
	}
	if err := checkContextDefaults(l.ctxDefault()); err != nil {
		return err
	}
	return checkQuantizeDefaults(l.quantDefault())
}

// Device is a compute device that the library found.
type Device struct {
	Name        string
	Description string
	// GPU tells an accelerator from the processor.
	GPU         bool
	Free, Total uint64
}

// Devices lists the compute devices.
func (l *Lib) Devices() []Device {
	n, _, _ := purego.SyscallN(l.sym.devCount)
	out := make([]Device, 0, n)
	for i := range n {
		dev, _, _ := purego.SyscallN(l.sym.devGet, i)
		kind, _, _ := purego.SyscallN(l.sym.devType, dev)
		d := Device{Name: l.devName(dev), Description: l.devDesc(dev), GPU: kind == 1 || kind == 2}
		l.devMemory(dev, &d.Free, &d.Total)
		out = append(out, d)
	}
	return out
}

// SystemInfo is the library's own line about the instruction sets in use.
func (l *Lib) SystemInfo() string { return l.sysInfo() }
