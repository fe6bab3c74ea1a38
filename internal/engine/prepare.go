package engine

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"irori/internal/engine/grammar/automaton"
	"irori/internal/engine/sample"
	"irori/internal/llm"
	"irori/internal/text"
)

// prepare turns a request into a job: rendered, tokenized, its parameters
// checked. It runs beside the loop, so that a long prompt delays nobody.
// gone reports that it was cancelled meanwhile.
func (e *Engine) prepare(id uint64, req *llm.Request, arrived time.Time, gone func() bool) (*job, error) {
	if len(e.lanes) == 0 && e.layout.Main.Slots == 0 {
		return nil, llm.Errorf(llm.CodeUnsupported, "model %s writes no text: it makes embeddings, or ranks", e.load.Model)
	}
	if err := e.checkCounts(req); err != nil {
		return nil, err
	}
	params, err := e.defaults.With(req.Sampling)
	if err != nil {
		return nil, err
	}
	key, err := e.adapters.Key(req.Adapters, e.load.Model)
	if err != nil {
		return nil, err
	}
	tokens, thinking, err := e.promptTokens(req)
	if err != nil {
		return nil, err
	}
	room, err := e.roomFor(len(tokens), req)
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
	limit, err := e.limit(req)
	if err != nil {
		return nil, err
	}
	if req.Raw && req.Echo && req.Logprobs {
		if err := e.scorePrompt(j, tokens, key, gone); err != nil {
			return nil, err
		}
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
			r.parser = e.chat.Parser(req, thinking)
			r.special = e.chat.Special
		}
		if limit != nil {
			if r.limit, err = automaton.New(limit, e.vocab()); err != nil {
				return nil, limitError(req, err)
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

// usualOutput is how much output decides the lane. A bound says what a client
// allows, not what it will get: agents ask for 8,192 tokens and more with every
// request. A sequence that grows beyond it moves to a longer slot.
func usualOutput(limit *int) int {
	if limit != nil {
		return min(*limit, 2048)
	}
	return 512
}

// roomFor is how many tokens may be sampled after a prompt of n. A prompt that
// does not fit is refused with both counts, never cut. An echo alone may fill
// the context.
func (e *Engine) roomFor(n int, req *llm.Request) (int, error) {
	size, least := e.layout.Context(), 1
	if req.Raw && req.Echo && req.MaxTokens != nil && *req.MaxTokens == 0 {
		least = 0
	}
	if n == 0 {
		return 0, llm.Errorf(llm.CodeInvalidRequest, "the prompt is empty").WithParam("prompt")
	}
	if n+least > size {
		param := map[bool]string{false: "messages", true: "prompt"}[req.Raw]
		return 0, llm.Errorf(llm.CodeContextLength,
			"the prompt has %d tokens; the context of %s holds %d, of which at least one must be left for the answer", n, e.load.Model, size).
			WithParam(param).WithHint("shorten the prompt, or set a larger context for this model in the config")
	}
	room := size - n
	if limit := req.MaxTokens; limit != nil {
		if *limit < least {
			return 0, llm.Errorf(llm.CodeInvalidRequest, "max_tokens is %d; it must be at least %d", *limit, least).WithParam("max_tokens")
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
		if prompt, thinking, err = e.chat.Render(req); err != nil {
			return nil, false, err
		}
		// Templates write the begin token themselves; a second one harms.
		special = e.model.AddsBOS() && !strings.HasPrefix(prompt, e.chat.BOS)
	}
	tokens, err = e.model.Tokenize(prompt, special, true)
	if err != nil {
		return nil, false, llm.Wrap(llm.CodeInvalidRequest, err, "the prompt")
	}
	return tokens, thinking, nil
}

// setAdapters makes the adapters of a key act in a lane's context.
func (e *Engine) setAdapters(l *lane, key string) error {
	if l.adapters == key {
		return nil
	}
	list, scales, err := e.adapters.Parse(key)
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
