// Package credit says how much of what a key says of answers counts for what
// others get: its words on them, and what is read out of its next requests.
//
// An audit or a test of an answer counts in place of any word of a key. What
// keys say beside those is bounded, over all requests and among the questions
// that are most alike, and counts for nothing where audits contradict it.
// Nobody is kept from learning of their own words where nobody else asks.
package credit
