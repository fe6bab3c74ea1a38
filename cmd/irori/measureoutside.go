package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"irori/internal/eval/ids"
	"irori/internal/eval/outside"
	"irori/internal/llm"
	"irori/internal/term"
	"irori/internal/term/verb"
)

// given opens a file that a person names.
func given(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no file %s", path).WithHint("ls -l %s", filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close() // nothing was written
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is a folder, and a file is wanted", path).WithHint("ls -l %s", path)
	}
	return f, nil
}

// input opens a file that a person names, - for standard input.
func input(c *verb.Call, path string) (name string, in io.ReadCloser, err error) {
	switch {
	case path != "-":
		in, err = given(path)
		return path, in, err
	case c.In == nil:
		return "standard input", io.NopCloser(io.MultiReader()), nil
	}
	return "standard input", io.NopCloser(c.In), nil
}

// checkTable computes a table's metrics anew.
func checkTable(c *verb.Call, path string) error {
	f, err := given(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := outside.Check(path, f)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		c.Say("there are no rows below the header of %s: nothing was checked", path)
		return nil
	}
	t := term.NewTable(term.Column{Title: "LINE", Right: true}, term.Column{Title: "ROW"}, term.Column{Title: "IPW", Right: true}, term.Column{Title: "IPJ", Right: true}, term.Column{Title: "FLAGGED"})
	for _, r := range rows {
		if !c.JSON {
			t.Row(strconv.Itoa(r.Line), r.Label, sprintf("%.4g", r.IPW), sprintf("%.4g", r.IPJ), r.Why)
		} else if err := c.PrintJSON(r); err != nil {
			return err
		}
	}
	if c.JSON {
		return nil
	}
	return t.Write(c.Out, columns(c.Out))
}

// shareEnergy divides a recorded trace among its requests.
func shareEnergy(c *verb.Call, o *measureOptions) error {
	if slices.Contains([]string{o.power, o.requests}, "") || o.idle.value == nil {
		return verb.Wrong("irori measure energy needs --power, --requests and --idle-w", "irori measure energy --power P.csv --requests R.jsonl --idle-w 0")
	}
	power, err := given(o.power)
	if err != nil {
		return err
	}
	defer power.Close()
	requests, err := given(o.requests)
	if err != nil {
		return err
	}
	defer requests.Close()
	s, err := outside.Divide(o.power, power, o.requests, requests, *o.idle.value)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.PrintJSON(s)
	}
	t := term.NewTable(term.Column{Title: "REQUEST"}, term.Column{Title: "ENERGY", Right: true}, term.Column{Title: "ACTIVE", Right: true}, term.Column{Title: "COVERED", Right: true})
	for _, r := range s.Requests {
		t.Row(ids.Name(r.ID), joulesOf(r.EnergyJ), joulesOf(r.EnergyActiveJ), sprintf("%.1f %%", 100*r.Coverage))
	}
	t.Row("idle", joulesOf(&s.IdleJ), "", "")
	t.Row("unattributed", joulesOf(&s.UnattributedJ), "", "")
	t.Row("measured", joulesOf(&s.MeasuredJ), "", "")
	return t.Write(c.Out, columns(c.Out))
}

// joulesOf is a figure for people, empty where there is none.
func joulesOf(v *float64) string {
	if v == nil {
		return ""
	}
	return sprintf("%.6g J", *v)
}

// watts is a flag that may be left out: 0 is a figure.
type watts struct{ value *float64 }

// String is the flag as it was given.
func (w *watts) String() string {
	if w == nil || w.value == nil {
		return ""
	}
	return strconv.FormatFloat(*w.value, 'g', -1, 64)
}

// Set reads a power in watts.
func (w *watts) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0) || v > 1e9 {
		return errors.New("a power in watts, from 0, is wanted")
	}
	w.value = &v
	return nil
}
