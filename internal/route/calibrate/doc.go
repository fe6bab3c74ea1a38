// Package calibrate turns a score of doubt into a promise: which local answers
// may be released so that no more than a share α of them is wrong, with
// confidence 1 − δ.
//
// The promise is made by Learn-Then-Test (arXiv 2110.01052) alone; harm is
// bounded in expectation by conformal risk control (arXiv 2208.02814); the
// linear constraint of arXiv 2512.01556 tunes and promises nothing. Labels must
// be true ones, drawn as future traffic is. It knows no text and no model; who
// calls keeps calibrations of several models, templates and languages apart.
package calibrate
