// Command route-e2e shows routing from end to end with two real models: a weaker
// one answers here, and a better one, behind a second server with a price,
// stands for the cloud. Which is better is a matter of the questions: of short
// ones after examples SmolLM2-135M-Instruct has more right than Gemma 3 270M,
// which was not tuned to answer. It asks both the same questions, learns from
// half of them whom to ask, lets the simulator say what that brings for the
// other half, sends those through irori/auto, and compares what the ledger says
// of them. irori/judged, which holds local answers back and judges them by their
// tokens alone, gets them too.
//
//	go run ./bench/route-e2e -irori bin/irori -home bin/testhome
//
// It fails where the gap between the models is below 10 points or may be chance,
// and where the ledger does not agree with the simulator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"irori/internal/eval/easy"
	"irori/internal/route/outcome"
)

// settings are what it is started with.
type settings struct {
	irori, home, engine, out string
	weak, strong, price      string
	items                    int
	seed                     uint64
}

func main() {
	var s settings
	flag.StringVar(&s.irori, "irori", "bin/irori", "the program")
	flag.StringVar(&s.home, "home", "bin/testhome", "a home that holds both models; it is copied, and stays as it is")
	flag.StringVar(&s.engine, "engine", "bin/engine", "the engine's libraries")
	flag.StringVar(&s.out, "out", "", "a folder that keeps outcomes, policy and figures; empty keeps nothing")
	flag.StringVar(&s.weak, "weak", "gemma-3-270m", "the model that answers here")
	flag.StringVar(&s.strong, "strong", "smollm2-135m-instruct", "the model that stands for the cloud")
	flag.StringVar(&s.price, "price", "37,300", "JPY for a million tokens read and written there")
	flag.IntVar(&s.items, "items", 64, "questions of a kind, at most")
	flag.Uint64Var(&s.seed, "seed", 1, "what chance begins with")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "route-e2e:", err)
		os.Exit(1)
	}
}

// run does all of it in a folder of its own.
func run(ctx context.Context, s settings) error {
	for _, p := range []*string{&s.irori, &s.home, &s.engine} {
		full, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = full
	}
	dir := s.out
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "route-e2e"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	b := &bench{settings: s, dir: dir}
	defer b.close()
	return b.all(ctx)
}

// bench is a run: two servers, and what was found.
type bench struct {
	settings
	dir         string
	here, cloud *server
	// train and test are the halves of what both models were asked.
	train, test []*item
	kinds       []kind
	// benefit is what a predictor that did not see a question to learn from
	// expects of asking the cloud.
	benefit []float64
	margin  float64
	doubt   float64
}

// all does one step after the other.
func (b *bench) all(ctx context.Context) error {
	if err := b.start(ctx); err != nil {
		return err
	}
	items := draw(easy.Tasks(b.seed, b.items), b.seed)
	if err := b.collect(ctx, items); err != nil {
		return err
	}
	if len(b.test) == 0 {
		return errors.New("neither model can do any kind of question")
	}
	gap := b.gap()
	if err := b.learn(ctx); err != nil {
		return err
	}
	said, err := b.simulate(ctx)
	if err != nil {
		return err
	}
	if err := b.restart(ctx); err != nil {
		return err
	}
	auto, err := b.route(ctx, "auto")
	if err != nil {
		return err
	}
	judged, err := b.route(ctx, "judged")
	if err != nil {
		return err
	}
	return b.report(gap, said, auto, judged)
}

// path is a file of the run.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// records are the outcomes of items.
func records(list []*item) []outcome.Record {
	out := make([]outcome.Record, len(list))
	for i, x := range list {
		out[i] = x.Record
	}
	return out
}
