// Package launch starts servers of this program in processes of their own, and
// waits until they can answer.
//
// It does not know what a server says when it is ready: that goes into what
// the caller gives.
package launch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
)

// Detached starts a server that outlives this process, and waits until it can
// answer: its log goes to logPath, a folder's file that is made. progress sees
// the lines that it prints until then.
func Detached(ctx context.Context, logPath string, args []string, progress func(line string), ready any) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(logPath), 0o700); err != nil {
		return err
	}
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return llm.Wrap(llm.CodeInternal, err, "the log cannot be written").WithHint("set IRORI_HOME to a folder that can be written")
	}
	defer logFile.Close()
	readyPath := filepath.Join(filepath.Dir(logPath), "ready.json")
	if err := os.Remove(readyPath); err != nil && !os.IsNotExist(err) {
		return err
	}
	child, err := proc.Detach(exe, append([]string{"up", "--json", "--ready-file", readyPath}, args...), logFile)
	if err != nil {
		return err
	}
	return await(ctx, logPath, readyPath, child, progress, ready)
}

// await follows the log until the server says that it is ready, or ends.
func await(ctx context.Context, logPath, readyPath string, child *proc.Detached, progress func(string), ready any) error {
	f, err := os.Open(logPath)
	if err != nil {
		return err
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
			if json.Unmarshal(b, ready) == nil {
				return os.Remove(readyPath)
			}
		}
		select {
		case end := <-child.Ended:
			follow()
			return failure(lines, end)
		case <-ctx.Done():
			// Nobody will use a server whose start was given up.
			return llm.Wrap(llm.CodeCancelled, errors.Join(ctx.Err(), child.Stop()), "interrupted")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// statusCodes are kinds of failure that a server's exit status tells.
var statusCodes = map[int]llm.Code{3: llm.CodeNotFound, 4: llm.CodeForbidden, 5: llm.CodeUnreachable}

// failure finds the error and the hint among a server's last lines.
func failure(lines []string, end error) error {
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

// Child starts a server as a child of this process that ends with it, however
// that ends, and waits until it can answer.
func Child(ctx context.Context, args []string, ready any) (*proc.Child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	type started struct {
		child *proc.Child
		err   error
	}
	begun := make(chan started)
	go func() {
		// The child ends with the thread that it was started from.
		runtime.LockOSThread()
		c, err := proc.Start(proc.Spec{Path: exe, Args: append([]string{"up", "--json"}, args...), Pipes: true, EndsWithUs: true})
		begun <- started{c, err}
		if err == nil {
			<-c.Ended()
		}
	}()
	s := <-begun
	if s.err != nil {
		return nil, s.err
	}
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(s.child.Out).ReadBytes('\n') // an end without a line is told by Ended
		line <- b
	}()
	select {
	case b := <-line:
		if json.Unmarshal(b, ready) == nil {
			return s.child, nil
		}
		<-s.child.Ended()
	case <-s.child.Ended():
	case <-ctx.Done():
		_ = s.child.Stop(5 * time.Second) // nobody will use it
		return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "interrupted")
	}
	return nil, failure(s.child.LastWords(), s.child.Err())
}
