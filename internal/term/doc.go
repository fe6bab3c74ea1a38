// Package term is what people see and type in a terminal: widths counted in
// cells, tables, progress, a line editor and the chat.
//
// It knows no models, no server and no ledger: what is shown is given to it,
// and a Partner answers in the chat.
package term
