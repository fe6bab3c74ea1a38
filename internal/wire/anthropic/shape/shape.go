// Package shape holds what both halves of Anthropic's dialect write or read, the
// server's and the client's: the envelope and the names of errors, the input of a
// call, and how JSON is written.
//
// It knows neither requests nor answers.
package shape

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// StatusOverloaded is Anthropic's status of a server that has too much to do.
const StatusOverloaded = 529

// kinds are Anthropic's names of errors, by status.
var kinds = map[int]string{
	http.StatusUnauthorized:          "authentication_error",
	http.StatusPaymentRequired:       "billing_error",
	http.StatusForbidden:             "permission_error",
	http.StatusNotFound:              "not_found_error",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusTooManyRequests:       "rate_limit_error",
	http.StatusGatewayTimeout:        "timeout_error",
	StatusOverloaded:                 "overloaded_error",
}

// KindOfStatus names an error by its status.
func KindOfStatus(status int) string {
	switch kind := kinds[status]; {
	case kind != "":
		return kind
	case status >= 400 && status < 500:
		return "invalid_request_error"
	}
	return "api_error"
}

// Error is the envelope of an error.
type Error struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
	RequestID string `json:"request_id,omitempty"`
}

// OutputDetails are parts of the tokens of an answer.
type OutputDetails struct {
	ThinkingTokens int `json:"thinking_tokens"`
}

// ToolInput is the arguments of a call as an object. What a model wrote badly,
// or what was cut off, stands as text under the name that the vendor advises.
func ToolInput(args string) json.RawMessage {
	args = strings.TrimSpace(args)
	if args == "" {
		return json.RawMessage(`{}`)
	}
	if args[0] == '{' && json.Valid([]byte(args)) {
		return json.RawMessage(args)
	}
	b, err := Marshal(map[string]string{"INVALID_JSON": args})
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return b
}

// Absent reports whether a part was left out, or sent as null.
func Absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// Short cuts a text that is shown in an error.
func Short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Marshal writes JSON without escaping HTML: text is shown as it is.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
