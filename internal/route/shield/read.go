package shield

import (
	"context"
	"errors"
	"fmt"
	"time"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/privacy/mask"
)

// kind is what a text of a request is.
type kind int

const (
	prose kind = iota
	inJSON
	fixed  // it has to mean the same elsewhere, so that it cannot be masked
	id     // it tells things apart and looks random by nature
	called // a name that may be left out
	sealed // only its provider can read it: it leaves as it is, or not at all
	served // the name of a model, which only a server can tell
)

// editor takes the texts of a request, to look at them or to mask them.
type editor interface {
	// take returns what goes into the request.
	take(k kind, text string) string
	// joined looks at texts as if they were one.
	joined([]string)
	// relay looks at what only the client's own words hold.
	relay(*llm.Request)
}

// unreadable is what nobody here can read.
type unreadable struct{ what string }

// Error says what.
func (u *unreadable) Error() string { return u.what + " cannot be read" }

// read lets walk take all texts through an editor that looks, and where
// something has to be masked once more through one that masks. conv is nil
// where nothing was.
func (g *guarded) read(ctx context.Context, walk func(editor) error) (conv *mask.Conversation, err error) {
	t := g.terms
	if t.Level == privacy.LevelLocal {
		return nil, g.refuse("the request may not leave this machine", nil)
	}
	if t.Shield == nil || t.Shield.o.Finder == nil {
		return nil, g.unread(errors.New("nothing reads it"))
	}
	ctx, cancel := context.WithTimeout(ctx, t.Shield.o.Patience)
	defer cancel()
	type end struct {
		conv *mask.Conversation
		err  error
	}
	// A detector that hangs must not hang the request; nothing can end it.
	done := make(chan end, 1)
	go func() {
		var e end
		defer func() {
			if p := recover(); p != nil {
				e = end{nil, fmt.Errorf("a fault (%T)", p)} // what it says may hold the text
			}
			done <- e
		}()
		e.conv, e.err = g.edit(ctx, walk)
	}()
	select {
	case e := <-done:
		conv, err = e.conv, e.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	var told *llm.Error
	switch {
	case err == nil:
		return conv, nil
	case errors.As(err, &told):
		return nil, err
	case errors.Is(err, context.Canceled):
		return nil, llm.Wrap(llm.CodeCancelled, err, "the client went away")
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("it took longer than %v", t.Shield.o.Patience.Round(time.Millisecond))
	}
	return nil, g.unread(err)
}

// edit is read, within its time.
func (g *guarded) edit(ctx context.Context, walk func(editor) error) (*mask.Conversation, error) {
	l := newLook(ctx, g.terms)
	err := walk(l)
	if l.failed != nil {
		return nil, l.failed
	}
	if u, ok := errors.AsType[*unreadable](err); ok {
		return nil, g.refuse("the request holds "+u.what+", which cannot be read for what is private in them", nil)
	} else if err != nil {
		return nil, err
	}
	if classes := l.classes(privacy.LocalOnly); len(classes) > 0 {
		return nil, g.refuse("the request holds what does not leave this machine", classes)
	}
	masked := l.classes(privacy.Redact)
	if len(masked) == 0 {
		return nil, nil
	}
	if g.terms.Firm {
		return nil, g.refuse("the request holds what is private", masked)
	}
	if l.stuck {
		return nil, g.refuse("the request holds what is private where it cannot be masked", masked)
	}
	m := newMasker(l)
	if err := walk(m); err != nil {
		return nil, err
	}
	if m.failed != nil {
		return nil, m.failed
	}
	g.note.add(&g.note.masked, masked)
	return m.conv, nil
}

// refuse is the error of what must not leave.
func (g *guarded) refuse(why string, classes []privacy.Class) error {
	noted := classes
	if len(noted) == 0 {
		noted = []privacy.Class{unnamed}
	} else {
		why += ": "
		for i, c := range classes {
			if i > 0 {
				why += ", "
			}
			why += string(c)
		}
	}
	g.note.add(&g.note.refused, noted)
	return llm.Errorf(llm.CodePrivate, "%s", why).
		WithHint("ask a model of this machine (irori/local), take it out, or see privacy in irori doctor --example-config")
}

// unread is the error of a request that could not be looked at.
func (g *guarded) unread(why error) error {
	g.note.mu.Lock()
	g.note.unread = true
	g.note.mu.Unlock()
	return llm.Wrap(llm.CodePrivacyCheck, why, "what is private in the request could not be found out, so it does not leave this machine").
		WithHint("ask a model of this machine (irori/local), or ask again with less text")
}
