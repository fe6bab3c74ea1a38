// Package ask is the client's half of Anthropic's Messages API: it writes
// canonical requests as bodies for a server of somebody else (EncodeRequest), and
// reads what that server answers, streamed (Decoder) or not (DecodeMessage), errors
// too.
//
// It knows no network and no backend. Answers are outside bytes: nothing in them is
// believed, and a character that a server splits between two events is joined
// again. Anthropic's input_tokens leaves cached tokens out, llm's PromptTokens
// holds them.
package ask
