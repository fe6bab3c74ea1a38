package engine

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/engine/sample"
	"irori/internal/llm"
	"irori/internal/text"
)

// prepare turns a request into a job: rendered, tokenized, its parameters
// checked. It runs beside the loop, so that a long prompt delays nobody.
func (e *Engine) prepare(id uint64, req *llm.Request, arrived time.Time) (*job, error) {
	if len(e.lanes) == 0 && e.layout.main.slots == 0 {
		return nil, llm.Errorf(llm.CodeUnsupported, "model %s makes embeddings only", e.load.Model)
	}
	if req.Logprobs && req.Echo {
		return nil, llm.Errorf(llm.CodeUnsupported, "echo together with logprobs is not supported").WithParam("echo")
	}
	if err := e.checkCounts(req); err != nil {
		return nil, err
	}
	params, err := e.defaults.With(req.Sampling)
	if err != nil {
		return nil, err
	}
	key, err := e.adapterKey(req.Adapters)
	if err != nil {
		return nil, err
	}
	tokens, thinking, err := e.promptTokens(req)
	if err != nil {
		return nil, err
	}
	room, err := e.roomFor(len(tokens), req.MaxTokens)
	if err != nil {
		return nil, err
	}
	j := &job{id: id, req: req, arrived: arrived, open: req.Choices(), prompt: len(tokens)}
	if !params.Seeded {
		params.Seed = randomSeed()
	}
	if req.IgnoreEOS {
		e.findEOG()
	}
	gbnf, err := e.chat.grammar(req)
	if err != nil {
		return nil, err
	}
	for i := range req.Choices() {
		r := &run{job: j, choice: i, room: room, stop: text.NewStopper(req.Stop), thinking: thinking}
		// The choices share the prompt but not its backing array: each
		// appends its own output.
		r.seq.Tokens = append(make([]int32, 0, len(tokens)+min(room, 1024)), tokens...)
		r.seq.Prompt, r.seq.Key = len(tokens), key
		r.seq.Want = len(tokens) + min(room, usualOutput(req.MaxTokens))
		p := params
		p.Seed += uint32(i)
		r.sampler = sample.New(p, func(t int32) string { return string(e.model.Piece(nil, t, true)) })
		for _, t := range tokens[max(0, len(tokens)-4096):] {
			r.sampler.Accept(t)
		}
		if !req.Raw {
			r.parser = e.chat.parser(req, thinking)
			r.special = e.chat.special
		}
		if gbnf != "" {
			if r.limit, err = e.model.NewGrammar(gbnf); err != nil {
				return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s", req.FormatField()).WithParam(req.FormatField())
			}
		}
		j.runs = append(j.runs, r)
	}
	return j, nil
}

// maxChoices bounds n: each choice takes a slot.
const maxChoices = 128

func (e *Engine) checkCounts(req *llm.Request) error {
	if req.Choices() > maxChoices {
		return llm.Errorf(llm.CodeInvalidRequest, "n is %d; at most %d choices are possible", req.N, maxChoices).WithParam("n")
	}
	if req.TopLogprobs < 0 || req.TopLogprobs > 100 {
		return llm.Errorf(llm.CodeInvalidRequest, "top_logprobs is %d; it must be from 0 to 100", req.TopLogprobs).WithParam("top_logprobs")
	}
	for id := range req.Sampling.LogitBias {
		if id < 0 || int(id) >= e.model.NVocab {
			return llm.Errorf(llm.CodeInvalidRequest, "logit_bias names token %d; the vocabulary has %d", id, e.model.NVocab).WithParam("logit_bias")
		}
	}
	for _, m := range req.Messages {
		if m.HasImage() {
			return llm.Errorf(llm.CodeUnsupported, "model %s takes no images", e.load.Model).
				WithParam("messages").WithHint("send text only, or name a model that sees")
		}
	}
	return nil
}

// usualOutput is how much output decides the lane where the client set no
// bound: a sequence that grows beyond it moves to a longer slot.
func usualOutput(limit *int) int {
	if limit != nil {
		return *limit
	}
	return 512
}

