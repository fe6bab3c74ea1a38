package code

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"irori/internal/eval/sandbox"
)

// asked is what the host's Python says of itself: where it lies, behind links
// and whatever stands in for it on the path, and which files it is made of.
const asked = `import sys, os, json, sysconfig, hashlib, random, re, math
files = set(sysconfig.get_paths(vars={"installed_base": sys.base_prefix, "base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix, "platbase": sys.base_exec_prefix})[n] for n in ("stdlib", "platstdlib"))
try:
    for line in open("/proc/self/maps"):
        name = line.split(None, 5)[5:]
        if name and name[0].startswith("/"):
            files.add(name[0].strip())
except OSError:
    pass
exe = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
print(json.dumps({"path": exe, "files": sorted(f for f in files if os.path.exists(f)), "major": sys.version_info[0]}))
`

// searchTime bounds the question what the host's Python is.
const searchTime = 20 * time.Second

// onceHost remembers what was found.
var onceHost struct {
	sync.Mutex
	done bool
	host *sandbox.Host
	err  error
}

// FindPython is the host's python3, found on the path once. An error says why
// items in Python are skipped.
func FindPython(ctx context.Context) (*sandbox.Host, error) {
	onceHost.Lock()
	defer onceHost.Unlock()
	if onceHost.done {
		return onceHost.host, onceHost.err
	}
	host, err := findPython(ctx, os.Getenv("PATH"))
	if ctx.Err() == nil {
		onceHost.host, onceHost.err, onceHost.done = host, err, true
	}
	return host, err
}

func findPython(ctx context.Context, path string) (*sandbox.Host, error) {
	if err := sandbox.Support(); err != nil {
		return nil, err
	}
	failed := error(errors.New("python3 is not on the path"))
	for _, dir := range strings.Split(path, string(os.PathListSeparator)) {
		if dir == "" || dir[0] != '/' {
			continue // what lies in the current folder is nobody's choice
		}
		name := dir + "/python3"
		if info, err := os.Stat(name); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			continue
		}
		host, err := describe(ctx, name)
		if err == nil {
			return host, nil
		}
		failed = fmt.Errorf("%s does not work: %w", name, err)
	}
	return nil, failed
}

// describe asks an interpreter what it is.
func describe(ctx context.Context, name string) (*sandbox.Host, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, "-I", "-S", "-B", "-c", asked)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if words := strings.TrimSpace(errs.String()); words != "" {
			err = errors.New(words[strings.LastIndexByte(words, '\n')+1:])
		}
		return nil, err
	}
	var said struct {
		sandbox.Host
		Major int `json:"major"`
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		return nil, err
	}
	if said.Major != 3 || said.Path == "" {
		return nil, errors.New("it is no Python 3")
	}
	return &said.Host, nil
}
