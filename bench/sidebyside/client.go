package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stream is what one streamed answer gave.
type stream struct {
	asked  time.Time
	times  []time.Time
	tokens int
	cached int
	prompt int
}

func (s *stream) first() time.Duration { return s.times[0].Sub(s.asked) }

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// tokenIDs is a prompt of n tokens that depends on salt, so that no cache
// knows it unless it is meant to.
func tokenIDs(n, salt int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1000 + (i*7+salt*131+i*salt)%3000
	}
	return out
}

// ask streams one completion of exactly n tokens.
func ask(url string, prompt []int, n int, seen func(int)) (*stream, error) {
	body, err := json.Marshal(map[string]any{
		"model": "irori/local", "prompt": prompt, "max_tokens": n, "stream": true, "ignore_eos": true,
		"stream_options": map[string]bool{"include_usage": true},
		"temperature":    0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05,
	})
	if err != nil {
		return nil, err
	}
	s := &stream{asked: time.Now()}
	resp, err := client.Post(url+"/v1/completions", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	r := bufio.NewReaderSize(resp.Body, 64<<10)
	if resp.StatusCode != http.StatusOK {
		line, _ := r.ReadString('\n') // the status alone is enough to fail
		return nil, fmt.Errorf("%s: %s", resp.Status, line)
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			break
		}
		if !bytes.HasPrefix(line, []byte("data: ")) {
			continue
		}
		if bytes.Contains(line, []byte(`"usage":{`)) {
			var u struct {
				Usage struct {
					Prompt  int `json:"prompt_tokens"`
					Out     int `json:"completion_tokens"`
					Details struct {
						Cached int `json:"cached_tokens"`
					} `json:"prompt_tokens_details"`
				}
			}
			if err := json.Unmarshal(line[6:], &u); err != nil {
				return nil, err
			}
			s.tokens, s.cached, s.prompt = u.Usage.Out, u.Usage.Details.Cached, u.Usage.Prompt
			continue
		}
		if bytes.Contains(line, []byte(`"text":`)) {
			s.times = append(s.times, time.Now())
			if seen != nil {
				seen(len(s.times))
			}
		}
	}
	if len(s.times) < 2 {
		return nil, errors.New("the stream gave less than two tokens")
	}
	return s, nil
}

// measured is what n streams did while all of them decoded.
type measured struct {
	rate float64 // tokens per second, all streams together
	// context is the mean length of the sequences when the window began.
	context int
	// tokens is how many each stream gave within it.
	tokens int
}

// longPrefill is the context that is computed before streams are compared.
const longPrefill = 100

// streams runs n streams at once and counts a window of so many tokens a
// stream, that begins with the last stream's first token: prefill is not in it.
func streams(url string, n, context, tokens, salt int) (measured, error) {
	if context > longPrefill {
		// The prompts are computed before: a stream that waits for another's
		// prefill would not decode beside it.
		for i := range n {
			if _, err := ask(url, tokenIDs(context, salt*100+i+1), 2, nil); err != nil {
				return measured{}, err
			}
		}
	}
	out := make([]*stream, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			// Longer than the window: streams begin one after another.
			extra := 0
			if n > 1 {
				extra = 32
			}
			out[i], errs[i] = ask(url, tokenIDs(context, salt*100+i+1), tokens+extra, nil)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return measured{}, err
	}
	begin, end := out[0].times[0], out[0].times[len(out[0].times)-1]
	for _, s := range out {
		begin = later(begin, s.times[0])
	}
	if n > 1 {
		// Each stream's first steps beside another's prefill are not
		// decoding alone.
		begin = begin.Add(20 * time.Millisecond)
	}
	before := 0
	for _, s := range out {
		k := s.before(begin)
		before += k
		end = earlier(end, s.times[min(k+tokens, len(s.times)-1)])
	}
	if !begin.Before(end) {
		return measured{}, errors.New("the streams did not run at the same time")
	}
	count := 0.0
	for _, s := range out {
		// A chunk may hold two tokens where a character spans them.
		count += float64(s.before(end.Add(1))-s.before(begin)) * float64(s.tokens) / float64(len(s.times))
	}
	return measured{count / end.Sub(begin).Seconds(), context + before/n, int(count) / n}, nil
}

