package jinja

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"irori/internal/chat/jinja/value"
)

var testNow = time.Date(2026, 3, 7, 9, 5, 2, 0, time.UTC)

func testEnv() Env { return Env{Now: func() time.Time { return testNow }} }

type golden struct {
	Vars json.RawMessage
	Rows []struct {
		Src   string
		Out   *string
		Error string
	}
}

func readGolden(t testing.TB) golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func decodeMap(t testing.TB, raw []byte) *Map {
	t.Helper()
	v, err := DecodeJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := v.(*Map)
	if !ok {
		t.Fatalf("not an object: %s", raw)
	}
	return m
}

func render(src string, vars *Map, l Limits) (string, error) {
	tm, err := Parse("test", src, l)
	if err != nil {
		return "", err
	}
	return tm.Render(vars, testEnv())
}

// TestGolden compares with what tools/jinja2/golden.py had the real Jinja2
// make of tools/jinja2/cases.txt.
func TestGolden(t *testing.T) {
	g := readGolden(t)
	vars := decodeMap(t, g.Vars)
	for _, row := range g.Rows {
		got, err := render(row.Src, vars, Limits{})
		switch {
		case row.Out == nil && err == nil:
			t.Errorf("%q\n renders %q, Python raises %s", row.Src, got, row.Error)
		case row.Out != nil && err != nil:
			t.Errorf("%q\n fails: %v", row.Src, err)
		case row.Out != nil && got != *row.Out:
			t.Errorf("%q\n got %q\nwant %q", row.Src, got, *row.Out)
		}
	}
}

// TestHostile says that templates which ask for too much get an error soon.
func TestHostile(t *testing.T) {
	for _, src := range []string{
		`{{ 'x' * 10**9 }}`, `{{ [1] * 10**12 }}`, `{{ range(10**9) }}`, `{{ 2 ** 10**9 }}`, `{{ 10 ** 100 }}`,
		`{% set x = 'ab' %}{% for i in range(99) %}{% set ns = namespace(x=x) %}{% endfor %}{{ 'a' * 10**8 ~ 'a' * 10**8 ~ 'b' * 10**9 }}`,
		`{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`,
		`{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}`,
		`{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}`,
		`{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}`,
		`{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}`,
		`{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}`,
		`{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}`, `{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}`,
		`{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}`, `{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns.a == ns.a }}{{ ns.a }}`,
		`{{ ` + strings.Repeat("(", 10_000) + `1` + strings.Repeat(")", 10_000) + ` }}`,
		`{{ ` + strings.Repeat("[", 10_000) + ` }}`, `{{ ` + strings.Repeat("-", 10_000) + `1 }}`, `{{ ` + strings.Repeat("not ", 10_000) + `1 }}`,
		strings.Repeat("{% if 1 %}", 10_000), `{{ 1` + strings.Repeat("+1", 100_000) + ` }}`, `{{ a` + strings.Repeat(".a", 100_000) + ` }}`,
		`{{ '{:1000000000}'.format(1) }}`, `{{ '%1000000000d' % 1 }}`, `{{ '%.1000000000f' % 1 }}`, `{{ 'a'.ljust(10**10) }}`,
		`{{ 'a' | center(10**10) }}`, `{{ 'a\nb' | indent(10**10) }}`, `{{ ('a' * 10**6).replace('a', 'b' * 10**6) }}`,
		`{{ ([1] * 10**6) | join('b' * 10**6) }}`, `{{ [1] | batch(10**10, 1) | list }}`, `{{ [1] | slice(10**10) | list }}`,
		`{% set x = 'a' * 10**7 %}{% for i in range(99999) %}{{ 'b' in x }}{% endfor %}`,
		`{% set x = 'a' * 10**7 %}{% for i in range(99999) %}{{ x == 'b' ~ x }}{% endfor %}`,
		`{% set x = 'a' * 10**7 %}{% for i in range(99999) %}{{ x.find('b') }}{{ x | length }}{{ x[5] }}{% endfor %}`,
		`{% set x = [1] * 10**6 %}{% for i in range(99999) %}{{ 2 in x }}{% endfor %}`,
		`{% set x = [1] * 10**6 %}{% for i in range(99999) %}{{ x[::-1][0] }}{{ x.count(3) }}{% endfor %}`,
		`{{ d.x }}` + strings.Repeat("{# #}", 10), `{{ [1] | tojson(indent=10**10) }}`, `{{ 'x' | int(base=99) }}{{ 1 / 0 }}`,
	} {
		begin := time.Now()
		out, err := render(src, NewMap(), Limits{Steps: 1_000_000, Bytes: 1 << 27})
		if err == nil {
			t.Errorf("%.80q gives %.80q", src, out)
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("%.80q took %v", src, d)
		}
	}
}

func TestErrorsNameTheirLine(t *testing.T) {
	for src, want := range map[string]string{
		"a\nb\n{{ raise_exception('boom') }}": "template test line 3: raised: boom",
		"\n{{ x.y }}":                         "template test line 2: undefined: 'x' is undefined",
		"\n\n{% if %}":                        "template test line 3: syntax error: expected an expression, got '%}'",
		"{% for x in y %}":                    "template test line 1: syntax error: unexpected end of template, looking for 'endfor'",
		"{{ [].append(1) }}":                  "template test line 1: refused: access to method 'append' of 'list' object is unsafe",
	} {
		if _, err := render(src, nil, Limits{}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
	_, err := render("{{ raise_exception('why') }}", nil, Limits{})
	if msg, ok := Raised(err); !ok || msg != "why" {
		t.Errorf("raised: %q %v", msg, ok)
	}
}

func TestRenderingsAreApart(t *testing.T) {
	tm, err := Parse("t", "{% set ns = namespace(n=0) %}{% set ns.n = ns.n + x %}{{ ns.n }}", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for i := range 8 {
		go func() {
			out, err := tm.Render(NewMap().Set("x", int64(i)), Env{})
			if err != nil {
				out = err.Error()
			}
			done <- out
		}()
	}
	seen := map[string]bool{}
	for range 8 {
		seen[<-done] = true
	}
	if len(seen) != 8 {
		t.Errorf("%v", seen)
	}
}

func TestJSONKeepsOrderAndNumbers(t *testing.T) {
	const in = `{"z": 1, "a": [1.0, 2e3, -0.5, 18446744073709551616, true, null, "é\u0041"], "z2": {}}`
	v, err := DecodeJSON([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z": 1, "a": [1.0, 2000.0, -0.5, 18446744073709551616, true, null, "éA"], "z2": {}}`
	if got, err := EncodeJSON(v); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{``, `{`, `[1,`, `1 2`, `{"a":}`, strings.Repeat("[", 2000)} {
		if _, err := DecodeJSON([]byte(bad)); err == nil {
			t.Errorf("%.20q decodes", bad)
		}
	}
	if _, err := EncodeJSON(&value.Undefined{}); err == nil {
		t.Error("undefined encodes")
	}
}

func FuzzRender(f *testing.F) {
	g := readGolden(f)
	for _, row := range g.Rows {
		f.Add(row.Src)
	}
	vars := decodeMap(f, g.Vars)
	small := Limits{Source: 1 << 14, Steps: 100_000, Bytes: 1 << 22, Output: 1 << 20, Depth: 300}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := render(src, vars, small)
		if e, ok := err.(*Error); ok && e.Kind == "internal error" {
			t.Fatalf("%q: %v", src, err)
		}
	})
}
