// Package app builds the program from its parts: it is the only place that
// names concrete ones. It opens the home folder, the catalog and the ledger,
// starts and stops the server, and finds one that runs.
//
// It holds no policy of its own; what a part decides, the part decides.
package app
