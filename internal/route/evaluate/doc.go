// Package evaluate says from a log of routed requests what another policy would
// have brought: inverse propensity, self-normalised and doubly robust estimates
// (arXiv 1103.4601) of quality, money, joules and the share that stays local.
//
// It needs the probabilities with which scores were revealed, and refuses where
// they cannot carry the estimate. It follows a route of a policy as far as a log
// tells, and knows no store.
package evaluate
