// Package side recognises what chat clients and coding agents ask beside their
// user's own requests: titles, summaries, whether a topic changed, tags. Such
// requests are small, frequent, and nobody's question.
//
// It looks at how requests of known clients begin, and at what they lack. A
// request that speaks of a title, or asks for one of something of its own, is
// its user's. It decides nothing.
package side
