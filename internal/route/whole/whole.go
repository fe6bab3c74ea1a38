// Package whole writes files of routing whole or not at all, and says what a
// person can do where that fails.
//
// It does not know what a file says.
package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"irori/internal/llm"
)

// Write puts a file in place of what stood there.
func Write(path string, b []byte) error {
	// A rename onto a folder says that a file exists.
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return llm.Errorf(llm.CodeInvalidRequest, "%s is a folder, and a file is to be written", path).WithHint("name a file: %s", filepath.Join(path, "FILE"))
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return failed(path, err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return failed(path, err)
	}
	return nil
}

// failed says why, without the name of the file that was to become it.
func failed(path string, err error) error {
	why, dir := err, filepath.Dir(path)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		why = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		why = e.Err
	}
	out := llm.Errorf(llm.CodeInvalidRequest, "%s cannot be written: %v", path, why)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return out.WithHint("mkdir -p %s", dir)
	case errors.Is(err, syscall.ENOTDIR):
		return out.WithHint("%s is no folder: ls -ld %s", dir, dir)
	case errors.Is(err, syscall.ENOSPC):
		return out.WithHint("df -h %s", dir)
	}
	return out.WithHint("ls -ld %s", dir)
}
