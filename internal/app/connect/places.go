package connect

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"irori/internal/llm"
)

// Places are the folders that settings lie in.
type Places struct {
	// Home is the person's, Getenv its environment.
	Home   string
	Getenv func(string) string

	// client is whose settings are changed; with shown they are only looked
	// at, and what cannot be changed is shown to be written by hand.
	client string
	shown  bool
}

// in is a folder: that of a variable, where it is set, or one below home.
func (p Places) in(variable string, below ...string) string {
	if v := p.Getenv(variable); v != "" {
		return v
	}
	return filepath.Join(append([]string{p.Home}, below...)...)
}

// change makes of a file of settings what it is to be; before is nil where
// there is none yet. Its error says why that cannot be done.
type change func(before []byte) ([]byte, error)

// edit is how a file changes.
func (p Places) edit(path string, to change) (File, error) {
	before, err := read(path)
	var after []byte
	why := ""
	if err != nil {
		why = err.Error()
	} else if after, err = to(before); err != nil {
		why = err.Error()
		err = llm.Errorf(llm.CodeUnsupported, "%s cannot be changed without risk: %s", path, why).
			WithHint("irori connect %s --print shows what to write there by hand", p.client)
	}
	if err == nil {
		return File{Path: path, Before: before, After: after}, nil
	}
	if !p.shown {
		return File{}, err
	}
	// What is to be in the file is what a new one would have.
	after, err = to(nil)
	return File{Path: path, After: after, ByHand: why}, err
}

func (p Places) editTOML(path string, tables []table) (File, error) {
	return p.edit(path, func(before []byte) ([]byte, error) { return changeTOML(before, tables) })
}

func (p Places) editJSON(path string, members []member) (File, error) {
	return p.edit(path, func(before []byte) ([]byte, error) { return changeJSON(before, members) })
}

func (p Places) editYAML(path string, settings []setting) (File, error) {
	return p.edit(path, func(before []byte) ([]byte, error) { return changeYAML(before, settings) })
}

func (p Places) appendYAML(path, list string, entry, head []setting) (File, error) {
	return p.edit(path, func(before []byte) ([]byte, error) { return appendYAML(before, list, entry, head) })
}

// read reads a file of settings; one that does not exist is nil.
func read(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the client's settings cannot be read").WithHint("ls -l %s", path)
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}

// leads is the file that a path leads to over its links, also where the last
// of them leads to none yet.
func leads(path string) string {
	for range 32 {
		// Split leaves a/../b as it is, which is not b where a is a link.
		dir, base := filepath.Split(path)
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			path = filepath.Join(real, base)
		}
		to, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + string(filepath.Separator) + to
		}
		path = to
	}
	return path // a circle; the system says so
}

// write replaces a file whole; a link stays a link, and a file's mode its
// own.
func write(path string, b []byte, mode fs.FileMode) error {
	path = leads(path)
	if st, err := os.Stat(path); err == nil {
		mode = st.Mode().Perm()
	}
	fail := func(err error) error {
		return llm.Wrap(llm.CodeInternal, err, "%s cannot be written", path).WithHint("ls -ld %s", filepath.Dir(path))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fail(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".irori-*")
	if err != nil {
		return fail(err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fail(err), os.Remove(f.Name()))
	}
	return nil
}

// missing are the folders that write will make for a file, the innermost
// first.
func missing(path string) (out []string) {
	for dir := filepath.Dir(leads(path)); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return out
		}
		out = append(out, dir)
	}
}

// remove takes a file away; a link to it stays.
func remove(path string) error {
	if err := os.Remove(leads(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
