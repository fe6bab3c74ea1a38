// Command route measures what a decision before generation costs: features and
// both probabilities of questions of 2,000 characters, English and Japanese.
// It prints the format of benchstat, with the 99th of a hundred decisions
// beside the mean. Time is the thread's own where the system tells it (Linux):
// a machine with other work to do lengthens it less. fastest-p99 is the 99th of
// a hundred questions by the fastest of their decisions, which a busy machine
// says too. The model is trained on made-up outcomes, or on those of
// -train; then the English questions are put together from its own.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

const (
	characters = 2000
	made       = 6000
	questions  = 200
)

func main() {
	train := flag.String("train", "", "outcomes to train on, JSONL")
	decisions := flag.Int("n", 20000, "decisions of each kind")
	times := flag.Int("count", 6, "how often each kind is measured")
	only := flag.String("only", "", "the one language to measure, en or ja")
	profile := flag.String("cpuprofile", "", "file for a profile of the decisions")
	targets := flag.Int("targets", 3, "local targets that share the features of a question")
	flag.Parse()
	if err := run(*train, *decisions, *times, *targets, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "route:", err)
		os.Exit(1)
	}
}

func run(train string, decisions, times, targets int, only, profile string) error {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := map[string]func() string{"en": maker(rng, english(rng), " ", "? ", 11), "ja": maker(rng, japanese(rng), "", "。", 17)}
	records := madeUp(rng, texts)
	if train != "" {
		f, err := os.Open(train)
		if err != nil {
			return err
		}
		defer f.Close()
		own, err := outcome.Read(train, f, outcome.Logged)
		if err != nil {
			return err
		}
		records = append(records[:made/2], own...)
		texts["en"] = func() string {
			var b strings.Builder
			for b.Len() < 4*characters {
				b.WriteString(own[rng.IntN(len(own))].Question + "\n")
			}
			return b.String()
		}
	}
	begin := time.Now()
	m := predict.Train(records, predict.Options{Seed: 1})
	took := time.Since(begin)
	dir, err := os.MkdirTemp("", "route")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := dir + "/model"
	if err := m.Save(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	begin = time.Now()
	if m, err = predict.Load(path, predict.Options{}); err != nil {
		return err
	}
	loading := time.Since(begin)
	fmt.Printf("goos: %s\ngoarch: %s\npkg: irori/bench/route\n", runtime.GOOS, runtime.GOARCH)
	fmt.Printf("BenchmarkTrain/outcomes=%d 1 %d ns/op %d file-bytes %d words\n", len(records), took.Nanoseconds(), info.Size(), m.Summary().Words)
	fmt.Printf("BenchmarkLoad 1 %d ns/op\n", loading.Nanoseconds())
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	set := predict.Set(slices.Repeat([]*predict.Model{m}, targets))
	one, zero := 1.0, 0.0
	for range times {
		for _, language := range []string{"en", "ja"} {
			if only != "" && only != language {
				continue
			}
			asked := make([]string, questions)
			for i := range asked {
				asked[i] = cut(texts[language]())
			}
			measure("Decide/"+language, decisions, func(i int) { m.Predict(asked[i%questions]) })
			measure(fmt.Sprintf("Decide%d/%s", targets, language), decisions/2, func(i int) { set.Of(predict.Question{Text: asked[i%questions]}) })
			measure("Learn/"+language, decisions/10, func(i int) { m.Update(asked[i%questions], &zero, &one, 1) })
		}
	}
	return nil
}

// measure times every decision.
func measure(name string, n int, decide func(i int)) {
	for i := range questions {
		decide(i)
	}
	took := make([]time.Duration, n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum := time.Duration(0)
	runtime.LockOSThread()
	for i := range n {
		begin := now()
		decide(i)
		took[i] = now() - begin
		sum += took[i]
	}
	runtime.UnlockOSThread()
	runtime.ReadMemStats(&after)
	fastest := slices.Clone(took[:questions])
	for i, t := range took {
		fastest[i%questions] = min(fastest[i%questions], t)
	}
	slices.Sort(fastest)
	slices.SortFunc(took, cmp.Compare[time.Duration])
	fmt.Printf("Benchmark%s-%d %d %d ns/op %d p50-ns %d p99-ns %d fastest-p99-ns %d B/op %.1f allocs/op\n", name, runtime.GOMAXPROCS(0), n, sum.Nanoseconds()/int64(n),
		took[n/2].Nanoseconds(), took[n*99/100].Nanoseconds(), fastest[questions*99/100].Nanoseconds(), (after.TotalAlloc-before.TotalAlloc)/uint64(n), float64(after.Mallocs-before.Mallocs)/float64(n))
}

func cut(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), characters)])
}

func english(rng *rand.Rand) []string {
	out := make([]string, 6000)
	for i := range out {
		b := make([]byte, 2+rng.IntN(9))
		for j := range b {
			b[j] = "etaoinshrdlucmwfgypbvk"[min(rng.IntN(22), rng.IntN(22))]
		}
		out[i] = string(b)
	}
	return out
}

func japanese(rng *rand.Rand) []string {
	out := make([]string, 6000)
	for i := range out {
		r := make([]rune, 1+rng.IntN(3))
		for j := range r {
			switch rng.IntN(3) {
			case 0:
				r[j] = rune(0x4e00 + rng.IntN(2000))
			case 1:
				r[j] = rune(0x30a1 + rng.IntN(80))
			default:
				r[j] = rune(0x3041 + rng.IntN(80))
			}
		}
		out[i] = string(r)
	}
	return out
}

// maker makes texts of words as frequent as words are: the k-th some 1/k times.
func maker(rng *rand.Rand, words []string, space, stop string, long int) func() string {
	zipf := rand.NewZipf(rng, 1.1, 8, uint64(len(words)-1))
	return func() string {
		var b strings.Builder
		for i := 1; b.Len() < 4*characters; i++ {
			b.WriteString(words[zipf.Uint64()])
			if i%long == 0 {
				b.WriteString(stop)
				continue
			}
			b.WriteString(space)
		}
		return b.String()
	}
}

func madeUp(rng *rand.Rand, texts map[string]func() string) []outcome.Record {
	var out []outcome.Record
	for i := range made {
		w, s := float64(rng.IntN(2)), float64(min(1, rng.IntN(4)))
		q := []rune(texts[[]string{"en", "ja"}[i%2]]())
		out = append(out, outcome.Record{Question: string(q[:50+rng.IntN(250)]), Weak: &w, Strong: &s})
	}
	return out
}
