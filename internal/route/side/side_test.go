package side

import (
	"testing"

	"irori/internal/llm"
)

type ask struct {
	system string
	turns  []string // user, assistant, user …
	tools  bool
	max    int
}

func (a ask) request() *llm.Request {
	r := &llm.Request{}
	if a.system != "" {
		r.Messages = append(r.Messages, llm.TextMessage(llm.RoleSystem, a.system))
	}
	for i, t := range a.turns {
		role := llm.RoleUser
		if i%2 == 1 {
			role = llm.RoleAssistant
		}
		r.Messages = append(r.Messages, llm.TextMessage(role, t))
	}
	if a.tools {
		r.Tools = []llm.Tool{{Name: "read"}}
	}
	if a.max > 0 {
		r.MaxTokens = &a.max
	}
	return r
}

func one(s string) []string { return []string{s} }

// TestCalls has how requests of clients begin.
func TestCalls(t *testing.T) {
	for name, c := range map[string]struct {
		ask
		want Kind
	}{
		"opencode title":       {ask{system: "You are a title generator. You output ONLY a thread title. Nothing else.\n\n<task>\nGenerate a brief title", turns: []string{"Generate a title for this conversation:\n", "", "fix the build"}}, Title},
		"opencode pr":          {ask{system: "Summarize what was done in this conversation. Write like a pull request description.", turns: one("…")}, Summary},
		"claude topic":         {ask{system: "You are Claude Code, Anthropic's official CLI for Claude.\n\nAnalyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures the new topic.", turns: one("how do I build this?"), max: 512}, Topic},
		"claude title":         {ask{system: "x-anthropic-billing-header: cc_version=2.1.126;\n\nYou are a Claude agent.\n\nGenerate a concise, sentence-case title (3-7 words) that captures the main topic or goal of this coding session. The title", turns: one("fix it")}, Title},
		"claude 5-10":          {ask{turns: one("Please write a 5-10 word title for the following conversation:\n\nUser: 修 bug")}, Title},
		"claude compact":       {ask{tools: true, turns: []string{"fix", "done", "Your task is to create a detailed summary of the conversation so far, paying close attention to the user's explicit requests and your previous actions."}}, Summary},
		"claude suggestion":    {ask{tools: true, turns: []string{"fix", "done", "[SUGGESTION MODE: Suggest what the user might naturally type next]"}}, FollowUps},
		"claude quota":         {ask{turns: one("quota"), max: 1}, Probe},
		"codex compact":        {ask{tools: true, turns: []string{"fix", "done", "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another LLM that will resume the task."}}, Summary},
		"aider commit":         {ask{system: "You are an expert software engineer that generates concise, one-line Git commit messages based on the provided diffs.\nReview", turns: one("diff --git a b")}, Commit},
		"aider summary":        {ask{system: "*Briefly* summarize this partial conversation about programming.\nInclude less detail", turns: one("# USER\nhello")}, Summary},
		"open webui title":     {ask{turns: one("### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Guidelines:\n- x\n<chat_history>\nUSER: hi\n</chat_history>")}, Title},
		"open webui tags":      {ask{turns: one("### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history, along with")}, Tags},
		"open webui follow-up": {ask{turns: one("### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next in this conversation")}, FollowUps},
		"open webui query":     {ask{turns: one("### Task:\nAnalyze the chat history to determine the necessity of generating search queries, in the given language.")}, Query},
		"open webui complete":  {ask{turns: one("### Task:\nYou are an autocompletion system. Continue the text in `<text>` based on the")}, Completion},
		"opencode merged":      {ask{turns: []string{"fix the build", "done", "Generate a title for this conversation:\n"}}, Title},
		"zed summary":          {ask{turns: []string{"fix the build", "done", "Generate a detailed summary of this conversation. Include:\n1. A brief overview"}}, Summary},
		"librechat":            {ask{turns: one("Provide a concise, 5-word-or-less title for the conversation, using title case conventions. Only return the title itself.\n\nUser: hi")}, Title},
		"unknown en":           {ask{system: "Generate a short title for the following chat. Answer with the title only.", turns: one("hello")}, Title},
		"unknown in message":   {ask{turns: one("Write a short title for this conversation.\n\nUser: my cat is ill\nAssistant: see a vet")}, Title},
		"unknown, few tokens":  {ask{turns: []string{"my cat is ill", "see a vet", "Give a concise title for our conversation."}, max: 32}, Title},
		"unknown summary":      {ask{turns: one("Summarize the following conversation in two sentences.\n\nUser: my cat is ill\nAssistant: see a vet")}, Summary},
		"ja title":             {ask{system: "あなたは会話のタイトルを生成するアシスタントです。タイトルだけを出力してください。", turns: one("猫の具合が悪い")}, Title},
		"ja message":           {ask{turns: one("以下の会話に短いタイトルを付けてください。\n\nユーザー：猫の具合が悪い\nアシスタント：獣医へ")}, Title},
		"ja few tokens":        {ask{turns: []string{"猫の具合が悪い", "獣医へ", "この会話に10文字以内の題名を付けてください。"}, max: 32}, Title},
		"ja summary":           {ask{turns: one("以下の会話を三行で要約してください。\n\nユーザー：猫の具合が悪い\nアシスタント：獣医へ")}, Summary},
	} {
		kind, reason, ok := Call(c.request())
		if !ok || kind != c.want || reason == "" {
			t.Errorf("%s: %q %q %v, want %s", name, kind, reason, ok, c.want)
		}
	}
}

