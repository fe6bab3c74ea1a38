package outside

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// unitOf is the value of the last digit of a figure as it is printed.
func unitOf(s string) float64 { _, u := precision(s); return u }

// TestPublishedTables: tables of arXiv 2511.07885 come out as they are printed,
// to one in the last digit: 18 (agentic tasks), 15 (Qwen3-8B on one B200, with
// its watts, joules turned into seconds) and 2 (by generation, watts from its own
// accuracy and IPW).
func TestPublishedTables(t *testing.T) {
	// Energy over power: table 15 prints joules.
	seconds := func(joules, watts float64) string { return strconv.FormatFloat(joules/watts, 'g', -1, 64) }
	for _, row := range []struct {
		name, acc, watts, seconds string
		// energy is the column of joules, where the table has one.
		kj, joules     string
		ipw, ipj       string
		scaleW, scaleJ float64
	}{
		{"T18 MiniMax-M2.5 8xH100", "16.4", "1558", "4.69", "7.31", "", ".105", "2.24", 1e-3, 1e-5},
		{"T18 Qwen3-235B 8xH100", "5.5", "1595", ".74", "1.18", "", ".034", "4.66", 1e-3, 1e-5},
		{"T18 Qwen3-30B 8xH100", "8.6", "822", "1.22", "1.00", "", ".105", "8.60", 1e-3, 1e-5},
		{"T18 MiniMax-M2.5 M4 Max", "14.2", "305", "51.6", "15.74", "", ".466", ".90", 1e-3, 1e-5},
		{"T18 Qwen3-30B M4 Max", "6.4", "245", "13.4", "3.28", "", ".261", "1.95", 1e-3, 1e-5},
		{"T15 8B by one", ".575", "255", seconds(6449, 255), "", "6449", "", "8.92", 1e-3, 1e-5},
		{"T15 8B by 64", ".575", "883", seconds(548, 883), "", "548", "", "104.93", 1e-3, 1e-5},
		{"T13 8B on M4 Max", ".575", "352.8", "1", "", "", "1.63", "", 1e-3, 1e-5},
	} {
		table := fmt.Sprintf("name,more,acc,watts,seconds,kj,joules\n%s,x,%s,%s,%s,%s,%s\n", row.name, row.acc, row.watts, row.seconds, row.kj, row.joules)
		got, err := Check("t.csv", strings.NewReader(table))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v %v", row.name, got, err)
		}
		for _, f := range []struct {
			printed string
			scale   float64
			is      float64
		}{{row.ipw, row.scaleW, got[0].IPW}, {row.ipj, row.scaleJ, got[0].IPJ}} {
			if f.printed == "" {
				continue
			}
			want, _ := strconv.ParseFloat(f.printed, 64)
			if math.Abs(f.is/f.scale-want) > unitOf(f.printed)*1.0001 {
				t.Errorf("%s: %g, printed %s", row.name, f.is/f.scale, f.printed)
			}
		}
	}
}

// TestEnergyOfARow is taken where it says what the watts and seconds do, to
// their rounding, and nowhere else: 822 W in 1.22 s are 1.00 kJ to three digits,
// and 1.003 by multiplication.
func TestEnergyOfARow(t *testing.T) {
	got, err := Check("t.csv", strings.NewReader("acc,watts,seconds,kj,energy_j,ipj\n8.6,822,1.22,1.00,,8.60e-5\n8.6,822,1.22,,,8.60e-5\n8.6,822,1.22,1,1004,\n8.6,822,1.22,2,x,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1000, 822 * 1.22, 1004, 822 * 1.22} {
		if g := got[i]; math.Abs(g.IPJ-.086/want) > 1e-12 || g.Flagged {
			t.Errorf("line %d: %+v", i+2, g)
		}
	}
}

// TestPublishedRatios: what table 2 and table 15 say of their own rows.
func TestPublishedRatios(t *testing.T) {
	acc := []float64{.232, .487, .713}
	ipw := []float64{7.92e-4, 1.80e-3, 4.18e-3}
	table := "name,acc,watts,seconds,ipw\n"
	for i := range acc {
		table += fmt.Sprintf("%d,%g,%g,1,%g\n", 2023+i, acc[i], acc[i]/ipw[i], ipw[i])
	}
	got, err := Check("t.csv", strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]float64{
		"2023 to 2024": {got[1].IPW / got[0].IPW, 2.27}, "2024 to 2025": {got[2].IPW / got[1].IPW, 2.32},
		"both":          {got[2].IPW / got[0].IPW, 5.3},
		"models":        {acc[2] / acc[0], 3.1},
		"T15 by joules": {(.575 / 548) / (.575 / 6449), 11.8},
	} {
		if unit := unitOf(strconv.FormatFloat(c[1], 'g', -1, 64)); math.Abs(c[0]-c[1]) > unit*1.0001 {
			t.Errorf("%s: %g, printed %g", name, c[0], c[1])
		}
	}
	for _, g := range got {
		if g.Flagged {
			t.Errorf("%+v", g)
		}
	}
	// The means of table 11 over its sets.
	for mean, sets := range map[float64][]float64{78.9: {81.9, 82.9, 86.5, 64.4}, 80.3: {89.5, 77.9, 87.4, 66.5}, 77.9: {88.1, 76.9, 86.4, 60.1}, 71.8: {70.0, 82.3, 63.1},
		70.1: {76.1, 69.7, 77.9, 56.5}, 72.0: {89.2, 65.0, 78.3, 55.3}, 61.5: {47.3, 64.3, 76.9, 57.4}, 60.2: {48.9, 60.0, 75.6, 56.2}, 66.7: {77.3, 67.3, 73.4, 48.9}, 58.3: {50.2, 57.9, 73.3, 51.8}} {
		sum := 0.0
		for _, v := range sets {
			sum += v / float64(len(sets))
		}
		if math.Abs(sum-mean) > 0.1001 {
			t.Errorf("%v: %v, printed %v", sets, sum, mean)
		}
	}
}
