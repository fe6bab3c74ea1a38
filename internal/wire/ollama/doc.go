// Package ollama translates between Ollama's API and the canonical types of
// package llm, in both directions: what a server reads and writes (DecodeChat,
// DecodeGenerate, Streamer, Collector), and what a client of such a server
// writes and reads (EncodeRequest, Decoder). Lists, descriptions and the
// progress of pulls are written here too.
//
// It is pure: no handlers, no network; the clock is given. Body keys and
// options that it does not know are passed over, as Ollama does. The arguments
// of calls are JSON objects here and JSON text in llm: the conversion is here
// and nowhere else.
package ollama
