// Package correct learns how far a predictor may be believed: what came of
// questions is set beside what had been expected of them before it was known.
//
// A router of few outcomes is too sure; a corrected one leans to the mean until
// its predictions have earned more. A correction is to be used only where it
// was nearer to what came next than what was known without it. It knows no
// features and no models.
package correct
