// Package gateway is the HTTP side that all dialects share: the middleware
// chain, the guards against other web pages, the way of a request from its
// admission in the ledger to its record, and the table from error codes to
// statuses.
//
// It knows no dialect: one package of handlers per dialect lies below it and
// brings its routes as data. It names no concrete backend, store or meter.
package gateway
