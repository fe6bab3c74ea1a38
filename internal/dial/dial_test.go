package dial

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestHere(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", "127.8.9.1:80": "127.8.9.1:80", "[::1]:80": "[::1]:80", "[::ffff:127.0.0.1]:80": "[::ffff:127.0.0.1]:80",
		"localhost:80": "127.0.0.1:80 [::1]:80", "LocalHost.:80": "127.0.0.1:80 [::1]:80",
		"10.0.0.1:80": "", "192.168.1.2:80": "", "169.254.169.254:80": "", "0.0.0.0:80": "", "[::]:80": "", "example.com:443": "",
		"localhost.example.com:80": "", "127.0.0.1.example.com:80": "", "2130706433:80": "", "127.1:80": "", "[fe80::1%eth0]:80": "",
	} {
		got, err := Here("tcp", address)
		if _, refused := errors.AsType[*Refused](err); strings.Join(got, " ") != want || refused != (want == "") {
			t.Errorf("%s: %v %v", address, got, err)
		}
	}
}

// TestOffline runs in a process of its own: it is not undone.
func TestOffline(t *testing.T) {
	if os.Getenv("DIAL_TEST") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=TestOffline$", "-test.v")
		// The proxy would answer for everybody.
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }))
		defer s.Close()
		cmd.Env = append(os.Environ(), "DIAL_TEST="+s.URL, "HTTP_PROXY="+s.URL, "http_proxy="+s.URL)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestOffline") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	url := os.Getenv("DIAL_TEST")
	if res, err := Client.Get("http://outside.invalid/"); err != nil || res.StatusCode != http.StatusTeapot {
		t.Fatalf("the proxy was not asked: %v", err)
	}
	GoOffline()
	if _, err := Client.Get("http://outside.invalid/"); err == nil || !strings.Contains(err.Error(), "offline: outside.invalid:80 is not on this machine") {
		t.Errorf("%v", err)
	}
	for _, u := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1)} {
		if res, err := Client.Get(u); err != nil || res.StatusCode != http.StatusTeapot {
			t.Errorf("%s: %v", u, err)
		}
	}
	var refused *Refused
	if _, err := Context(context.Background(), "tcp", "198.51.100.1:9"); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if _, err := Context(context.Background(), "udp", net.JoinHostPort("198.51.100.1", "53")); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if !Offline() || os.Getenv(Variable) != "1" || os.Getenv("HF_HUB_OFFLINE") != "1" {
		t.Error("children are not told")
	}
}
