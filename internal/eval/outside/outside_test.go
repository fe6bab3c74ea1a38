package outside

import (
	"math"
	"strings"
	"testing"
)

// published are rows of table 18 of arXiv 2511.07885 (agentic tasks), with its
// accuracy in percent, and two that contradict themselves.
const published = `model,hardware,acc,watts,seconds,kj,ipw,ipj
MiniMax-M2.5,8xH100,16.4,1558,4.69,7.31,.105e-3,2.24e-5
Qwen3-235B,8xH100,5.5,1595,.74,1.18,.034e-3,4.66e-5
Qwen3-30B,8xH100,8.6,822,1.22,1.00,.105e-3,8.60e-5
MiniMax-M2.5,M4 Max,14.2,305,51.6,15.74,.466e-3,.90e-5
Qwen3-30B,M4 Max,6.4,245,13.4,3.28,.261e-3,1.95e-5
made up,,0.5,100,2,,0.00520,2.5e-3
made up,,0.5,100,2,,0.005,2.56e-3
`

func TestCheck(t *testing.T) {
	got, err := Check("t.csv", strings.NewReader(published))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 7 {
		t.Fatalf("%d rows", len(got))
	}
	for i, c := range got {
		if c.Flagged != (i >= 5) {
			t.Errorf("%s: flagged %v (%s), ipw %g, ipj %g", c.Label, c.Flagged, c.Why, c.IPW, c.IPJ)
		}
	}
	if c := got[0]; math.Abs(c.IPW-0.164/1558) > 1e-15 || math.Abs(c.IPJ-0.164/7310) > 1e-15 || c.Line != 2 || c.Label != "MiniMax-M2.5, 8xH100" {
		t.Errorf("%+v", c)
	}
	if got[5].Why != "ipw" || got[6].Why != "ipj" {
		t.Errorf("%q, %q", got[5].Why, got[6].Why)
	}
}

func TestDivide(t *testing.T) {
	got, err := Divide("p.csv", strings.NewReader("# a comment\nwatts, t_s, gpu\n100,0,x\n100,10,y\n"),
		"r.jsonl", strings.NewReader(`{"id":"a","start_s":0,"end_s":5,"tokens":10,"more":[1]}`+"\n\n"+`{"id":7,"start_s":5,"end_s":20,"tokens":1}`), 40)
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Requests[0], got.Requests[1]
	if string(a.ID) != `"a"` || *a.EnergyJ != 500 || *a.EnergyActiveJ != 300 || a.Coverage != 1 {
		t.Errorf("%+v", a)
	}
	if string(b.ID) != "7" || b.EnergyJ != nil || b.Coverage > 0.34 {
		t.Errorf("%+v", b)
	}
	if got.MeasuredJ != 1000 || got.IdleJ != 0 || got.UnattributedJ != 500 {
		t.Errorf("%+v", got)
	}
}

func TestMalformed(t *testing.T) {
	ok := "t_s,watts\n0,1\n1,1\n"
	for name, c := range map[string]struct{ power, requests, want string }{
		"no header":    {"", "", "p.csv:1: it is empty"},
		"no column":    {"t_s,volts\n", "", "p.csv:1: watts: the header lacks it"},
		"no figure":    {"t_s,watts\n0,1\n1,lots\n", "", `p.csv:3: watts: "lots" is no figure`},
		"short row":    {"t_s,watts\n0\n", "", "p.csv:2: watts: there is no figure"},
		"below":        {"t_s,watts\n0,-1\n", "", "p.csv:2: watts: -1 is below 0"},
		"quotes":       {"t_s,watts\n0,\"1\n", "", "p.csv:"},
		"one point":    {"t_s,joules\n0,1\n", "", "two points"},
		"no JSON":      {ok, "{", "r.jsonl:1: it is no JSON"},
		"a list":       {ok, "\n[1]", "r.jsonl:2: it is a list, where an object is wanted"},
		"a word":       {ok, `{"id":1,"start_s":"now"}`, "r.jsonl:1: start_s: it is a string, which is of the wrong type"},
		"no id":        {ok, `{"start_s":0,"end_s":1,"tokens":1}`, "r.jsonl:1: id: it is missing"},
		"an odd id":    {ok, `{"id":[1],"start_s":0,"end_s":1,"tokens":1}`, "r.jsonl:1: id: it is neither a string nor a number"},
		"twice":        {ok, `{"id":1,"start_s":0,"end_s":1,"tokens":1}` + "\n\n" + `{"id":1,"start_s":0,"end_s":1,"tokens":1}`, "r.jsonl:3: id: it is 1, which line 1 has already"},
		"no end":       {ok, "\n" + `{"id":"a","start_s":1,"tokens":1}`, "r.jsonl:2: end_s: it is missing"},
		"backwards":    {ok, `{"id":"a","start_s":1,"end_s":0,"tokens":1}`, "r.jsonl:1: end_s: 0 lies before"},
		"minus tokens": {ok, `{"id":"a","start_s":0,"end_s":1,"tokens":-1}`, "r.jsonl:1: tokens: -1 is below 0"},
	} {
		if _, err := Divide("p.csv", strings.NewReader(c.power), "r.jsonl", strings.NewReader(c.requests), 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for in, want := range map[string]string{
		"acc,watts,seconds\n-1,1,1\n": "f.csv:2: acc", "acc,watts,seconds\n101,1,1\n": "f.csv:2: acc", "acc,watts,seconds\n1,0,1\n": "f.csv:2: watts",
		"acc,watts,seconds\n1,1,0\n": "f.csv:2: seconds", "acc,watts,seconds,ipw\n1,1,1,x\n": "f.csv:2: ipw", "acc,watts\n": "f.csv:1: seconds",
	} {
		if _, err := Check("f.csv", strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzDivide(f *testing.F) {
	f.Add("t_s,watts\n0,1\n1,2\n", `{"id":"a","start_s":0,"end_s":1,"tokens":3}`)
	f.Add("t_s,joules\n0,1\n1,0\n", `{"id":1,"start_s":-1,"end_s":9e99,"tokens":1e300}`)
	f.Fuzz(func(t *testing.T, power, requests string) {
		r, err := Divide("p", strings.NewReader(power), "r", strings.NewReader(requests), 10)
		if err != nil {
			return
		}
		sum := r.IdleJ + r.UnattributedJ
		for _, q := range r.Requests {
			if q.EnergyJ != nil {
				sum += *q.EnergyJ
			}
		}
		if d := math.Abs(sum - r.MeasuredJ); d > 1e-6*math.Max(1, math.Abs(r.MeasuredJ)) && !math.IsInf(r.MeasuredJ, 0) && !math.IsNaN(sum) {
			t.Fatalf("%g of %g", sum, r.MeasuredJ)
		}
	})
}
