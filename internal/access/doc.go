// Package access says who may ask, and how much: virtual keys, the budgets of
// keys and teams over calendar windows, rates, and requests at one time.
//
// It knows a key by the hash of its secret, and what was spent by what it is
// told at the end of each request; what was spent before it began comes as a
// function. It knows no HTTP, no prices and no ledger.
package access
