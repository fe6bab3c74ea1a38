package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"irori/internal/route/outcome"
	"irori/internal/route/replay"
)

func made(t *testing.T, money bool) *replay.Result {
	rng := rand.New(rand.NewPCG(1, 1))
	var records []outcome.Record
	for i := range 240 {
		w, s, text := 1.0, float64(min(1, rng.IntN(5))), "what is the capital of town %d"
		if i%2 == 0 {
			w, text = 0, "prove <theorem> %d"
		}
		r := outcome.Record{Question: fmt.Sprintf(text, rng.IntN(900)), Weak: &w, Strong: &s, Line: i + 1}
		if cost, nothing := 1+rng.Float64(), 0.0; money {
			r.WeakCost, r.StrongCost = &nothing, &cost
		}
		records = append(records, r)
	}
	r, err := replay.CrossValidated(records, replay.Options{Seed: 1, Draws: 40})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, path ...string) string {
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAReportIsWhole(t *testing.T) {
	dir := t.TempDir()
	about := About{Command: "irori route replay <f>", Version: "0.1.0", Seed: 7, Shuffles: 1, Price: .1, Files: []File{{Name: "f", SHA256: "00ff", Rows: 240}}}
	stream := []replay.Regret{{Questions: 10, Online: 1, Frozen: 2, AllLocal: 3, AllCloud: 4}, {Questions: 20, Online: 2, Frozen: 4, Corrected: 3, AllLocal: 6, AllCloud: 8}}
	if _, err := Write(dir, made(t, true), stream, about); err != nil {
		t.Fatal(err)
	}
	html := read(t, dir, "report.html")
	for _, want := range []string{"Routers on recorded outcomes", "ルーターの評価", "irori route replay &lt;f&gt;", "seed 7", "money a question", "regret-ja", "ECE", "learning: 2.0", "frozen, corrected: 3.0", "学習を止めて補正した: 3.0"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(html, "joules a question") || strings.Contains(html, "TFLOP") {
		t.Error("joules and tokens were not recorded")
	}
	if strings.Contains(html, "<script") || strings.Contains(strings.ReplaceAll(html, "http://www.w3.org/2000/svg", ""), "://") {
		t.Error("the page wants something from elsewhere")
	}
	// Both languages have the same, but for the words.
	shape := regexp.MustCompile(`[^#!|\n>` + "`" + `]+`)
	if en, ja := shape.ReplaceAllString(read(t, dir, "report.md"), ""), shape.ReplaceAllString(read(t, dir, "report.ja.md"), ""); en != ja {
		t.Errorf("the languages differ:\n%s\n%s", en, ja)
	}
	for _, m := range regexp.MustCompile(`\]\((plots/[^)]+)\)`).FindAllStringSubmatch(read(t, dir, "report.md"), -1) {
		if svg := read(t, dir, m[1]); !strings.HasPrefix(svg, "<svg") {
			t.Errorf("%s is no picture", m[1])
		}
	}
	if rows := read(t, dir, "rows.jsonl"); strings.Count(rows, "\n") != 240 || strings.Contains(rows, "theorem") || !strings.Contains(rows, `"p_weak":`) {
		t.Errorf("rows: %.200s", rows)
	}
}

func TestWhatIsNotKnownIsSaid(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, made(t, false), nil, About{}); err != nil {
		t.Fatal(err)
	}
	if text := read(t, dir, "report.md"); !strings.Contains(text, "Neither money nor joules") || strings.Contains(text, "Regret") {
		t.Errorf("%.400s", text)
	}
}

// A share of few questions has a broad interval, within 0 and 1.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		share, low, high float64
		n                int
	}{{.5, .4038, .5962, 100}, {1, .2065, 1, 1}, {0, 0, .2775, 10}} {
		if r := wilson(c.share, c.n); math.Abs(r.Low-c.low) > 1e-3 || math.Abs(r.High-c.high) > 1e-3 || r.Value != c.share {
			t.Errorf("%g of %d: %+v", c.share, c.n, r)
		}
	}
}
