package section

import (
	"strings"
	"testing"

	"irori/internal/route/privacy"
)

func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"privacy:\n  default: redact\n  classes:\n    email: any\n":        "",
		"default: detect\nrules:\n  - {class: project, words: [Kohaku]}\n": "",
		"- {class: project, pattern: 'K-\\d+', treatment: redact}\n":       "",
		"": "f:1: it holds no rules",
		"privacy:\n  default: redact\n  classes:\n    emial: any\n":                 "f:4: key privacy.classes.emial is no class",
		"privacy:\n  classes:\n    email: mask\n":                                   `f:3: key privacy.classes.email is "mask"; it must be any, redact or local-only`,
		"privacy:\n  clases: {}\n":                                                  "f:2: key privacy.clases is not known; did you mean classes?",
		"- {class: a, words: [x]}\n- {class: b, pattern: '('}\n":                    "f:2: key rules.1 cannot be kept: (b): error parsing regexp",
		"- {class: a, words: [x]}\n- class: b\n  words: [y]\n  treatment: no-way\n": `f:4: key rules.1.treatment is "no-way"`,
		"- {class: a, word: [x]}\n":                                                 "f:1: key rules.0.word is not known; did you mean words?",
		"rules: 7\n":                                                                "f:1: key rules must be a list, not \"7\"",
		"default: [a]\n":                                                            "f:1: key default must be a text",
		"a: [\n":                                                                    "f:",
	} {
		_, err := Read("f", strings.NewReader(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	s, err := Read("f", strings.NewReader("- {class: project, words: [Kohaku, 琥珀], treatment: redact}\n"))
	if err != nil || len(s.Rules) != 1 || len(s.Rules[0].Words) != 2 || s.Policy().Classes["project"] != privacy.Redact {
		t.Errorf("%+v %v", s, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("privacy: {rules: [{class: a, words: [b]}]}")
	f.Add("- {class: a, pattern: 'x'}")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Read("f", strings.NewReader(text)); err == nil {
			if _, err := s.Scanner(); err != nil {
				t.Errorf("%q was read and makes no scanner: %v", text, err)
			}
		}
	})
}
