package report

import (
	"strings"
	"testing"

	"irori/internal/eval/figure"
	"irori/internal/eval/sample"
	"irori/internal/eval/sampletest"
)

// TestSameQuestions: tasks that ask the same are named, and where they meet there
// is a reason in a figure's place.
func TestSameQuestions(t *testing.T) {
	run, samples := sampletest.Make(sampletest.Small())
	run.Tasks[0].SameAs = []string{run.Tasks[1].Name, "elsewhere"}
	r := figure.Of(run, samples)
	for l, want := range map[Language][2]string{English: {"These tasks ask the same questions: ", "tasks ask the same questions"}, Japanese: {"次の課題は同じ質問を尋ねています", "同じ質問の課題が混じる"}} {
		text := lay(l, run, &r, nil).Markdown()
		if !strings.Contains(text, want[0]) || !strings.Contains(text, "("+want[1]+")") {
			t.Errorf("%s: %s", l, text[:min(len(text), 3000)])
		}
	}
}

// TestJudgeThatLooksAtThePlace: the report warns of a judge that contradicts
// itself where the order is another, in both languages, and of no other.
func TestJudgeThatLooksAtThePlace(t *testing.T) {
	for _, agreed := range []bool{false, true} {
		run, samples := sampletest.Make(sampletest.Small())
		for i := range samples {
			samples[i].Judge = &sample.Judge{Model: "j", Verdicts: []string{"win", "loss"}, Agreed: agreed}
		}
		r := figure.Of(run, samples)
		for l, want := range map[Language]string{English: "not shown to be better than chance", Japanese: "偶然より良いとは言えません"} {
			text := lay(l, run, &r, nil).Markdown()
			if strings.Contains(text, want) == agreed || !strings.Contains(text, l.name("judge_agreement")) || strings.Contains(text, "%!") {
				t.Errorf("%s, agreed %v: %s", l, agreed, text[:min(len(text), 3000)])
			}
		}
	}
}
