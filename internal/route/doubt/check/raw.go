package check

import (
	"slices"
	"strings"
	"unicode/utf8"

	"irori/internal/llm"
)

// mostEnding bounds what counts as the question of a prompt without turns, in
// bytes: as long as what people say in a turn.
const mostEnding = 2000

// Ending is what a prompt without turns asks. All before it is what a
// conversation's earlier turns are: examples, a file up to where it goes on.
func Ending(prompt string) string {
	if len(prompt) <= mostEnding {
		return prompt
	}
	end := prompt[len(prompt)-mostEnding:]
	if _, whole, ok := strings.Cut(end, "\n"); ok && len(whole) >= mostEnding/2 {
		return whole
	}
	for !utf8.RuneStart(end[0]) {
		end = end[1:]
	}
	return end
}

// shown is an answer without the prompt that a client wants in front of it.
func shown(req *llm.Request, text string) string {
	if req.Raw && req.Echo {
		text = strings.TrimPrefix(text, req.Prompt)
	}
	return strings.TrimSpace(text)
}

// wantsNothing reports a prompt that is only to be read, for its probabilities.
func wantsNothing(req *llm.Request) bool {
	return req.Raw && req.MaxTokens != nil && *req.MaxTokens == 0
}

// codeLine is a line that no prose has. Prompts of programs are continued, and
// what stands in a program is neither a language nor a refusal.
var codeLine = lazy(`^\s*(def |class |func |function |fn |import |from \S+ import|package |#include|#!/|public |private |protected |static |const |let |var |return\b|if \(|for \(|while \(|(if|for|while|elif|else|try|with|except)\b.*:$|@\w+|//|/\*|</?[a-zA-Z][^>]*>|(?i:select|insert|update|create table)\s.*\b(from|into|set|\()|\$ |[}\])]+[;,]?$)` +
	`|[;{]\s*$|^\s*[\w.\[\]]+ ?(:=|=|\+=) ?\S|^\s*[\w.]+\([^)]*\)\s*$`)

// isCode reports a prompt that ends in a program: in a fence that is open, or
// with lines of one.
func isCode(prompt string) bool {
	if strings.Count(prompt, "```")%2 == 1 {
		return true
	}
	lines := filledLines(prompt)
	if len(lines) == 0 {
		return false
	}
	tail := lines[max(0, len(lines)-8):]
	n := 0
	for _, l := range tail {
		if codeLine().MatchString(l) {
			n++
		}
	}
	return 2*n >= len(tail)
}

func filledLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \t\r\n"); strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
	}
	return out
}

// label is what the lines of examples begin with, and those of a transcript.
var label = lazy(`^\s*(\(?[0-9]{1,3}[.)]\s|[-*•・]\s|[\p{L}\p{N}_ ()./-]{1,24}\s*([:：]|[-=]+>|→))`)

// unlabelled are the lines of a prompt without what they begin with.
func unlabelled(prompt string) []string {
	var out []string
	for _, l := range filledLines(prompt) {
		out = append(out, strings.TrimSpace(l[len(label().FindString(l)):]))
	}
	return out
}

// inSpeech reports a prompt that ends within what somebody says: what follows
// are the words of that one, not the model's.
func inSpeech(prompt string) bool {
	tail := strings.TrimSpace(prompt)
	tail = tail[strings.LastIndexByte(tail, '\n')+1:]
	for _, q := range [][2]string{{"「", "」"}, {"『", "』"}, {"“", "”"}} {
		if strings.LastIndex(tail, q[0]) > strings.LastIndex(tail, q[1]) {
			return true
		}
	}
	return strings.Count(tail, `"`)%2 == 1
}

// written is what letters and tales have that go on in a prompt: an apology in
// them is part of the text.
var written = lazy(`(?im)^\s*(dear|hi|hello) [^\n]{1,40},\s*$|^\s*(subject|from|to)\s*:|(様|さん)[、,]?\s*$|件名\s*[:：]|once upon a time|昔々|むかしむかし|\b(s?he|they|her|his|i) (said|asked|replied|answered|looked|turned|whispered)\b`)

// declines reports a refusal of a raw prompt. In speech, letters, examples that
// refuse, and programs it is the text that says so, and nobody declines.
func declines(req *llm.Request, text string) bool {
	if !refuses(text) {
		return false
	}
	p := asked(req)
	return !inSpeech(p) && !isCode(p) && !written().MatchString(p) && !slices.ContainsFunc(unlabelled(p), refuses)
}

// turned is how a prompt ends that wants something put otherwise, in whatever
// script: behind an arrow, or a label that names a language.
var turned = lazy(`(?i)([-=]+>|→|⇒|\b(ja|jp|jpn|en|eng|zh|ko|fr|de|es|it|ru|pt|target|output|translation)\s*[:：=]|(和|英|出力|訳文?)\s*[:：])\s*$`)

// marker is what templates write around turns.
var marker = lazy(`<\|[^|<>]{1,40}\|>\s*(system|user|assistant)?|</?(s|bos|eos|start_of_turn|end_of_turn)>\s*(user|model)?|\[/?INST\]`)

// strays says that what goes on from a prompt is in another script than all of
// that.
func strays(req *llm.Request, text string) string {
	p := asked(req)
	s := scriptsOf(p)
	one := 5*(s.kana+s.han) >= 4*s.all() || 5*s.latin >= 4*s.all()
	if !one || isCode(p) || turned().MatchString(p) || codeish(text) {
		return ""
	}
	return wrongLanguage(req, text)
}

// codeish reports an answer that is a program.
func codeish(text string) bool {
	lines := filledLines(text)
	n := 0
	for _, l := range lines {
		if codeLine().MatchString(l) {
			n++
		}
	}
	return 2*n >= len(lines)
}
