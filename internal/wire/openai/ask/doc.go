// Package ask is the client's half of OpenAI's API: it writes canonical
// requests as bodies for a server of somebody else, and reads what that server
// answers, streamed or not.
//
// It knows no network and no backend by name; what a server is known to take
// stands in Dialect. Answers are outside bytes: nothing in them is believed,
// and a character that a server splits between two events is joined again.
package ask
