package sign

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"irori/internal/llm"
)

// head is how much of a result is read: what tells of a failure stands in
// front; a JSON object is read whole up to maxObject.
const (
	head      = 2 << 10
	maxObject = 256 << 10
)

var (
	exited = regexp.MustCompile(`(?i)^\W{0,3}(?:(?:(?:process|command)\s+)?(?:exited|finished)\s+with\s+(?:exit\s+)?|exit[ _-]?|return[ _-]?)(?:code|status)[ :=]+(-?\d{1,6})\b`)
	failed = regexp.MustCompile(`(?i)^\W{0,2}(?:<tool_use_error>|error\b|fatal\b|traceback \(most recent|exception\b|エラー)`)
	// unread are the words of a program that could not make anything of a call.
	unread = regexp.MustCompile(`(?i)inputvalidationerror|invalid (?:tool )?(?:argument|parameter|input|json)|(?:unknown|no such|invalid|unavailable) (?:tool|function)|` +
		`tool \S{1,80} (?:not found|does not exist)|missing (?:a )?required|required (?:parameter|property|argument)|failed to parse (?:function |tool )?arguments|unexpected (?:property|argument)|not valid json`)
)

// Results reads what tools reported of the calls of one answer: score is 0
// where one failed, 1 where all say that they ended well; ok is false where
// they say nothing of it.
func Results(messages []llm.Message) (kind Kind, score float64, ok bool) {
	fine := 0
	for _, m := range messages {
		if m.Role != llm.RoleTool {
			continue
		}
		switch result(m) {
		case misread:
			return Call, 0, true
		case bad:
			kind, ok = Tool, true
		case good:
			fine++
		}
	}
	if ok {
		return kind, 0, true
	}
	if fine > 0 && fine == len(messages) {
		return Tool, 1, true
	}
	return "", 0, false
}

type outcome int

const (
	silent outcome = iota
	good
	bad
	misread
)

func result(m llm.Message) outcome {
	whole := strings.TrimSpace(m.Text())
	text := whole[:min(len(whole), head)]
	out := silent
	var object map[string]json.RawMessage
	if strings.HasPrefix(whole, "{") && len(whole) <= maxObject && json.Unmarshal([]byte(whole), &object) == nil {
		out = ofObject(object, 0)
	} else if x := exited.FindStringSubmatch(text); x != nil {
		out = ofStatus(x[1])
	} else if failed.MatchString(text) {
		out = bad
	}
	if m.ToolFailed {
		out = bad
	}
	if out == bad && unread.MatchString(text) {
		return misread
	}
	return out
}

func ofStatus(s string) outcome {
	if n, err := strconv.Atoi(s); err != nil || n != 0 {
		return bad
	}
	return good
}

// ofObject looks for the members by which tools tell how they ended.
func ofObject(object map[string]json.RawMessage, depth int) outcome {
	for _, name := range []string{"exit_code", "exitCode", "exit_status", "exitStatus", "returncode", "return_code"} {
		if raw, ok := object[name]; ok && string(raw) != "null" {
			return ofStatus(strings.Trim(string(raw), `"`))
		}
	}
	for _, name := range []string{"is_error", "isError"} {
		if string(object[name]) == "true" {
			return bad
		}
	}
	for _, name := range []string{"success", "ok"} {
		switch string(object[name]) {
		case "true":
			return good
		case "false":
			return bad
		}
	}
	switch raw := string(object["error"]); raw {
	case "", "null", `""`, "false", "{}", "[]":
	default:
		return bad
	}
	if depth > 0 {
		return silent
	}
	for _, name := range []string{"metadata", "result"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(object[name], &inner) == nil && inner != nil {
			if out := ofObject(inner, depth+1); out != silent {
				return out
			}
		}
	}
	return silent
}
