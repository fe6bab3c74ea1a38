package main

import (
	"context"
	"os"
	"slices"
	"strconv"
	"time"

	"irori/internal/app"
	"irori/internal/app/routing/learnt"
	"irori/internal/llm"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/route/reason"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

// trainOptions are those of trained models.
type trainOptions struct {
	out, model, text string
	embeddings       string
	weak, strong     string
	lang             flags.Choice
}

func trainFlags(c *verb.Call, o *trainOptions) {
	o.lang = flags.Choice{Of: []string{"en", "ja"}}
	c.Flags.StringVar(&o.out, "out", "", "`FILE` where train puts the trained model")
	c.Flags.StringVar(&o.embeddings, "embeddings", "", "`MODEL` train also on embeddings of the questions, made by this model of the running server")
	c.Flags.StringVar(&o.model, "model", "", "`FILE` a trained model, in place of --train")
	c.Flags.StringVar(&o.weak, "weak", "", "`NAME` the local model that train learns about")
	c.Flags.StringVar(&o.strong, "strong", "", "`NAME` the strong model that train learns about")
	c.Flags.StringVar(&o.text, "text", "", "`QUESTION` the one to explain, in place of --in")
	c.Flags.Var(&o.lang, "lang", "`LANG` to explain in: en or ja (default en)")
}

// trainModel learns from outcomes and keeps what was learnt.
func trainModel(ctx context.Context, c *verb.Call, o *routeOptions) error {
	if o.in == "" || o.out == "" {
		return verb.Wrong("irori route train needs --in and --out", "irori route train --in outcomes.jsonl --out router.model")
	}
	records, err := outcomesOf(c, o.in, outcome.Trained)
	if err != nil {
		return err
	}
	begin := time.Now()
	examples := predict.Examples(records)
	if err := embedded(ctx, c, o, examples); err != nil {
		return err
	}
	m, err := predict.Fit(examples, predict.Options{Seed: o.seed, Weak: o.weak, Strong: o.strong})
	if err != nil {
		return outcome.About(o.in, err)
	}
	took := time.Since(begin)
	if err := m.Save(o.out); err != nil {
		return err
	}
	var size int64
	if info, err := os.Stat(o.out); err == nil {
		size = info.Size()
	}
	s := m.Summary()
	if c.JSON {
		return c.PrintJSON(struct {
			File    string `json:"file"`
			Version string `json:"version"`
			Bytes   int64  `json:"bytes"`
			predict.Summary
		}{o.out, m.Version(), size, s})
	}
	c.Say("%s is model %s: learnt in %.1f s from %d outcomes (%d English, %d Japanese, %d other), %.1f MB.", o.out, m.Version(), took.Seconds(), s.Examples, s.English, s.Japanese, s.Other, float64(size)/1e6)
	c.Say("The local model was right in %s of those where it is known, the strong one in %s.", shareOf(s.WeakMean, "%.1f %%", 100), shareOf(s.StrongMean, "%.1f %%", 100))
	return nil
}

// embedded gives examples their embeddings, where they are wanted.
func embedded(ctx context.Context, c *verb.Call, o *routeOptions, examples []predict.Example) error {
	if o.embeddings == "" {
		return nil
	}
	env, err := app.Open(c.Config, c.Err)
	if err != nil {
		return err
	}
	r, err := env.FindServing()
	if err != nil {
		return err
	}
	if r == nil {
		return llm.Errorf(llm.CodeUnreachable, "no server runs on this home, and embeddings come from one").WithHint("irori up --background")
	}
	_, err = learnt.Embed(ctx, r.URL, r.Token, o.embeddings, examples)
	return err
}

// routerOf is the model that was named, or one that is trained now.
func routerOf(c *verb.Call, o *routeOptions) (*predict.Model, error) {
	if o.model != "" {
		return predict.Load(o.model, predict.Options{})
	}
	train, err := outcomesOf(c, o.train, outcome.Scores)
	if err != nil {
		return nil, err
	}
	if len(train) < 2 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s holds %d outcomes: too few to learn from", o.train, len(train)).WithHint(outcome.Hint)
	}
	if !slices.ContainsFunc(train, func(r outcome.Record) bool { return r.Question != train[0].Question }) {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s holds %d outcomes of one question: nothing tells it from others, so there is nothing to learn", o.train, len(train)).WithHint(outcome.Hint)
	}
	return predict.Train(train, predict.Options{Seed: o.seed}), nil
}

