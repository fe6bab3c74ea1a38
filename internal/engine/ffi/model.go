package ffi

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ModelOptions say how a model is loaded.
type ModelOptions struct {
	// GPULayers is the number of layers on the accelerator; -1 means all.
	GPULayers int
	// NoMmap reads the file into memory instead of mapping it.
	NoMmap bool
	// Mlock keeps the mapped weights in memory.
	Mlock bool
	// NoRepack keeps the weights as they lie in the file: less memory, much
	// slower prefill on a processor.
	NoRepack bool
	// CheckTensors validates the weights' bytes: slower to load.
	CheckTensors bool
}

// Model is a loaded model.
type Model struct {
	lib   *Lib
	ptr   uintptr
	vocab uintptr

	// NVocab is the number of tokens of the vocabulary.
	NVocab int
}

// LoadModel loads a model from its files: one, or all splits in order.
func (l *Lib) LoadModel(paths []string, o ModelOptions) (*Model, error) {
	if len(paths) == 0 {
		return nil, errors.New("no model file given")
	}
	complaint() // of something before
	p := l.modelDefault()
	p.NGPULayers = int32(o.GPULayers)
	p.UseExtraBufts = !o.NoRepack
	p.CheckTensors = o.CheckTensors
	switch {
	case o.NoMmap:
		p.LoadMode = 0
	case o.Mlock:
		p.LoadMode = 3
	}
	var ptr uintptr
	if len(paths) == 1 {
		ptr = l.loadModel(paths[0], p)
	} else {
		var pin runtime.Pinner
		defer pin.Unpin()
		list := make([]*byte, len(paths))
		for i, s := range paths {
			b := append([]byte(s), 0)
			pin.Pin(&b[0])
			list[i] = &b[0]
		}
		ptr = l.loadSplits(unsafe.Pointer(&list[0]), uint64(len(paths)), p)
		runtime.KeepAlive(list)
	}
	if ptr == 0 {
		if why := complaint(); why != "" {
			return nil, fmt.Errorf("the library could not load the model: %s", why)
		}
		return nil, errors.New("the library could not load the model")
	}
	m := &Model{lib: l, ptr: ptr}
	m.vocab, _, _ = purego.SyscallN(l.sym.modelGetVocab, ptr)
	m.NVocab = int(word(l.sym.vocabN, m.vocab))
	return m, nil
}

// word calls a function of words and returns its int32 result. Arguments may
// be addresses of Go memory: the directive keeps it alive and in place.
//
//go:uintptrescapes
func word(fn uintptr, args ...uintptr) int32 {
	r, _, _ := purego.SyscallN(fn, args...)
	return int32(r)
}

// flag calls a function of words that returns a C bool: only the low byte of
// the register is defined. Arguments may be addresses, as with word.
//
//go:uintptrescapes
func flag(fn uintptr, args ...uintptr) bool {
	r, _, _ := purego.SyscallN(fn, args...)
	return r&0xff != 0
}

// Free unloads the model. Contexts made from it must be freed before.
func (m *Model) Free() { purego.SyscallN(m.lib.sym.modelFree, m.ptr) }

// Meta returns a scalar metadata value of the model file as text.
func (m *Model) Meta(key string) (string, bool) {
	buf := make([]byte, 256)
	for {
		n := int(m.lib.metaVal(m.ptr, key, unsafe.Pointer(&buf[0]), uint64(len(buf))))
		if n < 0 {
			return "", false
		}
		if n < len(buf) {
			return string(buf[:n]), true
		}
		buf = make([]byte, n+1)
	}
}

// Facts are the numbers of a model that the library reports.
type Facts struct {
	Description  string
	ContextTrain int
	Embedding    int
	Layers       int
	Parameters   uint64
	Bytes        uint64
	FileType     int
	Recurrent    bool
	Encoder      bool
	Decoder      bool
}

// Facts reads the model's numbers.
func (m *Model) Facts() Facts {
	s := &m.lib.sym
	buf := make([]byte, 256)
	m.lib.desc(m.ptr, unsafe.Pointer(&buf[0]), uint64(len(buf)))
	params, _, _ := purego.SyscallN(s.nParams, m.ptr)
	size, _, _ := purego.SyscallN(s.modelSize, m.ptr)
	return Facts{
		Description:  strings.TrimRight(string(buf), "\x00"),
		ContextTrain: int(word(s.nCtxTrain, m.ptr)),
		Embedding:    int(word(s.nEmbdOut, m.ptr)),
		Layers:       int(word(s.nLayer, m.ptr)),
		Parameters:   uint64(params),
		Bytes:        uint64(size),
		FileType:     int(word(s.ftype, m.ptr)),
		Recurrent:    flag(s.isRecurrent, m.ptr) || flag(s.isHybrid, m.ptr),
		Encoder:      flag(s.hasEncoder, m.ptr),
		Decoder:      flag(s.hasDecoder, m.ptr),
	}
}

// ChatTemplate is the model's own template, Jinja text, or empty.
func (m *Model) ChatTemplate() string { return m.lib.chatTemplate(m.ptr, 0) }

// RankTemplate is the model's own form of a query with a document, with
// {query} and {document} in it, or empty.
func (m *Model) RankTemplate() string {
	name := append([]byte("rerank"), 0)
	defer runtime.KeepAlive(name)
	return m.lib.chatTemplate(m.ptr, uintptr(unsafe.Pointer(&name[0])))
}

// LoRA is a loaded adapter. It belongs to its model and is freed with it.
type LoRA struct{ ptr uintptr }

// LoadLoRA loads an adapter for m.
func (m *Model) LoadLoRA(path string) (*LoRA, error) {
	p := m.lib.loraInit(m.ptr, path)
	if p == 0 {
		return nil, fmt.Errorf("the library could not load the adapter %s for this model", path)
	}
	return &LoRA{p}, nil
}
