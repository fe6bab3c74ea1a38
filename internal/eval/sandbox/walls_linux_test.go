//go:build amd64 || arm64

package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"irori/internal/eval/code"
	"irori/internal/eval/sandbox"
)

// TestMain lets this test be the child, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		os.Exit(code.Child(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// attack is a program that prints HARM where it gets what it wants.
type attack struct {
	name, source string
	want         []sandbox.State
	// tried programs do no harm without walls either: they show that what is
	// looked for can be had.
	tried bool
}

var (
	forbidden = []sandbox.State{sandbox.Forbidden}
	refused   = []sandbox.State{sandbox.Forbidden, sandbox.Failed}
	timedOut  = []sandbox.State{sandbox.TimedOut}
	memory    = []sandbox.State{sandbox.OutOfMemory}
	anyEnd    = []sandbox.State{sandbox.Failed, sandbox.OutOfMemory, sandbox.Crashed, sandbox.TimedOut, sandbox.Forbidden}
)

var attacks = []attack{
	{"socket of IPv4", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM)\nprint('HARM')", forbidden, true},
	{"datagrams", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nprint('HARM')", forbidden, true},
	{"socket of IPv6", "import socket\nsocket.socket(socket.AF_INET6, socket.SOCK_STREAM)\nprint('HARM')", forbidden, false},
	{"socket of the machine", "import socket\nsocket.socket(socket.AF_UNIX)\nprint('HARM')", forbidden, true},
	{"socket pair", "import socket\nsocket.socketpair()\nprint('HARM')", forbidden, true},
	{"socket of the kernel", "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint('HARM')", forbidden, true},
	{"caught socket", "import socket\ntry:\n    socket.create_server(('127.0.0.1', 0))\n    print('HARM')\nexcept BaseException:\n    pass", forbidden, true},
	{"asyncio", "import asyncio\nasync def f(): print('HARM')\nasyncio.run(f())", forbidden, true},
	{"fork", "import os\nif os.fork() == 0: os._exit(0)\nprint('HARM')", forbidden, true},
	{"fork without end", "import os\nwhile True: os.fork()", forbidden, false},
	{"daemon", "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(100)\n    os._exit(0)", forbidden, false},
	{"vfork", "import subprocess\nsubprocess.run(['true'])\nprint('HARM')", forbidden, true},
	{"spawn", "import os\nos.posix_spawn('/bin/true', ['true'], {})\nprint('HARM')", forbidden, true},
	{"shell", "import os\nos.system('true')\nprint('HARM')", forbidden, true},
	{"processes", "import multiprocessing\nmultiprocessing.Process(target=print).start()\nprint('HARM')", forbidden, false},
	{"exec", "import os\nos.execv('/bin/sh', ['sh', '-c', 'echo HARM'])", forbidden, true},
	{"threads", "import threading, time\nfor i in range(3): threading.Thread(target=time.sleep, args=(.01,)).start()\nprint('HARM')", refused, true},
	{"threads without end", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(100,)).start()", refused, false},
	{"2 GB", "b = bytearray(2 << 30)\nprint('HARM')", memory, false},
	{"2 GB in parts", "l = []\nfor i in range(2048): l.append(b'x' * (1 << 20) + bytes([i % 256]))\nprint('HARM')", memory, false},
	{"2 GB of shared memory", "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1\nprint('HARM')", anyEnd, false},
	{"2 GB of a string", "'x' * (2 << 30)\nprint('HARM')", memory, false},
	{"passwd", "print('HARM', open('/etc/passwd').read())", forbidden, true},
	{"passwd by another way", "print('HARM', open('/proc/self/' + 'root/etc/passwd').read())", forbidden, true},
	{"passwd from within", "import os\nos.chdir('/etc')\nprint('HARM', open('passwd').read())", forbidden, true},
	{"passwd by a link", "import os\nos.symlink('/etc/passwd', 'l')\nprint('HARM', open('l').read())", forbidden, false},
	{"passwd by another name", "import os\nos.link('/etc/passwd', 'l')\nprint('HARM', open('l').read())", anyEnd, false},
	{"users", "import pwd\nprint('HARM', pwd.getpwuid(0))", anyEnd, true},
	{"home", "import os\nprint('HARM', os.listdir(%[1]q))", forbidden, true},
	{"a file at home", "print('HARM', open(%[1]q + '/secret').read())", forbidden, true},
	{"root", "import os\nprint('HARM', os.listdir('/'))", forbidden, true},
	{"own environment", "import os\nassert 'IRORI_TEST_SECRET' in os.environ\nprint('HARM')", refused, true},
	{"environment of the parent", "print('HARM', open('/proc/%[2]d/environ').read())", refused, true},
	{"environment of the first", "import os\nprint('HARM', open('/proc/%%d/environ' %% os.getppid()).read())", refused, true},
	{"words of others", "import os\nprint('HARM', os.listdir('/proc'))", refused, true},
	{"memory of the parent", "open('/proc/%[2]d/mem', 'r+b')\nprint('HARM')", refused, true},
	{"descriptors", "import os\nfor fd in range(3, 64):\n    try: os.fstat(fd)\n    except OSError: continue\n    print('HARM', fd)\nraise SystemExit(1)", refused, false},
	{"write at home", "open(%[1]q + '/secret', 'w').write('x')\nprint('HARM')", forbidden, false},
	{"write outside", "import os\nfor d in ('/tmp', '/var/tmp', '/dev/shm', '/', '..'):\n    try: open(d + '/irori-was-here', 'w')\n    except OSError: continue\n    print('HARM', d)\nraise SystemExit(1)", refused, false},
	{"modes at home", "import os\nos.chmod(%[1]q + '/secret', 0o777)\nprint('HARM')", forbidden, false},
	{"times at home", "import os\nos.utime(%[1]q + '/secret', (1, 1))\nprint('HARM')", forbidden, false},
	{"end of a file at home", "import os\nos.truncate(%[1]q + '/secret', 0)\nprint('HARM')", forbidden, false},
	{"removal at home", "import os\nos.unlink(%[1]q + '/secret')\nprint('HARM')", forbidden, false},
	{"large file", "f = open('f', 'wb')\nfor i in range(64): f.write(bytes(1 << 20))\nprint('HARM')", anyEnd, false},
	{"many files", "n = 0\ntry:\n    for i in range(64):\n        with open(str(i), 'wb') as f: n += f.write(bytes(1 << 20))\nexcept OSError: pass\nif n > 20 << 20: print('HARM')\nraise SystemExit(1)", refused, false},
	{"empty files", "n = 0\ntry:\n    for i in range(100000): open(str(i), 'wb').close(); n += 1\nexcept OSError: pass\nif n > 1000: print('HARM')\nraise SystemExit(1)", refused, false},
	{"descriptors without end", "l = []\nfor i in range(1000): l.append(open('/dev/null'))\nprint('HARM')", refused, true},
	{"sleep", "import time\ntime.sleep(1000)", timedOut, false},
	{"deaf", "import signal, time\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: time.sleep(1)", timedOut, false},
	{"deaf and busy", "import signal\nfor s in (signal.SIGXCPU, signal.SIGTERM, signal.SIGALRM): signal.signal(s, signal.SIG_IGN)\nwhile True: pass", timedOut, false},
	{"words without end", "while True: print('x' * 1000)", []sandbox.State{sandbox.Failed}, false},
	{"errors without end", "import sys\nwhile True: sys.stderr.write('x' * 1000)", []sandbox.State{sandbox.Failed}, false},
	{"kill the parent", "import os\nos.kill(%[2]d, 9)\nprint('HARM')", forbidden, false},
	{"kill all", "import os\nos.kill(-1, 15)\nprint('HARM')", forbidden, false},
	{"kill its group", "import os\nos.killpg(0, 15)\nprint('HARM')", forbidden, false},
	{"limits", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (32, 64))\nprint('HARM')", anyEnd, true},
	{"terminal", "import fcntl\nfcntl.ioctl(0, 0x5412, b'x')\nprint('HARM')", forbidden, false},
	{"huge numbers", "x = 7 ** (10 ** 9)\nprint('HARM')", anyEnd, false},
	{"digits", "x = str(10 ** (10 ** 8))\nprint('HARM')", anyEnd, false},
	{"pattern", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", timedOut, false},
	{"depth", "def f(): f()\nf()", []sandbox.State{sandbox.Failed}, false},
	{"depth without end", "import sys\nsys.setrecursionlimit(1 << 30)\nf = lambda l: [l].__eq__([f(l)])\nclass A:\n    def __eq__(self, o): return [A()] == [A()]\nA() == A()", anyEnd, false},
	{"stack of C", "import json, sys\nsys.setrecursionlimit(1 << 30)\njson.loads('[' * 10 ** 7)", anyEnd, false},
	{"ptrace", "import ctypes\nctypes.CDLL(None).ptrace(16, %[2]d, 0, 0)\nprint('HARM')", forbidden, false},
	{"unshare", "import ctypes\nctypes.CDLL(None).unshare(0x10000000)\nprint('HARM')", forbidden, false},
	{"mount", "import ctypes\nctypes.CDLL(None).mount(b't', b'/tmp', b'tmpfs', 0, 0)\nprint('HARM')", forbidden, false},
	{"setns", "import ctypes\nctypes.CDLL(None).setns(0, 0)\nprint('HARM')", forbidden, false},
	{"memory of others", "import ctypes\nctypes.CDLL(None).process_vm_readv(%[2]d, 0, 0, 0, 0, 0)\nprint('HARM')", forbidden, false},
	{"wild pointer", "import ctypes\nctypes.string_at(1)\nprint('HARM')", []sandbox.State{sandbox.Crashed}, false},
	{"abort", "import os\nos.abort()", []sandbox.State{sandbox.Crashed, sandbox.Failed}, false},
}

// numbered are calls by their numbers, which only one processor has.
var numbered = map[string]int{
	"socket": 41, "io_uring_setup": 425, "bpf": 321, "keyctl": 250, "userfaultfd": 323, "perf_event_open": 298, "pidfd_open": 434,
	"fork": 57, "vfork": 58, "the other table's socket": 1<<30 | 41, "open_by_handle_at": 304, "kexec_load": 246,
}

// TestWalls runs every attack in every way that this machine knows.
func TestWalls(t *testing.T) {
	py := python(t)
	ways := []int32{0, 1, 2}
	if os.Geteuid() != 0 {
		ways = []int32{0, 2}
	}
	for _, way := range ways {
		t.Run(fmt.Sprintf("way %d", way), func(t *testing.T) {
			defer sandbox.Narrow(way)()
			attackAll(t, py)
			if sandbox.Narrowed() != way {
				t.Logf("this machine took way %d instead", sandbox.Narrowed())
			}
		})
	}
}

// A program that speaks as a process does that got no memory before it was the
// program is started again, and not for ever.
func TestWordsOfADyingStart(t *testing.T) {
	r, err := sandbox.Run(t.Context(), sandbox.Program{Host: python(t), Args: []string{"-c", "import sys\nsys.stderr.write('fatal error: runtime: out of memory\\n')\nsys.exit(2)"}}, sandbox.Limits{})
	if err != nil || r.State != sandbox.OutOfMemory {
		t.Errorf("%+v %v", r, err)
	}
}

func python(t *testing.T) *sandbox.Host {
	t.Helper()
	py, err := code.FindPython(t.Context())
	if err != nil {
		t.Skip(err)
	}
	return py
}

func attackAll(t *testing.T, py *sandbox.Host) {
	home, temp := prepare(t)
	all := attacks
	if runtime.GOARCH == "amd64" {
		for name, nr := range numbered {
			all = append(all, attack{"call of " + name, fmt.Sprintf("import ctypes\nctypes.CDLL(None).syscall(%d, 0, 0, 0)\nprint('HARM')", nr), forbidden, false})
		}
		for name, nr := range map[string]int{"clone3": 435, "memfd_create": 319, "chmod": 90, "shmget": 29} {
			all = append(all, attack{"call of " + name, fmt.Sprintf("import ctypes\nif ctypes.CDLL(None).syscall(%d, b'%s/secret', 0o777, 0) >= 0: print('HARM')\nraise SystemExit(1)", nr, home), refused, false})
		}
	}
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			source := a.source
			if strings.Contains(source, "%[") || strings.Contains(source, "%%") {
				source = fmt.Sprintf(source+"\n#%[1]q%[2]d", home, os.Getpid())
			}
			limit := 10 * time.Second // far from what any of these needs
			if slices.Contains(a.want, sandbox.TimedOut) {
				limit = 500 * time.Millisecond
			}
			r := ran(t, py, source, limit)
			if !slices.Contains(a.want, r.State) || strings.Contains(r.Stdout, "HARM") {
				t.Errorf("%s (%s)\n%s\n%s", r.State, r.Why, r.Stdout, r.Stderr)
			}
			unharmed(t, home, temp)
		})
	}
}

