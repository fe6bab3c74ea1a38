package study

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The table of Intelligence per Watt (arXiv 2511.07885): a router that is right
// four times in five saves .8 of what the oracle does.
func TestThePublishedTableComesOut(t *testing.T) {
	for _, in := range []string{
		"figure,oracle_saving\nenergy,0.804\ncompute,0.773\ncost,0.738\n",
		"figure,unit,all_cloud,oracle\nenergy,MWh,250,49\ncompute,EFLOP,1000,227\ncost,USD,50000,13100\n",
	} {
		all, err := Read("study.csv", strings.NewReader(in), .8)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range all {
			got += fmt.Sprintf("%s %.1f %.1f; ", f.Name, 100*f.OracleSaving, 100*f.RouterSaving)
		}
		if want := "energy 80.4 64.3; compute 77.3 61.8; cost 73.8 59.0; "; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	all, err := Read("f", strings.NewReader("figure,all_cloud,oracle\nenergy,200,40\n"), 1)
	if err != nil || *all[0].Router < 39.999 || *all[0].Router > 40.001 || *all[0].AllCloud != 200 || *all[0].Oracle != 40 {
		t.Errorf("%+v %v", all, err)
	}
}

// What is told is the number that is meant, also where its parts have no exact
// binary form: .8 × .804 is not .6432000000000001.
func TestFiguresAreAsWritten(t *testing.T) {
	for in, want := range map[string]string{
		"figure,oracle_saving\nenergy,0.804\n":           `[{"figure":"energy","oracle_saving":0.804,"router_saving":0.6432}]`,
		"figure,all_cloud,oracle_saving\ncost,0.3,0.9\n": `[{"figure":"cost","oracle_saving":0.9,"router_saving":0.72,"all_cloud":0.3,"oracle":0.03,"router":0.084}]`,
		"figure,all_cloud,oracle\ncost,1.1,0.33\n":       `[{"figure":"cost","oracle_saving":0.7,"router_saving":0.56,"all_cloud":1.1,"oracle":0.33,"router":0.484}]`,
		"figure,all_cloud,oracle\nthird,3,1\n":           `[{"figure":"third","oracle_saving":0.6666666666666666,"router_saving":0.5333333333333333,"all_cloud":3,"oracle":1,"router":1.4}]`,
		"figure,all_cloud,oracle\nedge,1e299,5e-324\n":   `[{"figure":"edge","oracle_saving":1,"router_saving":0.8,"all_cloud":1e+299,"oracle":5e-324,"router":2e+298}]`,
		"figure,all_cloud,oracle\nnone,1e299,1e299\n":    `[{"figure":"none","oracle_saving":0,"router_saving":0,"all_cloud":1e+299,"oracle":1e+299,"router":1e+299}]`,
	} {
		all, err := Read("f", strings.NewReader(in), .8)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(all); err != nil || string(got) != want {
			t.Errorf("%q:\n%s %v, want\n%s", in, got, err, want)
		}
	}
}

func TestWrongTablesNameTheirLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "f:1: there is no head",
		"figure,all_cloud\nenergy,3":     "f:1: columns are missing",
		"figure,oracle_saving\n":         "f:2: there are no figures",
		"figure,oracle_saving\nx,80":     "f:2: an oracle saves from 0 to 1",
		"figure,oracle_saving\nx,a":      `f:2: oracle_saving cannot be "a"`,
		"figure,oracle_saving\n\ny,-1":   `f:3: oracle_saving cannot be "-1"`,
		"figure,oracle_saving\nx,NaN":    `f:2: oracle_saving cannot be "NaN"`,
		"figure,all_cloud,oracle\nx,0,0": "f:2: all_cloud is 0",
		"figure,all_cloud,oracle\nx,1,2": "f:2: an oracle saves",
		"figure,all_cloud,oracle\nx,1":   "f:2: neither",
		"figure,oracle_saving\nenergy,0.8\ncost,0.7\n energy ,0.3": "f:4: the figure energy is there twice, first in line 2",
		"figure,oracle_saving,all_cloud,oracle\nx,0.5,100,10":      "f:2: oracle_saving is 0.5, but all_cloud and oracle make 0.9",
		"figure,oracle_saving,all_cloud,oracle\nx,0.5,100,200":     "f:2: oracle_saving is 0.5, but all_cloud and oracle make -1",
		"figure,oracle_saving,all_cloud\nx,0.5,0":                  "f:2: oracle_saving is 0.5, and all_cloud is 0",
		"figure,oracle_saving,oracle_saving\nx,0.5,0.6":            "f:1: the column oracle_saving is there twice",
	} {
		if _, err := Read("f", strings.NewReader(in), .8); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

// A saving that was rounded agrees with its totals.
func TestRoundedSavingsAgree(t *testing.T) {
	for _, row := range []string{"x,0.804,250,49", "x,0.80,250,49", "x,0.8,250,49", "x,1,100,0", "x,0,5,5"} {
		if _, err := Read("f", strings.NewReader("figure,oracle_saving,all_cloud,oracle\n"+row), .8); err != nil {
			t.Errorf("%s: %v", row, err)
		}
	}
}
