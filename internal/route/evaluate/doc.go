// Package evaluate says from a log of routed requests what another policy would
// have brought: inverse propensity, self-normalised and doubly robust estimates
// (arXiv 1103.4601) of quality, money, joules and the share that stays local.
//
// It needs the probabilities with which scores were revealed, and refuses where
// they cannot carry the estimate. It knows no policy file and no store.
package evaluate
