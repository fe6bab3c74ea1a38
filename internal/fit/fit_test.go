package fit

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"irori/internal/gguf"
	"irori/internal/testreal"
	"irori/internal/worker"
)

// model writes a file whose cache takes 2 × 4 × 16 × 2 bytes a token and layer.
func model(t *testing.T, context uint32) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var w gguf.Writer
	for k, v := range map[string]any{
		"general.architecture": "llama", "llama.block_count": uint32(2), "llama.context_length": context, "llama.embedding_length": uint32(64),
		"llama.attention.head_count": uint32(4), "llama.attention.head_count_kv": uint32(4), "llama.vocab_size": uint32(1000),
	} {
		if err := w.Put(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Add(gguf.Tensor{Name: "w", Dims: []uint64{1 << 10}, Type: gguf.F32}, bytes.NewReader(make([]byte, 4<<10))); err != nil {
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

// TestNeed checks what a need is made of: weights, caches of both lanes, and
// room to compute in for each.
func TestNeed(t *testing.T) {
	const token = 2 * 2 * 64 * 2 // layers, K and V, width, half precision
	const computing = 1000*512*4 + 32<<20
	for name, c := range map[string]struct {
		context uint32
		o       worker.Options
		want    int64
	}{
		"one lane":     {4096, worker.Options{}, 4<<10 + 8*4096*token + computing},
		"a long lane":  {16384, worker.Options{}, 4<<10 + 8*4096*token + 4*16384*token + 2*computing},
		"one sequence": {4096, worker.Options{Parallel: 1, Context: 512}, 4<<10 + 512*token + computing},
		"one cache":    {8192, worker.Options{KVUnified: true}, 4<<10 + 8192*token + computing},
		"small types":  {4096, worker.Options{KVType: "q8_0"}, 4<<10 + 8*4096*token*34/64 + computing},
	} {
		got, err := Need(model(t, c.context), c.o)
		if err != nil || int64(got) != c.want {
			t.Errorf("%s: %d, want %d, %v", name, got, c.want, err)
		}
	}
	if _, err := Need("nowhere", worker.Options{}); err == nil {
		t.Error("a file that is not there needs nothing")
	}
}

// TestNeedOfARealModel checks that the small model needs more than its file and
// less than a machine that it is for has.
func TestNeedOfARealModel(t *testing.T) {
	path := testreal.Model(t)
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Need(path, worker.Options{MemoryBudget: 256 << 20})
	if err != nil || int64(got) < st.Size()*9/10 || int64(got) > st.Size()+512<<20 {
		t.Errorf("%v of a file of %d bytes, %v", got, st.Size(), err)
	}
}
