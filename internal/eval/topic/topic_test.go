package topic

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tongues are the languages by their code, with the least macro-F1 on our own
// sentences, and on prompts written in another manner.
var tongues = map[string]struct {
	of        *tongue
	own, held float64
}{
	"en": {english, .79, .46},
	"ja": {nihongo, .80, .46},
}

func sentencesOf(t *testing.T, file string) []example {
	t.Helper()
	out, err := examples(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestData asks for at least 40 sentences of each group and language, none
// twice, and none of the held back prompts among them.
func TestData(t *testing.T) {
	for name, c := range tongues {
		n, seen := map[int]int{}, map[string]bool{}
		for _, e := range sentencesOf(t, c.of.sentences) {
			if seen[e.text] {
				t.Errorf("%s: %q stands there twice", name, e.text)
			}
			seen[e.text] = true
			n[e.group]++
			if japanese(e.text) != (name == "ja") {
				t.Errorf("%s: %q is read as the other language", name, e.text)
			}
		}
		for g, group := range groups {
			if n[g] < 40 {
				t.Errorf("%s: %s has %d sentences", name, group.ID, n[g])
			}
		}
		terms, err := c.of.listed()
		if err != nil {
			t.Fatal(err)
		}
		have := map[int]int{}
		for _, e := range terms {
			have[e.group]++
		}
		for g, group := range groups {
			if have[g] < 60 {
				t.Errorf("%s: %s has %d terms", name, group.ID, have[g])
			}
		}
		for _, e := range heldBack(t, name) {
			if seen[e.text] {
				t.Errorf("%s: %q is held back and learnt", name, e.text)
			}
		}
	}
}

func heldBack(t *testing.T, name string) []example {
	t.Helper()
	b, err := os.ReadFile("testdata/held." + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return sentencesOf(t, string(b))
}

func best(p []float64) int {
	return slices.Index(p, slices.Max(p))
}

func tell(t *testing.T, what string, pairs [][2]string, floor float64) {
	t.Helper()
	a := Agree(pairs)
	slices.SortFunc(a.Groups, func(x, y GroupF1) int {
		return int(1000*x.F1) - int(1000*y.F1)
	})
	t.Logf("%s: macro-F1 %.3f over %d", what, a.MacroF1, a.N)
	for _, g := range a.Groups[:5] {
		t.Logf("    %s %.2f", g.Group, g.F1)
	}
	if a.MacroF1 < floor {
		t.Errorf("%s: macro-F1 is %.3f, want at least %.2f", what, a.MacroF1, floor)
	}
}

// TestMacroF1 learns two thirds of our sentences and classifies the rest, in
// turns; then all of them, for prompts of another manner.
func TestMacroF1(t *testing.T) {
	const folds = 3
	for name, c := range tongues {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := sentencesOf(t, c.of.sentences)
			terms, err := c.of.listed()
			if err != nil {
				t.Fatal(err)
			}
			var pairs [][2]string
			for k := range folds {
				var learnt, asked []example
				for i, e := range all {
					if i%folds == k {
						asked = append(asked, e)
					} else {
						learnt = append(learnt, e)
					}
				}
				m := train(c.of, chosen, learnt, terms)
				for _, e := range asked {
					pairs = append(pairs, [2]string{groups[e.group].ID, groups[best(m.probabilities(e.text))].ID})
				}
			}
			tell(t, "own sentences", pairs, c.own)
			pairs = nil
			for _, e := range heldBack(t, name) {
				g, p := Classify(e.text)
				if p <= 0 || p > 1 {
					t.Errorf("%q: the probability is %v", e.text, p)
				}
				pairs = append(pairs, [2]string{groups[e.group].ID, g})
			}
			tell(t, "prompts of another manner", pairs, c.held)
		})
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"":         None,
		"…!?":      None,
		"Hello":    None,
		"こんにちは":    None,
		"Hi there": None,
		"Write a Python function that reverses a linked list":   "computer_math",
		"Pythonで連結リストを逆順にする関数を書いて":                              "computer_math",
		"ＰＹＴＨＯＮで連結リストを逆順にする関数を書いて":                              "computer_math",
		"My landlord keeps my deposit. Can I sue him?":          "legal",
		"大家さんが敷金を返してくれないので訴えたい":                                 "legal",
		"Recipe for tomato soup with basil":                     "food",
		"How should I prune apple trees in my orchard?":         "farming",
		"Translate 猫 into English and write a poem about a cat": "arts_media",
	} {
		if got, p := Classify(text); got != want {
			t.Errorf("%q is %s (%.2f), want %s", text, got, p, want)
		}
	}
	// Trained anew, the same comes out.
	a, b := english.learn(chosen).probabilities("mow the lawn"), english.learn(chosen).probabilities("mow the lawn")
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("training again differs: %s", d)
	}
}

