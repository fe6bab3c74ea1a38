package gguf

import (
	"errors"
	"fmt"
)

// KVBytesPerLayer returns, for each layer, the bytes of key and value cache that
// one token takes when keys are kept as typeK and values as typeV. Layers that
// keep no cache (recurrent ones) have 0. A sliding window is not applied: it
// bounds how many tokens a layer keeps, not what each costs; see SlidingLayers.
func (f *File) KVBytesPerLayer(typeK, typeV Type) ([]uint64, error) {
	x := f.Facts()
	if x.Blocks == nil || x.HeadsKV == nil {
		return nil, errors.New("gguf: the file does not say its layers and attention heads")
	}
	if rank, rope, ok := f.latent(); ok {
		return f.latentKV(len(x.HeadsKV), rank+rope, typeK)
	}
	if x.KeyLength == nil || x.ValueLength == nil {
		return nil, errors.New("gguf: the file does not say its key and value lengths")
	}
	every, _ := f.archUint("full_attention_interval")
	out := make([]uint64, len(x.HeadsKV))
	for i, heads := range x.HeadsKV {
		if every > 1 && uint64(i+1)%every != 0 {
			continue // a linear attention layer between full ones
		}
		if heads > 1<<20 || *x.KeyLength > 1<<20 || *x.ValueLength > 1<<20 {
			return nil, fmt.Errorf("gguf: layer %d: %d heads of %d and %d are not plausible", i, heads, *x.KeyLength, *x.ValueLength)
		}
		k, err := typeK.RowBytes(heads * *x.KeyLength)
		if err != nil {
			return nil, err
		}
		v, err := typeV.RowBytes(heads * *x.ValueLength)
		if err != nil {
			return nil, err
		}
		out[i] = k + v
	}
	return out, nil
}

// latent returns the widths of a latent (MLA) cache, which holds one compressed
// row and the rotary part in place of keys and values. Files converted before
// that cache existed lack the _mla lengths and keep full keys and values.
func (f *File) latent() (rank, rope uint64, ok bool) {
	rank, ok = f.archUint("attention.kv_lora_rank")
	rope, ok2 := f.archUint("rope.dimension_count")
	_, ok3 := f.archUint("attention.key_length_mla")
	return rank, rope, ok && ok2 && ok3 && rank < 1<<20 && rope < 1<<20
}

func (f *File) latentKV(layers int, width uint64, typeK Type) ([]uint64, error) {
	each, err := typeK.RowBytes(width)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, layers)
	for i := range out {
		out[i] = each
	}
	return out, nil
}

// KVBytesPerToken returns the bytes of key and value cache that one token takes
// over all layers.
func (f *File) KVBytesPerToken(typeK, typeV Type) (uint64, error) {
	layers, err := f.KVBytesPerLayer(typeK, typeV)
	var n uint64
	for _, b := range layers {
		n += b
	}
	return n, err
}

// SlidingLayers tells for each layer whether it sees only the last
// Facts.SlidingWindow tokens. ok is false where the file does not say: many
// architectures fix the pattern in the engine's code.
func (f *File) SlidingLayers() (sliding []bool, ok bool) {
	blocks, ok := f.archUint("block_count")
	if !ok || blocks > maxLayers {
		return nil, false
	}
	key := "attention.sliding_window_pattern"
	if n, ok := f.archUint(key); ok {
		// n layers a group, the last of which sees everything.
		for i := range blocks {
			sliding = append(sliding, n > 1 && i%n < n-1)
		}
		return sliding, true
	}
	full := f.Architecture() + "." + key
	if v, ok := f.values[full]; !ok || v.Kind != Array || v.Len < blocks {
		return nil, false
	}
	for n, err := range f.Ints(full) {
		if err != nil {
			return nil, false
		}
		if uint64(len(sliding)) < blocks {
			sliding = append(sliding, n != 0)
		}
	}
	return sliding, true
}
