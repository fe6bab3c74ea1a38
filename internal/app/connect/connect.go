// Package connect points people's clients at a server of ours: it knows where
// each keeps its settings and what to write there, changes nothing else in
// them, and takes it back.
//
// It knows no server: what to point at comes as a Target.
package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"irori/internal/llm"
)

// Target is what a client is pointed at.
type Target struct {
	// URL is the server's, without a path.
	URL string
	// Model is for the work, Small for titles and summaries.
	Model, Small string
	// Context and Output bound a request in tokens; 0 is not known, and
	// nothing is said of it.
	Context, Output int
	// Key is what to send; "" where the server asks for none.
	Key string
}

// placeholder is a key for clients that will not go without one.
const placeholder = "irori"

func (t Target) key() string {
	if t.Key == "" {
		return placeholder
	}
	return t.Key
}

// base is the address of OpenAI's dialect.
func (t Target) base() string { return t.URL + "/v1" }

// output is how much of the window an answer may take.
func (t Target) output() int {
	if t.Output == 0 {
		return max(256, min(4096, t.Context/4))
	}
	return t.Output
}

// File is a file of a client's settings.
type File struct {
	Path string
	// Before is nil where there is none yet.
	Before, After []byte
	// ByHand is why it cannot be changed here; then After is only what is to
	// be set in it.
	ByHand string
}

// Title is a line to show After under.
func (f File) Title() string {
	if f.ByHand == "" {
		return f.Path + " would be:"
	}
	return f.Path + " cannot be changed here: " + f.ByHand + "\nset this in it by hand, under the names that stand in it already:"
}

// Plan is what pointing a client takes.
type Plan struct {
	Files []File
	// Environment are variables to set, NAME=VALUE, for what a file cannot
	// say.
	Environment []string
	// Then is a command that tries it.
	Then string
}

// client is one that can be pointed.
type client struct {
	name, short string
	plan        func(Places, Target) (*Plan, error)
}

// clients are those that are known.
var clients = []client{
	{"codex", "OpenAI's codex (responses)", codex},
	{"claude", "Anthropic's Claude Code (messages)", claude},
	{"opencode", "opencode (chat completions)", opencode},
	{"aider", "aider (chat completions)", aider},
	{"continue", "Continue for editors (chat completions)", continued},
	{"open-webui", "Open WebUI (chat completions)", openWebUI},
}

// Names lists the clients.
func Names() []string {
	var out []string
	for _, c := range clients {
		out = append(out, c.name)
	}
	return out
}

// Describe says what a client is.
func Describe(name string) string {
	for _, c := range clients {
		if c.name == name {
			return c.short
		}
	}
	return ""
}

// NewPlan says what pointing a client at a target takes. Nothing is written.
func NewPlan(name string, p Places, t Target) (*Plan, error) {
	p.client = name
	i := slices.IndexFunc(clients, func(c client) bool { return c.name == name })
	if i < 0 {
		return nil, llm.Errorf(llm.CodeNotFound, "%q is no client that is known: %s are", name, strings.Join(Names(), ", ")).WithHint("irori help connect")
	}
	return clients[i].plan(p, t)
}

// Preview is a plan to be read and not carried out: settings that cannot be
// changed here do not stop it, and are in it to be written by hand.
func Preview(name string, p Places, t Target) (*Plan, error) {
	p.shown = true
	return NewPlan(name, p, t)
}

// undo is what Apply leaves to take a plan back by.
type undo struct {
	Client string     `json:"client"`
	Files  []undoFile `json:"files"`
}

type undoFile struct {
	Path    string `json:"path"`
	Existed bool   `json:"existed"`
	Before  []byte `json:"before,omitempty"`
	// Folders are those that were made for it, the innermost first.
	Folders []string `json:"folders,omitempty"`
	// Wrote is the SHA-256 of what was written.
	Wrote string `json:"wrote"`
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Memory is where plans that were carried out are remembered.
type Memory struct{ Dir string }

func (m Memory) path(name string) string { return filepath.Join(m.Dir, name+".json") }

func (m Memory) load(name string) (*undo, error) {
	raw, err := os.ReadFile(m.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	u := &undo{}
	if err == nil {
		err = json.Unmarshal(raw, u)
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "what %s looked like before is not known any more", name).WithHint("ls -l %s", m.path(name))
	}
	return u, nil
}

// Apply carries a plan out. Where the client was pointed before, that is
// taken back first, so that one Undo restores what there was at the very
// beginning.
func (m Memory) Apply(name string, plan func() (*Plan, error)) (*Plan, error) {
	if err := m.Undo(name, false); err != nil && llm.CodeOf(err) != llm.CodeNotFound {
		return nil, err
	}
	p, err := plan()
	if err != nil || len(p.Files) == 0 {
		return p, err
	}
	u := undo{Client: name}
	for _, f := range p.Files {
		u.Files = append(u.Files, undoFile{Path: f.Path, Existed: f.Before != nil, Before: f.Before, Folders: missing(f.Path), Wrote: sum(f.After)})
	}
	raw, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return nil, err
	}
	// Before anything is changed, so that it can be taken back in any case.
	if err := write(m.path(name), raw, 0o600); err != nil {
		return nil, err
	}
	for _, f := range p.Files {
		if err := write(f.Path, f.After, 0o600); err != nil {
			return nil, errors.Join(err, m.Undo(name, false))
		}
	}
	return p, nil
}

// Undo takes back what Apply did. A file that was changed since is left alone
// unless force says otherwise; then what was in it is put beside it.
func (m Memory) Undo(name string, force bool) error {
	u, err := m.load(name)
	if err != nil {
		return err
	}
	if u == nil {
		return llm.Errorf(llm.CodeNotFound, "%s was not connected from here", name).WithHint("irori connect %s", name)
	}
	var now [][]byte
	for _, f := range u.Files {
		b, err := read(f.Path)
		if err != nil {
			return err
		}
		same := f.Existed == (b != nil) && sum(b) == sum(f.Before)
		if !force && !same && b != nil && sum(b) != f.Wrote {
			return llm.Errorf(llm.CodeInvalidRequest, "%s was changed since it was connected", f.Path).
				WithHint("irori connect %s --undo --force restores it as it was, and keeps the present one beside it", name)
		}
		now = append(now, b)
	}
	for i, f := range u.Files {
		if now[i] != nil && sum(now[i]) != f.Wrote && sum(now[i]) != sum(f.Before) {
			if err := write(f.Path+".before-undo", now[i], 0o600); err != nil {
				return err
			}
		}
		if f.Existed {
			err = write(f.Path, f.Before, 0o600)
		} else {
			err = remove(f.Path)
		}
		if err != nil {
			return err
		}
		for _, dir := range f.Folders {
			if os.Remove(dir) != nil {
				break // somebody else has put something there
			}
		}
	}
	return os.Remove(m.path(name))
}
