package ask

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"irori/internal/llm"
	"irori/internal/wire/anthropic/shape"
)

// codes turn Anthropic's names of errors into codes.
var codes = map[string]llm.Code{
	"invalid_request_error": llm.CodeInvalidRequest,
	"authentication_error":  llm.CodeUnauthorized,
	"billing_error":         llm.CodeForbidden,
	"permission_error":      llm.CodeForbidden,
	"not_found_error":       llm.CodeModelNotFound,
	"request_too_large":     llm.CodeTooLarge,
	"rate_limit_error":      llm.CodeOverloaded,
	"overloaded_error":      llm.CodeOverloaded,
	"timeout_error":         llm.CodeTimeout,
	"api_error":             llm.CodeBadAnswer,
}

// DecodeError reads an upstream's error. Status is 0 for one in a stream. A
// body that is no such error is shown in part.
func DecodeError(status int, body []byte) *llm.Error {
	var b shape.Error
	if err := json.Unmarshal(body, &b); err != nil || b.Error.Type == "" {
		text := strings.ToValidUTF8(string(body[:min(len(body), 200)]), "\uFFFD")
		b.Error.Type, b.Error.Message = shape.KindOfStatus(status), fmt.Sprintf("status %d: %s", status, text)
	}
	code, ok := codes[b.Error.Type]
	if !ok {
		code = llm.CodeBadAnswer
	}
	if code == llm.CodeBadAnswer && status == http.StatusServiceUnavailable {
		code = llm.CodeUnavailable
	}
	if code == llm.CodeInvalidRequest && strings.Contains(b.Error.Message, "prompt is too long") {
		code = llm.CodeContextLength
	}
	return &llm.Error{Code: code, Message: b.Error.Message}
}
