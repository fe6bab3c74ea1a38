package said

import (
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/decide"
)

// TestRead checks what is read of a conversation, of prompts, and of both at once.
func TestRead(t *testing.T) {
	n := 50
	talk := &llm.Request{MaxTokens: &n, Stream: true, Tools: []llm.Tool{{Name: "look"}}, Messages: []llm.Message{
		llm.TextMessage(llm.RoleUser, strings.Repeat("word ", 80)), llm.TextMessage(llm.RoleAssistant, "yes"), llm.TextMessage(llm.RoleUser, "囲炉裏"),
	}}
	side := func(*llm.Request) string { return "title" }
	var a decide.Asked
	s := Read(&a, []*llm.Request{talk}, side)
	if s.Last != "囲炉裏" || s.Max != 50 || !s.Stream || s.One != talk || a.Turns != 2 || !a.Tools || a.Several || a.SideCall != "title" {
		t.Errorf("%+v %+v", s, a)
	}
	if s.Had < 95 || s.Had > 105 || a.Tokens-s.Had < 3 || a.Tokens-s.Had > 5 {
		t.Errorf("%d of %d tokens were read", s.Had, a.Tokens)
	}
	a = decide.Asked{}
	prompts := []*llm.Request{{Prompt: "What is a kettle?"}, {Prompt: "And a hearth?"}}
	if s = Read(&a, prompts, side); len(s.Texts) != 2 || s.One != nil || !a.Several || a.SideCall != "" || !strings.Contains(a.Text, "kettle") {
		t.Errorf("%+v %+v", s, a)
	}
	two := *talk
	two.N = 2
	if s = Read(&a, []*llm.Request{&two}, nil); s.One != nil || !a.Several {
		t.Errorf("several answers: %+v %+v", s, a)
	}
	for text, want := range map[string]string{"囲炉裏とは何か": "ja", "東京大学": "ja", "Go言語で quicksort を書いて": "ja", "What does 囲炉裏 mean in English?": "en", "123 + 4": "", "": ""} {
		if got := Language(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
