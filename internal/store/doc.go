// Package store keeps the ledger: one record per admitted request.
//
// The Ledger is its writer. It appends to a journal, plain files under
// IRORI_HOME/ledger, when a request is admitted and when it ends, and brings
// the ended ones into a Store (SQLite, PostgreSQL) within a second. The journal
// is what makes an admission safe: what was acknowledged survives a crash of
// the process, and a Store that cannot be written only makes the journal grow.
//
// It knows records and how they are kept; it does not know how a request is
// served, what a figure in a record means, or which database holds them, and
// it never sees text of prompts or answers.
package store
