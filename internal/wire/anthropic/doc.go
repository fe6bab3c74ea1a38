// Package anthropic translates between Anthropic's Messages API and the
// canonical types of package llm: what a server reads and writes (DecodeMessages,
// Streamer, Collector). What a client of such a server writes and reads is package
// ask.
//
// It is pure: no handlers, no network, no clock. Body keys that it does not
// know are passed over, as are tools that only the vendor's service can run;
// cache_control marks, which move with every turn, are never read. Anthropic's
// input_tokens leaves cached tokens out, llm's PromptTokens holds them: the
// conversion is here and nowhere else.
package anthropic
