package vote

import (
	"math"
	"strings"
	"testing"

	"irori/internal/llm"
)

func TestNormal(t *testing.T) {
	for _, c := range []struct {
		text  string
		shape Shape
		want  string
	}{
		{"The answer is 1,250.", Number, "1250"},
		{"12 + 5 = 17.0", Number, "17"},
		{"答えは１２です。3人に分けます", Number, "12"},
		{"−07.50", Number, "-7.5"},
		{"-0", Number, "0"},
		{"0.5", Number, "0.5"},
		{"no idea", Number, ""},
		{"(b) Rome", Letter, "B"},
		{"The answer is C.", Letter, "C"},
		{"Ｂ", Letter, "B"},
		{"Rome", Letter, ""},
		{"```json\n{\"b\": 1, \"a\": [1.0]}\n```", JSON, `{"a":[1.0],"b":1}`},
		{"{broken", JSON, ""},
		{"  “Tokyo.” ", Text, "tokyo"},
		{strings.Repeat("long ", 40), Text, ""},
		{"東京。", Any, "東京"},
		{"C", Any, "C"},
		{"{\"a\":1}", Any, `{"a":1}`},
		{"So the answer is 42", Any, "42"},
		{"42", Any, "42"},
		{" ", Any, ""},
	} {
		if got := Normal(c.text, c.shape); got != c.want {
			t.Errorf("%q as %q is %q, want %q", c.text, c.shape, got, c.want)
		}
	}
}

func TestAgree(t *testing.T) {
	c, ok := Agree("It is 12.", []string{"12", "= 13", "13", "13.0", "what?"}, Number)
	if !ok || c.Share != .2 || c.Winner != "13" || c.Sample != 1 || c.Distinct != 2 || c.Samples != 5 {
		t.Errorf("got %+v, %v", c, ok)
	}
	c, ok = Agree("Paris", []string{"paris.", "Lyon"}, Text)
	if !ok || c.Share != .5 || c.Winner != "paris" || c.Sample != -1 {
		t.Errorf("got %+v, %v", c, ok)
	}
	// What cannot be compared is not agreed on.
	long := strings.Repeat("word ", 60)
	for _, samples := range [][]string{nil, {long, long}} {
		if c, ok := Agree(long, samples, Any); ok || c.Share != 0 {
			t.Errorf("%d samples of what cannot be compared: %+v", len(samples), c)
		}
	}
}

func TestPrompt(t *testing.T) {
	en, ja := Prompt("What is 2 + 2?", "5"), Prompt("2足す2はいくつですか。", strings.Repeat("5", 9000))
	if last := en[len(en)-1].Text(); !strings.Contains(last, "What is 2 + 2?") || !strings.Contains(last, ": 5\n") {
		t.Error(last)
	}
	last := ja[len(ja)-1].Text()
	if !strings.Contains(last, "はい") || len(last) > 7000 || !strings.Contains(ja[0].Text(), "いいえ") {
		t.Error(last[:100], len(last))
	}
	// The examples must not teach one answer.
	yes := 0
	for _, m := range en {
		if y, ok := Said(m.Text()); ok && m.Role == llm.RoleAssistant && y {
			yes++
		}
	}
	if yes != 2 {
		t.Errorf("%d of 4 examples say yes", yes)
	}
}

func TestSaid(t *testing.T) {
	for text, want := range map[string][2]bool{
		"Yes, it is.": {true, true}, " no": {false, true}, "**No**": {false, true}, "はい。": {true, true}, "「いいえ」": {false, true},
		"Not sure": {false, false}, "Nobody knows": {false, false}, "": {false, false}, "Yesterday": {false, false}, "はいです": {true, true},
	} {
		if yes, ok := Said(text); yes != want[0] || ok != want[1] {
			t.Errorf("%q: %v %v", text, yes, ok)
		}
	}
}

func top(pairs ...any) llm.TokenLogprob {
	t := llm.TokenLogprob{Text: pairs[0].(string), Logprob: math.Log(pairs[1].(float64))}
	for i := 0; i < len(pairs); i += 2 {
		t.Top = append(t.Top, llm.TokenLogprob{Text: pairs[i].(string), Logprob: math.Log(pairs[i+1].(float64))})
	}
	return t
}

func TestYes(t *testing.T) {
	p, ok := Yes([]llm.TokenLogprob{top("\n", .9, " ", .1), top(" No", .5, " Yes", .2, "yes", .1, "Well", .1)})
	if !ok || math.Abs(p-.375) > .001 {
		t.Errorf("%v %v", p, ok)
	}
	if p, ok := Yes([]llm.TokenLogprob{top("はい", .6, "い", .2)}); !ok || math.Abs(p-.75) > .001 {
		t.Errorf("%v %v", p, ok)
	}
	for _, tokens := range [][]llm.TokenLogprob{nil, {{Text: "Yes"}}, {top("Well", .5, "So", .5)}} {
		if p, ok := Yes(tokens); ok {
			t.Errorf("%v says %v", tokens, p)
		}
	}
}

// TestMatrix: a verifier that nobody audited, or that says yes to everything,
// moves nothing; one that is right most of the time does.
func TestMatrix(t *testing.T) {
	var unheard, yea, good Matrix
	for i := range 100 {
		yea.Learn(1, i%2 == 0)
		right := i%2 == 0
		says := right != (i%10 < 2)
		v := 0.0
		if says {
			v = 1
		}
		good.Learn(v, right)
	}
	if p := unheard.Posterior(.6, 1); p != .6 {
		t.Errorf("unheard: %v", p)
	}
	if p := yea.Posterior(.6, 1); math.Abs(p-.6) > .01 {
		t.Errorf("yea-sayer: %v", p)
	}
	up, down := good.Posterior(.6, 1), good.Posterior(.6, 0)
	if up < .8 || down > .4 {
		t.Errorf("good: %v %v", up, down)
	}
	if p := good.Posterior(.6, .5); math.Abs(p-.6) > .02 {
		t.Errorf("undecided: %v", p)
	}
}
