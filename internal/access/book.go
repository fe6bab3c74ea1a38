package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/llm"
)

// Limits are what a key or a team may use; zero is no limit.
type Limits struct {
	Budgets []Budget `json:"budgets,omitempty"`
	// RequestsPerMinute and TokensPerMinute are rates, Concurrent how many
	// requests may run at one time.
	RequestsPerMinute int `json:"requests_per_minute,omitempty"`
	TokensPerMinute   int `json:"tokens_per_minute,omitempty"`
	Concurrent        int `json:"concurrent,omitempty"`
}

// Key is a virtual key.
type Key struct {
	// Name is the key's name in the ledger, used once and never again.
	Name string `json:"name"`
	Team string `json:"team,omitempty"`
	// Hash is the SHA-256 of the secret in hexadecimal. The secret is random
	// and long, so nothing slower is needed.
	Hash string `json:"hash"`
	// Ends are the secret's last characters, by which a person knows it again.
	Ends    string    `json:"ends"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
	// Models are the names that may be asked for, with * for any text; none
	// is all.
	Models []string `json:"models,omitempty"`
	// Manage lets the key change which models there are.
	Manage bool `json:"manage,omitempty"`
	// Priority puts its requests before those with a lower one.
	Priority int `json:"priority,omitempty"`
	// Keep says whether the bodies of its requests are kept: off or full.
	Keep string `json:"keep,omitempty"`
	// Privacy is the level that its requests have at least: detect, redact, or
	// local-only, which uses no cloud. Empty is any.
	Privacy string `json:"privacy,omitempty"`
	Limits
}

// Team is what several keys share.
type Team struct {
	Name string `json:"name"`
	Limits
}

// Book is all keys and teams.
type Book struct {
	Version int    `json:"version"`
	Keys    []Key  `json:"keys"`
	Teams   []Team `json:"teams,omitempty"`
}

// bookVersion is the version of the file.
const bookVersion = 1

// names may stand in a ledger, a file and a URL.
var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

func checkName(what, name string) error {
	if !names.MatchString(name) {
		return llm.Errorf(llm.CodeInvalidRequest, "%q is no name for a %s: letters, digits and . _ @ - only, up to 64", name, what).WithHint("irori help keys")
	}
	return nil
}

// Key finds a key by its name.
func (b *Book) Key(name string) *Key {
	i := slices.IndexFunc(b.Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &b.Keys[i]
}

// Team finds a team by its name.
func (b *Book) Team(name string) *Team {
	i := slices.IndexFunc(b.Teams, func(t Team) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &b.Teams[i]
}

// Create adds a key and returns its secret, which is nowhere kept.
func (b *Book) Create(k Key, now time.Time) (secret string, err error) {
	if err := checkName("key", k.Name); err != nil {
		return "", err
	}
	if old := b.Key(k.Name); old != nil {
		what := "there is a key"
		if !old.Revoked.IsZero() {
			what = "there was a key, revoked since,"
		}
		return "", llm.Errorf(llm.CodeInvalidRequest, "%s %q: the ledger knows keys by name, so a name is used once", what, k.Name).
			WithHint("irori keys list")
	}
	if k.Team != "" && b.Team(k.Team) == nil {
		return "", llm.Errorf(llm.CodeNotFound, "there is no team %q", k.Team).WithHint("irori keys team %s", k.Team)
	}
	for _, m := range k.Models {
		if _, err := path.Match(m, ""); err != nil {
			return "", llm.Errorf(llm.CodeInvalidRequest, "%q is no pattern of model names", m)
		}
	}
	var raw [32]byte
	// crypto/rand never fails on the platforms that are built for.
	_, _ = rand.Read(raw[:])
	// Some clients take only keys that begin like this, and scanners of
	// secrets look for it.
	secret = "sk-irori-" + base64.RawURLEncoding.EncodeToString(raw[:])
	k.Hash, k.Ends, k.Created = hash(secret), secret[len(secret)-4:], now.UTC().Truncate(time.Second)
	b.Keys = append(b.Keys, k)
	return secret, nil
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Revoke ends a key; the ledger goes on knowing its name.
func (b *Book) Revoke(name string, now time.Time) error {
	k := b.Key(name)
	if k == nil {
		return llm.Errorf(llm.CodeNotFound, "there is no key %q", name).WithHint("irori keys list")
	}
	if k.Revoked.IsZero() {
		k.Revoked = now.UTC().Truncate(time.Second)
	}
	return nil
}

// PutTeam adds a team or gives it new limits.
func (b *Book) PutTeam(t Team) error {
	if err := checkName("team", t.Name); err != nil {
		return err
	}
	if old := b.Team(t.Name); old != nil {
		*old = t
		return nil
	}
	b.Teams = append(b.Teams, t)
	return nil
}

// Live reports whether any key can be used at t.
func (b *Book) Live(t time.Time) bool {
	return slices.ContainsFunc(b.Keys, func(k Key) bool { return k.Live(t) })
}

// Live reports whether the key can be used at t.
func (k *Key) Live(t time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || t.Before(k.Expires))
}

// May reports whether the key may ask for a model by this name.
func (k *Key) May(model string) bool {
	return len(k.Models) == 0 || slices.ContainsFunc(k.Models, func(p string) bool {
		ok, err := path.Match(flat(p), flat(model))
		return ok && err == nil
	})
}

// flat makes a name one that * of path.Match covers whole: a slash in it is
// the name of a backend's end, and no folder's.
func flat(name string) string { return strings.ReplaceAll(strings.ToLower(name), "/", "\x00") }

// Read reads a book; one that does not exist is empty.
func Read(file string) (*Book, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &Book{Version: bookVersion}, nil
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the keys cannot be read").WithHint("ls -l %s", file)
	}
	b := &Book{}
	if err := json.Unmarshal(raw, b); err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "the file of keys %s is damaged", file).WithHint("put back a copy of it, or mv it away: then there are no keys")
	}
	if b.Version != bookVersion {
		return nil, llm.Errorf(llm.CodeUnsupported, "the file of keys %s has version %d, this irori reads %d", file, b.Version, bookVersion)
	}
	return b, nil
}

// Write replaces the file whole, or not at all. The caller sees to it that
// nobody else writes.
func (b *Book) Write(file string) error {
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".keys-*")
	if err != nil {
		return llm.Wrap(llm.CodeInternal, err, "the keys cannot be written")
	}
	_, err = f.Write(append(raw, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(llm.Wrap(llm.CodeInternal, err, "the keys cannot be written"), os.Remove(f.Name()))
	}
	return nil
}

// String names a key and its limits for people.
func (l Limits) String() string {
	var out []string
	for _, b := range l.Budgets {
		out = append(out, b.String())
	}
	for _, r := range []struct {
		n    int
		what string
	}{{l.RequestsPerMinute, "requests a minute"}, {l.TokensPerMinute, "tokens a minute"}, {l.Concurrent, "at one time"}} {
		if r.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", r.n, r.what))
		}
	}
	return strings.Join(out, ", ")
}
