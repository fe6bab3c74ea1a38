package hw

import (
	"os"
	"strconv"
	"strings"

	"irori/internal/unit"
)

// Anonymous is the memory of a process that no file stands behind: what would
// be free if it ended. It is nil where the system does not say.
func Anonymous(pid int) *unit.Bytes {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return nil
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				return nil
			}
			out := unit.Bytes(n << 10)
			return &out
		}
	}
	return nil
}
