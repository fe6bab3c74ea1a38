// Package openai translates between OpenAI's API shapes and the canonical
// types of package llm: chat completions, completions, embeddings, models,
// tokenize and errors, streamed and plain.
//
// It is pure: no handlers, no network, no clock. Fields that llama.cpp, vLLM
// and others add (top_k, min_p, grammar, chat_template_kwargs …) are read too;
// what would change the answer and cannot be kept is refused by name, fields
// it does not know are passed over.
package openai
