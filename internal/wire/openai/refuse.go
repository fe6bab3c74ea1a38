package openai

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// unhonoured are the parameters, OpenAI's and of other servers, that would
// change the answer and cannot be kept: they are refused by name. A field's
// neutral tag lists the values that ask for nothing (null always does), "<0"
// standing for all below 0; its hint says what to send instead.
//
// What does not stand here, nor in the structs around it, does not change the
// answer, or is not known, and is passed over.
type unhonoured struct {
	// llama-server's.
	AdaptiveTarget       json.RawMessage `json:"adaptive_target" neutral:"<0"`
	MinKeep              json.RawMessage `json:"min_keep" neutral:"0|1"`
	NIndent              json.RawMessage `json:"n_indent" neutral:"0"`
	NProbs               json.RawMessage `json:"n_probs" neutral:"0" hint:"use logprobs"`
	PostSamplingProbs    json.RawMessage `json:"post_sampling_probs" neutral:"false"`
	TimeLimit            json.RawMessage `json:"t_max_predict_ms" neutral:"0|<0" hint:"use max_tokens"`
	GrammarLazy          json.RawMessage `json:"grammar_lazy" neutral:"false"`
	GrammarTriggers      json.RawMessage `json:"grammar_triggers" neutral:"[]"`
	ReasoningBudget      json.RawMessage `json:"reasoning_budget_tokens" neutral:"<0"`
	ReasoningFormat      json.RawMessage `json:"reasoning_format" neutral:"\"\"|\"auto\"|\"deepseek\""`
	ParseToolCalls       json.RawMessage `json:"parse_tool_calls" neutral:"true"`
	ContinueFinalMessage json.RawMessage `json:"continue_final_message" neutral:"false"`
	AddGenerationPrompt  json.RawMessage `json:"add_generation_prompt" neutral:"true"`

	// vLLM's.
	ChatTemplate      json.RawMessage `json:"chat_template" neutral:"\"\"" hint:"set template for the model in the config"`
	GuidedJSON        json.RawMessage `json:"guided_json" hint:"use response_format"`
	GuidedRegex       json.RawMessage `json:"guided_regex" neutral:"\"\"" hint:"use response_format"`
	GuidedChoice      json.RawMessage `json:"guided_choice" neutral:"[]" hint:"use response_format"`
	GuidedGrammar     json.RawMessage `json:"guided_grammar" neutral:"\"\"" hint:"use grammar"`
	StructuredOutputs json.RawMessage `json:"structured_outputs" neutral:"{}" hint:"use response_format"`
	MinTokens         json.RawMessage `json:"min_tokens" neutral:"0"`
	StopTokenIDs      json.RawMessage `json:"stop_token_ids" neutral:"[]" hint:"use stop"`
	IncludeStop       json.RawMessage `json:"include_stop_str_in_output" neutral:"false"`
	SkipSpecialTokens json.RawMessage `json:"skip_special_tokens" neutral:"true"`
	BadWords          json.RawMessage `json:"bad_words" neutral:"[]" hint:"use logit_bias"`
	AllowedTokenIDs   json.RawMessage `json:"allowed_token_ids" neutral:"[]" hint:"use logit_bias or grammar"`
	BeamSearch        json.RawMessage `json:"use_beam_search" neutral:"false"`
	LengthPenalty     json.RawMessage `json:"length_penalty" neutral:"1"`
	TruncatePrompt    json.RawMessage `json:"truncate_prompt_tokens"`
	PromptLogprobs    json.RawMessage `json:"prompt_logprobs" hint:"use echo with logprobs at /v1/completions"`

	// Samplers of other programs.
	TFS                json.RawMessage `json:"tfs" neutral:"1"`
	TFSZ               json.RawMessage `json:"tfs_z" neutral:"1"`
	TopA               json.RawMessage `json:"top_a" neutral:"0"`
	NSigma             json.RawMessage `json:"nsigma" neutral:"0|<0" hint:"use top_n_sigma"`
	SmoothingFactor    json.RawMessage `json:"smoothing_factor" neutral:"0"`
	NoRepeatNgram      json.RawMessage `json:"no_repeat_ngram_size" neutral:"0" hint:"use dry_multiplier"`
	EncoderPenalty     json.RawMessage `json:"encoder_repetition_penalty" neutral:"0|1"`
	PenaltyAlpha       json.RawMessage `json:"penalty_alpha" neutral:"0"`
	GuidanceScale      json.RawMessage `json:"guidance_scale" neutral:"0|1"`
	EpsilonCutoff      json.RawMessage `json:"epsilon_cutoff" neutral:"0"`
	EtaCutoff          json.RawMessage `json:"eta_cutoff" neutral:"0"`
	DynamicTemperature json.RawMessage `json:"dynamic_temperature" neutral:"false" hint:"use dynatemp_range"`
	BannedStrings      json.RawMessage `json:"banned_strings" neutral:"[]"`
	CustomTokenBans    json.RawMessage `json:"custom_token_bans" neutral:"\"\"|[]" hint:"use logit_bias"`
	BanEOS             json.RawMessage `json:"ban_eos_token" neutral:"false" hint:"use ignore_eos"`

	// OpenAI's.
	Modalities       json.RawMessage `json:"modalities" neutral:"[]|[\"text\"]"`
	Audio            json.RawMessage `json:"audio"`
	WebSearchOptions json.RawMessage `json:"web_search_options"`
}

