// Package llm holds the canonical form of a request to a language model and of
// its answer: messages, tools, sampling parameters, events, usage, timings,
// finish reasons and error codes, and the Backend interface that everything
// which can answer satisfies.
//
// It knows no dialect (OpenAI, Anthropic, Ollama), no transport and no engine.
// Dialect codecs translate to and from these types; backends consume and
// produce them.
package llm
