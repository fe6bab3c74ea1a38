package anthropic

import (
	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/anthropic/shape"
)

// EncodeError writes an error in Anthropic's envelope. The hint stands in the
// message: clients show nothing else.
func EncodeError(e *llm.Error, status int, requestID string) []byte {
	b := shape.Error{Type: "error", RequestID: requestID}
	b.Error.Type, b.Error.Message = shape.KindOfStatus(status), e.Error()
	if e.Code == llm.CodeContextLength {
		// Agents look for these words, and then shorten the conversation.
		b.Error.Message = "prompt is too long: " + b.Error.Message
	}
	if e.Hint != "" {
		b.Error.Message += " (hint: " + e.Hint + ")"
	}
	out, err := shape.Marshal(b)
	if err != nil {
		return []byte(`{"type":"error","error":{"type":"api_error","message":"internal error"}}`)
	}
	return out
}

// AppendError appends the event that ends a stream with an error.
func AppendError(dst []byte, e *llm.Error, status int, requestID string) []byte {
	return sse.AppendNamed(dst, "error", EncodeError(e, status, requestID))
}
