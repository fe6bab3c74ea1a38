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

// TestRecall holds the detectors to what they reached. heldout.txt and fresh.txt
// were written after the detectors and have been looked at since: before that
// names were found at .83 and .95 (Japanese), .96 and .91 (English), and wrongly
// on up to .026 and .042 of the lines. blind1.txt and blind2.txt are sentences of
// many kinds with names and addresses put in, written before the detectors were
// looked at again, the second measured once after what the first showed was
// mended; blind3.txt has names that hardly a list knows. At their first run names
// were found at .775 and .975 (Japanese), .927, .782 and .473 (English), addresses
// at 1, 1 (Japanese), 1 and .930 (English), and wrongly on up to .020 of the
// lines. blind4.txt has names from all over the world among things that have
// people's names, blind5.txt the same in letters, minutes, logs and code; it was
// written after what the first showed was mended. blind6.txt came after that, a third of its
// lines companies and places that are called as people are. At their first run
// names were found at .568, .868 and .941, and wrongly on .077, .038 and .081 of
// the lines, addresses at .900, .933 and 1, never wrongly. blind7.txt is what people send to models: prompts, mails, tickets,
// forms, in both languages. At its first run names were found at .745 (Japanese)
// and .856 (English), and wrongly on .010 and .045 of the lines, addresses at .950
// and .643, most of what was missed abroad, never wrongly. blind8.txt is of the same kind, run once after what
// the first showed was mended: .768 (Japanese) and .864 (English), wrongly on .025
// and .024, addresses at 1 and .907, never wrongly. blind9.txt is the third of that kind: .721
// and .901, wrongly on none and .024, addresses at 1 and .902, never wrongly. blind10.txt has
// more rare names, single characters and surnames alone, in both languages; it
// was run once after kanji were read with a dictionary's costs: .742 (Japanese)
// and .781 (English), wrongly on .030 and none. blind11.txt is of the same kind,
// run once after what that showed was mended: .821 and .783, wrongly on .013 and
// .006, addresses at 1 and .960, never wrongly. None of them speaks for unseen text now.
// With a third of all listed names taken away, each third once, the eleven sets
// had .787 (Japanese) and .899 (English) before names were found by their place
// alone, .836 and .911 since, wrongly on .006 and .005 of the lines.
func TestRecall(t *testing.T) {
	for _, c := range []struct {
		file          string
		recall, wrong float64
	}{{"testdata/dev.txt", .95, .02}, {"testdata/heldout.txt", .9, .02}, {"testdata/fresh.txt", .9, .02}, {"testdata/blind1.txt", .98, .01}, {"testdata/blind2.txt", .97, .02}, {"testdata/blind3.txt", .98, .005}, {"testdata/blind4.txt", .97, .01}, {"testdata/blind5.txt", .93, .02}, {"testdata/blind6.txt", .94, .02}, {"testdata/blind7.txt", .95, .005}, {"testdata/blind8.txt", .95, .015}, {"testdata/blind9.txt", .95, .005}, {"testdata/blind10.txt", .91, .01}, {"testdata/blind11.txt", .86, .015}} {
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