// before counts the tokens that came before t.
func (s *stream) before(t time.Time) int {
	n, _ := slices.BinarySearchFunc(s.times, t, time.Time.Compare)
	return n
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func healthy(url string) error {
	for range 600 {
		resp, err := client.Get(url + "/health")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("%s does not get healthy", url)
}

// prefix times a second request with the same 1,000-token beginning: alone,
// while the first still runs, and after three other conversations.
func prefix(s settings, v *server) error {
	type row struct{ first, second []float64 }
	var alone, running, after row
	worst := 1 << 30
	add := func(r *row, a, b *stream) {
		r.first, r.second = append(r.first, a.first().Seconds()), append(r.second, b.first().Seconds())
		worst = min(worst, b.cached)
	}
	for i := range s.pairs {
		p := tokenIDs(1000, 5000+i*3)
		a, err := ask(v.url, p, 8, nil)
		if err != nil {
			return err
		}
		b, err := ask(v.url, append(slices.Clone(p), 77), 8, nil)
		if err != nil {
			return err
		}
		add(&alone, a, b)
		if a, b, err = whileRunning(v.url, tokenIDs(1000, 5001+i*3)); err != nil {
			return err
		}
		add(&running, a, b)
		p = tokenIDs(1000, 5002+i*3)
		if a, err = ask(v.url, p, 8, nil); err != nil {
			return err
		}
		for k := range 3 {
			if _, err := ask(v.url, tokenIDs(300, 9000+i*10+k), 8, nil); err != nil {
				return err
			}
		}
		if b, err = ask(v.url, append(slices.Clone(p), 77), 8, nil); err != nil {
			return err
		}
		add(&after, a, b)
	}
	for _, r := range []struct {
		name string
		r    row
	}{{"at rest", alone}, {"while the first runs", running}, {"after three others", after}} {
		compare("first token of a repeated 1,000-token prefix, "+r.name+" (first over second)", "s", r.r.first, r.r.second)
	}
	fmt.Printf("  fewest cached tokens reported: %d\n", worst)
	return nil
}

func whileRunning(url string, p []int) (a, b *stream, err error) {
	begun := make(chan struct{})
	done := make(chan struct{})
	var aerr error
	go func() {
		defer close(done)
		a, aerr = ask(url, p, 200, func(n int) {
			if n == 3 {
				close(begun)
			}
		})
	}()
	select {
	case <-begun:
	case <-done:
		return nil, nil, aerr
	}
	b, err = ask(url, append(slices.Clone(p), 77), 8, nil)
	<-done
	return a, b, errors.Join(err, aerr)
}

// gap measures the pauses of a running stream while a 4,000-token prompt
// arrives.
func gap(s settings, v *server) error {
	var p95 []float64
	for i := range max(s.pairs/4, 3) {
		var long *stream
		var lerr error
		var wg sync.WaitGroup
		a, err := ask(v.url, tokenIDs(32, 7000+i), 400, func(n int) {
			if n == 40 {
				wg.Go(func() { long, lerr = ask(v.url, tokenIDs(4000, 8000+i), 4, nil) })
			}
		})
		wg.Wait()
		if err := errors.Join(err, lerr); err != nil {
			return err
		}
		var gaps []float64
		for k := 1; k < len(a.times); k++ {
			if a.times[k].After(long.asked) && a.times[k].Before(long.times[0]) {
				gaps = append(gaps, a.times[k].Sub(a.times[k-1]).Seconds()*1000)
			}
		}
		slices.Sort(gaps)
		if len(gaps) > 0 {
			p95 = append(p95, gaps[min(len(gaps)*95/100, len(gaps)-1)])
			fmt.Printf("  4,000 tokens arrive: %d gaps, median %.0f ms, p95 %.0f ms, most %.0f ms; their first token after %.2f s\n",
				len(gaps), gaps[len(gaps)/2], p95[len(p95)-1], gaps[len(gaps)-1], long.first().Seconds())
		}
	}
	fmt.Printf("p95 gap of a running stream while 4,000 tokens arrive: median %.0f ms, most %.0f ms (n=%d)\n", median(p95), slices.Max(p95), len(p95))
	return nil
}

// memory runs 1,000 requests and reads the gateway's resident set.
func memory(_ settings, v *server) error {
	var wg sync.WaitGroup
	next := make(chan int)
	errs := make([]error, 8)
	for w := range 8 {
		wg.Go(func() {
			for i := range next {
				if _, err := ask(v.url, tokenIDs(16, i%7), 4, nil); err != nil {
					errs[w] = err
				}
			}
		})
	}
	for i := range 1000 {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(v.pid) + "/status")
	if err != nil {
		return err
	}
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmRSS") || strings.HasPrefix(l, "VmHWM") {
			fmt.Println("gateway after 1,000 requests:", strings.Join(strings.Fields(l), " "))
		}
	}
	return nil
}

// starts times `irori up` from exec to the first token.
func starts(s settings) error {
	var took []float64
	for range s.pairs {
		began := time.Now()
		v, err := up(s)
		if err != nil {
			return err
		}
		st, err := ask(v.url, tokenIDs(32, 1), 4, nil)
		if err == nil {
			took = append(took, st.times[0].Sub(began).Seconds())
		}
		v.stop()
		if err != nil {
			return err
		}
	}
	slices.Sort(took)
	fmt.Printf("exec to first token: median %.3f s, least %.3f, most %.3f (n=%d)\n", median(took), took[0], took[len(took)-1], len(took))
	return nil
}
