package main

import (
	"irori/internal/app"
	"irori/internal/app/measure"
	"irori/internal/eval/sets"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// listTasks says what can be asked, or reads what is named and says what is
// wrong with it.
func listTasks(c *verb.Call, names []string) error {
	tasks, err := measure.Tasks(func() (*app.Env, error) { return app.Open(c.Config, c.Err) }, names)
	if err != nil {
		return err
	}
	var list []sets.Asked
	if len(names) == 0 {
		if list, err = sets.List(measure.Folders()); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		list = append(list, sets.Tell(t))
	}
	t := term.NewTable(term.Column{Title: "NAME"}, term.Column{Title: "KIND"}, term.Column{Title: "FAMILY"}, term.Column{Title: "LANGUAGE"},
		term.Column{Title: "ITEMS", Right: true}, term.Column{Title: "SCORER"}, term.Column{Title: "WHERE"})
	for _, a := range list {
		if c.JSON {
			if err := c.PrintJSON(a); err != nil {
				return err
			}
			continue
		}
		t.Row(a.Name, a.Kind, a.Family, a.Language, sprintf("%d", a.Items), a.Scorer, a.Where())
	}
	if c.JSON {
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}
