package side

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"irori/internal/llm"
)

// Kind is what a side call is for.
type Kind string

// The kinds.
const (
	Title      Kind = "title"
	Summary    Kind = "summary"
	Topic      Kind = "topic"
	Tags       Kind = "tags"
	FollowUps  Kind = "follow_ups"
	Query      Kind = "query"
	Completion Kind = "completion"
	Commit     Kind = "commit_message"
	Command    Kind = "command_check"
	Probe      Kind = "probe"
)

// sign is how the instructions of a known client begin.
type sign struct {
	client string
	kind   Kind
	// begins is lower case, blanks made one, and stands at the beginning of a
	// block of the system text, or of the last message.
	begins string
	// tools says that the client offers its tools all the same.
	tools bool
}

// plain are the beginnings that people write as well: they are a client's where
// there is a conversation that they can mean.
var plain = map[string]bool{
	"generate a title for this conversation:":          true,
	"generate a detailed summary of this conversation": true,
}

var signs = []sign{
	{"opencode", Title, "you are a title generator. you output only a thread title", false},
	{"opencode", Title, "generate a title for this conversation:", false},
	{"opencode", Summary, "summarize what was done in this conversation. write like a pull request description", false},
	{"opencode", Summary, "you are an anchored context summarization assistant for coding sessions", false},
	{"opencode", Summary, "you are a helpful ai assistant tasked with summarizing conversations", false},
	{"opencode", Summary, "provide a detailed prompt for continuing our conversation above", true},
	{"Claude Code", Topic, "analyze if this message indicates a new conversation topic. if it does, extract a 2-3 word title", false},
	{"Claude Code", Title, "generate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session", false},
	{"Claude Code", Title, "summarize this coding conversation in under 50 characters", false},
	{"Claude Code", Title, "please write a 5-10 word title for the following conversation", false},
	{"Claude Code", Summary, "your task is to create a detailed summary of the conversation so far, paying close attention to the user's explicit requests", true},
	{"Claude Code", Summary, "critical: respond with text only. do not call any tools.", true},
	{"Claude Code", FollowUps, "[suggestion mode:", true},
	{"Claude Code", Command, "your task is to process bash commands that an ai coding agent wants to run", false},
	{"Claude Code", Command, "extract any file paths that this command reads or modifies", false},
	{"codex", Summary, "you are performing a context checkpoint compaction", true},
	{"codex", Title, "you are a helpful assistant. you will be presented with a user prompt, and your job is to provide a short title for a task", false},
	{"aider", Commit, "you are an expert software engineer that generates concise, one-line git commit messages based on the provided diffs", false},
	{"aider", Summary, "*briefly* summarize this partial conversation about programming", false},
	{"aider", Summary, "briefly summarize this partial conversation about programming", false},
	{"Open WebUI", Title, "### task: generate a concise, 3-5 word title with an emoji summarizing the chat history", false},
	{"Open WebUI", Title, "create a concise, 3-5 word title with an emoji as a title for the chat history", false},
	{"Open WebUI", Tags, "### task: generate 1-3 broad tags categorizing the main themes of the chat history", false},
	{"Open WebUI", FollowUps, "### task: suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next", false},
	{"Open WebUI", Query, "### task: analyze the chat history to determine the necessity of generating search queries", false},
	{"Open WebUI", Query, "### task: analyze the chat history to determine the necessity of generating image", false},
	{"Open WebUI", Completion, "### task: you are an autocompletion system. continue the text in", false},
	{"Open WebUI", Title, "your task is to reflect the speaker's likely facial expression through a fitting emoji", false},
	{"LibreChat", Title, "provide a concise, 5-word-or-less title for the conversation", false},
	{"Continue", Title, "given the following... please reply with a title for the chat that is 3-4 words in length", false},
	{"goose", Title, "based on the conversation so far, provide a concise description of this session in 4 words or less", false},
	{"Chatbox", Title, "based on the chat history, give this conversation a name", false},
	{"Zed", Title, "generate a concise 3-7 word title for this conversation, omitting punctuation", false},
	{"Zed", Summary, "generate a detailed summary of this conversation", false},
}

// fewTokens bounds the answers of probes, some those of titles.
const (
	fewTokens = 8
	someWords = 512
)

// Call reports whether a request is a side call, of what kind, and why. A
// request that is not known for one is none.
func Call(req *llm.Request) (kind Kind, reason string, ok bool) {
	if req.Raw || len(req.Messages) == 0 {
		return "", "", false
	}
	last := req.Messages[len(req.Messages)-1]
	if last.Role != llm.RoleUser {
		return "", "", false
	}
	system, said := beginnings(req, last)
	for _, s := range signs {
		if len(req.Tools) > 0 && !s.tools {
			continue
		}
		texts := system
		if !plain[s.begins] || answered(req) || carries(last) {
			texts = append(texts[:len(texts):len(texts)], said...)
		}
		for _, text := range texts {
			if strings.HasPrefix(text, s.begins) {
				return s.kind, fmt.Sprintf("the instructions begin as those of %s for a %s do", s.client, people(s.kind)), true
			}
		}
	}
	if len(req.Tools) > 0 {
		return "", "", false
	}
	if kind, reason, ok := probe(req, said); ok {
		return kind, reason, ok
	}
	return generic(req, system, said, last)
}