// refuse names the first part of a struct of raw parts that asks for something.
func refuse(parts any) error {
	v := reflect.ValueOf(parts).Elem()
	for i := range v.NumField() {
		// Most are not there, and boxing each would be a copy of its own.
		part := v.Field(i)
		if part.Kind() != reflect.Slice || part.Len() == 0 {
			continue
		}
		raw, ok := part.Interface().(json.RawMessage)
		if !ok || body.Absent(raw) {
			continue
		}
		f := v.Type().Field(i)
		if isNeutral(raw, f.Tag.Get("neutral")) {
			continue
		}
		name := f.Tag.Get("json")
		e := llm.Errorf(llm.CodeUnsupported, "%s is not supported", name).WithParam(name)
		if hint := f.Tag.Get("hint"); hint != "" {
			e = e.WithHint("%s", hint)
		}
		return e
	}
	return nil
}

func isNeutral(raw json.RawMessage, neutral string) bool {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return false
	}
	for n := range strings.SplitSeq(neutral, "|") {
		if x, ok := v.(float64); ok && n == "<0" && x < 0 {
			return true
		}
		var w any
		if json.Unmarshal([]byte(n), &w) == nil && reflect.DeepEqual(v, w) {
			return true
		}
	}
	return false
}

// chain are the samplers in the one order in which they are applied, by the
// names that llama-server has for them.
var chain = []string{"penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"}

// order reads samplers: those that are left out are off. Another order than
// ours would draw from another distribution.
func (s *sampling) order(r *llm.Request) error {
	if len(s.Samplers) == 0 {
		return nil
	}
	last := -1
	for i, name := range s.Samplers {
		if name == "typical_p" {
			name = "typ_p"
		}
		at := slices.Index(chain, name)
		if at < 0 {
			return llm.Errorf(llm.CodeUnsupported, "samplers[%d] is %q, which is not supported", i, body.Short(name)).
				WithParam("samplers").WithHint("use %s", strings.Join(chain, ", "))
		}
		if at <= last {
			return llm.Errorf(llm.CodeUnsupported, "samplers has %s after %s; another order than %s is not supported", name, chain[last], strings.Join(chain, ", ")).
				WithParam("samplers")
		}
		last = at
	}
	zero, one := float32(0), float32(1)
	none := 0
	p := &r.Sampling
	for _, off := range []struct {
		name string
		set  func()
	}{
		{"penalties", func() { p.RepeatPenalty, p.PresencePenalty, p.FrequencyPenalty = &one, &zero, &zero }},
		{"dry", func() { p.DRYMultiplier = &zero }},
		{"top_n_sigma", func() { p.TopNSigma = &zero }},
		{"top_k", func() { p.TopK = &none }},
		{"top_p", func() { p.TopP = &one }},
		{"min_p", func() { p.MinP = &zero }},
		{"xtc", func() { p.XTCProbability = &zero }},
		{"temperature", func() { p.Temperature, p.DynatempRange = &one, &zero }},
	} {
		if !slices.Contains(s.Samplers, off.name) {
			off.set()
		}
	}
	if !slices.Contains(s.Samplers, "typ_p") && !slices.Contains(s.Samplers, "typical_p") {
		p.TypicalP = &one
	}
	return nil
}
