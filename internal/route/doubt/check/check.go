package check

import (
	"fmt"
	"strings"

	"irori/internal/llm"
)

// Answer is what came, without thinking.
type Answer struct {
	Text   string
	Calls  []llm.ToolCall
	Finish llm.FinishReason
	// Most is how many tokens it can have at most: as many as were counted, or
	// its bytes; 0 where that is not known.
	Most int
}

// Kind tells findings apart.
type Kind string

// The kinds of findings.
const (
	Empty      Kind = "empty"
	Truncated  Kind = "truncated"
	Filtered   Kind = "filtered"
	JSON       Kind = "json"
	Schema     Kind = "schema"
	Tool       Kind = "tool"
	Code       Kind = "code"
	Refusal    Kind = "refusal"
	Repetition Kind = "repetition"
	Language   Kind = "language"
	Citation   Kind = "citation"
)

// Finding is something wrong, with the reason in words.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
}

// Whole checks an answer that has ended.
func Whole(req *llm.Request, a Answer) []Finding {
	var out []Finding
	found := func(k Kind, reason string) {
		if reason != "" {
			out = append(out, Finding{k, reason})
		}
	}
	text := shown(req, a.Text)
	if text == "" && len(a.Calls) == 0 && !wantsNothing(req) {
		found(Empty, "the answer is empty")
	}
	switch a.Finish {
	case llm.FinishLength:
		found(Truncated, cutOff(req, a.Most))
	case llm.FinishContentFilter:
		found(Filtered, "a filter of the server ended the answer")
	}
	found(Tool, tools(req, a))
	if len(a.Calls) == 0 && text != "" {
		if k, reason := format(req, text); reason != "" {
			found(k, reason)
		}
		if !req.Raw {
			found(Code, programs(text))
			found(Citation, uncited(req, text))
		}
	}
	return append(out, spoken(req, text)...)
}

// Begun checks the first part of an answer that goes on: what is wrong with it
// now stays wrong.
func Begun(req *llm.Request, a Answer) []Finding {
	out := spoken(req, shown(req, a.Text))
	for _, c := range a.Calls {
		if reason := stranger(req, c.Name); reason != "" {
			out = append(out, Finding{Tool, reason})
			break
		}
	}
	return out
}

// spoken are the checks of words.
func spoken(req *llm.Request, text string) []Finding {
	if text == "" {
		return nil
	}
	var out []Finding
	declined, strayed := refuses(text), wrongLanguage
	if req.Raw {
		declined, strayed = declines(req, text), strays
	}
	structured := req.Format.Kind != llm.FormatText
	if !asksRepetition(req) {
		reason, slow := "", patient(req)
		if reason = loop(text, slow); reason == "" && !slow && !structured {
			reason = sameItems(req, text)
		}
		if reason != "" {
			out = append(out, Finding{Repetition, reason})
		}
	}
	if !structured {
		if declined {
			out = append(out, Finding{Refusal, "the answer declines to do what was asked"})
		}
		if reason := strayed(req, text); reason != "" {
			out = append(out, Finding{Language, reason})
		}
	}
	return out
}

// cutOff says why an answer that met a bound is incomplete. Another would meet
// the client's own bound too, so that one says nothing; one that ended far below
// it met a bound of the server's.
func cutOff(req *llm.Request, most int) string {
	switch wanted := req.MaxTokens; {
	case wanted == nil && req.Raw && most > 0 && most <= defaultTokens:
		return "" // all servers end there, where the client does not say
	case wanted == nil:
		return "the answer was cut off: the context was full"
	case most > 0 && most < *wanted-*wanted/8-2:
		return fmt.Sprintf("the answer was cut off by its server: %d tokens were asked for", *wanted)
	}
	return ""
}

// defaultTokens is how many the completions of OpenAI's API have by default.
const defaultTokens = 16

// asked is what the user said last, or what a prompt without turns ends with,
// and instructions what stands above.
func asked(req *llm.Request) string {
	if req.Messages == nil {
		return marker().ReplaceAllString(Ending(req.Prompt), " ")
	}
	for i := len(req.Messages) - 1; i >= 0; i-- {
		if m := req.Messages[i]; m.Role == llm.RoleUser {
			return m.Text()
		}
	}
	return ""
}

func instructions(req *llm.Request) string {
	var b strings.Builder
	for _, m := range req.Messages {
		if m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper {
			b.WriteString(m.Text())
			b.WriteByte('\n')
		}
	}
	return b.String()
}