func scoreQuestions(c *verb.Call, o *routeOptions) error {
	if o.in == "" || (o.train == "") == (o.model == "") {
		return verb.Wrong("irori route score needs --in, and one of --train and --model", "irori route score --train outcomes.jsonl --in questions.jsonl")
	}
	m, err := routerOf(c, o)
	if err != nil {
		return err
	}
	questions, err := outcomesOf(c, o.in, outcome.Questions)
	if err != nil {
		return err
	}
	t := term.NewTable(term.Column{Title: "LINE", Right: true}, term.Column{Title: "SCORE", Right: true}, term.Column{Title: "WEAK", Right: true}, term.Column{Title: "STRONG", Right: true})
	for _, q := range questions {
		e := m.Predict(q.Question)
		if !c.JSON {
			t.Row(strconv.Itoa(q.Line), sprintf("%.4f", e.Benefit()), sprintf("%.3f", e.Weak), sprintf("%.3f", e.Strong))
			continue
		}
		if err := c.PrintJSON(struct {
			Score  float64 `json:"score"`
			Weak   float64 `json:"p_weak"`
			Strong float64 `json:"p_strong"`
			Doubt  float64 `json:"doubt"`
		}{e.Benefit(), e.Weak, e.Strong, 1 - e.Weak}); err != nil {
			return err
		}
	}
	if c.JSON {
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

// mostReasons is how many reasons an explanation in JSON has.
const mostReasons = 20

// explainQuestions says why questions would be escalated or not.
func explainQuestions(c *verb.Call, o *routeOptions) error {
	if (o.in == "") == (o.text == "") || (o.train == "") == (o.model == "") {
		return verb.Wrong("irori route explain needs the id of a request; or --model (or --train), and --text or --in", `irori route explain --model router.model --text "Prove that √2 is irrational"`)
	}
	m, err := routerOf(c, o)
	if err != nil {
		return err
	}
	questions := []outcome.Record{{Question: o.text}}
	if o.in != "" {
		if questions, err = outcomesOf(c, o.in, outcome.Questions); err != nil {
			return err
		}
	}
	for i, q := range questions {
		e := m.Explain(q.Question, mostReasons)
		if c.JSON {
			if err := c.PrintJSON(explained(e, o.lang.Value)); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			if _, err := c.Out.Write([]byte("\n")); err != nil {
				return err
			}
		}
		for _, s := range reason.Sentences(e, o.lang.Value) {
			if _, err := c.Out.Write([]byte(s + "\n")); err != nil {
				return err
			}
		}
	}
	return nil
}

// explained is an explanation as JSON.
func explained(e predict.Explanation, lang string) any {
	return struct {
		Score       float64          `json:"score"`
		Weak        float64          `json:"p_weak"`
		Strong      float64          `json:"p_strong"`
		Version     string           `json:"version"`
		Words       float64          `json:"by_words"`
		Shapes      float64          `json:"by_topic_and_form"`
		Embedded    *float64         `json:"by_embedding,omitempty"`
		Past        float64          `json:"by_past"`
		Alike       int              `json:"alike"`
		AlikeWeak   *float64         `json:"alike_weak,omitempty"`
		AlikeStrong *float64         `json:"alike_strong,omitempty"`
		Unknown     *float64         `json:"unknown_words,omitempty"`
		Unlike      *float64         `json:"unlike,omitempty"`
		Beyond      float64          `json:"by_unlike"`
		Reasons     []predict.Reason `json:"reasons"`
		Sentences   []string         `json:"sentences"`
	}{e.Benefit(), e.Weak, e.Strong, e.Version, e.Words, e.Shapes, e.Embedded, e.Past, e.Alike, e.AlikeWeak, e.AlikeStrong, e.Unknown, e.Unlike, e.Beyond, append([]predict.Reason{}, e.Reasons...), reason.Sentences(e, lang)}
}
