// Package study reckons what routing would save from totals that a study
// states: what everything in the cloud takes, and what is left when each
// question goes to the cheapest model that answers it.
//
// It knows no single question: outcome records go through route/replay.
package study

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"irori/internal/llm"
)

// Figure is one kind of what is spent: energy, compute, cost.
type Figure struct {
	Name string `json:"figure"`
	// OracleSaving is the share of the cloud's total that an oracle saves.
	OracleSaving float64 `json:"oracle_saving"`
	// RouterSaving is what a router saves that is right so often; a question
	// that it takes for one that local models cannot answer goes to the cloud,
	// and saves nothing.
	RouterSaving float64 `json:"router_saving"`
	// AllCloud, Oracle and Router are totals; nil where savings alone were
	// stated.
	AllCloud *float64 `json:"all_cloud,omitempty"`
	Oracle   *float64 `json:"oracle,omitempty"`
	Router   *float64 `json:"router,omitempty"`
}

// Read reads a table with a head: figure, and oracle_saving, a share of one, or
// all_cloud and oracle, totals in one unit. Other columns are passed over.
// accuracy is how often the router is right.
func Read(file string, r io.Reader, accuracy float64) ([]Figure, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace, in.Comment, in.FieldsPerRecord = true, '#', -1
	fail := func(line int, format string, args ...any) error {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: "+format, append([]any{file, line}, args...)...).
			WithHint("columns are figure, and oracle_saving (0 to 1) or all_cloud and oracle (totals)")
	}
	head, err := in.Read()
	if err != nil {
		return nil, fail(1, "there is no head of columns")
	}
	at := func(name string) int {
		return slices.IndexFunc(head, func(h string) bool { return column(h) == name })
	}
	figure, saving, cloud, oracle := at("figure"), at("oracle_saving"), at("all_cloud"), at("oracle")
	if figure < 0 || saving < 0 && (cloud < 0 || oracle < 0) {
		return nil, fail(1, "columns are missing")
	}
	for _, first := range []int{figure, saving, cloud, oracle} {
		if first >= 0 && slices.ContainsFunc(head[first+1:], func(h string) bool { return strings.TrimSpace(h) == column(head[first]) }) {
			return nil, fail(1, "the column %s is there twice", column(head[first]))
		}
	}
	var out []Figure
	lines := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		if err != nil {
			return nil, fail(line, "%v", err)
		}
		number := func(at int) (*float64, error) {
			if at < 0 || at >= len(row) || strings.TrimSpace(row[at]) == "" {
				return nil, nil
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(row[at]), 64)
			if err != nil || !(v >= 0 && v < 1e300) {
				return nil, fail(line, "%s cannot be %q", head[at], row[at])
			}
			return &v, nil
		}
		var values [3]*float64
		for i, at := range []int{saving, cloud, oracle} {
			if values[i], err = number(at); err != nil {
				return nil, err
			}
		}
		if figure >= len(row) || strings.TrimSpace(row[figure]) == "" {
			return nil, fail(line, "figure is missing")
		}
		name := strings.TrimSpace(row[figure])
		if before, twice := lines[name]; twice {
			return nil, fail(line, "the figure %s is there twice, first in line %d", name, before)
		}
		lines[name] = line
		f, why := reckon(name, values, accuracy)
		if why == "" && values[0] != nil {
			why = contradicted(strings.TrimSpace(row[saving]), values)
		}
		if why != "" {
			return nil, fail(line, "%s", why)
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, fail(2, "there are no figures")
	}
	return out, nil
}

// column is the name of a column as it stands in a head.
func column(head string) string { return strings.TrimSpace(strings.TrimPrefix(head, "\uFEFF")) }

// contradicted says how the totals of a row contradict the saving that it
// states; stated is how that was written, and rounded.
func contradicted(stated string, values [3]*float64) string {
	saving, cloud, oracle := *values[0], values[1], values[2]
	switch {
	case cloud == nil:
		return ""
	case *cloud == 0 && saving > 0:
		return "oracle_saving is " + stated + ", and all_cloud is 0: nothing can be saved of it"
	case *cloud == 0 || oracle == nil:
		return ""
	}
	rounded := .005
	if _, digits, _ := strings.Cut(stated, "."); !strings.ContainsAny(stated, "eE") {
		rounded = max(rounded, .5*math.Pow10(-len(digits)))
	}
	if got := 1 - *oracle / *cloud; math.Abs(got-saving) > rounded+1e-9 {
		return "oracle_saving is " + stated + ", but all_cloud and oracle make " + strconv.FormatFloat(got, 'g', 4, 64)
	}
	return ""
}

// reckon makes a figure of a saving, or of the totals with and without. It
// reckons with the decimal numbers that were written, as fractions, so that
// four fifths of 0.804 are 0.6432.
func reckon(name string, values [3]*float64, accuracy float64) (f Figure, why string) {
	f.Name = name
	saving, cloud, oracle := values[0], values[1], values[2]
	one, saved := big.NewRat(1, 1), new(big.Rat)
	switch {
	case saving != nil:
		saved = written(*saving)
	case cloud == nil || oracle == nil:
		return f, "neither oracle_saving nor both all_cloud and oracle are there"
	case *cloud == 0:
		return f, "all_cloud is 0: nothing can be saved of it"
	default:
		saved.Sub(one, saved.Quo(written(*oracle), written(*cloud)))
	}
	f.OracleSaving, _ = saved.Float64()
	if f.OracleSaving > 1 || f.OracleSaving < 0 {
		return f, "an oracle saves from 0 to 1 of what all in the cloud takes, not " + strconv.FormatFloat(f.OracleSaving, 'g', 4, 64)
	}
	routed := new(big.Rat).Mul(written(accuracy), saved)
	f.RouterSaving, _ = routed.Float64()
	if cloud != nil {
		left := func(saved *big.Rat) *float64 {
			v, _ := new(big.Rat).Mul(written(*cloud), new(big.Rat).Sub(one, saved)).Float64()
			return &v
		}
		if f.AllCloud, f.Oracle, f.Router = cloud, oracle, left(routed); oracle == nil {
			f.Oracle = left(saved)
		}
	}
	return f, ""
}

// written is the shortest decimal number that reads as v, which is finite.
func written(v float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return r
}
