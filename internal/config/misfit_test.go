package config

import (
	"regexp"
	"strings"
	"testing"
)

func TestWrongTypesAreNamedByTheirSetting(t *testing.T) {
	inside := regexp.MustCompile(`\bGo\b|unmarshal|interface|Config\.|\bint\d*\b|float\d|sequence|mapping was`)
	for in, want := range map[string]string{
		"max_body_bytes: much":       `[1:17] max_body_bytes must be a whole number, not "much"`,
		"api_keys: {a: b}":           "api_keys must be a list, not settings of its own",
		"api_keys: x":                `api_keys must be a list, not "x"`,
		"api_keys: [[a]]":            "api_keys[0] must be a text, not a list",
		"engine: 5":                  `engine must be settings, one a line, not "5"`,
		"engine: [a]":                "engine must be settings, one a line, not a list",
		"engine:\n  max_loaded: 1.5": `[2:15] engine.max_loaded must be a whole number, not "1.5"`,
		"engine:\n  max_loaded: 9223372036854775808":        "engine.max_loaded is too large a number",
		"engine:\n  defaults:\n    mmap: maybe":             `engine.defaults.mmap must be true or false, not "maybe"`,
		"engine:\n  defaults:\n    nope: 1\n    context: 5": `[3:5] unknown field "nope"; engine.defaults may hold adapters, batch, `,
		"models: [a]":                                               "models must be settings, one a line, not a list",
		"models:\n  m: 5":                                           `models.m must be settings, one a line, not "5"`,
		"models:\n  m: {context: [1]}":                              "models.m.context must be a whole number, not a list",
		"models:\n  m: {adapters: [a]}":                             "models.m.adapters must be settings, one a line, not a list",
		"models:\n  m: {adapters: {a: [b]}}":                        "models.m.adapters.a must be a text, not a list",
		"models:\n  m:\n    sampling: {temperature: hot}":           `models.m.sampling.temperature must be a number, not "hot"`,
		"models:\n  a: &x {context: 5}\n  b: &y {context: \"5\"}\n": `models.b.context must be a whole number, not "5"`,
		"money: {per_kwh: cheap}":                                   `money.per_kwh must be a number, not "cheap"`,
		"addr: [x]":                                                 "addr must be a text, not a list",
		"- a":                                                       "the file must be settings, one a line, not a list",
		"5":                                                         `the file must be settings, one a line, not "5"`,
		"adress: x":                                                 `unknown field "adress"; the file may hold addr, `,
	} {
		err := Parse([]byte(in), &Config{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", in, err, want)
			continue
		}
		first, lines, _ := strings.Cut(err.Error(), "\n")
		if inside.MatchString(first) || !strings.Contains(lines, ">") {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, in := range []string{"", "engine: null", "engine:\n", "addr: 5", "max_body_bytes: 1_000", "max_body_bytes: 0x10",
		"models:\n  a: &x {context: 5}\n  b: *x\n  c:\n    <<: *x\n    batch: 3", "# only words"} {
		if err := Parse([]byte(in), &Config{}); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
}
