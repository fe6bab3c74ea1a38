package pages

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Drop unmaps the pages of the program's own file that cannot have been
// written to. What is needed again comes back from the page cache, a fault at a
// time. It reports how many bytes of mappings it let go of.
func Drop() int64 {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return 0
	}
	f, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0
	}
	sum := int64(0)
	for s := bufio.NewScanner(bytes.NewReader(f)); s.Scan(); {
		from, to, ok := own(s.Text(), exe)
		if !ok {
			continue
		}
		// The advice is on address space of our own that is only read: the
		// kernel maps it again at the next use.
		_, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
		if errno == 0 {
			sum += int64(to - from)
		}
	}
	return sum
}

// own reads a line of maps, and reports whether it is a part of the program's
// file that is not writable.
func own(line, exe string) (from, to uintptr, ok bool) {
	fields := bytes.Fields([]byte(line))
	if len(fields) < 6 || len(fields[1]) != 4 || fields[1][1] != '-' || string(bytes.Join(fields[5:], []byte(" "))) != exe {
		return 0, 0, false
	}
	a, b, cut := bytes.Cut(fields[0], []byte("-"))
	x, errX := strconv.ParseUint(string(a), 16, 8*int(unsafe.Sizeof(from)))
	y, errY := strconv.ParseUint(string(b), 16, 8*int(unsafe.Sizeof(from)))
	return uintptr(x), uintptr(y), cut && errX == nil && errY == nil && y > x
}
