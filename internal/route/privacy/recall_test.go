package privacy

import (
	"os"
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// tally counts what was found of what was marked, and the lines on which
// something was found that is not.
type tally struct{ marked, found, lines, wrong int }

// judged counts a file of marked texts. A mark is found where a span of its
// class covers at least half of it.
func judged(t *testing.T, file string) map[string]*tally {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := scanner(t, Options{Only: []Class{span.Name, span.Address}})
	out := map[string]*tally{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
		text, want := marked(t, strings.ReplaceAll(line, `\n`, "\n"))
		got, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		language := "en"
		if strings.ContainsFunc(text, func(r rune) bool { return span.Han(r) || span.Hiragana(r) || span.Katakana(r) }) {
			language = "ja"
		}
		for _, c := range []Class{span.Name, span.Address} {
			k := out[language+" "+string(c)]
			if k == nil {
				k = &tally{}
				out[language+" "+string(c)] = k
			}
			k.lines++
			wrong := false
			for _, g := range got {
				wrong = wrong || g.Class == c && covered(g, want, c) == 0
			}
			missed := false
			for _, w := range want {
				if w.Class != c {
					continue
				}
				k.marked++
				if 2*covered(w, got, c) >= w.End-w.Start {
					k.found++
				} else {
					missed = true
				}
			}
			if wrong {
				k.wrong++
			}
			if wrong || missed {
				t.Logf("%s %s: %s", c, line, Mark(text, got))
			}
		}
	}
	return out
}

// covered is how much of a span others of a class hold.
func covered(s Span, by []Span, c Class) int {
	n := 0
	for _, b := range by {
		if b.Class == c {
			n += max(0, min(s.End, b.End)-max(s.Start, b.Start))
		}
	}
	return n
}

// TestRecall holds the detectors to what they reached. The three unseen files were
// written by people who knew nothing of the detectors, one of them from the
// requirement alone, and were measured once before anybody looked: names were found
// at .959 and .935 (Japanese) and .930 and .910 (English), wrongly on .010, .005,
// .013 and .025 of the lines; addresses at .972, .933, 1 and .931, wrongly on up to
// .005. No weight was fitted to them. To all others it was, and they only show that
// the weights are those that were fitted; bench/names judges each without itself.
func TestRecall(t *testing.T) {
	for _, c := range []struct {
		file          string
		recall, wrong float64
	}{
		{"testdata/unseen_ja.txt", .95, .015}, {"testdata/unseen_en.txt", .9, .02}, {"testdata/unseen.txt", .89, .03},
		{"testdata/dev.txt", .95, .02}, {"testdata/heldout.txt", .9, .02}, {"testdata/fresh.txt", .9, .02},
		{"testdata/blind1.txt", .97, .01}, {"testdata/blind2.txt", .97, .02}, {"testdata/blind3.txt", .97, .01}, {"testdata/blind4.txt", .97, .01},
		{"testdata/blind5.txt", .93, .02}, {"testdata/blind6.txt", .93, .02}, {"testdata/blind7.txt", .95, .01}, {"testdata/blind8.txt", .95, .015},
		{"testdata/blind9.txt", .95, .01}, {"testdata/blind10.txt", .95, .01}, {"testdata/blind11.txt", .95, .015},
	} {
		for kind, k := range judged(t, c.file) {
			if k.marked == 0 {
				k.marked, k.found = 1, 1 // there is none of it
			}
			recall, wrong := float64(k.found)/float64(max(1, k.marked)), float64(k.wrong)/float64(k.lines)
			t.Logf("%s %s: recall %d/%d = %.3f, wrong on %d of %d lines = %.3f", c.file, kind, k.found, k.marked, recall, k.wrong, k.lines, wrong)
			if recall < c.recall || wrong > c.wrong {
				t.Errorf("%s %s: recall %.3f, wrong %.3f", c.file, kind, recall, wrong)
			}
		}
	}
}
