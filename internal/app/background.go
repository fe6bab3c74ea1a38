package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
)

// LogFile is where a server in the background writes its log.
func (e *Env) LogFile() string { return filepath.Join(e.Home, "logs", "server.log") }

// StartBackground starts a server of its own process and waits until it can
// answer. progress sees the lines that it prints until then.
func (e *Env) StartBackground(ctx context.Context, args []string, progress func(line string)) (*Ready, error) {
	if err := e.makeHome(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(e.LogFile()), 0o700); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	logFile, err := os.OpenFile(e.LogFile(), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the log cannot be written").WithHint("%s", hintWritable)
	}
	defer logFile.Close()
	readyPath := filepath.Join(e.Home, "logs", "ready.json")
	if err := os.Remove(readyPath); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	child, err := proc.Detach(exe, append([]string{"up", "--json", "--ready-file", readyPath}, args...), logFile)
	if err != nil {
		return nil, err
	}
	return e.awaitReady(ctx, readyPath, child, progress)
}

// awaitReady follows the log until the server says that it is ready, or ends.
func (e *Env) awaitReady(ctx context.Context, readyPath string, child *proc.Detached, progress func(string)) (*Ready, error) {
	f, err := os.Open(e.LogFile())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	var lines []string
	follow := func() {
		for {
			line, err := r.ReadString('\n')
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
				if progress != nil {
					progress(line)
				}
			}
			if err != nil {
				return
			}
		}
	}
	for {
		follow()
		if b, err := os.ReadFile(readyPath); err == nil {
			ready := &Ready{}
			if json.Unmarshal(b, ready) == nil {
				return ready, os.Remove(readyPath)
			}
		}
		select {
		case end := <-child.Ended:
			follow()
			return nil, backgroundError(lines, end)
		case <-ctx.Done():
			// Nobody will use a server whose start was given up.
			if err := child.Stop(); err != nil {
				e.Log.Warn("the server that was starting could not be stopped", "err", err)
			}
			return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// statusCodes are kinds of failure that a server's exit status tells.
var statusCodes = map[int]llm.Code{3: llm.CodeNotFound, 4: llm.CodeForbidden, 5: llm.CodeUnreachable}

// backgroundError finds the error and the hint among a server's last lines.
func backgroundError(lines []string, end error) error {
	out := &llm.Error{Code: llm.CodeUnavailable, Message: "the server ended before it was ready"}
	if exit, ok := errors.AsType[*exec.ExitError](end); ok {
		if code, ok := statusCodes[exit.ExitCode()]; ok {
			out.Code = code
		}
	}
	for _, l := range lines {
		if m, ok := strings.CutPrefix(l, "irori: error: "); ok {
			out.Message = m
		}
		if h, ok := strings.CutPrefix(l, "irori: hint: "); ok {
			out.Hint = h
		}
	}
	return out
}
