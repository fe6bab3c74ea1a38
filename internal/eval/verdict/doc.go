// Package verdict says what became of one question: it gives the answer to the
// scorer that the item names, and tells wrong from unread, refused, cut off and
// never come.
//
// It runs no code and asks no judge: who does hands it a function.
package verdict