// roomFor is how many tokens may be sampled after a prompt of n. A prompt that
// does not fit is refused with both counts, never cut.
func (e *Engine) roomFor(n int, limit *int) (int, error) {
	size := e.layout.context()
	if n == 0 {
		return 0, llm.Errorf(llm.CodeInvalidRequest, "the prompt is empty").WithParam("prompt")
	}
	if n >= size {
		return 0, llm.Errorf(llm.CodeContextLength,
			"the prompt has %d tokens; the context of %s holds %d, of which at least one must be left for the answer", n, e.load.Model, size).
			WithParam("messages").WithHint("shorten the prompt, or set a larger context for this model in the config")
	}
	room := size - n
	if limit != nil {
		if *limit < 1 {
			return 0, llm.Errorf(llm.CodeInvalidRequest, "max_tokens is %d; it must be at least 1", *limit).WithParam("max_tokens")
		}
		room = min(room, *limit)
	}
	return room, nil
}

// promptTokens renders and tokenizes. thinking reports that the rendered
// prompt ends inside an open thinking section.
func (e *Engine) promptTokens(req *llm.Request) (tokens []int32, thinking bool, err error) {
	if req.PromptTokens != nil {
		for _, t := range req.PromptTokens {
			if t < 0 || int(t) >= e.model.NVocab {
				return nil, false, llm.Errorf(llm.CodeInvalidRequest, "token %d is not in the vocabulary of %d", t, e.model.NVocab).WithParam("prompt")
			}
		}
		return slices.Clone(req.PromptTokens), false, nil
	}
	prompt, special := req.Prompt, true
	if !req.Raw {
		if prompt, thinking, err = e.chat.render(req); err != nil {
			return nil, false, err
		}
		// Templates write the begin token themselves; a second one harms.
		special = e.model.AddsBOS() && !strings.HasPrefix(prompt, e.chat.bos)
	}
	tokens, err = e.model.Tokenize(prompt, special, true)
	if err != nil {
		return nil, false, llm.Wrap(llm.CodeInvalidRequest, err, "the prompt")
	}
	return tokens, thinking, nil
}

// adapterKey names a set of adapters and scales; sequences with different
// keys neither share cache nor a batch.
func (e *Engine) adapterKey(list []llm.Adapter) (string, error) {
	var parts []string
	for _, a := range list {
		if a.Scale == 0 {
			continue
		}
		if _, ok := e.adapters[a.Name]; !ok {
			known := make([]string, 0, len(e.adapters))
			for n := range e.adapters {
				known = append(known, n)
			}
			slices.Sort(known)
			return "", llm.Errorf(llm.CodeInvalidRequest, "adapter %q is not loaded for %s", a.Name, e.load.Model).
				WithParam("adapters").WithHint("loaded: %s", strings.Join(append(known, "(none)")[:max(len(known), 1)], ", "))
		}
		parts = append(parts, fmt.Sprintf("%s:%g", a.Name, a.Scale))
	}
	slices.Sort(parts)
	return strings.Join(parts, ","), nil
}

// parseKey is the inverse of adapterKey.
func (e *Engine) parseKey(key string) (list []*ffi.LoRA, scales []float32, err error) {
	if key == "" {
		return nil, nil, nil
	}
	for _, part := range strings.Split(key, ",") {
		i := strings.LastIndexByte(part, ':')
		scale, err := strconv.ParseFloat(part[i+1:], 32)
		if err != nil {
			return nil, nil, fmt.Errorf("adapter key %q: %w", key, err)
		}
		list, scales = append(list, e.adapters[part[:i]]), append(scales, float32(scale))
	}
	return list, scales, nil
}

// setAdapters makes the adapters of a key act in a lane's context.
func (e *Engine) setAdapters(l *lane, key string) error {
	if l.adapters == key {
		return nil
	}
	list, scales, err := e.parseKey(key)
	if err != nil {
		return err
	}
	if err := l.ctx.SetLoRA(list, scales); err != nil {
		return err
	}
	l.adapters = key
	return nil
}

func randomSeed() uint32 {
	var b [4]byte
	// crypto/rand never fails on the platforms that are built for.
	if _, err := rand.Read(b[:]); err != nil {
		return uint32(time.Now().UnixNano())
	}
	return binary.LittleEndian.Uint32(b[:])
}
