package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"irori/internal/eval/figure"
	"irori/internal/eval/folder"
	"irori/internal/eval/sampletest"
)

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReportIsWhole: it has every section in both languages, needs nothing from
// elsewhere, and hostile names stay words.
func TestReportIsWhole(t *testing.T) {
	o := sampletest.Small()
	o.Rates = []float64{1, 4}
	o.Targets[0].Model, o.Targets[1].Model = `<script>"x|y`, `<script>"x|y`
	dir := made(t, o)
	files, err := Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(files, "report.ja.md") {
		t.Errorf("%v", files)
	}
	page := read(t, dir, folder.HTMLFile)
	for _, want := range []string{"Accuracy against watts and joules", "電力・エネルギーと正答率", "By occupation", "職業分野別", "Best of local", "ローカルの最善", "Latency and speed", "待ち時間と速度",
		"Under load", "負荷をかけたとき", "Quantization against quantization", "量子化どうしの比較", "Money", "費用", "How it was measured", "測定の方法", "irori measure run small-1b --on standard",
		"made up: nobody measured this"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;&#34;x|y") {
		t.Error("a name became markup")
	}
	if m := regexp.MustCompile(`(?i)(src|href|url|@import)\s*[=(]\s*["']?[a-z]`).FindString(page); m != "" || strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), "://") {
		t.Errorf("the page wants something from elsewhere: %q", m)
	}
	ids := regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1)
	seen := map[string]bool{}
	for _, m := range ids {
		if seen[m[1]] {
			t.Errorf("the id %s stands twice", m[1])
		}
		seen[m[1]] = true
	}
	text := read(t, dir, folder.TextFile)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| &lt;script>") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") < 3 {
			t.Errorf("a name became a cell: %s", line)
		}
	}
	for _, m := range regexp.MustCompile(`\]\((plots/[^)]+)\)`).FindAllStringSubmatch(text, -1) {
		d := xml.NewDecoder(strings.NewReader(read(t, dir, m[1])))
		for err = nil; err == nil; {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

// TestWhatIsAbsentSaysWhy: without energy there is no plot of it, and a reason;
// a run that was cut short says so.
func TestWhatIsAbsentSaysWhy(t *testing.T) {
	o := sampletest.Small()
	o.Method, o.Items = "", 4
	run, samples := sampletest.Make(o)
	dir := t.TempDir()
	if err := folder.WriteJSON(dir, folder.RunFile, run); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteSamples(dir, samples[:len(samples)-5]); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, English); err != nil {
		t.Fatal(err)
	}
	page := read(t, dir, folder.HTMLFile)
	for _, want := range []string{"There is no energy to show: not known", "This run is not whole: 187 of 192 answers", "computer (16)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "正答率") || strings.Contains(page, "type=\"radio\"") {
		t.Error("a page of one language has another")
	}
	o.Method = "modelled"
	dir = made(t, o)
	if _, err := Write(dir, Japanese); err != nil {
		t.Fatal(err)
	}
	if page = read(t, dir, folder.HTMLFile); !strings.Contains(page, "モデル推定") || !strings.Contains(page, `<html lang="ja">`) {
		t.Error("modelled energy is not marked")
	}
}

// TestPastRuns: a run beside this one that asked the same is a point of the
// trend; one that asked otherwise is not.
func TestPastRuns(t *testing.T) {
	base := t.TempDir()
	for i, id := range []string{"first", "second", "other"} {
		o := sampletest.Small()
		o.ID, o.Seed = id, uint64(i)
		run, samples := sampletest.Make(o)
		run.Started = []string{"2026-01-02T00:00:00Z", "2026-02-03T00:00:00Z", "2026-03-04T00:00:00Z"}[i]
		if id == "other" {
			run.Tasks[0].SHA256 = "changed"
		}
		dir := filepath.Join(base, id)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := folder.WriteJSON(dir, folder.RunFile, run); err != nil {
			t.Fatal(err)
		}
		if err := folder.WriteSamples(dir, samples); err != nil {
			t.Fatal(err)
		}
		if err := folder.WriteJSON(dir, folder.FiguresFile, figure.Of(run, samples)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Write(filepath.Join(base, "second"), English); err != nil {
		t.Fatal(err)
	}
	svg := read(t, filepath.Join(base, "second"), "plots/past-accuracy-en.svg")
	if !strings.Contains(svg, "2026-01-02") || !strings.Contains(svg, "2026-02-03") || strings.Contains(svg, "2026-03-04") {
		t.Errorf("%s", svg)
	}
}

// TestEveryFigureHasAName in both languages.
func TestEveryFigureHasAName(t *testing.T) {
	o := sampletest.Small()
	o.Rates = []float64{1}
	run, samples := sampletest.Make(o)
	r := figure.Of(run, samples)
	for _, g := range r.Groups {
		for _, f := range g.Figures {
			if n := names[f.Name]; n[0] == "" || n[1] == "" {
				t.Errorf("%s has no name", f.Name)
			}
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
