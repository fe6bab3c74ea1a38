// Package code says how the codes of failures show on the wire.
package code

import (
	"net/http"

	"irori/internal/llm"
)

// kind is how a code shows on the wire: the HTTP status and OpenAI's type.
type kind struct {
	status int
	name   string
}

// kinds is the one table from error codes to what clients see.
var kinds = map[llm.Code]kind{
	llm.CodeInvalidRequest:    {http.StatusBadRequest, "invalid_request_error"},
	llm.CodeContextLength:     {http.StatusBadRequest, "invalid_request_error"},
	llm.CodeUnsupported:       {http.StatusBadRequest, "invalid_request_error"},
	llm.CodeTooLarge:          {http.StatusRequestEntityTooLarge, "invalid_request_error"},
	llm.CodeRequestTimeout:    {http.StatusRequestTimeout, "invalid_request_error"},
	llm.CodeModelNotFound:     {http.StatusNotFound, "invalid_request_error"},
	llm.CodeNotFound:          {http.StatusNotFound, "invalid_request_error"},
	llm.CodeUnauthorized:      {http.StatusUnauthorized, "authentication_error"},
	llm.CodeForbidden:         {http.StatusForbidden, "permission_error"},
	llm.CodeBudget:            {http.StatusPaymentRequired, "insufficient_quota"},
	llm.CodeRateLimited:       {http.StatusTooManyRequests, "rate_limit_error"},
	llm.CodeLicense:           {http.StatusForbidden, "permission_error"},
	llm.CodeDoesNotFit:        {http.StatusInsufficientStorage, "server_error"},
	llm.CodeOverloaded:        {http.StatusTooManyRequests, "rate_limit_error"},
	llm.CodeUnavailable:       {http.StatusServiceUnavailable, "server_error"},
	llm.CodeCrashed:           {http.StatusBadGateway, "server_error"},
	llm.CodeBadAnswer:         {http.StatusBadGateway, "server_error"},
	llm.CodeQuarantined:       {http.StatusServiceUnavailable, "server_error"},
	llm.CodeLedgerUnavailable: {http.StatusServiceUnavailable, "server_error"},
	llm.CodePrivate:           {http.StatusBadRequest, "invalid_request_error"},
	llm.CodeOffline:           {http.StatusServiceUnavailable, "server_error"},
	llm.CodePrivacyCheck:      {http.StatusServiceUnavailable, "server_error"},
	llm.CodeTimeout:           {http.StatusGatewayTimeout, "server_error"},
	llm.CodeEscalated:         {http.StatusBadGateway, "server_error"},
	llm.CodeCancelled:         {499, "cancelled"},
	llm.CodeCorrupt:           {http.StatusInternalServerError, "server_error"},
	llm.CodeNoSpace:           {http.StatusInsufficientStorage, "server_error"},
	llm.CodeUnreachable:       {http.StatusBadGateway, "server_error"},
}

// Status returns the HTTP status of a code and its type in OpenAI's words.
func Status(c llm.Code) (status int, name string) {
	k, ok := kinds[c]
	if !ok {
		return http.StatusInternalServerError, "server_error"
	}
	return k.status, k.name
}
