package vote

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
)

// mostShown bounds what of a question and an answer stands in a verifier's
// prompt, in characters.
const mostShown = 6000

// Prompt asks in a few examples whether an answer holds. It is in Japanese
// where the question is. The answer to it begins with yes or no (はい, いいえ),
// so one token and its alternatives are enough.
func Prompt(question, answer string) []llm.Message {
	p := english
	if strings.IndexFunc(question, func(r rune) bool { return r >= 'ぁ' && r <= 'ヺ' }) >= 0 {
		p = japanese
	}
	out := []llm.Message{llm.TextMessage(llm.RoleSystem, p.system)}
	for _, s := range p.shots {
		out = append(out, llm.TextMessage(llm.RoleUser, p.form(s[0], s[1])), llm.TextMessage(llm.RoleAssistant, s[2]))
	}
	return append(out, llm.TextMessage(llm.RoleUser, p.form(shown(question), shown(answer))))
}

// shown is a text, its middle left out where it is long.
func shown(s string) string {
	n := utf8.RuneCountInString(s)
	if n <= mostShown {
		return s
	}
	rs := []rune(s)
	return string(rs[:mostShown/2]) + " … " + string(rs[n-mostShown/2:])
}

type prompt struct {
	system, question, answer, ask string
	shots                         [][3]string
}

func (p prompt) form(question, answer string) string {
	return p.question + question + "\n" + p.answer + answer + "\n" + p.ask
}

var (
	english = prompt{
		system:   "You check answers. Say yes if the proposed answer is right and supported by the question, else no. Say one word.",
		question: "Question: ", answer: "Proposed answer: ", ask: "Is the answer supported, yes or no?",
		shots: [][3]string{
			{"What is 7 + 6?", "13", "yes"},
			{"Which city is the capital of Portugal?", "Madrid", "no"},
			{"“Nora sold nine lamps on Friday.” On which day were they sold?", "Friday", "yes"},
			{"What is 12 times 3?", "38", "no"},
		},
	}
	japanese = prompt{
		system:   "あなたは答えを確かめます。示された答えが正しく、問いに裏づけられていれば「はい」、そうでなければ「いいえ」と、一言で答えてください。",
		question: "問い：", answer: "示された答え：", ask: "この答えは裏づけられていますか。はい、いいえで答えてください。",
		shots: [][3]string{
			{"7足す6はいくつですか。", "13", "はい"},
			{"ポルトガルの首都はどこですか。", "マドリード", "いいえ"},
			{"「直美は金曜日にランプを九つ売った。」売ったのは何曜日ですか。", "金曜日", "はい"},
			{"12かける3はいくつですか。", "38", "いいえ"},
		},
	}
)

// Said reads a verdict in words.
func Said(text string) (yes, ok bool) {
	s := strings.ToLower(strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }))
	for _, w := range []struct {
		word string
		yes  bool
	}{{"yes", true}, {"no", false}, {"はい", true}, {"いいえ", false}, {"いえ", false}} {
		if rest, found := strings.CutPrefix(s, w.word); found {
			next, _ := utf8.DecodeRuneInString(rest)
			if w.word[0] < 0x80 && rest != "" && unicode.IsLetter(next) && next < 0x80 {
				continue
			}
			return w.yes, true
		}
	}
	return false, false
}

// Yes is the probability of yes against no at the first token that begins one
// of them, alternatives included. ok is false without alternatives, or where
// neither word is among them.
func Yes(tokens []llm.TokenLogprob) (p float64, ok bool) {
	for i := range tokens {
		word := strings.TrimFunc(tokens[i].Text, func(r rune) bool { return !unicode.IsLetter(r) })
		if word == "" {
			continue
		}
		yes, no := 0.0, 0.0
		for _, t := range tokens[i].Top {
			if math.IsNaN(t.Logprob) || t.Logprob > 1e-6 {
				return 0, false
			}
			switch begins(t.Text) {
			case 1:
				yes += math.Exp(t.Logprob)
			case -1:
				no += math.Exp(t.Logprob)
			}
		}
		if yes+no == 0 || len(tokens[i].Top) < 2 {
			return 0, false
		}
		// What was not listed is not nothing.
		return (yes + 1e-4) / (yes + no + 2e-4), true
	}
	return 0, false
}

// begins tells whether a token begins yes (1) or no (−1). はい and いいえ are
// often more than one token.
func begins(token string) int {
	s := strings.ToLower(strings.TrimFunc(token, func(r rune) bool { return !unicode.IsLetter(r) }))
	switch s {
	case "yes", "y", "はい", "は":
		return 1
	case "no", "n", "いいえ", "いえ", "い", "いい":
		return -1
	}
	return 0
}

// Matrix is what a verifier said of answers that were right and of answers that
// were wrong, in counts. The zero value has heard nothing, and a verifier that
// nobody audited moves nothing.
type Matrix struct {
	YesRight float64 `json:"yes_right"`
	NoRight  float64 `json:"no_right"`
	YesWrong float64 `json:"yes_wrong"`
	NoWrong  float64 `json:"no_wrong"`
}

// Learn takes in one audited answer: yes is the verifier's probability of yes,
// or the share of its votes.
func (m *Matrix) Learn(yes float64, right bool) {
	if right {
		m.YesRight += yes
		m.NoRight += 1 - yes
	} else {
		m.YesWrong += yes
		m.NoWrong += 1 - yes
	}
}

// Rates are how often the verifier says yes of answers that are right, and of
// those that are wrong. One made-up answer of each kind keeps few audits from
// proving much.
func (m *Matrix) Rates() (right, wrong float64) {
	return (m.YesRight + 1) / (m.YesRight + m.NoRight + 2), (m.YesWrong + 1) / (m.YesWrong + m.NoWrong + 2)
}

// Posterior is the probability that an answer is right, given what it was
// before the verifier spoke. Several votes on one answer are heard as one
// observation: they err together.
func (m *Matrix) Posterior(prior, yes float64) float64 {
	yesRight, yesWrong := m.Rates()
	likeRight := yes*yesRight + (1-yes)*(1-yesRight)
	likeWrong := yes*yesWrong + (1-yes)*(1-yesWrong)
	return prior * likeRight / (prior*likeRight + (1-prior)*likeWrong)
}
