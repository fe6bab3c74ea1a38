package flags

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	type result struct {
		Words []string
		JSON  bool
		Text  string
	}
	for _, c := range []struct {
		name string
		args []string
		want result
	}{
		{"nothing", nil, result{}},
		{"flags before", []string{"--json", "--text", "x", "a"}, result{[]string{"a"}, true, "x"}},
		{"flags between", []string{"a", "--json", "b"}, result{[]string{"a", "b"}, true, ""}},
		{"flags behind", []string{"a", "b", "--text=x"}, result{[]string{"a", "b"}, false, "x"}},
		{"one dash", []string{"-json"}, result{nil, true, ""}},
		{"dashes end flags", []string{"a", "--", "--json"}, result{[]string{"a", "--json"}, false, ""}},
		{"dashes behind a flag", []string{"--json", "--", "--text"}, result{[]string{"--text"}, true, ""}},
		{"dashes twice", []string{"--", "--"}, result{[]string{"--"}, false, ""}},
		{"dashes as a value", []string{"--text", "--", "--json"}, result{nil, true, "--"}},
		{"a dash is a word", []string{"-", "--json"}, result{[]string{"-"}, true, ""}},
		{"a value like a flag", []string{"--text", "--json"}, result{nil, false, "--json"}},
		{"an empty word", []string{"", "--json=false"}, result{[]string{""}, false, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := flag.NewFlagSet("verb", flag.ContinueOnError)
			var got result
			f.BoolVar(&got.JSON, "json", false, "")
			f.StringVar(&got.Text, "text", "", "")
			words, err := Parse(f, c.args)
			if err != nil {
				t.Fatal(err)
			}
			got.Words = words
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// options are a flag of each kind.
type options struct {
	json  bool
	limit *Optional[int]
	heat  *Optional[float64]
	seed  *Optional[int64]
	grace Span
	keys  Several
	by    Choice
	set   *flag.FlagSet
}

func kinds() *options {
	o := &options{limit: WholeFrom(1), heat: NumberFrom(0, 2), seed: WholeNumber(), grace: Span(2 * time.Minute), by: Choice{Of: []string{"model", "day", "key"}}, set: flag.NewFlagSet("log", flag.ContinueOnError)}
	o.set.BoolVar(&o.json, "json", false, "write JSON")
	o.set.Var(o.limit, "limit", "`N` how many")
	o.set.Var(o.heat, "heat", "`X` how warm")
	o.set.Var(o.seed, "seed", "`N` what chance begins with")
	o.set.Var(&o.grace, "grace", "`DURATION` how long those that are still at work when it is told to stop may go on before they are ended")
	o.set.Var(&o.keys, "key", "`KEY` of one key; may be repeated")
	o.set.Var(&o.by, "sum", "`WORD` by what to add up")
	return o
}

func TestValues(t *testing.T) {
	o := kinds()
	if o.limit.Value != nil || o.seed.Value != nil {
		t.Error("what was not given has a value")
	}
	if _, err := Parse(o.set, strings.Fields("--limit 1 --heat=2 --seed -3 --grace 90s --key a --key b --sum day")); err != nil {
		t.Fatal(err)
	}
	if *o.limit.Value != 1 || *o.heat.Value != 2 || *o.seed.Value != -3 || time.Duration(o.grace) != 90*time.Second || !cmp.Equal([]string(o.keys), []string{"a", "b"}) || o.by.Value != "day" {
		t.Errorf("%+v", o)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		"--limit 0":   `--limit cannot be "0": it is a whole number from 1 on; irori help log`,
		"--heat NaN":  `--heat cannot be "NaN": it is a number from 0 to 2; irori help log`,
		"--seed x":    `--seed cannot be "x": it is a whole number; irori help log`,
		"--grace -1s": `--grace cannot be "-1s": write it like 30s or 5m; irori help log`,
		"--sum week":  `--sum cannot be "week": it is model, day or key; irori help log`,
		"--json=so":   `--json cannot be "so": it is true or false; irori help log`,
		"--limit":     `--limit needs a value; irori help log`,
		"--limt=3":    `irori log has no flag --limt=3; irori log --limit`,
		"--else":      `irori log has no flag --else; irori help log`,
	} {
		_, err := Parse(kinds().set, strings.Fields(line))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Error()+"; "+e.Hint != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	if _, err := Parse(kinds().set, []string{"--nonsense", "-h"}); errors.Is(err, flag.ErrHelp) {
		t.Error("help comes before what is wrong")
	}
	if _, err := Parse(kinds().set, []string{"a", "-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("%v", err)
	}
}

func TestUnfinished(t *testing.T) {
	for _, c := range []struct{ line, words, valued string }{
		{"a --json b", "a b", ""},
		{"a --sum", "a", "sum"},
		{"a --sum=day b", "a b", ""},
		{"--sum day --none a", "a", ""},
		{"-- --sum", "--sum", ""},
	} {
		words, x := Unfinished(kinds().set, strings.Fields(c.line))
		name := ""
		if x != nil {
			name = x.Name
		}
		if got := strings.Join(words, " "); got != c.words || name != c.valued {
			t.Errorf("%s: %q and %q", c.line, got, name)
		}
	}
}

func TestUsage(t *testing.T) {
	var b strings.Builder
	Usage(&b, kinds().set)
	for _, want := range []string{
		"\nflags:\n",
		"  --grace DURATION        how long those that are still at work when it is told\n                          to stop may go on before they are ended (default 2m)\n",
		"  --json                  write JSON\n",
		"  --key KEY               of one key; may be repeated\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
