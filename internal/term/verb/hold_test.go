package verb

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// What was written before a failure never comes out, and all of it does where
// nothing failed, however much it is.
func TestHold(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TEMP", dir)
	failed := errors.New("line 3")
	for _, lines := range []int{0, 3, 2 * maxHeld / 10} {
		for _, end := range []error{nil, failed} {
			var out bytes.Buffer
			c := &Call{}
			c.Out = &out
			done := c.Hold()
			for range lines {
				if err := c.PrintJSON("seven.."); err != nil {
					t.Fatal(err)
				}
			}
			if out.Len() > 0 {
				t.Fatalf("%d lines: it is out before its end", lines)
			}
			if err := done(end); !errors.Is(err, end) {
				t.Errorf("%d lines: %v, not %v", lines, err, end)
			}
			want := strings.Repeat("\"seven..\"\n", lines)
			if end != nil {
				want = ""
			}
			if out.String() != want || c.Out != &out {
				t.Errorf("%d lines, %v: %d bytes came out, not %d", lines, end, out.Len(), len(want))
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v are left", left, err)
	}
}
