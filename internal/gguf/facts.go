package gguf

import (
	"fmt"
	"strings"
)

// BaseModel is one model that a file says it was made from.
type BaseModel struct {
	Name         string `json:"name,omitempty"`
	Organization string `json:"organization,omitempty"`
	Version      string `json:"version,omitempty"`
	RepoURL      string `json:"repo_url,omitempty"`
}

// Facts is what a file says about its model. What the file does not say is
// absent: an empty string or nil.
type Facts struct {
	Architecture string      `json:"architecture,omitempty"`
	Name         string      `json:"name,omitempty"`
	BaseName     string      `json:"basename,omitempty"`
	Finetune     string      `json:"finetune,omitempty"`
	SizeLabel    string      `json:"size_label,omitempty"`
	Organization string      `json:"organization,omitempty"`
	Version      string      `json:"version,omitempty"`
	License      string      `json:"license,omitempty"`
	LicenseLink  string      `json:"license_link,omitempty"`
	Languages    []string    `json:"languages,omitempty"`
	BaseModels   []BaseModel `json:"base_models,omitempty"`
	Quantization string      `json:"quantization,omitempty"`

	Parameters       uint64 `json:"parameters"`
	ActiveParameters uint64 `json:"active_parameters"`
	TensorBytes      uint64 `json:"tensor_bytes"`

	ContextLength   *uint64  `json:"context_length,omitempty"`
	EmbeddingLength *uint64  `json:"embedding_length,omitempty"`
	Blocks          *uint64  `json:"blocks,omitempty"`
	Heads           []uint64 `json:"heads,omitempty"`    // one a layer
	HeadsKV         []uint64 `json:"heads_kv,omitempty"` // one a layer
	KeyLength       *uint64  `json:"key_length,omitempty"`
	ValueLength     *uint64  `json:"value_length,omitempty"`
	SlidingWindow   *uint64  `json:"sliding_window,omitempty"`
	Experts         *uint64  `json:"experts,omitempty"`
	ExpertsUsed     *uint64  `json:"experts_used,omitempty"`
	Vocabulary      *uint64  `json:"vocabulary,omitempty"`
	// Pooling says what the model is made for beside writing; see File.Pooling.
	Pooling Pooling `json:"pooling,omitempty"`
	// ChatTemplate is left out of JSON: it is long, and hostile until rendered
	// within bounds.
	ChatTemplate string `json:"-"`
	// SplitCount is the number of files of a model kept in several.
	SplitCount *uint64 `json:"split_count,omitempty"`
}

// Architecture returns general.architecture, such as "llama"; "" where the file
// does not say.
func (f *File) Architecture() string {
	s, _ := f.String("general.architecture")
	return s
}

// FileType returns the recipe the file was quantized with.
func (f *File) FileType() (FileType, bool) {
	// Bit 10 marks a number that the loader guessed.
	u, ok := f.Uint("general.file_type")
	if !ok || u > 1<<16 {
		return 0, false
	}
	return FileType(u &^ 1024), true
}

// Quantization returns the name of the file's quantization: that of
// general.file_type, else that of the type which most weights have; "" for a
// file without tensors.
func (f *File) Quantization() string {
	if t, ok := f.FileType(); ok && t.Known() {
		return t.String()
	}
	count := map[Type]uint64{}
	for _, t := range f.Tensors {
		count[t.Type] += t.Elements()
	}
	var best Type
	for t, n := range count {
		if n > count[best] || n == count[best] && t < best {
			best = t
		}
	}
	if count[best] == 0 {
		return ""
	}
	return best.String()
}

// ParameterCount returns the number of weights of all tensors. It saturates
// where hostile dimensions would overflow the sum.
func (f *File) ParameterCount() uint64 {
	var n uint64
	for _, t := range f.Tensors {
		n = addSat(n, t.Elements())
	}
	return n
}

// ActiveParameterCount returns how many weights one token passes through: of
// expert tensors only the share of the experts used.
func (f *File) ActiveParameterCount() uint64 {
	experts, ok := f.archUint("expert_count")
	used, ok2 := f.archUint("expert_used_count")
	if !ok || !ok2 || experts == 0 || used >= experts {
		return f.ParameterCount()
	}
	var n uint64
	for _, t := range f.Tensors {
		e := t.Elements()
		if strings.Contains(t.Name, "_exps.") {
			e = e / experts * used
		}
		n = addSat(n, e)
	}
	return n
}

// TensorBytes returns the bytes of all tensors.
func (f *File) TensorBytes() uint64 {
	var n uint64
	for _, t := range f.Tensors {
		n = addSat(n, uint64(t.Size))
	}
	return n
}

