package llm

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure. The gateway maps it to an HTTP status, the
// command line to an exit status; the ledger records it as error_code.
type Code string

// The failure codes.
const (
	CodeInvalidRequest Code = "invalid_request"
	CodeContextLength  Code = "context_length_exceeded"
	CodeUnsupported    Code = "unsupported"
	CodeTooLarge       Code = "request_too_large"
	CodeRequestTimeout Code = "request_timeout"
	CodeModelNotFound  Code = "model_not_found"
	CodeNotFound       Code = "not_found"
	CodeUnauthorized   Code = "invalid_api_key"
	CodeForbidden      Code = "forbidden"
	CodeLicense        Code = "license_not_accepted"
	CodeDoesNotFit     Code = "does_not_fit"
	CodeOverloaded     Code = "overloaded"
	CodeUnavailable    Code = "backend_unavailable"
	CodeCrashed        Code = "backend_crashed"
	// CodeBadAnswer is a backend that answers, and not what it should.
	CodeBadAnswer         Code = "backend_failed"
	CodeQuarantined       Code = "model_quarantined"
	CodeLedgerUnavailable Code = "ledger_unavailable"
	// CodePrivate is what must not leave this machine, CodePrivacyCheck what
	// might, since nobody could find out.
	CodePrivate Code = "private"
	// CodeOffline is what would have to leave this machine while nothing may.
	CodeOffline      Code = "offline"
	CodePrivacyCheck Code = "privacy_check_failed"
	// CodeBudget is a budget that is spent, CodeRateLimited one client too
	// often at a time; CodeOverloaded is a server that has too much to do.
	CodeBudget      Code = "budget_exceeded"
	CodeRateLimited Code = "rate_limit_exceeded"
	CodeTimeout     Code = "timeout"
	CodeCancelled   Code = "cancelled"
	CodeInterrupted Code = "interrupted"
	CodeUnreachable Code = "unreachable"
	CodeNoSpace     Code = "no_space"
	// CodeEscalated is an answer that was judged too doubtful to be given.
	CodeEscalated Code = "escalated"
	CodeCorrupt   Code = "corrupt"
	CodeInternal  Code = "internal_error"
)

// Error is a failure that a person or a client reads. Message is lower case
// without a full stop; Hint, where there is one, is a command to type or a
// thing to change.
type Error struct {
	Code    Code
	Message string
	Hint    string
	// Param names the request field at fault.
	Param string
	// RetryAfter, when not 0, says when trying again makes sense.
	RetryAfter time.Duration
	// Err is the cause, kept for logs.
	Err error
	// Said, where set, is the error as a server of the client's own dialect
	// wrote it: clients look for its very words.
	Said *Said
}

// Said is an error's answer.
type Said struct {
	Dialect string
	Status  int
	Body    []byte
}

// Error returns the message, with the cause behind it.
func (e *Error) Error() string {
	if e.Err != nil && e.Message != "" {
		return e.Message + ": " + e.Err.Error()
	}
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of a code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint returns e with a hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithParam returns e with the name of the field at fault.
func (e *Error) WithParam(name string) *Error {
	e.Param = name
	return e
}

// Wrap gives err a code and a message in front of its own.
func Wrap(code Code, err error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// CodeOf returns the code of err: that of the *Error in its chain, else
// CodeInternal; nil has the empty code.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
