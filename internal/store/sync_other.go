//go:build !linux

package store

import "os"

func syncData(f *os.File) error { return f.Sync() }

// nameEvery is how often a file's name is looked for: each time.
const nameEvery = 0

// linked leaves it to the file's name.
func linked(*os.File) bool { return true }

// syncDir does nothing: only Linux is known to need it.
func syncDir(string) error { return nil }
