//go:build accept

package main_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"irori/internal/testreal"
)

// poolRow is an outcome of a public pool.
type poolRow struct {
	Q string  `json:"q"`
	W float64 `json:"w"`
	S float64 `json:"s"`
}

// pool reads a pool of outcomes; those whose lines the leave-out list names are
// left out.
func pool(t *testing.T, name string) []poolRow {
	dir := os.Getenv("IRORI_ROUTING_DATA")
	if dir == "" {
		t.Skip("IRORI_ROUTING_DATA says where the pools of outcomes lie")
	}
	out := map[int]bool{}
	list, err := os.ReadFile(filepath.Join(dir, "overlap_with_eval.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if f := strings.Split(line, "\t"); f[0] == name+".jsonl" {
			n, _ := strconv.Atoi(f[1])
			out[n] = true
		}
	}
	f, err := os.Open(filepath.Join(dir, name+".jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var rows []poolRow
	n := 0
	for line := range bytes.Lines(b) {
		n++
		var r poolRow
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if !out[n] {
			rows = append(rows, r)
		}
	}
	return rows
}

func write(t *testing.T, path string, rows any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	switch rows := rows.(type) {
	case []poolRow:
		for _, r := range rows {
			e.Encode(r)
		}
	case []map[string]float64:
		for _, r := range rows {
			e.Encode(r)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func verb(t *testing.T, args ...string) []byte {
	out, err := exec.Command(testreal.Binary(t), args...).Output()
	if err != nil {
		t.Fatalf("irori %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// outOfFold is the doubt of each answer by what the other folds taught; equal
// questions are in the same.
func outOfFold(t *testing.T, rows []poolRow) []map[string]float64 {
	const folds = 5
	rng := rand.New(rand.NewPCG(1, 1))
	fold := map[string]int{}
	for _, r := range rows {
		if _, ok := fold[r.Q]; !ok {
			fold[r.Q] = rng.IntN(folds)
		}
	}
	out := make([]map[string]float64, len(rows))
	dir := t.TempDir()
	for k := range folds {
		var train, test []poolRow
		var at []int
		for i, r := range rows {
			if fold[r.Q] == k {
				test, at = append(test, r), append(at, i)
			} else {
				train = append(train, r)
			}
		}
		write(t, filepath.Join(dir, "train"), train)
		write(t, filepath.Join(dir, "test"), test)
		d := json.NewDecoder(bytes.NewReader(verb(t, "route", "score", "--train", filepath.Join(dir, "train"), "--in", filepath.Join(dir, "test"), "--json")))
		for _, i := range at {
			var s struct {
				Score float64 `json:"score"`
				Weak  float64 `json:"p_weak"`
			}
			if err := d.Decode(&s); err != nil {
				t.Fatal(err)
			}
			out[i] = map[string]float64{"doubt": 1 - s.Weak, "score": s.Score, "w": rows[i].W, "s": rows[i].S}
		}
	}
	return out
}

// The promise holds of the whole pool in as many calibrations as it says, and
// it keeps a useful share local; where text alone cannot carry it, nothing is
// promised.
func TestTheBoundOnPools(t *testing.T) {
	for _, c := range []struct {
		pool  string
		alpha float64
		field string
		least float64 // share kept
	}{
		{"llmrouter_l8b_nem51b", .3, "doubt", .40}, {"mmlupro_l8b_gem15p", .4, "doubt", .15},
		{"llmrouter_l8b_nem51b", .1, "doubt", 0}, {"mmlupro_l8b_gem15p", .1, "doubt", 0},
	} {
		t.Run(fmt.Sprintf("%s at %g", c.pool, c.alpha), func(t *testing.T) {
			all := doubts(t, c.pool)
			const runs, n, delta = 200, 2000, .1
			violated, promised, kept, wrong := 0, 0, 0.0, 0.0
			for run := range runs {
				rng := rand.New(rand.NewPCG(uint64(run), 2))
				var drawn []map[string]float64
				for range n {
					drawn = append(drawn, all[rng.IntN(len(all))])
				}
				file := filepath.Join(t.TempDir(), "audited")
				write(t, file, drawn)
				var b struct {
					Promised  bool
					Threshold *float64
					Need      int `json:"need_labels"`
				}
				out := verb(t, "route", "calibrate", "--in", file, "--score", c.field, "--alpha", fmt.Sprint(c.alpha), "--delta", fmt.Sprint(delta), "--json")
				if err := json.Unmarshal(out, &b); err != nil {
					t.Fatal(err)
				}
				if !b.Promised {
					if b.Threshold != nil || b.Need < 1 {
						t.Fatalf("nothing is promised, and yet: %s", out)
					}
					continue
				}
				promised++
				accepted, errors := 0.0, 0.0
				for _, r := range all {
					if r[c.field] <= *b.Threshold {
						accepted++
						if r["w"] < .5 {
							errors++
						}
					}
				}
				kept += accepted / float64(len(all)) / runs
				wrong += errors / accepted
				if errors/accepted > c.alpha {
					violated++
				}
			}
			t.Logf("promised %d of %d, violated %d (%.1f %%), kept %.3f of all, %.3f wrong", promised, runs, violated, 100*float64(violated)/runs, kept, wrong/cmp.Or(float64(promised), 1))
			switch {
			case violated > runs*14/100:
				t.Error("the promise fails too often")
			case c.least == 0 && promised > runs*5/100:
				t.Error("text alone carries a promise that it cannot")
			case kept < c.least:
				t.Errorf("%.3f stays local, less than %.2f", kept, c.least)
			}
		})
	}
}

var doubted = map[string][]map[string]float64{}

func doubts(t *testing.T, name string) []map[string]float64 {
	if doubted[name] == nil {
		doubted[name] = outOfFold(t, pool(t, name))
	}
	return doubted[name]
}
