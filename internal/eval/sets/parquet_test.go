package sets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"irori/internal/eval/task"
)

// The columns of the sets as they are handed out.
type (
	gsmRow struct {
		Question string `parquet:"question"`
		Answer   string `parquet:"answer"`
	}
	mgsmRow struct {
		Question string  `parquet:"question"`
		Answer   *string `parquet:"answer,optional"`
		Number   int32   `parquet:"answer_number"`
		Equation *string `parquet:"equation_solution,optional"`
	}
	svampRow struct {
		ID       string
		Body     string
		Question string
		Equation string
		Answer   string
		Type     string
		Whole    string `parquet:"question_concat"`
	}
	jcqaRow struct {
		ID       int64  `parquet:"q_id"`
		Question string `parquet:"question"`
		Choice0  string `parquet:"choice0"`
		Choice1  string `parquet:"choice1"`
		Choice2  string `parquet:"choice2"`
		Choice3  string `parquet:"choice3"`
		Choice4  string `parquet:"choice4"`
		Label    int64  `parquet:"label"`
	}
	mmluRow struct {
		ID       int64    `parquet:"question_id"`
		Question string   `parquet:"question"`
		Options  []string `parquet:"options,list"`
		Answer   string   `parquet:"answer"`
		Index    int64    `parquet:"answer_index"`
		Cot      string   `parquet:"cot_content"`
		Category string   `parquet:"category"`
		Source   string   `parquet:"src"`
	}
)

func pack[T any](t *testing.T, dir, name string, rows ...T) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := parquet.WriteFile(p, rows, parquet.Compression(&parquet.Snappy)); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestParquet: a set in Parquet is the same questions as in lines of JSON.
func TestParquet(t *testing.T) {
	dir := t.TempDir()
	letters := strings.Split("alpha beta gamma delta epsilon zeta eta theta iota kappa", " ")
	quoted := `["` + strings.Join(letters, `","`) + `"]`
	for name, c := range map[string]struct{ packed, lines string }{
		"gsm8k":          {pack(t, dir, "g.parquet", gsmRow{"Two and three?", "Add.\n#### 5"}), `{"question":"Two and three?","answer":"Add.\n#### 5"}`},
		"mgsm-ja":        {pack(t, dir, "m.parquet", mgsmRow{Question: "二と三は？", Number: 5}), "二と三は？\t5"},
		"svamp":          {pack(t, dir, "s.parquet", svampRow{ID: "chal-1", Body: "He has 8.", Question: "And 1 more?", Answer: "9.0"}), `{"ID":"chal-1","Body":"He has 8.","Question":"And 1 more?","Answer":"9.0"}`},
		"jcommonsenseqa": {pack(t, dir, "j.parquet", jcqaRow{7, "どれ？", "a", "b", "c", "d", "e", 2}), `{"q_id":7,"question":"どれ？","choice0":"a","choice1":"b","choice2":"c","choice3":"d","choice4":"e","label":2}`},
		"mmlu-pro": {pack(t, dir, "p.parquet", mmluRow{ID: 70, Question: "Which?", Options: letters, Answer: "J", Index: 9, Category: "law", Source: "x"}),
			`{"question_id":70,"question":"Which?","options":` + quoted + `,"answer":"J","answer_index":9,"category":"law"}`},
	} {
		lines := filepath.Join(dir, name+".jsonl")
		if name == "mgsm-ja" {
			lines = filepath.Join(dir, name+".tsv")
		}
		if err := os.WriteFile(lines, []byte(c.lines+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var got [2][]task.Item
		for i, p := range []string{c.packed, lines} {
			list, err := Load(name+"="+p, Folders("", ""))
			if err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			got[i] = list[0].Items
		}
		for i := range got[1] {
			if name == "mgsm-ja" { // there the answer is a text
				got[1][i].Gold = []byte(strings.Trim(string(got[1][i].Gold), `"`))
			}
		}
		if d := cmp.Diff(got[1], got[0]); d != "" || len(got[0]) != 1 {
			t.Errorf("%s: %s", name, d)
		}
	}
	// A table of one's own, and a row that contradicts itself.
	list, err := Load(pack(t, dir, "own.parquet", gsmRow{"Two and three?", "5"}), nil)
	if err != nil || list[0].Items[0].Mark != "number" {
		t.Errorf("%v %+v", err, list)
	}
	_, err = Load("mmlu-pro="+pack(t, dir, "w.parquet", mmluRow{ID: 1, Question: "?", Options: letters, Answer: "B", Index: 2, Category: "law"}), nil)
	if err == nil || !strings.HasSuffix(err.Error(), "w.parquet:1: answer B and answer_index 2 name two options") {
		t.Error(err)
	}
}
