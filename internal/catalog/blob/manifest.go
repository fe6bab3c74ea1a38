package blob

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"irori/internal/gguf"
	"irori/internal/llm"
)

// Role says what a file is to its model.
type Role string

// The roles.
const (
	RoleModel   Role = "model"
	RoleShard   Role = "shard"
	RoleAdapter Role = "adapter"
	RoleMMProj  Role = "mmproj"
)

// File is one file of a model. Either Digest names a blob, or Path names a file
// outside the store that is used in place.
type File struct {
	Name    string    `json:"name"`
	Digest  string    `json:"digest"` // sha256:HEX
	Size    int64     `json:"size"`
	Role    Role      `json:"role"`
	Path    string    `json:"path,omitempty"`
	ModTime time.Time `json:"mod_time,omitzero"`
}

// Manifest is what the store knows of one name.
type Manifest struct {
	Name   string     `json:"name"`
	Files  []File     `json:"files"`
	Facts  gguf.Facts `json:"facts"`
	Source string     `json:"source"` // the reference it was really pulled from
	// License is the name of the licence as the source gives it; LicenseText its
	// text and LicenseURL its address, where the source has them.
	License     string `json:"license,omitempty"`
	LicenseURL  string `json:"license_url,omitempty"`
	LicenseText string `json:"license_text,omitempty"`
	Accepted    bool   `json:"license_accepted,omitempty"`
	Template    string `json:"template,omitempty"` // an Ollama template, where there is one
	System      string `json:"system,omitempty"`
	Params      string `json:"params,omitempty"` // Ollama parameters, as JSON
	// Messages stand in front of every conversation, as Ollama writes them.
	Messages string    `json:"messages,omitempty"`
	Pulled   time.Time `json:"pulled"`
	Verified time.Time `json:"verified,omitzero"`
}

// Size returns the bytes of all files.
func (m Manifest) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// escape turns a name into a file name that every file system takes, one for
// one.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && b.Len() > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func checkName(name string) error {
	if name == "" || len(escape(name)) > 200 || strings.ContainsAny(name, "\x00\n\r") {
		return llm.Errorf(llm.CodeInvalidRequest, "%.80q cannot be the name of a model: it is empty or too long", name)
	}
	return nil
}

// checkDigest refuses what is not sha256:HEX, so that a digest can be made a
// path.
func checkDigest(d string) error {
	h, ok := strings.CutPrefix(d, "sha256:")
	if b, err := hex.DecodeString(h); !ok || err != nil || len(b) != 32 || strings.ToLower(h) != h {
		return llm.Errorf(llm.CodeCorrupt, "%.90q is not a sha256 digest", d)
	}
	return nil
}

// writeJSON replaces a file in one step that a crash cannot cut in half.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		syncDir(filepath.Dir(path))
	}
	return err
}

// syncDir makes a rename last; file systems that cannot do it are no worse off.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
