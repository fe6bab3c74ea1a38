package gguf

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPooling(t *testing.T) {
	f32, _ := ParseType("F32")
	for _, c := range []struct {
		pooling any
		tensor  string
		want    Pooling
	}{
		{nil, "", ""}, {nil, "cls.output.weight", PoolingRank}, {nil, "cls.weight", ""},
		{uint32(0), "", PoolingNone}, {uint32(1), "cls.output.weight", PoolingMean}, {uint32(2), "", PoolingCLS}, {uint32(3), "", PoolingLast},
		{uint32(4), "cls.output.weight", PoolingRank}, {uint32(4), "cls.weight", PoolingRank}, {uint32(4), "", ""},
		{uint32(9), "cls.output.weight", ""},
	} {
		var w Writer
		put := func(k string, v any) {
			if err := w.Put(k, v); err != nil {
				t.Fatal(err)
			}
		}
		put("general.architecture", "bert")
		if c.pooling != nil {
			put("bert.pooling_type", c.pooling)
		}
		for _, name := range []string{"token_embd.weight", c.tensor} {
			if name == "" {
				continue
			}
			if err := w.Add(Tensor{Name: name, Dims: []uint64{4, 2}, Type: f32}, bytes.NewReader(make([]byte, 32))); err != nil {
				t.Fatal(err)
			}
		}
		var file bytes.Buffer
		if _, err := w.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.gguf")
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Pooling(); got != c.want {
			t.Errorf("pooling %v with %q: %q, want %q", c.pooling, c.tensor, got, c.want)
		}
		// The tensors of a model in parts may lie in another one.
		whole := &File{Tensors: f.Tensors}
		f.Tensors = nil
		if got := f.Pooling(whole); got != c.want {
			t.Errorf("in parts, pooling %v with %q: %q, want %q", c.pooling, c.tensor, got, c.want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
