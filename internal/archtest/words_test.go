package archtest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// forbidden are words that no committed file may hold: the places of one
// machine, and the hosts of package registries, which a user's own settings
// name. They are put together here so that this file does not hold them.
var forbidden = []string{
	"/wo" + "rk/", "/ro" + "ot/", "/tmp/ba" + "sh",
	"registry.np" + "mjs.org", "registry.yarn" + "pkg.com", "proxy.gol" + "ang.org", "sum.gol" + "ang.org",
	"static.cra" + "tes.io", "index.cra" + "tes.io", "files.pythonho" + "sted.org",
}

// mayHold are exceptions: "file word", with the reason.
var mayHold = map[string]string{}

// committed are the files that git keeps.
func committed(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

func TestWords(t *testing.T) {
	for _, name := range committed(t) {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			continue // deleted, or a link to nowhere
		}
		if bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 {
			continue
		}
		for _, word := range forbidden {
			i := bytes.Index(b, []byte(word))
			if i >= 0 && mayHold[name+" "+word] == "" {
				t.Errorf("%s:%d holds %q", name, 1+bytes.Count(b[:i], []byte("\n")), word)
			}
		}
	}
}

// TestLocks asks every pinned dependency for its hash, and for no address:
// where it comes from is the machine's setting.
func TestLocks(t *testing.T) {
	var found []string
	for _, pattern := range []string{"../../engine/*/package-lock.json", "../../tools/real/*/package-lock.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no lock files like %s: %v", pattern, err)
		}
		found = append(found, files...)
	}
	for _, name := range found {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var lock struct {
			Packages map[string]struct {
				Version, Integrity string
				Resolved           *string
			}
		}
		if err := json.Unmarshal(b, &lock); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := 0
		for at, p := range lock.Packages {
			if p.Resolved != nil {
				t.Errorf("%s: %s has an address", name, at)
			}
			if at == "" {
				continue // the package itself
			}
			n++
			if !strings.HasPrefix(p.Integrity, "sha512-") || p.Version == "" {
				t.Errorf("%s: %s is not pinned by version and hash", name, at)
			}
		}
		if n == 0 {
			t.Errorf("%s pins nothing", name)
		}
	}
}
