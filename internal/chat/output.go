package chat

import "irori/internal/chat/output"

// Format is how a model writes reasoning and tool calls.
type Format = output.Format

// Parser splits generated text into text, reasoning and tool calls.
type Parser = output.Parser

// ParserOptions say what a Parser looks for.
type ParserOptions = output.Options

// Delta is one piece of a parsed answer.
type Delta = output.Delta

// CallSyntax says how a format spells calls.
type CallSyntax = output.CallSyntax

// NewParser makes the parser of a format.
func NewParser(format Format, opts ParserOptions) *Parser { return output.NewParser(format, opts) }

// The formats, as package output documents them.
const (
	FormatGeneric     = output.FormatGeneric
	FormatHermes      = output.FormatHermes
	FormatQwenXML     = output.FormatQwenXML
	FormatLlama3      = output.FormatLlama3
	FormatMistral     = output.FormatMistral
	FormatMistralArgs = output.FormatMistralArgs
	FormatDeepSeek    = output.FormatDeepSeek
	FormatDSML        = output.FormatDSML
	FormatGemma       = output.FormatGemma
	FormatGemmaCall   = output.FormatGemmaCall
	FormatHarmony     = output.FormatHarmony
)
