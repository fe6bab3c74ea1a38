package main

import (
	"cmp"
	"encoding/json"
	"strconv"

	"irori/internal/eval/topic"
	"irori/internal/term"
	"irori/internal/term/verb"
)

type topicOptions struct {
	in, field, gold string
	list            bool
}

func topicFlags(c *verb.Call) *topicOptions {
	o := &topicOptions{}
	c.Flags.StringVar(&o.in, "in", "", "`FILE` the requests, a JSON object a line")
	c.Flags.StringVar(&o.field, "field", "q", "`MEMBER` where a request stands")
	c.Flags.StringVar(&o.gold, "gold", "", "`MEMBER` where a request's group stands, to be compared with")
	c.Flags.BoolVar(&o.list, "list", false, "topics: list the groups, as a policy's when: {domain: …} takes them")
	return o
}

// listTopics lists the groups.
func listTopics(c *verb.Call) error {
	t := term.NewTable(term.Column{Title: "GROUP"}, term.Column{Title: "SOC"}, term.Column{Title: "NAME"}, term.Column{Title: "NAME IN JAPANESE"})
	for _, g := range topic.Groups() {
		if c.JSON {
			if err := c.PrintJSON(struct {
				Group string `json:"group"`
				SOC   string `json:"soc,omitempty"`
				En    string `json:"en"`
				Ja    string `json:"ja"`
			}{g.ID, g.SOC, g.En, g.Ja}); err != nil {
				return err
			}
			continue
		}
		t.Row(g.ID, g.SOC, g.En, g.Ja)
	}
	if c.JSON {
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

// toldTopic is what is printed of a request.
type toldTopic struct {
	ID    json.RawMessage `json:"id,omitempty"`
	Group string          `json:"group"`
	P     float64         `json:"p"`
	Gold  string          `json:"gold,omitempty"`
}

// tellTopics classifies the requests of a file, in their order.
func tellTopics(c *verb.Call, o *topicOptions) error {
	if o.list && o.in == "" {
		return listTopics(c)
	}
	if o.in == "" || o.list {
		return verb.Wrong("irori measure topics needs --in, or --list", "irori measure topics --in prompts.jsonl")
	}
	name, in, err := input(c, o.in)
	if err != nil {
		return err
	}
	defer in.Close()
	list, err := topic.Read(name, in, o.field, o.gold)
	if err != nil {
		return err
	}
	t := term.NewTable(term.Column{Title: "REQUEST"}, term.Column{Title: "GROUP"}, term.Column{Title: "SURE", Right: true})
	var pairs [][2]string
	for i, a := range list {
		s := toldTopic{ID: a.ID, Gold: a.Gold}
		s.Group, s.P = topic.Classify(a.Text)
		pairs = append(pairs, [2]string{a.Gold, s.Group})
		if c.JSON {
			if err := c.PrintJSON(s); err != nil {
				return err
			}
			continue
		}
		t.Row(cmp.Or(string(a.ID), strconv.Itoa(i+1)), s.Group, sprintf("%.2f", s.P))
	}
	switch {
	case o.gold != "":
		return tellAgreement(c, topic.Agree(pairs))
	case c.JSON:
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

// tellAgreement prints how well groups were told.
func tellAgreement(c *verb.Call, a topic.Agreement) error {
	if c.JSON {
		return c.PrintJSON(a)
	}
	t := term.NewTable(term.Column{Title: "GROUP"}, term.Column{Title: "GIVEN", Right: true}, term.Column{Title: "PRECISION", Right: true},
		term.Column{Title: "RECALL", Right: true}, term.Column{Title: "F1", Right: true})
	for _, g := range a.Groups {
		t.Row(g.Group, strconv.Itoa(g.N), sprintf("%.3f", g.Precision), sprintf("%.3f", g.Recall), sprintf("%.3f", g.F1))
	}
	t.Row("macro", strconv.Itoa(a.N), "", "", sprintf("%.3f", a.MacroF1))
	return t.Write(c.Out, columns(c.Out))
}
