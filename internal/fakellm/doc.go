// Package fakellm is a scriptable model server for tests: it speaks OpenAI's,
// Anthropic's and Ollama's dialect with a text, a speed and faults that are
// set by flags, by headers of a request (X-Fake-Ttft: 200ms) or by its control
// endpoint (PUT /fake/knobs with {"ttft": "200ms"}). GET /fake/requests tells
// what it was asked.
//
// It imports nothing of this module, the wire packages least of all: a mistake
// that both sides share would cancel out.
package fakellm
