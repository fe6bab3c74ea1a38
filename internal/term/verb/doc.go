// Package verb is the frame that a program's verbs stand in: how one is found
// and its flags are read, what is said of a wrong use, with which exit status
// it ends, what its help shows and what a shell completes.
//
// It knows no verb but those of the frame itself, no model, server or ledger.
package verb
