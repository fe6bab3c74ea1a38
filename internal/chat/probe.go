package chat

import (
	"strings"
	"time"

	"irori/internal/llm"
)

// The words that probes look for in what a template prints.
const (
	probeUser   = "irori-probe-user"
	probeAnswer = "irori-probe-answer"
	probeSystem = "irori-probe-system"
	probeTool   = "irori_probe_tool"
	probeValue  = "irori-probe-value"
	probeResult = "irori-probe-result"
)

// probeTime keeps what a template prints the same from run to run.
var probeTime = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)

// probe finds out by rendering what the template can take.
func (t *Template) probe() {
	user := llm.TextMessage(llm.RoleUser, probeUser)
	answer := llm.TextMessage(llm.RoleAssistant, probeAnswer)
	system := llm.TextMessage(llm.RoleSystem, probeSystem)
	q := &t.quirks
	q.reasoningKey = "reasoning_content"
	if !strings.Contains(t.source, q.reasoningKey) && strings.Contains(t.source, "message.thinking") {
		q.reasoningKey = "thinking"
	}

	for _, way := range []struct{ emptyTools, typed bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		try := *q
		try.emptyTools, try.typedContent = way.emptyTools, way.typed
		if t.prints(try, nil, []llm.Message{user}, probeUser) {
			*q = try
			break
		}
	}
	if strings.Contains(t.source, "developer") {
		try := *q
		try.developer = true
		q.developer = t.prints(try, nil, []llm.Message{llm.TextMessage(llm.RoleDeveloper, probeSystem), user}, probeSystem, probeUser)
	}
	t.caps.SupportsSystem = t.prints(*q, nil, []llm.Message{system, user}, probeSystem, probeUser)
	q.foldSystem = !t.caps.SupportsSystem
	if !q.foldSystem {
		late := []llm.Message{user, answer, system, user}
		q.foldLate = !t.prints(*q, nil, late, probeSystem)
		two := []llm.Message{system, llm.TextMessage(llm.RoleSystem, probeAnswer), user}
		q.mergeSystems = !t.prints(*q, nil, two, probeSystem, probeAnswer)
	}
	t.probeTools(user)
	t.probeThinking(user)
}

// prints renders a probe without falling back to other ways, and reports
// whether all words are in the result.
func (t *Template) prints(q quirks, tools []llm.Tool, msgs []llm.Message, words ...string) bool {
	out, err := t.render(Input{Messages: msgs, Tools: tools, AddGenerationPrompt: true, Now: probeTime}, q)
	if err != nil {
		return false
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			return false
		}
	}
	return true
}

func (t *Template) probeTools(user llm.Message) {
	q := &t.quirks
	tools := []llm.Tool{{
		Name: probeTool, Description: "probe",
		Parameters: []byte(`{"type":"object","properties":{"arg":{"type":"string","description":"probe"}},"required":["arg"]}`),
	}}
	t.caps.SupportsTools = t.prints(*q, tools, []llm.Message{user}, probeTool)
	q.toolsInText = !t.caps.SupportsTools
	if q.toolsInText {
		tools = nil
	}
	history := []llm.Message{
		user,
		{Role: llm.RoleAssistant, ToolCalls: []llm.ToolCall{{
			ID: "call00001", Name: probeTool, Arguments: `{"arg":"` + probeValue + `"}`,
		}}},
		{Role: llm.RoleTool, Name: probeTool, ToolCallID: "call00001", Parts: []llm.Part{{Type: llm.PartText, Text: probeResult}}},
	}
	for _, way := range []struct{ stringArgs, nullContent bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		try := *q
		try.stringArgs, try.nullContent = way.stringArgs, way.nullContent
		if t.prints(try, tools, history, probeTool, probeValue, probeResult) && !t.printsPython(try, tools, history) {
			*q = try
			try.stringArgs = true
			q.rawArgs = t.prints(try, tools, history, probeTool, probeValue)
			return
		}
	}
	q.historyInText = true
	if !t.prints(*q, tools, history, probeValue, probeResult) {
		q.mergeTurns = true // two user turns in a row are refused
	}
}

// printsPython reports whether the arguments of a call come out as Python
// prints a dictionary, which means that the template expected JSON text.
func (t *Template) printsPython(q quirks, tools []llm.Tool, msgs []llm.Message) bool {
	return t.prints(q, tools, msgs, "{'arg': '"+probeValue+"'}")
}

func (t *Template) probeThinking(user llm.Message) {
	for _, word := range []string{"enable_thinking", "reasoning_effort", "thinking"} {
		if containsWord(t.source, word) {
			t.caps.SupportsThinking = true
		}
	}
	out, err := t.render(Input{Messages: []llm.Message{user}, AddGenerationPrompt: true, Now: probeTime}, t.quirks)
	t.caps.StartsThinking = err == nil && OpensThinking(out)
}

// containsWord finds word as a name of its own inside a tag.
func containsWord(src, word string) bool {
	for _, before := range []string{"if ", "not ", "and ", "or ", "(", "= "} {
		if strings.Contains(src, before+word+" ") || strings.Contains(src, before+word+")") {
			return true
		}
	}
	return false
}
