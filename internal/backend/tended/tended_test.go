package tended

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
)

// TestMain is a server where it is told to be one: it answers on its port, or
// says its last words.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		os.Exit(m.Run())
	}
	f := flag.NewFlagSet("serve", flag.ExitOnError)
	host, port, broken := f.String("host", "127.0.0.1", ""), f.String("port", "", ""), f.Bool("broken", false, "")
	parent := f.Bool("parent", false, "")
	if err := f.Parse(os.Args[2:]); err != nil {
		os.Exit(2)
	}
	if *broken {
		fmt.Fprintln(os.Stderr, "no such file: /models/x.gguf")
		os.Exit(1)
	}
	if *parent {
		// A child that has its pipes, and does not end by itself.
		own := exec.Command("sleep", "1000")
		own.Stderr = os.Stderr
		if err := own.Start(); err != nil {
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "child", own.Process.Pid)
	}
	http.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*host+":"+*port, nil))
	os.Exit(1)
}

func server(t *testing.T, args ...string) (*Server, chan bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan bool, 10)
	s, err := New(Options{
		Name: "x", Command: append([]string{exe, "serve"}, args...), Log: slog.New(slog.DiscardHandler), OnReady: func() { ready <- true },
		Restarts: &proc.Restarts{Limit: 3, Window: time.Hour, First: time.Millisecond, Most: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(10 * time.Second) })
	s.Start()
	return s, ready
}

func kill(t *testing.T, s *Server) {
	t.Helper()
	p, err := os.FindProcess(s.Status().PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
}

func answers(s *Server) bool { return healthy(http.DefaultClient, s.URL()+"/health") }

// A server that is killed comes back, on the same address, twice; the third
// time it is left alone until somebody lifts that.
func TestComesBack(t *testing.T) {
	for _, args := range [][]string{nil, {"-port={port}"}, {"-parent"}} {
		s, ready := server(t, args...)
		if err := s.Wait(t.Context()); err != nil || !answers(s) {
			t.Fatal(err)
		}
		<-ready
		for i := range 2 {
			kill(t, s)
			<-ready
			if st := s.Status(); st.Crashes != i+1 || st.State != StateReady || !answers(s) {
				t.Fatalf("%+v", st)
			}
		}
		s.mu.Lock()
		over := s.over
		s.mu.Unlock()
		kill(t, s)
		<-over
		err := s.Wait(t.Context())
		if llm.CodeOf(err) != llm.CodeQuarantined || !strings.Contains(err.Error(), "signal: killed") || answers(s) || s.Status().PID != 0 {
			t.Fatalf("%v %+v", err, s.Status())
		}
		if !s.Lift() {
			t.Fatal("it is not given up")
		}
		<-ready
		if err := s.Wait(t.Context()); err != nil || s.Status().Crashes != 0 || s.Lift() {
			t.Fatalf("%v %+v", err, s.Status())
		}
		s.Close(10 * time.Second)
		if answers(s) || s.Status().State != StateClosed || llm.CodeOf(s.Wait(t.Context())) != llm.CodeUnavailable {
			t.Fatal("it goes on after its end")
		}
	}
}

// Why a server does not start is said in its own last words.
func TestLastWords(t *testing.T) {
	s, _ := server(t, "-broken")
	if err := s.Wait(t.Context()); llm.CodeOf(err) != llm.CodeQuarantined || !strings.Contains(err.Error(), "no such file: /models/x.gguf") {
		t.Error(err)
	}
}

func TestNotInstalled(t *testing.T) {
	s, err := New(Options{Name: "x", Command: []string{"no-such-server"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	s.Start()
	if err := s.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), `"no-such-server" is not installed`) || s.Status().Crashes != 1 {
		t.Errorf("%v %+v", err, s.Status())
	}
}

// Who waits may give up.
func TestWaitEnds(t *testing.T) {
	s, err := New(Options{Name: "x", Command: []string{"x"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx); llm.CodeOf(err) != llm.CodeCancelled {
		t.Error(err)
	}
}
