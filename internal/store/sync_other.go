//go:build !linux

package store

import "os"

func syncData(f *os.File) error { return f.Sync() }

// syncDir does nothing: only Linux is known to need it.
func syncDir(string) error { return nil }
