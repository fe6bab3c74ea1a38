package app

import (
	"context"
	"net/http"
	"time"

	"irori/internal/access"
	"irori/internal/app/keyring"
	"irori/internal/llm"
)

// Keys reads the virtual keys and teams.
func (e *Env) Keys() (*access.Book, error) { return keyring.New(e.Home).Read() }

// EditKeys changes the keys, and tells a running server.
func (e *Env) EditKeys(ctx context.Context, change func(*access.Book) error) error {
	if err := keyring.New(e.Home).Edit(ctx, change); err != nil {
		return err
	}
	r, err := e.FindRunning()
	if err != nil || r == nil || !r.Stopping.IsZero() {
		return err
	}
	if err := r.Control(ctx, http.MethodPost, "/irori/v1/keys/renew", nil); err != nil {
		return llm.Wrap(llm.CodeOf(err), err, "the keys are changed, and the running server does not know it").WithHint("irori stop, then irori up")
	}
	return nil
}

// ForgetAnswers drops what a running server would answer again: it keeps no
// account of whose words they are, so all goes.
func (e *Env) ForgetAnswers(ctx context.Context) error {
	r, err := e.FindRunning()
	if err != nil || r == nil || !r.Stopping.IsZero() {
		return err
	}
	return r.Control(ctx, http.MethodPost, "/irori/v1/forget", nil)
}

// KeySpend tells what keys and teams have spent; only, where set, is the name
// of one.
func (e *Env) KeySpend(ctx context.Context, only string) ([]keyring.Line, error) {
	b, err := e.Keys()
	if err != nil {
		return nil, err
	}
	s, err := e.Ledger().Open()
	if err != nil {
		return nil, err
	}
	if s == nil {
		return keyring.Lines(ctx, b, keyring.None{}, only, time.Now())
	}
	defer s.Close()
	return keyring.Lines(ctx, b, s, only, time.Now())
}