func TestJapanese(t *testing.T) {
	for text, want := range map[string]bool{
		"Write a haiku": false, "俳句を書いて": true, "What does 侘び寂び mean to a gardener of Kyoto?": false,
		"PythonのKeyErrorを直したい": true, "12345": false,
	} {
		if got := japanese(text); got != want {
			t.Errorf("%q is Japanese: %v", text, got)
		}
	}
}

func TestLongText(t *testing.T) {
	g, _ := Classify("How do I weld stainless steel? " + strings.Repeat("猫\xff", 200_000))
	if Classify("x"); g == "" {
		t.Error("a long text has no group")
	}
}

func TestBadData(t *testing.T) {
	for _, file := range []string{"a sentence", "# smell\na sentence"} {
		if _, err := examples(file); err == nil {
			t.Errorf("%q was read", file)
		}
	}
}

func TestShares(t *testing.T) {
	var tally Tally
	for i := range Enough {
		tally.Add("legal", i%3 == 0)
		if i > 0 {
			tally.Add("food", true)
		}
	}
	got := tally.Shares()
	if len(got) != 2 || got[0].Group.ID != "legal" || got[1].Group.ID != "food" {
		t.Fatalf("shares are %+v", got)
	}
	if got[0].Count == nil || *got[0].Count != 10 || got[0].N != 30 {
		t.Errorf("30 requests give %+v", got[0])
	}
	if got[1].Count != nil || got[1].N != 29 {
		t.Errorf("29 requests give a figure: %+v", got[1])
	}
}

func TestAgree(t *testing.T) {
	got := Agree([][2]string{{"legal", "legal"}, {"legal", "food"}, {"food", "food"}, {"food", "sales"}})
	want := Agreement{MacroF1: (2./3 + .5) / 2, N: 4, Groups: []GroupF1{
		{"legal", 2, 1, .5, 2. / 3}, {"food", 2, .5, .5, .5},
	}}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); d != "" {
		t.Error(d)
	}
}

func TestGroups(t *testing.T) {
	list := Groups()
	if len(list) != 23 || list[22].ID != None {
		t.Fatalf("there are %d groups, the last is %s", len(list), list[len(list)-1].ID)
	}
	if !slices.IsSortedFunc(list[:22], func(a, b Group) int { return strings.Compare(a.SOC, b.SOC) }) {
		t.Error("the codes are not in order")
	}
	for name, want := range map[string]string{
		"computer_math": "computer_math", "Computer/math": "computer_math", "15-0000": "computer_math", "法律": "legal", "NONE": None,
		"Life/physical/social science": "science", "Healthcare practice": "healthcare_practice", "Transport": "transport",
	} {
		if got, ok := Find(name); !ok || got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if id, ok := Find("smell"); ok {
		t.Errorf("smell is %s", id)
	}
}

func TestRead(t *testing.T) {
	got, err := Read("f", strings.NewReader("\xef\xbb\xbf{\"id\":7,\"q\":\"a\",\"g\":\"Legal\"}\n\n{\"q\":\"b\",\"g\":\"none\",\"x\":[]}\n"), "q", "g")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Asked{{[]byte("7"), "a", "legal"}, {nil, "b", None}}, got); d != "" {
		t.Error(d)
	}
	for line, want := range map[string]string{
		`{"q":1}`:               "f:2: q: is not a string",
		`{"p":"a"}`:             "f:2: q: is missing",
		`{"q":"a"}`:             "f:2: g: is missing",
		`{"q":"a","g":"smell"}`: `f:2: g: "smell" is no group`,
		`[]`:                    "f:2: it is no JSON object",
	} {
		_, err := Read("f", strings.NewReader("\n"+line), "q", "g")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"", "a", "ー", "#", "'s", "’", "\xff", "ＡＢＣ　漢字", "C++ and C#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if g, p := Classify(s); place(g) < 0 || !(p > 0 && p <= 1) {
			t.Errorf("%q: %q, %v", s, g, p)
		}
	})
}
