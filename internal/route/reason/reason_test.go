package reason

import (
	"fmt"
	"strings"
	"testing"

	"irori/internal/route/feature"
	"irori/internal/route/predict"
)

func explained(t *testing.T, text string) (predict.Explanation, string) {
	t.Helper()
	var all []predict.Example
	one := 1.0
	for i := range 200 {
		w := float64(i % 2)
		e := predict.Example{Question: predict.Question{Text: fmt.Sprintf("Paint the harbour of town %d", i)}, Weak: &w, Strong: &one}
		tools := 9
		if i%2 == 1 {
			e.Text, tools = fmt.Sprintf("やかんを %d 個数えて", i), 0
		}
		e.Tools = &tools
		all = append(all, e)
	}
	m, err := predict.Fit(all, predict.Options{Rounds: 10, Size: 8, Weak: "gemma", Strong: "cloud/large"})
	if err != nil {
		t.Fatal(err)
	}
	tools := 9
	return m.ExplainOf(predict.Question{Text: text, Tools: &tools}, 12), m.Version()
}

func TestSentences(t *testing.T) {
	e, version := explained(t, "Paint the harbour of town 9")
	d := .25
	e.Embedded = &d
	e.Reasons = append([]predict.Reason{{What: "tools", Like: "request", Benefit: 3}}, e.Reasons...)
	for language, want := range map[string][]string{
		"en": {"The local (gemma) model", "strong (cloud/large)", "In favour of escalation: the request's tools, “", "the embedding +25", "earlier requests are like this one; there the local model got 0 %", "Model " + version, "200 outcomes (100 English, 100 Japanese"},
		"ja": {"ローカル（gemma）モデル", "強い（cloud/large）モデル", "送るほうに働いたもの：依頼のツールの数、「", "似た過去の依頼が", "モデル " + version, "200 件"},
	} {
		text := strings.Join(Sentences(e, language), "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q is missing in:\n%s", w, text)
			}
		}
		if strings.Contains(text, "%!") {
			t.Errorf("a verb is left in:\n%s", text)
		}
	}
	e.Reasons = []predict.Reason{{What: "harbour", Like: "word", Benefit: 2}, {What: "…harb…", Like: "word", Benefit: 1}, {What: "law", Like: "domain", Benefit: -1}}
	e.Alike, e.Weak, e.Strong = 0, .7, .5
	text := strings.Join(Sentences(e, ""), "\n")
	for _, want := range []string{"escalation: “harbour”.", "Against it: the domain law.", "harm: 20 points", "No earlier request is like this one."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

func TestWordsThatTrainingNeverSaw(t *testing.T) {
	e, _ := explained(t, "Zwölf Boxkämpfer jagen Viktor")
	if text := strings.Join(Sentences(e, "en"), "\n"); !strings.Contains(text, "never occurred in training") {
		t.Error(text)
	}
}

func TestQuestionsUnlikeAllOthers(t *testing.T) {
	e, _ := explained(t, "Paint the harbour of town 9")
	e.Beyond = -.12
	for share, said := range map[float64]bool{.4: false, .6: true} {
		e.Unlike = &share
		for language, want := range map[string]string{"en": "carry over. That moved the estimate by -12", "ja": "あまり似ていないので"} {
			if text := strings.Join(Sentences(e, language), "\n"); strings.Contains(text, want) != said {
				t.Errorf("%g: %s", share, text)
			}
		}
	}
}

func TestAllMeasuresHaveJapaneseNames(t *testing.T) {
	names := feature.FormNames()
	for _, n := range predict.MeasureNames() {
		names = append(names, n, n+" known")
	}
	for _, n := range names {
		if japanese.what[n] == "" {
			t.Errorf("%s has none", n)
		}
	}
}
