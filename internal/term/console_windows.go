//go:build windows

package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// virtualTerminal makes the console understand escape sequences.
func virtualTerminal(out *os.File) func() {
	h := windows.Handle(out.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return func() {}
	}
	if windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return func() {}
	}
	// The console may be gone; then there is nothing to restore.
	return func() { _ = windows.SetConsoleMode(h, mode) }
}
