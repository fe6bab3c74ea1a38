package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"irori/internal/eval/figure"
	"irori/internal/eval/folder"
	"irori/internal/llm"
)

// Replayed is what came of computing a run's figures again.
type Replayed struct {
	Dir string `json:"dir"`
	Run string `json:"run"`
	// Compared counts the figures that figures.json has; 0 where there is no
	// such file yet. Computed counts those that were made now.
	Compared int `json:"compared"`
	Computed int `json:"computed"`
	// Differs lists what is not as it was kept.
	Differs []Difference `json:"differs"`
	// Written are the files that were made anew.
	Written []string `json:"written,omitempty"`
	// Result are the figures as computed now.
	Result figure.Result `json:"result"`
}

// Difference is a value that is kept otherwise than it comes out.
type Difference struct {
	Figure   string `json:"figure"`
	Kept     string `json:"kept,omitempty"`
	Computed string `json:"computed,omitempty"`
}

// Replay computes the figures of a run again and compares them with those that
// lie beside it.
func Replay(dir string) (Replayed, error) {
	run, samples, err := folder.Read(dir)
	if err != nil {
		return Replayed{}, err
	}
	r := Replayed{Dir: dir, Run: run.ID, Differs: []Difference{}, Result: figure.Of(run, samples)}
	r.Computed = r.Result.Count()
	path := filepath.Join(dir, folder.FiguresFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	var kept figure.Result
	if err := json.Unmarshal(b, &kept); err != nil {
		return r, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", path).WithHint("irori measure replay %s --write", dir)
	}
	if kept.Schema != figure.SchemaVersion {
		return r, llm.Errorf(llm.CodeInvalidRequest, "%s: schema_version: %d is not known here", path, kept.Schema).WithHint("irori measure replay %s --write", dir)
	}
	r.Compared = kept.Count()
	r.Differs = differ(kept, r.Result)
	return r, nil
}

// differ compares two results value by value.
func differ(kept, now figure.Result) []Difference {
	a, b := flat(kept), flat(now)
	names := slices.Sorted(maps.Keys(b))
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	out := []Difference{}
	for _, name := range names {
		if a[name] != b[name] {
			out = append(out, Difference{name, a[name], b[name]})
		}
	}
	return out
}

// flat names every value of a result. Numbers are written with as many digits
// as tell them from all others.
func flat(r figure.Result) map[string]string {
	out := map[string]string{"run": r.Run, "seed": strconv.FormatUint(r.Seed, 10), "samples": strconv.Itoa(r.Samples), "expected": strconv.Itoa(r.Expected)}
	number := func(name string, v *float64) {
		if v != nil {
			out[name] = strconv.FormatFloat(*v, 'g', -1, 64)
		}
	}
	put := func(at string, f figure.Figure) {
		at += " " + f.Name
		if _, there := out[at+" n"]; there {
			at += " in " + f.Unit // money in several currencies
		}
		number(at, f.Value)
		number(at+" low", f.Low)
		number(at+" high", f.High)
		out[at+" n"] = fmt.Sprintf("%d of %d", f.N, f.Of)
		out[at+" kind"] = fmt.Sprintf("%s %s %s %s %s", f.Unit, f.Interval, f.Method, f.Basis, f.Absent)
	}
	for _, g := range r.Groups {
		at := g.Target + "/" + g.Pass + "/" + g.By
		if g.Of != "" {
			at += "/" + g.Of
		}
		for state, n := range g.Counts {
			out[at+" "+string(state)] = strconv.Itoa(n)
		}
		out[at+" asked"] = fmt.Sprintf("%d, scored %d", g.Attempted, g.Scored)
		for _, f := range g.Figures {
			put(at, f)
		}
	}
	for _, b := range r.Best {
		at := "best of local/" + b.Machine
		out[at+" questions"] = fmt.Sprintf("%d of %d by %q", b.Solved, b.Questions, b.Targets)
		for t, v := range b.Shares {
			number(at+" share of "+t, &v)
		}
		for _, f := range b.Figures {
			put(at, f)
		}
		for _, d := range b.Domains {
			put(at+"/"+d.Domain, d.Figure)
		}
		for _, c := range b.Clouds {
			out[at+"/"+c.Target+" right"] = fmt.Sprintf("both %d, local %d, cloud %d, neither %d", c.Both, c.OnlyLocal, c.OnlyCloud, c.Neither)
			put(at+"/"+c.Target, c.Covered)
		}
	}
	return out
}
