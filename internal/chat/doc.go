// Package chat turns conversations into prompts: it renders a model's own chat
// template, adapted to what that template can take as found by probing it. The
// parser of the answers is in package output and named here for convenience.
//
// It knows the shapes of messages and templates. It knows no tokens, no engine
// and no transport.
package chat
