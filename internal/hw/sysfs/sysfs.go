// Package sysfs reads figures out of the small files in which kernels show
// sensors: one number or one line each.
//
// It knows how to read them cheaply, many times a second, and where a tree of
// them begins. It does not know what any of them means.
package sysfs

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Number reads a whole number.
func Number(path string) (int64, error) {
	var buf [64]byte
	n, err := read(path, buf[:])
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(string(bytes.TrimSpace(buf[:n])), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// Text reads a line, without the space and the zero bytes around it; empty
// where there is none.
func Text(path string) string {
	var buf [256]byte
	n, err := read(path, buf[:])
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(buf[:n]), "\n")
	return strings.Trim(line, " \t\r\x00")
}

// Has reports whether there is such a file or folder.
func Has(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Names are the entries of a folder in the order of their numbers: hwmon10
// comes after hwmon9.
func Names(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	return out
}

// Root is where /sys is in a tree: the folder itself, or one below it.
func Root(dir string) string {
	switch {
	case dir == "":
		return "/sys"
	case Has(filepath.Join(dir, "sys")):
		return filepath.Join(dir, "sys")
	}
	return dir
}
