// Command doubt asks a running server's model questions with known answers,
// and shows how well each signal of doubt tells its right answers from its
// wrong ones.
//
//	go run ./bench/doubt -url http://127.0.0.1:8080 -model smollm2-135m-instruct -tasks easy -items 45 -raw weak.jsonl
//	go run ./bench/doubt -url http://127.0.0.1:8080 -model smollm2-135m-instruct -verify -raw weak.jsonl
//	go run ./bench/doubt -raw weak.jsonl -strong strong.jsonl
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

type settings struct {
	url, model, data, tasks, raw string
	items, tokens, samples       int
	seed                         uint64
	plain, verify                bool
	strong                       string
	boots                        int
	penalty                      float64
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "", "the server to ask; empty judges the raw file only")
	flag.StringVar(&s.model, "model", "", "the model that answers")
	flag.StringVar(&s.data, "data", "", "a folder with public sets")
	flag.StringVar(&s.tasks, "tasks", "arithmetic,knowledge,extraction", "what is asked, as irori measure tasks names it")
	flag.StringVar(&s.raw, "raw", "answers.jsonl", "the file of answers, written where a server is asked")
	flag.IntVar(&s.items, "items", 0, "items a task, 0 for all")
	flag.IntVar(&s.tokens, "tokens", 128, "the most tokens of an answer")
	flag.IntVar(&s.samples, "samples", 4, "further answers at temperature 0.7")
	flag.Uint64Var(&s.seed, "seed", 1, "what chance begins with")
	flag.BoolVar(&s.plain, "plain", false, "ask by a text to go on with, for models that were not tuned to converse")
	flag.BoolVar(&s.verify, "verify", false, "ask whether the answers of the raw file hold, and add what is said")
	flag.StringVar(&s.strong, "strong", "", "a raw file of another model on the same items, which stands for the strong one")
	flag.IntVar(&s.boots, "boots", 1000, "draws of an interval")
	flag.Float64Var(&s.penalty, "penalty", 0, "the penalty of the combination, 0 for the usual one")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "doubt:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	if s.url == "" {
		list, err := read(s.raw)
		if err != nil {
			return err
		}
		return report(os.Stdout, list, s)
	}
	var b bytes.Buffer
	if s.verify {
		list, err := read(s.raw)
		if err != nil {
			return err
		}
		if err := verify(ctx, s, list); err != nil {
			return err
		}
		for _, a := range list {
			if err := json.NewEncoder(&b).Encode(a); err != nil {
				return err
			}
		}
	} else if err := collect(ctx, s, &b); err != nil {
		return err
	}
	return os.WriteFile(s.raw, b.Bytes(), 0o644)
}

// read reads a file of answers.
func read(path string) ([]*answer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []*answer
	for d := json.NewDecoder(f); ; {
		a := &answer{}
		if err := d.Decode(a); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s, answer %d: %w", path, len(out)+1, err)
		}
		out = append(out, a)
	}
}
