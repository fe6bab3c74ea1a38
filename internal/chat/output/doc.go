// Package output reads what models write: it splits a stream of generated text
// into visible text, reasoning and tool calls, in the format of the model's
// family, one file each.
//
// It knows no tokens, no templates and no grammar; CallSyntax tells those who
// write grammars how a format spells a call.
package output
