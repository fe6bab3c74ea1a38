// Command names fits the models that tell people's names by what stands around them, and
// says how well they do on texts that they were not fitted to.
//
//	go run ./bench/names -language ja -judge ja9,ja13 TEXTS…   each judged by a model without it
//	go run ./bench/names -language ja -write internal/route/privacy/tagger/japanese.gz TEXTS…
//
// TEXTS are files of marked texts, a text a line: ⟦name|田中⟧さん. The weights of this
// commit were fitted to internal/route/privacy/testdata/[dfhb]*.txt and then
// bench/names/texts/*.txt, with -bias .3 in English and .5 in Japanese; never to
// testdata/unseen*.txt.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/tagger"
	"irori/internal/route/privacy/tagger/train"
)

var (
	language = flag.String("language", "en", "of the model: en or ja")
	judge    = flag.String("judge", "", "the files to judge, by their names without .txt, commas between")
	write    = flag.String("write", "", "file for a model that is fitted to all texts")
	bias     = flag.Float64("bias", .5, "what a name must be likelier by, in nats")
	show     = flag.Bool("show", false, "print the lines on which names were missed or found wrongly")
)

// fit are the settings, chosen by judging texts/ja7.txt to ja12.txt and en6.txt to
// en10.txt each by the others: none of them changes a figure by more than .01.
var fit = train.Options{Rows: 1 << 18, Least: 2, Epochs: 5, Rate: .15, Decay: .005, Drop: .1, Seed: 1}

// again is what the texts of a name need less for another.
const again = .5

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "names:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	var docs []*doc
	for _, f := range files {
		read, err := read(f)
		if err != nil {
			return err
		}
		docs = append(docs, read...)
	}
	if *write != "" {
		f, err := os.Create(*write)
		if err != nil {
			return err
		}
		defer f.Close()
		return fitted(docs, "").Write(f)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all [len(biases)]tally
	turns := make(chan bool, runtime.NumCPU())
	for _, set := range strings.Split(*judge, ",") {
		wg.Add(1)
		go func() {
			defer wg.Done()
			turns <- true
			sums, lines := judged(docs, set)
			<-turns
			mu.Lock()
			defer mu.Unlock()
			fmt.Print(strings.Join(lines, ""))
			report(set, sums)
			for i := range all {
				all[i].add(sums[i])
			}
		}()
	}
	wg.Wait()
	report("all", all)
	return nil
}

// chains takes the features of texts in the language.
func chains(r *tagger.Reader, d *doc, f func([]tagger.Chain)) {
	if *language == "en" {
		r.English(d.text, f)
	} else {
		r.Japanese(d.text, f)
	}
}

// fitted is a model of all texts but those of a set.
func fitted(docs []*doc, without string) *tagger.Model {
	o := fit
	o.Shut = shut(docs, without)
	gate := &tagger.Model{Rows: make([]tagger.Row, 1<<16)}
	for _, f := range o.Shut {
		gate.Shut(f)
	}
	var all []train.Chain
	for _, d := range docs {
		if d.set != without {
			all = append(all, d.chains(gate)...)
		}
	}
	m := train.Fit(all, o)
	m.Bias, m.Again = float32(*bias), again
	return m
}

// The gate shuts out what stood often in the texts and was of a name less than
// once in so many. Of words in small letters, which are few of a kind and hardly
// ever names, one is enough.
const often, rarely = 10, 400

// shut are the features of words that no name has.
func shut(docs []*doc, without string) []uint32 {
	type count struct{ all, names int }
	seen := map[uint32]*count{}
	for _, d := range docs {
		if d.set == without {
			continue
		}
		r := tagger.Reader{Seen: func(g tagger.Gate, f uint32, from, to int) {
			if seen[f] == nil {
				seen[f] = &count{}
			}
			if seen[f].all++; g == tagger.Small {
				seen[f].all += often
			}
			if d.named(from, to) > 0 {
				seen[f].names++
			}
		}}
		chains(&r, d, func([]tagger.Chain) {})
	}
	var out []uint32
	for f, k := range seen {
		if k.all >= often && k.names*rarely < k.all {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// chains are a text's with their labels.
func (d *doc) chains(gate *tagger.Model) (out []train.Chain) {
	chains(&tagger.Reader{Gate: gate}, d, func(all []tagger.Chain) {
		for _, c := range all {
			x := train.Chain{Gold: make([]tagger.Label, len(c))}
			for i, tok := range c {
				x.Features = append(x.Features, tok.Features)
				for _, g := range d.names {
					if tok.From < g.End && tok.To > g.Start {
						x.Gold[i] = tagger.Inside
						if tok.From <= g.Start || i == 0 || c[i-1].To <= g.Start {
							x.Gold[i] = tagger.Begin
						}
					}
				}
			}
			out = append(out, x)
		}
	})
	return out
}

// biases are those that a set is judged with.
var biases = [...]float64{-1, -.5, 0, .25, .5, .75, 1, 1.5}

// judged counts what a model finds in a set that it was not fitted to.
func judged(docs []*doc, set string) (sums [len(biases)]tally, lines []string) {
	m := fitted(docs, set)
	for _, d := range docs {
		if d.set != set {
			continue
		}
		for i, b := range biases {
			m.Bias = float32(b)
			var got []span.Span
			chains(&tagger.Reader{Model: m, Gate: m}, d, func(c []tagger.Chain) { got = append(got, m.Find(c)...) })
			missed, wrong := sums[i].judge(d, got)
			if *show && b == *bias && len(missed)+len(wrong) > 0 {
				lines = append(lines, fmt.Sprintf("%s missed %q, wrong %q: %s\n", set, missed, wrong, d.text.S))
			}
		}
	}
	return sums, lines
}

func report(set string, sums [len(biases)]tally) {
	fmt.Printf("%-8s %5d texts, %5d names; bias:recall/texts wrong", set, sums[0].texts, sums[0].names)
	for i, b := range biases {
		k := sums[i]
		fmt.Printf(" %g:%.3f/%.3f", b, float64(k.found)/float64(max(1, k.names)), float64(k.wrong)/float64(max(1, k.texts)))
	}
	fmt.Println()
}
