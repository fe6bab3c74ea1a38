// Command sidebyside measures a running server against its floor and its
// peer in interleaved pairs: A B A B … in one run, because the machine's
// speed drifts. It prints the medians of the ratios and the raw rows.
//
//	go run ./bench/sidebyside -bin bin/irori -home HOME -model FILE -pairs 20
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

type settings struct {
	bin, home, model, loop, peer string
	pairs, tokens                int
	only                         string
}

func main() {
	var s settings
	flag.StringVar(&s.bin, "bin", "bin/irori", "the program")
	flag.StringVar(&s.home, "home", "", "a home folder that holds the model")
	flag.StringVar(&s.model, "model", "", "the model's file, for the loop and the peer")
	flag.StringVar(&s.loop, "loop", "", "the bareloop binary")
	flag.StringVar(&s.peer, "peer", "", "the llama-server binary; empty leaves the peer out")
	flag.IntVar(&s.pairs, "pairs", 20, "pairs a comparison")
	flag.IntVar(&s.tokens, "tokens", 256, "tokens a stream")
	flag.StringVar(&s.only, "only", "", "comma-separated parts: one,eight,eight1000,peer,prefix,gap,memory,start")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	want := func(part string) bool { return s.only == "" || slices.Contains(strings.Split(s.only, ","), part) }
	if want("start") {
		if err := starts(s); err != nil {
			return err
		}
	}
	srv, err := up(s)
	if err != nil {
		return err
	}
	defer srv.stop()
	// The main cache is made behind the first requests.
	time.Sleep(3 * time.Second)
	for _, part := range []struct {
		name string
		f    func(settings, *server) error
	}{
		{"one", one}, {"eight", func(s settings, v *server) error { return eight(s, v, 32, 160) }},
		{"eight1000", func(s settings, v *server) error { return eight(s, v, 1000, 64) }},
		{"peer", peer}, {"prefix", prefix}, {"gap", gap}, {"memory", memory},
	} {
		if !want(part.name) {
			continue
		}
		if err := part.f(s, srv); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// server is a running irori.
type server struct {
	url string
	pid int
	cmd *exec.Cmd
}

func up(s settings) (*server, error) {
	cmd := exec.Command(s.bin, "up", "--json", "--addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "IRORI_HOME="+s.home)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var ready struct {
		URL string
		PID int
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		return nil, fmt.Errorf("the server did not get ready: %w", err)
	}
	return &server{ready.URL, ready.PID, cmd}, nil
}

func (v *server) stop() {
	// An interrupt is how a person ends it; the exit status says nothing more.
	_ = v.cmd.Process.Signal(os.Interrupt)
	_ = v.cmd.Wait()
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// compare prints a comparison: medians of both sides, the median ratio with
// its quartiles, and the rows.
func compare(name, unit string, a, b []float64) {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	s := slices.Sorted(slices.Values(ratios))
	fmt.Printf("%s: irori %.4g %s, other %.4g %s, ratio median %.3f (quartiles %.3f to %.3f, n=%d)\n",
		name, median(a), unit, median(b), unit, median(ratios), s[len(s)/4], s[len(s)*3/4], len(s))
	fmt.Printf("  rows %s\n", rows(a, b))
}

func rows(a, b []float64) string {
	var out []string
	for i := range a {
		out = append(out, strconv.FormatFloat(a[i], 'f', 1, 64)+"/"+strconv.FormatFloat(b[i], 'f', 1, 64))
	}
	return strings.Join(out, " ")
}

// loop runs the bare loop once and returns its tokens per second.
func loop(s settings, args ...string) (float64, error) {
	out, err := exec.Command(s.loop, append([]string{"-model", s.model, "-lib", libDir(s)}, args...)...).Output()
	if err != nil {
		return 0, fmt.Errorf("bareloop: %w", err)
	}
	var r struct {
		PS float64 `json:"tokens_per_s"`
	}
	return r.PS, json.Unmarshal(out, &r)
}

func libDir(s settings) string { return filepath.Join(filepath.Dir(s.bin), "engine") }

func one(s settings, v *server) error {
	var a, b []float64
	for i := range s.pairs {
		st, err := streams(v.url, 1, 32, s.tokens, i)
		if err != nil {
			return err
		}
		l, err := loop(s, "-tokens", strconv.Itoa(s.tokens))
		if err != nil {
			return err
		}
		a, b = append(a, st.rate), append(b, l)
	}
	compare("one stream against a bare loop", "tok/s", a, b)
	return nil
}

// eight compares with the better of the two static batches.
func eight(s settings, v *server, context, tokens int) error {
	var a, splits, unifieds []float64
	var used cpu
	count := 0
	for i := range s.pairs {
		before := readCPU(v)
		st, err := streams(v.url, 8, context, tokens, i)
		if err != nil {
			return err
		}
		used = used.plus(readCPU(v).minus(before))
		args := []string{"-streams", "8", "-context", strconv.Itoa(st.context), "-tokens", strconv.Itoa(st.tokens)}
		count += 8 * st.tokens
		split, err := loop(s, args...)
		if err != nil {
			return err
		}
		unified, err := loop(s, append(args, "-unified")...)
		if err != nil {
			return err
		}
		a, splits, unifieds = append(a, st.rate), append(splits, split), append(unifieds, unified)
	}
	// The layout is chosen by its median: the better of two noisy runs of
	// every pair would be faster than either is.
	b := splits
	if median(unifieds) > median(splits) {
		b = unifieds
	}
	compare(fmt.Sprintf("eight streams, %d tokens of context, against the better static batch", context), "tok/s", a, b)
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(count) }
	fmt.Printf("  static batch: split %.4g, unified %.4g tok/s; processor time a token of the window (prefill too): gateway %.0f µs, client %.0f µs, worker %.0f µs\n",
		median(splits), median(unifieds), per(used.gateway), per(used.client), per(used.worker))
	return nil
}

func peer(s settings, v *server) error {
	if s.peer == "" {
		return nil
	}
	cmd := exec.Command(s.peer, "-m", s.model, "-t", "2", "-np", "8", "-c", "16384", "--port", "18080", "--host", "127.0.0.1", "--log-disable")
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		// It has no other way to end.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	url := "http://127.0.0.1:18080"
	if err := healthy(url); err != nil {
		return err
	}
	for _, n := range []int{1, 8} {
		var a, b []float64
		for i := range s.pairs {
			x, err := streams(v.url, n, 32, 128, i)
			if err != nil {
				return err
			}
			y, err := streams(url, n, 32, 128, i)
			if err != nil {
				return fmt.Errorf("llama-server: %w", err)
			}
			a, b = append(a, x.rate), append(b, y.rate)
		}
		compare(fmt.Sprintf("%d stream(s) against llama-server", n), "tok/s", a, b)
	}
	return nil
}
