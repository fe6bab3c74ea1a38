// Package responses translates between OpenAI's Responses API and the
// canonical types of package llm: what a server of it reads (Decode, Converse)
// and writes (Answer), and the objects around an answer.
//
// It is pure: no handlers, no network, no clock, no store. What earlier
// responses said comes in as items, as does what opens a compaction. Ids that
// clients give their items never reach a prompt. Body keys and items that it
// does not know are passed over, as are tools that only the vendor's service
// can run; custom tools and namespaces are put to the model as functions and
// mapped back.
package responses