func people(k Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

// beginnings are the blocks of the system text and of the last message, each
// its first characters, in lower case.
func beginnings(req *llm.Request, last llm.Message) (system, said []string) {
	for _, m := range req.Messages {
		if m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper {
			system = append(system, blocks(m)...)
		}
	}
	return system, blocks(last)
}

// most bounds what is looked at of a block.
const most = 600

func blocks(m llm.Message) []string {
	var out []string
	for _, p := range m.Parts {
		if p.Type != llm.PartText {
			continue
		}
		for i, block := range strings.SplitN(head(p.Text, 2*most), "\n\n", 4) {
			// A later paragraph of a user's text is what the user wrote or
			// pasted; clients join the blocks of their own instructions so.
			if i > 0 && m.Role == llm.RoleUser {
				break
			}
			if block = strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(head(block, most))), " ")); block != "" {
				out = append(out, block)
			}
		}
	}
	return out
}

func head(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// probe knows requests that ask whether there is anybody: a word, and one token
// for an answer.
func probe(req *llm.Request, said []string) (Kind, string, bool) {
	if len(req.Messages) > 2 || len(said) != 1 || req.MaxTokens == nil || *req.MaxTokens > fewTokens {
		return "", "", false
	}
	switch said[0] {
	case "quota", "count", "warmup", "ping", "test", "hi", "hello":
		return Probe, fmt.Sprintf("the client asks for at most %d tokens on %q: it looks whether anybody answers", *req.MaxTokens, said[0]), true
	}
	return "", "", false
}

func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// Instructions of clients that are not known ask for a title, or a summary, of
// the conversation itself.
var (
	titleEn = lazy(`^(you are (a|an) [^.]{0,60}(title|naming)[^.]{0,60}\.|(please |now |### task: |your task is to )?(generate|create|write|provide|give|suggest|come up with|make)( me)? (a|an|one|only a)? ?(?P<what>[^.\n]{0,50})\b(title|name|topic|subject line)\b[^.\n]{0,40}\b(this|the|our|following|above|a) [^.\n]{0,20}\b(conversation|chat|thread|dialogue|session|discussion|chat history)\b)`)
	titleJa = lazy(`^(あなたは[^。]{0,40}(タイトル|題名|件名)[^。]{0,40}(生成|作成|付け|つけ)|(この|次の|以下の|上記の|ここまでの|これまでの)(会話|対話|チャット|やり取り|やりとり|スレッド|セッション)(の内容)?(に|を|の|から)[^。]{0,40}(タイトル|題名|件名|見出し)|(タイトル|題名)[^。]{0,10}(会話|チャット)[^。]{0,20}(付け|つけ|作))`)
	sumEn   = lazy(`^(you are (a|an) [^.]{0,60}summari[sz][^.]{0,60}(conversation|chat|session)|(please |now |### task: |your task is to )?(summari[sz]e|create a [^.\n]{0,30}summary of|write a [^.\n]{0,30}summary of|compress|condense) (the|this|our|following|above|partial|previous)[^.\n]{0,30}\b(conversation|chat|thread|dialogue|session|chat history)\b)`)
	sumJa   = lazy(`^(あなたは[^。]{0,40}(会話|対話|チャット)[^。]{0,20}要約|(この|次の|以下の|上記の|ここまでの|これまでの)(会話|対話|チャット|やり取り|やりとり|スレッド|セッション)(の内容|履歴)?を[^。]{0,30}(要約|まとめ))`)
	// transcript is a conversation in a text.
	transcript = lazy(`(?mi)<(chat_history|conversation|messages|session|transcript)>|^\s*\**(user|human|assistant|ユーザー|アシスタント)\**\s*[:：]`)
)

// generic knows titles and summaries by what instructions say and requests
// lack: tools, and room for a long answer or a conversation as messages.
func generic(req *llm.Request, system, said []string, last llm.Message) (Kind, string, bool) {
	for _, k := range []struct {
		kind   Kind
		en, ja func() *regexp.Regexp
	}{{Title, titleEn, titleJa}, {Summary, sumEn, sumJa}} {
		matches := func(list []string) bool {
			for _, t := range list {
				if asksFor(k.en(), t) || asksFor(k.ja(), t) {
					return true
				}
			}
			return false
		}
		small := req.MaxTokens != nil && *req.MaxTokens <= someWords
		switch {
		case matches(system):
			return k.kind, "the instructions ask for a " + people(k.kind) + " of the conversation, and no tools are offered", true
		case !matches(said):
		case carries(last):
			return k.kind, "the message asks for a " + people(k.kind) + " of a conversation that it carries, and no tools are offered", true
		case small && k.kind == Title && answered(req) && !qualified(said):
			return k.kind, "the message asks for a title of the conversation in few tokens, and no tools are offered", true
		}
	}
	return "", "", false
}

// answered reports whether a request has turns before its last message, and so a
// conversation of its own.
func answered(req *llm.Request) bool {
	for _, m := range req.Messages {
		if m.Role == llm.RoleAssistant {
			return true
		}
	}
	return false
}

// carries reports whether a message has a conversation in its text.
func carries(m llm.Message) bool { return transcript().MatchString(head(m.Text(), 1<<16)) }

// qualified reports whether a conversation is told apart from this one: two
// lovers', or one to be published. Clients say only which one they mean.
func qualified(said []string) bool {
	for _, t := range said {
		if otherTalk().MatchString(t) {
			return true
		}
	}
	return false
}

var otherTalk = lazy(`\b(conversation|chat|thread|dialogue|session|discussion|chat history) (between|about|among|from|of|on|in (my|the|a)|where|which|that|i|with)\b`)

// asksFor reports whether a text begins with an instruction of a pattern: for
// the thing itself, and not for something that makes or shows such things.
func asksFor(p *regexp.Regexp, text string) bool {
	m := p.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	i := p.SubexpIndex("what")
	return i < 0 || !makes().MatchString(m[i])
}

var makes = lazy(`\b(that|which|to|function|class|component|page|script|program|code|prompt|method|api|tool|field|column|button|story|poem|song|list)\b`)
