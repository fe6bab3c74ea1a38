// Package shield stands before backends that are not on this machine: what is
// private in a request is refused or masked before anything leaves, and masked
// values are put back into the answer.
//
// It reads the whole request, also the members of a relayed body that the
// canonical form does not hold. What cannot be read (a detector that fails or
// takes too long, token ids, pictures) is treated as private. What it found is
// told by its classes, never by its text: errors and notes go into logs and the
// ledger. It knows nothing of HTTP.
package shield
