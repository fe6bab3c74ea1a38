// Package gemini translates between Google's Gemini API and package llm, as
// the API's client: it writes requests for generateContent and reads answers,
// whole or as events, with their usage.
//
// It sends nothing and knows no HTTP. What would change an answer and has no
// place in the API is refused by name.
package gemini
