// Package judge lets a model compare an answer with a reference answer, blind
// and in both orders: who judges does not know which of the two is which, and
// what it says only for the place that an answer stands in is seen.
//
// It asks through a function, and knows no server.
package judge

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/eval/score"
)

// Verdict is what one order came to, for the answer that is judged.
type Verdict string

// The verdicts.
const (
	Win      Verdict = "win"
	Tie      Verdict = "tie"
	Loss     Verdict = "loss"
	Unparsed Verdict = "unparsed"
)

// attempts is how often one order is asked at most.
const attempts = 3

// Ask puts a prompt to the judging model. try counts from 0: an answer that
// could not be read comes out otherwise only where something is drawn anew.
type Ask func(ctx context.Context, system, prompt string, try int) (string, error)

// Case is what is to be judged.
type Case struct {
	Question, Answer, Reference string
	// Language is ja or en; everything else is asked in English.
	Language string
}

// Result is what both orders came to.
type Result struct {
	sample.Judge
	// State is Right where the answer wins or ties in the mean of both orders,
	// JudgeUnparsed where one could not be read.
	State sample.State
}

// Of judges a case in both orders. Errors are those of asking.
func Of(ctx context.Context, model string, c Case, ask Ask) (Result, error) {
	out := Result{Judge: sample.Judge{Model: model}}
	var said []Verdict
	for _, swapped := range []bool{false, true} {
		v, n, err := one(ctx, c, swapped, ask)
		out.Attempts += n
		if err != nil {
			return out, err
		}
		said = append(said, v)
		out.Verdicts = append(out.Verdicts, string(v))
	}
	if said[0] == Unparsed || said[1] == Unparsed {
		out.State = sample.JudgeUnparsed
		return out, nil
	}
	out.Agreed = said[0] == said[1]
	points := map[Verdict]int{Win: 1, Tie: 0, Loss: -1}
	// Orders that contradict each other say that neither is better.
	if out.State = sample.Wrong; points[said[0]]+points[said[1]] >= 0 {
		out.State = sample.Right
	}
	return out, nil
}

// one asks one order until its verdict can be read.
func one(ctx context.Context, c Case, swapped bool, ask Ask) (Verdict, int, error) {
	a, b := c.Answer, c.Reference
	if swapped {
		a, b = b, a
	}
	w := wording[c.Language]
	if w.prompt == "" {
		w = wording["en"]
	}
	prompt := strings.NewReplacer("{question}", c.Question, "{a}", fence(a), "{b}", fence(b)).Replace(w.prompt)
	for n := range attempts {
		text, err := ask(ctx, w.system, prompt, n)
		if err != nil {
			return "", n + 1, err
		}
		v, ok := Parse(text)
		if !ok {
			continue
		}
		if swapped {
			v = map[Verdict]Verdict{Win: Loss, Tie: Tie, Loss: Win}[v]
		}
		return v, n + 1, nil
	}
	return Unparsed, attempts, nil
}

// fence keeps an answer from ending its own place: what it says of verdicts is
// not what the judge says.
func fence(s string) string {
	return strings.NewReplacer("[[", "[ [", "]]", "] ]", "<|", "< |").Replace(score.Said(s))
}

// verdicts are how judges write: [[A>>B]] to [[B>>A]], and [[A]], [[B]], [[C]],
// in any width, with 引き分け for a tie.
var verdicts = regexp.MustCompile(`\[\[\s*(?:([AB])\s*(>>?|=|<<?)\s*([AB])|([ABC])|(引き分け|同等|TIE))\s*\]\]`)

// Parse reads the verdict of a judge on A against B: the last one that stands
// there. It is not ok where there is none, or where two differ in their
// direction.
func Parse(text string) (Verdict, bool) {
	text = strings.ToUpper(score.Fold(score.Said(text)))
	all := verdicts.FindAllStringSubmatch(text, -1)
	var out Verdict
	for _, m := range all {
		v, ok := read(m)
		if !ok || out != "" && v != out {
			return "", false
		}
		out = v
	}
	return out, out != ""
}

func read(m []string) (Verdict, bool) {
	switch {
	case m[5] != "" || m[4] == "C":
		return Tie, true
	case m[4] == "A":
		return Win, true
	case m[4] == "B":
		return Loss, true
	case m[1] == m[3]:
		return "", false
	case m[2] == "=":
		return Tie, true
	}
	if (m[1] == "A") == strings.HasPrefix(m[2], ">") {
		return Win, true
	}
	return Loss, true
}

// wording is how a judge is asked.
var wording = map[string]struct{ system, prompt string }{
	"en": {
		"You compare two answers to a question. Judge what they say: whether it is right, complete and useful. Their order, their length and their tone do not count.",
		"Question:\n{question}\n\n<|Answer A|>\n{a}\n<|End of A|>\n\n<|Answer B|>\n{b}\n<|End of B|>\n\n" +
			"Say in one or two sentences what sets them apart. Then end with one of these verdicts, and nothing behind it: [[A>>B]] A is much better, [[A>B]] A is better, [[A=B]] they are equal, [[B>A]] B is better, [[B>>A]] B is much better.",
	},
	"ja": {
		"あなたは質問に対する二つの回答を比べます。正しさ、過不足、役に立つかどうかだけを見てください。順番、長さ、口調は評価に入れません。",
		"質問：\n{question}\n\n<|回答A|>\n{a}\n<|Aの終わり|>\n\n<|回答B|>\n{b}\n<|Bの終わり|>\n\n" +
			"違いを一、二文で述べ、最後に次のどれか一つだけを書いてください。[[A>>B]] Aがずっと良い、[[A>B]] Aが良い、[[A=B]] 同じ程度、[[B>A]] Bが良い、[[B>>A]] Bがずっと良い。",
	},
}

// Agreement is how often both orders of some verdicts agreed, of how many.
func Agreement(list []*sample.Judge) (agreed, of int) {
	for _, j := range list {
		if j == nil || len(j.Verdicts) != 2 || j.Verdicts[0] == string(Unparsed) || j.Verdicts[1] == string(Unparsed) {
			continue
		}
		of++
		if j.Agreed {
			agreed++
		}
	}
	return agreed, of
}

// String says what a result is, for people.
func (r Result) String() string {
	return fmt.Sprintf("%s (%s)", r.State, strings.Join(r.Verdicts, ", "))
}
