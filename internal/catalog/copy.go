package catalog

import (
	"strings"

	"irori/internal/llm"
)

// Copy keeps a pulled model under a second name too: one that stays when the
// first is removed. The files are shared.
func (l *Library) Copy(from, to string) error {
	if !reAlias().MatchString(to) || strings.Contains(to, "..") || strings.HasPrefix(strings.ToLower(to), "irori/") {
		return llm.Errorf(llm.CodeInvalidRequest, "%.120q cannot be the name of a copy", to).
			WithHint("use letters, digits and . _ - / :, and not irori/…")
	}
	m, err := l.store.Get(l.canonical(from))
	if err != nil {
		return err
	}
	aliases, err := l.store.Aliases()
	if err != nil {
		return err
	}
	if _, taken := aliases[to]; taken {
		return llm.Errorf(llm.CodeInvalidRequest, "%s is already another name of a model", to).WithHint("irori rm %s", to)
	}
	if old, err := l.store.Get(to); err == nil {
		if m.Name == old.Name {
			return nil
		}
		return llm.Errorf(llm.CodeInvalidRequest, "%s is already the name of a model", to).WithHint("irori rm %s", to)
	}
	pin, err := l.store.NewPin()
	if err != nil {
		return err
	}
	defer pin.Close()
	for _, f := range m.Files {
		if err := pin.Add(f.Digest); err != nil {
			return err
		}
	}
	m.Name = to
	return l.store.Put(m)
}