func ran(t *testing.T, py *sandbox.Host, source string, limit time.Duration) sandbox.Result {
	t.Helper()
	r, err := sandbox.Run(t.Context(), sandbox.Program{Host: py, Args: []string{"-I", "-S", "-B", "-"}, Input: source},
		sandbox.Limits{Time: limit, Memory: 256 << 20, Disk: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// prepare makes what attacks are after: a home with a file, a folder for
// temporary files that can be looked through, a secret in the environment and
// a descriptor that was left open.
func prepare(t *testing.T) (home, temp string) {
	t.Helper()
	top, err := os.MkdirTemp("", "irori-walls-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	home, temp = filepath.Join(top, "home"), filepath.Join(top, "temp")
	for _, dir := range []string{top, home, temp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(home, "secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv("IRORI_TEST_SECRET", "x")
	fd, err := syscall.Open(filepath.Join(home, "secret"), syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	return home, temp
}

// unharmed looks for what a program left behind.
func unharmed(t *testing.T, home, temp string) {
	t.Helper()
	if left, err := filepath.Glob(temp + "/*"); err != nil || len(left) > 0 {
		t.Error("left in the folder of temporary files:", left)
	}
	b, err := os.ReadFile(filepath.Join(home, "secret"))
	info, statErr := os.Stat(filepath.Join(home, "secret"))
	if err != nil || string(b) != "secret" || statErr != nil || info.Mode() != 0o666 || info.ModTime().Unix() < 1000 {
		t.Errorf("the file at home: %q %v %v %v", b, err, info, statErr)
	}
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/"} {
		if _, err := os.Stat(filepath.Join(dir, "irori-was-here")); err == nil {
			t.Error("a file was left in", dir)
			_ = os.Remove(filepath.Join(dir, "irori-was-here")) // the next has none
		}
	}
	for _, name := range processes(t, "HOME="+temp) {
		t.Error("a process is left:", name)
	}
}

// processes are those whose environment has some words.
func processes(t *testing.T, words string) []string {
	t.Helper()
	var out []string
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(words)) {
			out = append(out, name)
		}
	}
	return out
}

// TestAttacksWork holds that what attacks look for can be had without walls:
// else that they do not get it would say nothing.
func TestAttacksWork(t *testing.T) {
	py := python(t)
	home, _ := prepare(t)
	for _, a := range attacks {
		if !a.tried {
			continue
		}
		source := a.source
		if strings.Contains(source, "%[") || strings.Contains(source, "%%") {
			source = fmt.Sprintf(source+"\n#%[1]q%[2]d", home, os.Getpid())
		}
		cmd := exec.CommandContext(t.Context(), py.Path, "-I", "-S", "-B", "-")
		cmd.Stdin = strings.NewReader(source)
		if a.name == "descriptors without end" {
			continue
		}
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), "HARM") {
			t.Errorf("%s: %v %s", a.name, err, out)
		}
	}
}

// TestInside holds that honest programs have what they need.
func TestInside(t *testing.T) {
	py := python(t)
	for _, source := range []string{
		"import math, re, random, hashlib, json, collections, itertools, functools, heapq, bisect, string, typing, dataclasses, datetime, decimal, fractions, copy, statistics, enum, unittest, zlib, struct\nassert hashlib.md5(b'').hexdigest().startswith('d41d')\nassert 0 <= random.random() < 1",
		"import sys\nassert sys.stdin.read() == ''",
		"import time\nassert time.time() > 1e9 and time.localtime()\nprint('日本語')",
		"import os\nassert os.listdir('.') == [] and os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd() and os.environ['LC_ALL'] == 'C.UTF-8' and len(os.environ) == 4, os.environ",
		"x = [0] * 10 ** 7\ndef f(n): return n and f(n - 1)\nf(900)",
		"import zoneinfo, locale, platform\nplatform.python_version()",
		"import signal, os\nsignal.signal(signal.SIGALRM, lambda *a: print('rang')); signal.raise_signal(signal.SIGALRM)",
	} {
		if r := ran(t, py, source, 10*time.Second); r.State != sandbox.Passed || r.CPU <= 0 || r.Wall <= 0 {
			t.Errorf("%s\n%+v", source, r)
		}
	}
	if sandbox.Narrowed() == 2 {
		return // nothing can be written where there is no file system of its own
	}
	r := ran(t, py, "import tempfile, os\nwith tempfile.TemporaryDirectory() as d:\n    p = os.path.join(d, 'f')\n    open(p, 'w').write('x' * 1000000)\n    assert open(p).read(1) == 'x'\n    os.rename(p, p + '2')\n    assert os.listdir(d) == ['f2']\nos.mkdir('d'); open('d/x', 'w').close()", 10*time.Second)
	if r.State != sandbox.Passed {
		t.Errorf("%+v", r)
	}
}

// TestStarved holds that time without a processor is not counted, and time
// asleep is.
func TestStarved(t *testing.T) {
	py := python(t)
	for source, want := range map[string]bool{"while True: pass": true, "import time\ntime.sleep(100)": false} {
		cmd := exec.CommandContext(t.Context(), py.Path, "-I", "-S", "-B", "-c", "print('x', flush=True)\n"+source)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		for sandbox.Starved(cmd.Process.Pid, time.Hour) != want {
			runtime.Gosched() // it is on its way into its loop
		}
		if sandbox.Starved(cmd.Process.Pid, 0) {
			t.Error("a limit of nothing is kept")
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// TestNobody runs the attacks again as a user that is not root.
func TestNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another")
	}
	if testing.Short() {
		t.Skip("a second time over")
	}
	python(t)
	dir, err := os.MkdirTemp("", "irori-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self := filepath.Join(dir, "sandbox.test")
	copied(t, os.Args[0], self)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.v", "-test.run=^(TestWalls|TestInside)$")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("--- PASS: TestWalls")) {
		t.Logf("%.2000s", out)
	}
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
}
