package chat

import "irori/internal/llm"

// Templates of our own for models that come without one. They are chosen by
// the tokens that the model's vocabulary has, so that each turn marker is one
// token.
const (
	chatML = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

	llamaHeaders = `{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>

{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>

{% endif %}`

	gemmaTurns = `{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}` +
		`{{ raise_exception('no system role') }}{% endif %}<start_of_turn>` +
		`{{ 'model' if m.role == 'assistant' else m.role }}
{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}`
)

// builtin chooses a template by the vocabulary.
func builtin(has func(string) bool) (string, error) {
	if has == nil {
		has = func(string) bool { return false }
	}
	switch {
	case has("<|im_start|>") && has("<|im_end|>"):
		return chatML, nil
	case has("<|start_header_id|>") && has("<|eot_id|>"):
		return llamaHeaders, nil
	case has("<start_of_turn>") && has("<end_of_turn>"):
		return gemmaTurns, nil
	}
	return "", llm.Errorf(llm.CodeUnsupported, "the model has no chat template, and its vocabulary fits none that is built in").
		WithHint("use a model made for chat, or send a completion request without messages")
}
