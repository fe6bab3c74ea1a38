//go:build !windows

package term

import "os"

// virtualTerminal has nothing to do: terminals here understand escape
// sequences.
func virtualTerminal(*os.File) func() { return func() {} }
