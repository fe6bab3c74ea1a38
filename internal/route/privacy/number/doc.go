// Package number finds what numbers tell of a person: telephones, cards, My
// Number, accounts, documents, dates of birth, addresses on the network; and
// e-mail addresses, which are found as fast.
//
// Check digits are computed where there are some. A number that could be
// anything counts only where the words beside it say what it is.
package number
