// Package blob keeps model files on disk: content-addressed blobs, one manifest
// for each name, aliases, and links under the original file names for models
// kept in several files.
//
// Several names may share a blob; a blob goes when the last of them goes. Pulls
// and removals of several processes may overlap. Files are hashed when they
// arrive and on demand, never at start. The package does not download and knows
// no registry.
package blob