func addSat(a, b uint64) uint64 {
	if a+b < a {
		return ^uint64(0)
	}
	return a + b
}

// ChatTemplate returns the model's chat template. It is text by a stranger.
func (f *File) ChatTemplate() (string, bool) { return f.String("tokenizer.chat_template") }

// VocabularySize returns the number of tokens.
func (f *File) VocabularySize() (uint64, bool) {
	if v, ok := f.values["tokenizer.ggml.tokens"]; ok && v.Kind == Array {
		return v.Len, true
	}
	return f.archUint("vocab_size")
}

// archUint reads a number under the architecture's prefix.
func (f *File) archUint(name string) (uint64, bool) {
	arch := f.Architecture()
	if arch == "" {
		return 0, false
	}
	return f.Uint(arch + "." + name)
}

// maxLayers bounds what is expanded one entry a layer.
const maxLayers = 4096

// perLayer reads a value that is given once or as an array with one entry a
// layer.
func (f *File) perLayer(name string, blocks uint64) []uint64 {
	if blocks == 0 || blocks > maxLayers {
		return nil
	}
	out := make([]uint64, 0, blocks)
	if u, ok := f.archUint(name); ok {
		for range blocks {
			out = append(out, u)
		}
		return out
	}
	key := f.Architecture() + "." + name
	if v, ok := f.values[key]; !ok || v.Kind != Array || v.Len < blocks {
		return nil
	}
	for n, err := range f.Ints(key) {
		if err != nil || n < 0 {
			return nil
		}
		if uint64(len(out)) == blocks {
			break
		}
		out = append(out, uint64(n))
	}
	return out
}

// Facts collects what the file says about its model.
func (f *File) Facts() Facts {
	text := func(key string) string { s, _ := f.String("general." + key); return s }
	num := func(name string) *uint64 {
		if u, ok := f.archUint(name); ok {
			return &u
		}
		return nil
	}
	x := Facts{
		Architecture: f.Architecture(),
		Name:         text("name"), BaseName: text("basename"), Finetune: text("finetune"),
		SizeLabel: text("size_label"), Organization: text("organization"), Version: text("version"),
		License: f.license(), LicenseLink: text("license.link"),
		BaseModels: f.baseModels(), Quantization: f.Quantization(), Pooling: f.Pooling(),
		Parameters: f.ParameterCount(), ActiveParameters: f.ActiveParameterCount(), TensorBytes: f.TensorBytes(),
		ContextLength: num("context_length"), EmbeddingLength: num("embedding_length"), Blocks: num("block_count"),
		KeyLength: num("attention.key_length"), ValueLength: num("attention.value_length"),
		SlidingWindow: num("attention.sliding_window"),
		Experts:       num("expert_count"), ExpertsUsed: num("expert_used_count"),
	}
	x.ChatTemplate, _ = f.ChatTemplate()
	for s, err := range f.Strings("general.languages") {
		if err != nil || len(x.Languages) == 256 {
			break
		}
		x.Languages = append(x.Languages, s)
	}
	if n, ok := f.VocabularySize(); ok {
		x.Vocabulary = &n
	}
	if n, ok := f.Uint("split.count"); ok {
		x.SplitCount = &n
	}
	f.attention(&x)
	return x
}

// attention fills in the head counts, and the key and value lengths that a file
// leaves to be worked out from them.
func (f *File) attention(x *Facts) {
	if x.Blocks == nil {
		return
	}
	x.Heads = f.perLayer("attention.head_count", *x.Blocks)
	x.HeadsKV = f.perLayer("attention.head_count_kv", *x.Blocks)
	if x.HeadsKV == nil {
		x.HeadsKV = x.Heads // every query head has its own keys and values
	}
	if x.EmbeddingLength == nil {
		return
	}
	var heads uint64
	for _, h := range x.Heads {
		if heads = h; heads > 0 {
			break
		}
	}
	if heads == 0 {
		return
	}
	each := *x.EmbeddingLength / heads
	if x.KeyLength == nil {
		x.KeyLength = &each
	}
	if x.ValueLength == nil {
		x.ValueLength = &each
	}
}

func (f *File) baseModels() []BaseModel {
	n, ok := f.Uint("general.base_model.count")
	if !ok {
		return nil
	}
	var out []BaseModel
	for i := range min(n, 64) {
		at := func(field string) string {
			s, _ := f.String(fmt.Sprintf("general.base_model.%d.%s", i, field))
			return s
		}
		out = append(out, BaseModel{Name: at("name"), Organization: at("organization"), Version: at("version"), RepoURL: at("repo_url")})
	}
	return out
}
