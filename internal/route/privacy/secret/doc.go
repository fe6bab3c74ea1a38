// Package secret finds keys, tokens and passwords: by the prefixes that clouds
// and forges give them, by what they are called, and by how random they look.
//
// Hashes, UUIDs and texts in base64 are no secrets, and code that names a
// password holds none.
package secret