// TestOrdinary has requests of people that speak of the same things.
func TestOrdinary(t *testing.T) {
	for name, c := range map[string]ask{
		"lovers":                {turns: one("Please write a title for this conversation between two lovers"), max: 20},
		"lovers, room":          {turns: one("Please write a title for this conversation between two lovers"), max: 300},
		"to be published":       {turns: one("Generate a title for this conversation about trade policy that I will publish"), max: 20},
		"published, room":       {turns: one("Generate a title for this conversation about trade policy that I will publish"), max: 300},
		"lovers, later":         {turns: []string{"I write a play", "Good", "Please write a title for this conversation between two lovers"}, max: 20},
		"a play's talk":         {turns: one("Generate a title for this conversation:\n\nRomeo: It is the lark.\nJuliet: It is not."), max: 20},
		"a play's summary":      {turns: one("Generate a detailed summary of this conversation between Romeo and Juliet."), max: 300},
		"ja lovers":             {turns: one("この会話に短いタイトルを付けてください。「愛している」「私も」"), max: 32},
		"title of a post":       {turns: one("Write a title for my blog post about cats.")},
		"titles of a talk":      {turns: one("Suggest five titles for a talk about the history of chat programs."), max: 200},
		"code of titles":        {turns: one("Write a function that generates a title for a conversation."), max: 400},
		"html title":            {turns: one("How do I change the <title> of the page during a session?")},
		"question on a prompt":  {turns: one("What does this prompt do: “You are a title generator. You output ONLY a thread title. Nothing else.”?")},
		"prompt below":          {turns: one("Please review my prompt.\n\nYou are a title generator. You output ONLY a thread title. Nothing else.")},
		"article":               {turns: one("Summarize the following article.\n\nUser interfaces have changed a lot since …")},
		"book":                  {turns: one("Summarize this book in ten sentences."), max: 300},
		"summary in a chat":     {turns: []string{"tell me of Rome", "Rome is …", "Summarize this conversation so far, and then tell me what to see first."}},
		"title with tools":      {system: "You are a coding agent.", turns: one("Generate a short title for this conversation page in app.tsx"), tools: true, max: 4096},
		"agent":                 {system: "You are opencode, an interactive CLI tool. You may be asked to generate a title for a conversation.", turns: one("add a title generator to the app"), tools: true},
		"tool result last":      {system: "You are Claude Code.", turns: []string{"fix", "calling"}, tools: true},
		"prompt with tools":     {system: "You are a title generator. You output ONLY a thread title. Nothing else.", turns: one("fix it"), tools: true},
		"word and room":         {turns: one("quota"), max: 400},
		"short answer":          {turns: one("Is 7 a prime? Answer yes or no."), max: 1},
		"long hello":            {turns: one("hello")},
		"commit by user":        {turns: one("Write a commit message for this diff: …")},
		"assistant about chats": {system: "You are a helpful assistant in a chat. Give short answers with a title.", turns: one("What is Rome?")},
		"ja post":               {turns: one("ブログ記事のタイトルを考えてください。猫についての記事です。"), max: 100},
		"ja film":               {turns: one("この映画の題名は何ですか。")},
		"ja article":            {turns: one("次の記事を要約してください。\n\n会話の研究が進んでいる。")},
		"ja talk":               {turns: one("会話が続くコツをまとめてください。")},
		"ja mention":            {turns: one("会話のタイトルを自動で付ける機能はどう作りますか。"), max: 300},
		"ja agent":              {system: "あなたは親切なアシスタントです。回答にはタイトルを付けてください。", turns: one("ローマとは何ですか。")},
	} {
		if kind, reason, ok := Call(c.request()); ok {
			t.Errorf("%s: taken for %s: %s", name, kind, reason)
		}
	}
	raw := ask{turns: one("quota"), max: 1}.request()
	raw.Raw, raw.Prompt = true, "Generate a title for this conversation:"
	if _, _, ok := Call(raw); ok {
		t.Error("a completion was taken for a side call")
	}
}
