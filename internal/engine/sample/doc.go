// Package sample turns logits into a token: logit bias, repeat, presence,
// frequency and DRY penalties, top-k, typical, top-p and min-p truncation,
// temperature, and a seeded draw, in llama.cpp's order; and it computes
// log-probabilities under the raw distribution.
//
// It looks at a whole vocabulary only in plain scans: the best k are kept by
// a threshold, so a step costs some tens of microseconds and not a sort of
// every token.
//
// It knows no model, no library and no grammar: a Constraint is asked about
// single tokens first and masks all only when the drawn one is refused.
package sample
