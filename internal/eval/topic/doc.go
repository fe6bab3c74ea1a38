// Package topic says which occupation a request belongs to: one of the 22 major
// groups of the Standard Occupational Classification, or none.
//
// It is a small linear classifier for Japanese and English, trained at first
// use on sentences and terms of our own in data/. It knows what is asked, not
// who asks, and nothing of answers, models or energy.
package topic
