package topic

import (
	"fmt"
	"strings"
	"sync"
)

// models are trained when the first text of their language comes: it takes
// about a second of one core, and most runs need one language.
var (
	forEnglish  = sync.OnceValue(func() *model { return english.learn(chosen) })
	forJapanese = sync.OnceValue(func() *model { return nihongo.learn(chosen) })
)

// chosen are the settings that did best by cross-validation and on prompts
// of another manner.
var chosen = settings{
	rounds: 8, rate: .25, decay: 1e-4, termWeight: .4, hint: .3, blend: [kinds]float64{1.5, 1}, least: 1, bayes: .5, warm: 1,
}

// Classify says which group a request belongs to, and how sure that is. A text
// without a letter belongs to none.
func Classify(text string) (group string, probability float64) {
	if !strings.ContainsFunc(text, func(r rune) bool { return scriptOf(r) != other }) {
		return None, 1
	}
	m := forEnglish
	if japanese(text) {
		m = forJapanese
	}
	p := m().probabilities(text)
	best := 0
	for g := range p {
		if p[g] > p[best] {
			best = g
		}
	}
	return groups[best].ID, p[best]
}

// learn trains a language's classifier on the project's own data. That these
// can be read is a test's business.
func (t *tongue) learn(set settings) *model {
	sentences, err := examples(t.sentences)
	if err != nil {
		panic(fmt.Sprintf("topic: the sentences: %v", err))
	}
	terms, err := t.listed()
	if err != nil {
		panic(fmt.Sprintf("topic: the terms: %v", err))
	}
	return train(t, set, sentences, terms)
}

// listed are the terms, each by itself.
func (t *tongue) listed() ([]example, error) {
	lines, err := examples(t.terms)
	if err != nil {
		return nil, err
	}
	var out []example
	for _, e := range lines {
		for term := range strings.SplitSeq(e.text, t.separator) {
			if term = strings.TrimSpace(term); term != "" {
				out = append(out, example{term, e.group})
			}
		}
	}
	return out, nil
}
