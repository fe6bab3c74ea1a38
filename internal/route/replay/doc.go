// Package replay judges routers on recorded outcomes: what quality, money and
// energy each would have given for which share of calls to the strong model,
// beside the oracle, chance and a plain n-gram baseline.
//
// It decides no request and keeps no state; a figure whose tokens, prices or
// joules are not in the records is absent.
package replay
