// Command bareloop is the floor that serving is measured against: a plain
// loop over the same library, with the same sampler, threads and lengths, and
// no server around it. It prints one JSON line a run.
//
// With -streams it is the best static batch: all sequences decode together
// from begin to end.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/engine/sample"
)

type options struct {
	lib, model               string
	streams, context, tokens int
	threads                  int
	unified, pool            bool
}

type result struct {
	Streams  int     `json:"streams"`
	Context  int     `json:"context"`
	Unified  bool    `json:"unified"`
	Pool     bool    `json:"threadpool"`
	Tokens   int     `json:"tokens"`
	TokensPS float64 `json:"tokens_per_s"`
}

func main() {
	var o options
	flag.StringVar(&o.lib, "lib", "bin/engine", "the folder of the libraries")
	flag.StringVar(&o.model, "model", "", "the GGUF file")
	flag.IntVar(&o.streams, "streams", 1, "sequences")
	flag.IntVar(&o.context, "context", 32, "tokens of context before the measured ones")
	flag.IntVar(&o.tokens, "tokens", 256, "tokens to decode a sequence")
	flag.IntVar(&o.threads, "threads", 2, "threads")
	flag.BoolVar(&o.unified, "unified", false, "one cache for all sequences")
	flag.BoolVar(&o.pool, "pool", true, "a lasting thread pool")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bareloop:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	// As the worker does: Go's idle threads cost the computing ones 3 %.
	runtime.GOMAXPROCS(1)
	if os.Getenv("GGML_NO_BACKTRACE") == "" {
		if err := os.Setenv("GGML_NO_BACKTRACE", "1"); err != nil {
			return err
		}
	}
	lib, err := ffi.Open(o.lib, func(int, string) {})
	if err != nil {
		return err
	}
	m, err := lib.LoadModel([]string{o.model}, ffi.ModelOptions{GPULayers: -1})
	if err != nil {
		return err
	}
	size := (o.context + o.tokens + 64 + 255) / 256 * 256
	c, err := m.NewContext(ffi.ContextOptions{
		Context: size * o.streams, Batch: 2048, Ubatch: 512, Sequences: o.streams, Threads: o.threads, Outputs: o.streams,
		Unified: o.unified, TypeK: 1, TypeV: 1, FlashAttn: -1,
	})
	if err != nil {
		return err
	}
	if o.pool {
		c.AttachThreadpool(o.threads)
	}
	return measure(o, m, c)
}

// measure fills the context of each sequence, then times the decoding alone.
func measure(o options, m *ffi.Model, c *ffi.Context) error {
	samplers := make([]*sample.Sampler, o.streams)
	next := make([]int32, o.streams)
	for s := range o.streams {
		p := sample.Defaults()
		p.Seed = uint32(s)
		samplers[s] = sample.New(p, func(int32) string { return "" })
		for from := 0; from < o.context; from += 512 {
			n := min(512, o.context-from)
			var list []ffi.Entry
			for i := range n {
				list = append(list, ffi.Entry{Token: int32(1000 + (from+i)*7%3000), Pos: int32(from + i), Seq: int32(s), Output: i == n-1})
			}
			if err := c.Decode(list); err != nil {
				return err
			}
			next[s] = samplers[s].Sample(c.Logits(n-1), nil)
		}
	}
	list := make([]ffi.Entry, o.streams)
	var eog []int32
	for t := range int32(m.NVocab) {
		if m.IsEOG(t) {
			eog = append(eog, t)
		}
	}
	began := time.Now()
	for i := range o.tokens {
		for s := range list {
			list[s] = ffi.Entry{Token: next[s], Pos: int32(o.context + i), Seq: int32(s), Output: true}
		}
		if err := c.Decode(list); err != nil {
			return err
		}
		for s := range list {
			logits := c.Logits(s)
			for _, t := range eog {
				logits[t] = -1e30
			}
			next[s] = samplers[s].Sample(logits, nil)
		}
	}
	took := time.Since(began).Seconds()
	return json.NewEncoder(os.Stdout).Encode(result{o.streams, o.context, o.unified, o.pool, o.tokens, float64(o.tokens*o.streams) / took})
}
