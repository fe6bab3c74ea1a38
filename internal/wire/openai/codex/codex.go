// Package codex writes the list of models that codex reads, so that it knows
// their windows and sends them a prompt that they can take.
//
// It is pure, and knows no requests: codex asks by the Responses API.
package codex

import (
	"bytes"
	"encoding/json"
)

// Model is a model as codex's catalogue describes it.
type Model struct {
	ID string
	// Context is the longest prompt and answer in tokens, 0 where not known.
	Context int
}

// modelBody has the fields that codex refuses to miss, and those that make it
// ask for no more than a model here can do.
type modelBody struct {
	Slug         string     `json:"slug"`
	DisplayName  string     `json:"display_name"`
	Priority     int        `json:"priority"`
	Visibility   string     `json:"visibility"`
	InAPI        bool       `json:"supported_in_api"`
	Shell        string     `json:"shell_type"`
	Context      int        `json:"context_window,omitempty"`
	Modalities   []string   `json:"input_modalities"`
	Verbosity    bool       `json:"support_verbosity"`
	Levels       []string   `json:"supported_reasoning_levels"`
	Parallel     bool       `json:"supports_parallel_tool_calls"`
	Truncation   truncation `json:"truncation_policy"`
	Experimental []string   `json:"experimental_supported_tools"`
	Instructions string     `json:"base_instructions"`
}

type truncation struct {
	Mode  string `json:"mode"`
	Limit int    `json:"limit"`
}

// toolOutput is how many tokens of a tool's output codex may send back: a
// small context is gone after a few of the usual ten thousand.
func toolOutput(context int) int {
	if context == 0 {
		return 10000
	}
	return min(10000, max(500, context/8))
}

// agentInstructions are what an agent on a small model is told in place of its
// program's own instructions, which take 17 KB.
const agentInstructions = "You are a coding agent that works in a terminal, in the user's current folder. " +
	"Do what the user asks with the tools you have, and go on until it is done.\n\n" +
	"- Look before you change: read the files that matter, and keep to the style that is there.\n" +
	"- Change only what the task needs. Never undo changes that you did not make.\n" +
	"- Run commands with the shell tool. Write a file with a here-document, or edit it in place. Do not start programs that wait for input.\n" +
	"- After a change, check it: run the program or its tests where there are any.\n" +
	"- When a command fails, read its message and try another way; do not repeat it as it was.\n" +
	"- When you are done, say in a few sentences what you did and what the user should know."

// Catalogue writes the list of models that codex reads, in the order of the
// list.
func Catalogue(list []Model) (json.RawMessage, error) {
	out := make([]modelBody, len(list))
	for i, m := range list {
		out[i] = modelBody{
			Slug: m.ID, DisplayName: m.ID, Priority: i + 1, Visibility: "list", InAPI: true, Shell: "shell_command", Context: m.Context,
			Modalities: []string{"text"}, Levels: []string{}, Parallel: true, Truncation: truncation{"tokens", toolOutput(m.Context)},
			Experimental: []string{}, Instructions: agentInstructions,
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(out)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
