package main

import (
	"strconv"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/term"
)

// findPrivate says what of each text is private. Spans go to standard output
// alone: nothing that was found is ever part of an error.
func findPrivate(c *call, o *routeOptions) error {
	if o.in == "" {
		return &usageError{"irori route privacy needs --in", "irori route privacy --in texts.jsonl"}
	}
	only, err := privacy.ParseClasses(o.classes)
	if err != nil {
		return &usageError{err.Error(), "irori help route"}
	}
	scanner, err := privacy.New(privacy.Options{Only: only})
	if err != nil {
		return err
	}
	name, in, err := c.input(o.in)
	if err != nil {
		return err
	}
	defer in.Close()
	policy, t := privacy.DefaultPolicy(), term.NewTable(term.Column{Title: "LINE", Right: true}, term.Column{Title: "BECOMES"}, term.Column{Title: "TEXT"})
	if err := privacy.Read(name, in, func(line int, text string) error {
		spans, err := scanner.Scan(text)
		if err != nil {
			return llm.Errorf(llm.CodeInternal, "%s:%d: %v", name, line, err)
		}
		if c.json {
			return c.printJSON(struct {
				Spans []privacy.Span `json:"spans"`
			}{append([]privacy.Span{}, spans...)})
		}
		marked := strings.Join(strings.Fields(privacy.Mark(text, spans)), " ")
		t.Row(strconv.Itoa(line), string(policy.Decide(spans, nil).Treatment), marked)
		return nil
	}); err != nil || c.json {
		return err
	}
	return t.Write(c.out, columns(c.out))
}
