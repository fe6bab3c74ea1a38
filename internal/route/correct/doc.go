// Package correct learns how far a predictor may be believed: what came of
// questions is set beside what had been expected of them before it was known.
//
// A router of few outcomes is too sure; a corrected one leans to the mean until
// its predictions have earned more. It knows no features and no models.
package correct
