// Package curve says how good an order of questions is: what quality is reached
// when the first so many of them go to the strong model.
//
// APGR, CPT and the share of calls at 95 % of the strong model's quality are
// those of RouteLLM (arXiv 2406.18665). It knows scores and labels only.
package curve
