package main

import (
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/privacy/section"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// findPrivate says what of each text is private. Spans go to standard output
// alone: nothing that was found is ever part of an error.
func findPrivate(c *verb.Call, o *routeOptions) error {
	if o.in == "" {
		return verb.Wrong("irori route privacy needs --in", "irori route privacy --in texts.jsonl")
	}
	only, err := privacy.ParseClasses(o.classes)
	if err != nil {
		return verb.Wrong(err.Error(), "irori help route")
	}
	policy, options := privacy.DefaultPolicy(), privacy.Options{Only: only}
	if o.rules != "" {
		set, err := rulesOf(c, o.rules)
		if err != nil {
			return err
		}
		policy, options.Rules = set.Policy(), set.Own()
	}
	options.Policy = policy
	scanner, err := privacy.New(options)
	if err != nil {
		return err
	}
	name, in, err := input(c, o.in)
	if err != nil {
		return err
	}
	defer in.Close()
	t := term.NewTable(term.Column{Title: "LINE", Right: true}, term.Column{Title: "BECOMES"}, term.Column{Title: "TEXT"})
	done := func(err error) error { return err }
	if c.JSON {
		done = c.Hold()
	}
	if err := done(privacy.Read(name, in, func(line int, text string) error {
		spans, err := scanner.Scan(text)
		if err != nil {
			return llm.Errorf(llm.CodeInternal, "%s:%d: %v", name, line, err)
		}
		if c.JSON {
			return c.PrintJSON(struct {
				Spans []privacy.Span `json:"spans"`
			}{append([]privacy.Span{}, spans...)})
		}
		marked := strings.Join(strings.Fields(privacy.Mark(text, spans)), " ")
		t.Row(strconv.Itoa(line), string(policy.Decide(spans, nil).Treatment), marked)
		return nil
	})); err != nil || c.JSON {
		return err
	}
	return t.Write(c.Out, columns(c.Out))
}

// rulesOf reads rules of the user's own: the section privacy of the settings,
// or the list of its rules alone.
func rulesOf(c *verb.Call, path string) (privacy.Settings, error) {
	name, in, err := input(c, path)
	if err != nil {
		return privacy.Settings{}, err
	}
	defer in.Close()
	return section.Read(name, in)
}
