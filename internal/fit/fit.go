// Package fit foresees what a model takes on a machine, by its file and its
// settings. It loads nothing.
package fit

import (
	"irori/internal/gguf"
	"irori/internal/unit"
	"irori/internal/worker"
	"irori/internal/worker/lanes"
)

// Need is the memory that a model takes with the options of its worker: its
// weights, and the contexts that the worker plans. It is for a processor: what
// an accelerator holds takes no memory here.
func Need(path string, o worker.Options) (unit.Bytes, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	facts := f.Facts()
	train, vocabulary := 0, 0
	if facts.ContextLength != nil {
		train = int(*facts.ContextLength)
	}
	if facts.Vocabulary != nil {
		vocabulary = int(*facts.Vocabulary)
	}
	kv := lanes.PerToken(f, o.KVType)
	return unit.Bytes(f.TensorBytes()) + unit.Bytes(lanes.Plan(o, kv, train).Total(kv, vocabulary)), nil
}
