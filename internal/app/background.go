package app

import (
	"context"
	"path/filepath"

	"irori/internal/app/launch"
)

// LogFile is where a server in the background writes its log.
func (e *Env) LogFile() string { return filepath.Join(e.Home, "logs", "server.log") }

// StartBackground starts a server of its own process and waits until it can
// answer. progress sees the lines that it prints until then.
func (e *Env) StartBackground(ctx context.Context, args []string, progress func(line string)) (*Ready, error) {
	if err := e.makeHome(); err != nil {
		return nil, err
	}
	ready := &Ready{}
	return ready, launch.Detached(ctx, e.LogFile(), args, progress, ready)
}
