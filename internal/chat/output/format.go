package output

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"irori/internal/llm"
)

// Format is a way in which models write reasoning and tool calls.
type Format string

// The output formats, by the family that they come from.
const (
	// FormatGeneric is text with <think> and, for models that were told how,
	// <tool_call> with JSON.
	FormatGeneric Format = "generic"
	// FormatHermes is <tool_call>{"name":…,"arguments":…}</tool_call>.
	FormatHermes Format = "hermes"
	// FormatQwenXML is <tool_call><function=NAME><parameter=KEY>….
	FormatQwenXML Format = "qwen-xml"
	// FormatLlama3 is bare JSON with "parameters", after <|python_tag|> or not.
	FormatLlama3 Format = "llama3"
	// FormatMistral is [TOOL_CALLS][{…}], or [TOOL_CALLS]NAME[ARGS]{…}.
	FormatMistral Format = "mistral"
	// FormatMistralArgs is the newer of the two.
	FormatMistralArgs Format = "mistral-args"
	// FormatDeepSeek is <｜tool▁call▁begin｜>… with JSON, fenced or not.
	FormatDeepSeek Format = "deepseek"
	// FormatDSML is <｜DSML｜invoke name="NAME"> with tags for parameters.
	FormatDSML Format = "dsml"
	// FormatGemma is a tool_code block, or bare JSON.
	FormatGemma Format = "gemma"
	// FormatGemmaCall is call:NAME{key:value} between markers.
	FormatGemmaCall Format = "gemma-call"
	// FormatHarmony is channels: analysis, commentary, final.
	FormatHarmony Format = "harmony"
)

// Detect finds the format that a template's model was trained on.
func Detect(source string) Format {
	has := func(words ...string) bool {
		for _, w := range words {
			if !strings.Contains(source, w) {
				return false
			}
		}
		return true
	}
	switch {
	case has("<|channel|>", "<|message|>"):
		return FormatHarmony
	case has("[TOOL_CALLS]", "[ARGS]"):
		return FormatMistralArgs
	case has("[TOOL_CALLS]"):
		return FormatMistral
	case has("<function=", "<parameter="):
		return FormatQwenXML
	case has("｜DSML｜"):
		return FormatDSML
	case has("<｜tool▁call▁begin｜>"):
		return FormatDeepSeek
	case has("<start_function_call>"), has("<|tool_call>call:"):
		return FormatGemmaCall
	case has("<tool_call>") && !has("<arg_key>"):
		return FormatHermes
	case has("<|python_tag|>"), has("<|start_header_id|>", `"parameters"`):
		return FormatLlama3
	case has("<start_of_turn>"):
		return FormatGemma
	}
	return FormatGeneric
}

// CallSyntax says how a format spells calls, enough to write a grammar that
// forces one. A call is Prefix, then a JSON object {NameKey: name, ArgsKey:
// arguments}, then Suffix; where NameKey is empty it is Prefix, the bare name,
// Between, the JSON arguments, Suffix.
type CallSyntax struct {
	// Begin and End stand around all calls of one answer.
	Begin, End string
	// Prefix and Suffix stand around each call, Separator between two.
	Prefix, Suffix, Separator string
	NameKey, ArgsKey          string
	Between                   string
	// JSON is false where arguments are not JSON; such a format can be
	// parsed, not forced.
	JSON bool
}

// CallSyntax returns how f spells calls.
func (f Format) CallSyntax() CallSyntax {
	s := CallSyntax{NameKey: "name", ArgsKey: "arguments", JSON: true}
	switch f {
	case FormatLlama3:
		s.ArgsKey, s.Separator = "parameters", "; "
	case FormatMistral:
		s.Begin, s.Separator, s.End = "[TOOL_CALLS][", ", ", "]"
	case FormatMistralArgs:
		return CallSyntax{Prefix: "[TOOL_CALLS]", Between: "[ARGS]", JSON: true}
	case FormatDeepSeek:
		return CallSyntax{
			Begin: "<｜tool▁calls▁begin｜>", End: "<｜tool▁calls▁end｜>",
			Prefix: "<｜tool▁call▁begin｜>", Between: "<｜tool▁sep｜>", Suffix: "<｜tool▁call▁end｜>", JSON: true,
		}
	case FormatDSML:
		return CallSyntax{Prefix: dsmlInvoke + ` name="`, Between: `">` + "\n", Suffix: dsmlInvokeEnd}
	case FormatHarmony:
		return CallSyntax{
			Prefix: "<|channel|>commentary to=functions.", Between: " <|constrain|>json<|message|>", Suffix: "<|call|>", JSON: true,
		}
	case FormatGemma:
		s.Separator = "\n"
	case FormatQwenXML:
		return CallSyntax{Prefix: "<tool_call>\n<function=", Between: ">\n", Suffix: "</function>\n</tool_call>", Separator: "\n"}
	case FormatGemmaCall:
		return CallSyntax{Prefix: "<start_function_call>call:", Suffix: "<end_function_call>"}
	default:
		s.Prefix, s.Suffix, s.Separator = "<tool_call>\n", "\n</tool_call>", "\n"
	}
	return s
}

// Delta is one piece of a parsed answer: text, reasoning, or a fragment of a
// tool call.
type Delta struct {
	Text      string
	Reasoning string
	// ToolCall is not nil for a fragment of a call.
	ToolCall *llm.ToolCallDelta
}

// Options say what to look for in the output.
type Options struct {
	// Tools are those the model was given; without any, calls stay text.
	Tools []llm.Tool
	// ToolChoice of mode none leaves calls as text.
	ToolChoice llm.ToolChoice
	// StartInThinking says that the prompt ended inside open thinking.
	StartInThinking bool
	// NewID names calls; nil makes random ids.
	NewID func() string
}

func randomID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return "call_" + hex.EncodeToString(b[:])
}
