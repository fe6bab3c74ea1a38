package verb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"irori/internal/llm"
)

// some is a program of a few verbs.
func some() *Program {
	return &Program{
		Self: "./irori", About: "It boils water.", First: "irori boil", Settings: "`FILE` the settings",
		Verbs: []*Verb{
			{
				Name: "boil", Args: "CUPS", Short: "boil water", Flags: func(c *Call) { c.JSONFlag("one object") },
				Run: func(_ context.Context, c *Call) error {
					if err := c.Want(1, 2); err != nil {
						return err
					}
					if c.Args[0] == "0" {
						return llm.Errorf(llm.CodeNotFound, "no cup").WithHint("irori boil 1, or irorin boil")
					}
					if c.JSON {
						return c.PrintJSON(map[string]string{"for": "<" + c.Args[0] + ">"})
					}
					c.Say("again with irori boil %s", c.Args[0])
					return nil
				},
				Words: First(func(*Call) []string { return []string{"1", "2", "12"} }),
			},
			{Name: "watch", Short: "watch it", Settled: true, Run: func(context.Context, *Call) error { return ErrEnded }},
			{Name: "steam", Short: "not shown", Hidden: true, Run: func(context.Context, *Call) error { return nil }},
		},
		Advise: func(err error) error { return err },
	}
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args      string
		status    int
		out, told string
	}{
		{"boil 3", 0, "", "again with ./irori boil 3\n"},
		{"boil --json 3", 0, "{\"for\":\"<3>\"}\n", ""},
		{"boil 0", 3, "", "irori: error: no cup\nirori: hint: ./irori boil 1, or irorin boil\n"},
		{"boil", 2, "", "irori: error: irori boil takes CUPS, not nothing\nirori: hint: ./irori help boil\n"},
		{"boil a b c", 2, "", "irori: error: irori boil takes CUPS, not 3 words\nirori: hint: ./irori help boil\n"},
		{"boyl", 2, "", "irori: error: \"boyl\" is not a command\nirori: hint: ./irori boil\n"},
		{"stem", 2, "", "irori: error: \"stem\" is not a command\nirori: hint: ./irori help\n"},
		{"help stem", 2, "", "irori: error: \"stem\" is not a command\nirori: hint: ./irori help\n"},
		{"watch", 130, "", ""},
		{"watch --config x", 2, "", "irori: error: irori watch has no flag --config\nirori: hint: ./irori help watch\n"},
		{"__complete", 0, "boil\nwatch\nhelp\n", ""},
		{"__complete boil 1", 0, "1\n12\n", ""},
		{"__complete boil 1 1", 0, "", ""},
		{"__complete boil --j", 0, "--json\n", ""},
		{"__complete steam 1", 0, "", ""},
	} {
		var out, told strings.Builder
		args := strings.Fields(c.args)
		if args[0] == "__complete" {
			args = append([]string{"__complete", "--"}, args[1:]...)
		}
		status := some().Run(t.Context(), args, Streams{Out: &out, Err: &told})
		if status != c.status || out.String() != c.out || c.told != told.String() {
			t.Errorf("%s: %d\n%s%s", c.args, status, &out, &told)
		}
	}
}

func TestHelp(t *testing.T) {
	var out, told strings.Builder
	if status := some().Run(t.Context(), []string{"help"}, Streams{Out: &out, Err: &told}); status != 0 || strings.Contains(out.String(), "steam") ||
		!strings.HasPrefix(out.String(), "It boils water.\n\nusage: irori VERB [words] [--flags]\n\n  boil        boil water\n") {
		t.Errorf("%d\n%s%s", status, &out, &told)
	}
	out.Reset()
	if status := some().Run(t.Context(), []string{"boil", "--help"}, Streams{Out: &out, Err: &told}); status != 0 || !strings.HasPrefix(out.String(), "usage: irori boil CUPS [--flags]\n\nBoil water.\n") {
		t.Errorf("%d\n%s%s", status, &out, &told)
	}
	if status := some().Run(t.Context(), nil, Streams{Out: &out, Err: &told}); status != 2 {
		t.Errorf("without a word: %d", status)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {errors.New("x"), 1}, {Wrong("x", ""), 2}, {fmt.Errorf("y: %w", Wrong("x", "")), 2},
		{llm.Errorf(llm.CodeModelNotFound, "x"), 3}, {llm.Errorf(llm.CodeNotFound, "x"), 3}, {llm.Errorf(llm.CodeLicense, "x"), 4},
		{llm.Errorf(llm.CodeDoesNotFit, "x"), 4}, {llm.Errorf(llm.CodeNoSpace, "x"), 4}, {llm.Errorf(llm.CodeUnreachable, "x"), 5},
		{context.Canceled, 130}, {llm.Wrap(llm.CodeCancelled, context.Canceled, "x"), 130}, {llm.Errorf(llm.CodeCorrupt, "x"), 1},
	} {
		if got := Status(c.err); got != c.want {
			t.Errorf("%v gives %d, want %d", c.err, got, c.want)
		}
	}
}
