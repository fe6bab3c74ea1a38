// Package said reads what requests say, for who decides where they go: how much
// that is, in which language, what it needs, and what the question is.
//
// It decides nothing, and keeps nothing.
package said

import (
	"strings"
	"unicode"

	"irori/internal/llm"
	"irori/internal/route/decide"
	"irori/internal/route/doubt/check"
)

// Said is what requests that belong together say, beside what a decision asks.
type Said struct {
	// Last is the last thing that the user said, Texts those of several prompts,
	// each a question of its own.
	Last  string
	Texts []string
	// Max is the most tokens of the answer, 0 where that is open; Had is about how
	// many tokens of the prompt whoever answered last has read.
	Max, Had int
	// Stream says that the answer is streamed.
	Stream bool
	// One is the request, where there is one alone that wants one answer.
	One *llm.Request
}

// Read goes through what is said in the requests, and tells a what it asks of
// that. side, where set, says what a call beside a conversation is for.
func Read(a *decide.Asked, reqs []*llm.Request, side func(*llm.Request) string) (s Said) {
	var whole strings.Builder
	add := func(text string) {
		if text != "" {
			whole.WriteString(text)
			whole.WriteByte('\n')
		}
	}
	earlier := 0
	for _, x := range reqs {
		add(x.Prompt)
		if x.Messages == nil {
			s.Last = check.Ending(x.Prompt)
			s.Texts = append(s.Texts, s.Last)
		}
		a.Tokens += len(x.PromptTokens)
		a.Tools = a.Tools || len(x.Tools) > 0
		a.Schema = a.Schema || x.Format.Kind != ""
		for _, t := range x.Tools {
			add(t.Name)
			add(t.Description)
			add(string(t.Parameters))
		}
		for _, m := range x.Messages {
			said := ""
			for _, p := range m.Parts {
				add(p.Text)
				said += p.Text
				a.Images = a.Images || p.Type == llm.PartImage
			}
			for _, call := range m.ToolCalls {
				add(call.Name)
				add(string(call.Arguments))
			}
			switch m.Role {
			case llm.RoleUser:
				a.Turns++
				s.Last = said
			case llm.RoleAssistant:
				earlier = whole.Len()
			}
		}
		if x.MaxTokens != nil {
			s.Max = max(s.Max, *x.MaxTokens)
		}
		s.Stream = s.Stream || x.Stream
		if len(reqs) == 1 && x.Choices() == 1 {
			s.One = x
		}
		if side != nil && len(reqs) == 1 {
			a.SideCall = side(x)
		}
	}
	a.Text = whole.String()
	s.Had = tokens(a.Text[:earlier])
	a.Tokens += s.Had + tokens(a.Text[earlier:])
	a.Several = len(reqs) > 0 && s.One == nil
	return s
}

// tokens is about how many a text has: four letters of Latin make one, and a
// character of Japanese about one.
func tokens(s string) int {
	narrow, wide := 0, 0
	for _, c := range s {
		if c < 0x3000 {
			narrow++
		} else {
			wide++
		}
	}
	return (narrow+3)/4 + wide
}

// Language is ja where Japanese is written, en where Latin letters are, and
// else nothing.
func Language(s string) string {
	kana, han, latin := 0, 0, 0
	for _, c := range s {
		switch {
		case unicode.In(c, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, c):
			han++
		case unicode.Is(unicode.Latin, c):
			latin++
		}
	}
	switch {
	case kana > 0 && (kana+han)*4 >= latin || han > latin:
		return "ja"
	case latin > 0:
		return "en"
	}
	return ""
}
