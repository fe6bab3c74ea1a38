package main

import (
	"cmp"
	"encoding/json"
	"strconv"

	"irori/internal/eval/topic"
	"irori/internal/term"
)

type topicOptions struct {
	in, field, gold string
	list            bool
}

func topicFlags(c *call) *topicOptions {
	o := &topicOptions{}
	c.flags.StringVar(&o.in, "in", "", "`FILE` the requests, a JSON object a line")
	c.flags.StringVar(&o.field, "field", "q", "`MEMBER` where a request stands")
	c.flags.StringVar(&o.gold, "gold", "", "`MEMBER` where a request's group stands, to be compared with")
	c.flags.BoolVar(&o.list, "list", false, "topics: list the groups, as a policy's when: {domain: …} takes them")
	return o
}

// listTopics lists the groups.
func listTopics(c *call) error {
	t := term.NewTable(term.Column{Title: "GROUP"}, term.Column{Title: "SOC"}, term.Column{Title: "NAME"}, term.Column{Title: "NAME IN JAPANESE"})
	for _, g := range topic.Groups() {
		if c.json {
			if err := c.printJSON(struct {
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
	if c.json {
		return nil
	}
	return t.Write(c.out, columns(c.out))
}

// toldTopic is what is printed of a request.
type toldTopic struct {
	ID    json.RawMessage `json:"id,omitempty"`
	Group string          `json:"group"`
	P     float64         `json:"p"`
	Gold  string          `json:"gold,omitempty"`
}

// tellTopics classifies the requests of a file, in their order.
func tellTopics(c *call, o *topicOptions) error {
	if o.list && o.in == "" {
		return listTopics(c)
	}
	if o.in == "" || o.list {
		return &usageError{"irori measure topics needs --in, or --list", "irori measure topics --in prompts.jsonl"}
	}
	name, in, err := c.input(o.in)
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
		if c.json {
			if err := c.printJSON(s); err != nil {
				return err
			}
			continue
		}
		t.Row(cmp.Or(string(a.ID), strconv.Itoa(i+1)), s.Group, sprintf("%.2f", s.P))
	}
	switch {
	case o.gold != "":
		return tellAgreement(c, topic.Agree(pairs))
	case c.json:
		return nil
	}
	return t.Write(c.out, columns(c.out))
}

// tellAgreement prints how well groups were told.
func tellAgreement(c *call, a topic.Agreement) error {
	if c.json {
		return c.printJSON(a)
	}
	t := term.NewTable(term.Column{Title: "GROUP"}, term.Column{Title: "GIVEN", Right: true}, term.Column{Title: "PRECISION", Right: true},
		term.Column{Title: "RECALL", Right: true}, term.Column{Title: "F1", Right: true})
	for _, g := range a.Groups {
		t.Row(g.Group, strconv.Itoa(g.N), sprintf("%.3f", g.Precision), sprintf("%.3f", g.Recall), sprintf("%.3f", g.F1))
	}
	t.Row("macro", strconv.Itoa(a.N), "", "", sprintf("%.3f", a.MacroF1))
	return t.Write(c.out, columns(c.out))
}
