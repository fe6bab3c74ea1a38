package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/code"
	"irori/internal/eval/code/js"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/eval/verdict"
	"irori/internal/llm"
)

// all are the entries of a family as Load has them.
func all(t *testing.T, family string, seed uint64) []entry {
	t.Helper()
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.entries(family, seed, false)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// run does what package code does with an answer, without the walls that an
// answer of our own can do without.
func run(_ context.Context, it task.Item, answer string) (verdict.Verdict, error) {
	var c code.Item
	if err := json.Unmarshal(it.Checks, &c); err != nil {
		return verdict.Verdict{}, err
	}
	found, ok := code.Extract(c, answer)
	if !ok {
		return verdict.Verdict{State: sample.Unparsed}, nil
	}
	job, err := json.Marshal(js.Job{Answer: found, Tests: c.Tests, Token: "done"})
	if err != nil {
		return verdict.Verdict{}, err
	}
	var out, errs bytes.Buffer
	if js.Main(bytes.NewReader(job), &out, &errs) != 0 || out.String() != "\ndone\n" {
		return verdict.Verdict{State: sample.Wrong, Why: errs.String()}, nil
	}
	return verdict.Verdict{State: sample.Right}, nil
}

// right says whether an item's own scorer takes an answer.
func right(t *testing.T, e task.Item, answer string) (bool, string) {
	t.Helper()
	v, err := verdict.Of(t.Context(), e, verdict.Answer{Text: &answer, Finish: "stop"}, verdict.Outside{Code: run})
	if err != nil {
		t.Errorf("%s: %v", e.ID, err)
	}
	return v.State == sample.Right, string(v.State) + " " + v.Why
}

// TestGolds gives every item its own right answer, and one that is wrong.
func TestGolds(t *testing.T) {
	for _, seed := range []uint64{0, 7} {
		for _, f := range families {
			for _, e := range all(t, f, seed) {
				if ok, why := right(t, e.Item, e.ref); e.ref == "" || !ok {
					t.Errorf("%s: the right answer is not taken (%s): %s", e.ID, why, e.ref)
				}
				if _, rest, cut := strings.Cut(e.ref, "{"); e.Scorer == task.ByCode && cut {
					if ok, why := right(t, e.Item, rest); !ok {
						t.Errorf("%s: a continuation is not taken (%s): %s", e.ID, why, rest)
					}
				}
				if ok, _ := right(t, e.Item, e.wrong); e.wrong == "" || ok {
					t.Errorf("%s: a wrong answer is taken: %s", e.ID, e.wrong)
				}
			}
		}
	}
}

// TestCounts holds the items to what was promised of them.
func TestCounts(t *testing.T) {
	total, japanese, byHand := 0, 0, 0
	templates := map[string]int{}
	ids := map[string]bool{}
	asked := map[string]string{}
	for _, f := range families {
		n := map[string]int{}
		hand := map[string]int{}
		for _, e := range all(t, f, 0) {
			n[e.language]++
			if ids[f+e.ID] {
				t.Errorf("%s: %s is there twice", f, e.ID)
			}
			ids[f+e.ID] = true
			if other := asked[e.Plain]; other != "" {
				t.Errorf("%s asks what %s does", e.ID, other)
			}
			asked[e.Plain] = e.ID
			if e.Template == "" {
				hand[e.language]++
			} else {
				templates[f+e.Template]++
			}
			if e.MaxTokens < 1 || e.MaxTokens > 100 {
				t.Errorf("%s: at most %d tokens", e.ID, e.MaxTokens)
			}
		}
		t.Logf("%-12s ja %d (by hand %d), en %d (by hand %d)", f, n["ja"], hand["ja"], n["en"], hand["en"])
		if n["ja"]+n["en"] < 50 || n["ja"]*100 < 45*(n["ja"]+n["en"]) || hand["ja"] < 10 || hand["en"] < 10 {
			t.Errorf("%s: %v, by hand %v", f, n, hand)
		}
		total, japanese, byHand = total+n["ja"]+n["en"], japanese+n["ja"], byHand+hand["ja"]+hand["en"]
	}
	if total < 640 || japanese*100 < 48*total || byHand < 220 || len(templates) < 35 {
		t.Errorf("%d items, %d Japanese, %d by hand, %d patterns", total, japanese, byHand, len(templates))
	}
	for name, n := range templates {
		if n > 12 {
			t.Errorf("%s gives %d items", name, n)
		}
	}
}

// TestNonsense holds that fluent nothing answers no question. That it is no
// refusal is not enough where refusing is wrong.
func TestNonsense(t *testing.T) {
	for _, f := range families {
		for _, e := range all(t, f, 0) {
			for _, s := range []string{"これはこれはこれはこれはこれは", "It is what it is, and that is that.", "...", e.Turns[0].Content} {
				noCall := f == "tools" && string(e.Gold) == "[]"
				if ok, _ := right(t, e.Item, s); ok && !noCall && f != "instructions" {
					t.Errorf("%s: %.60q is taken", e.ID, s)
				}
			}
		}
	}
}

// TestSums computes the golds of arithmetic by hand a second time.
func TestSums(t *testing.T) {
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range b.lines["arithmetic"] {
		var r record
		if err := strict(line, &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Let) > 0 {
			continue
		}
		n++
		got, err := values{}.number(r.Calc)
		if err != nil || strconv.Itoa(got) != string(r.Gold) {
			t.Errorf("%s: %s, computed %d, %v", r.ID, r.Gold, got, err)
		}
	}
	if n < 20 {
		t.Errorf("%d sums by hand", n)
	}
}

// TestSeeds holds that a seed is what makes fresh questions.
func TestSeeds(t *testing.T) {
	texts := func(seed uint64) map[string]bool {
		list, err := Fresh("standard", seed)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, task := range list {
			for _, it := range task.Items {
				if it.Template == "" {
					t.Errorf("%s was not drawn", it.ID)
				}
				out[it.Plain] = true
			}
		}
		return out
	}
	one, two := texts(1), texts(2)
	if d := cmp.Diff(one, texts(1)); d != "" {
		t.Errorf("a seed twice: %s", d)
	}
	both := 0
	for s := range one {
		if two[s] {
			both++
		}
	}
	if len(one) < 300 || both*3 > len(one) {
		t.Errorf("%d of %d questions are those of another seed", both, len(one))
	}
}

func TestSuites(t *testing.T) {
	count := func(name string) (n int) {
		list, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range list {
			n += len(task.Items)
			for _, it := range task.Items {
				if (it.Scorer == "choice") != (task.Output == "multiple_choice") {
					t.Errorf("%s is in %s", it.ID, task.Name)
				}
			}
		}
		return n
	}
	if n := count("standard"); n < 640 {
		t.Errorf("standard has %d questions", n)
	}
	if n := count("quick"); n != 60 {
		t.Errorf("quick has %d questions", n)
	}
	for _, f := range Families() {
		if n := count(f); n < 50 {
			t.Errorf("%s has %d questions", f, n)
		}
	}
	fresh, err := Load("arithmetic@7")
	if err != nil || len(fresh) != 2 || len(fresh[0].Items) != 21 || fresh[0].Version != Version+"-seed7" {
		t.Errorf("%v %v", fresh, err)
	}
	for name, known := range map[string]bool{"quick": true, "safety@1": true, "safety@": false, "quick@x": false, "slow": false, "slow@1": false} {
		if Known(name) != known {
			t.Errorf("%s: %v", name, !known)
		}
	}
	if _, err := Load("slow"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
}

// TestOneInstrument: whoever says which instrument is right in any of the ways
// that people do, and names the other one only by being wrong.
func TestOneInstrument(t *testing.T) {
	list := all(t, "reading", 0)
	i := slices.IndexFunc(list, func(e entry) bool { return strings.HasSuffix(e.ID, "en-which-sister") })
	if i < 0 {
		t.Fatal("it is not there")
	}
	for answer, want := range map[string]bool{
		"Cello": true, "The cello.": true, "Pilar plays the cello.": true, "**cello**": true, "the **Cello**": true,
		"The flute.": false, "Flute": false, "Cello or flute.": false, "A string instrument.": false, "The violin": false,
	} {
		if ok, why := right(t, list[i].Item, answer); ok != want {
			t.Errorf("%q: %v (%s)", answer, ok, why)
		}
	}
}

// TestRightSentences: a sentence that says the right thing and tells it from the
// wrong one is right; the other way round it is wrong.
func TestRightSentences(t *testing.T) {
	b, err := open()
	if err != nil {
		t.Fatal(err)
	}
	// R stands for the right answer, W for the wrong one.
	sentences := map[string][]string{
		"en-t-moved-meeting": {"It was moved from W to R.", "R, not W.", "It was planned for **W** but is now on **R**."},
		"ja-t-meeting":       {"WからRに変わりました。", "WではなくRです。"},
		"ja-t-lost":          {"WではなくRにありました。"},
		"en-t-parcel":        {"It is in R instead of W.", "R, not W"},
		"en-t-tallest":       {"R is greater than W.", "R, not W."},
		"ja-t-compare":       {"RはWより高かったです。"},
		"ja-library-hours":   {"平日は夜8時までですが、日曜は6時までです。"},
		"ja-three-cats":      {"ミケが一番年上で、一番若いのはクロです。"},
		"ja-oldest-shop":     {"呉服店に次いで古いのは薬局です。"},
		"ja-hydrangea":       {"アルカリ性ではなく酸性です。"},
		"ja-who-paid":        {"健が払うはずの代金を圭が払いました。"},
		"en-key-pot":         {"It was moved from under the mat into the pot."},
		"en-recipe-order":    {"The butter, after the flour."},
		"en-two-doctors":     {"Dr. Osei; Dr. Hale did not."},
		"en-pronoun-trophy":  {"The door; the piano was too big for it."},
		"en-which-sister":    {"The cello, not the flute."},
		"en-spider-legs":     {"Eight, while insects have six."},
		"en-opposite-scarce": {"Abundant; rare and scanty mean the same."},
		"en-kyoto-island":    {"Honshu, not Kyushu."},
	}
	tried := map[string]bool{}
	for _, family := range []string{"reading", "knowledge"} {
		for _, seed := range []uint64{0, 7} {
			list, err := b.entries(family, seed, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				name := e.Template
				if name == "" {
					name = e.ID
				}
				for _, s := range sentences[name] {
					tried[name] = true
					say := strings.NewReplacer("R", strings.TrimRight(e.ref, "."), "W", strings.TrimRight(e.wrong, "."))
					swap := strings.NewReplacer("R", strings.TrimRight(e.wrong, "."), "W", strings.TrimRight(e.ref, "."))
					if !strings.Contains(s, "R") || !strings.Contains(s, "W") {
						say, swap = strings.NewReplacer(), nil
					}
					if ok, why := right(t, e.Item, say.Replace(s)); !ok {
						t.Errorf("%s: %s is not taken: %s", e.ID, say.Replace(s), why)
					}
					if swap == nil {
						continue
					}
					if ok, _ := right(t, e.Item, swap.Replace(s)); ok {
						t.Errorf("%s: %s is taken", e.ID, swap.Replace(s))
					}
				}
			}
		}
	}
	if len(tried) != len(sentences) {
		t.Errorf("only %d of %d were tried", len(tried), len(sentences))
	}
}
