package privacy

import "testing"

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{}, ""},
		{Settings{Default: "detect", Scope: "all", Images: "any", Classes: map[string]string{"email": "any"}}, ""},
		{Settings{Default: "none"}, `default is "none"; it must be any, detect, redact or local-only`},
		{Settings{Scope: "some"}, `scope is "some"; it must be routed or all`},
		{Settings{Images: "redact"}, `images is "redact"; it must be local-only or any`},
		{Settings{Classes: map[string]string{"emial": "any"}}, "classes.emial is no class that anything finds; there are key, my_number, card, bank_account, document, name, address, email, phone, birth_date, ip, and those of rules"},
		{Settings{Classes: map[string]string{"email": "mask"}}, `classes.email is "mask"; it must be any, redact or local-only`},
		{Settings{Classes: map[string]string{"project": "any"}, Rules: []RuleSetting{{Class: "project", Words: []string{"Kohaku"}}}}, ""},
		{Settings{Rules: []RuleSetting{{Class: "project", Words: []string{"Kohaku"}, Treatment: "hide"}}}, `rules.0.treatment is "hide"; it must be any, redact or local-only`},
		{Settings{Rules: []RuleSetting{{Class: "project"}}}, "rules.0 cannot be kept: (project): neither words nor a pattern"},
	} {
		got := ""
		if f := c.s.Check(); f != nil {
			got = f.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

func TestSettingsLevels(t *testing.T) {
	for _, c := range []struct {
		s     Settings
		named bool
		want  Level
	}{
		{Settings{}, false, LevelDetect}, {Settings{}, true, LevelAny}, {Settings{Scope: "all"}, true, LevelDetect},
		{Settings{Default: "local-only"}, false, LevelLocal}, {Settings{Default: "any"}, false, LevelAny},
	} {
		if got := c.s.Level(c.named); got != c.want {
			t.Errorf("%+v named %v: %s", c.s, c.named, got)
		}
	}
	for _, c := range [][3]Level{
		{"", "", ""}, {"", "any", "any"}, {"redact", "", "redact"}, {"any", "detect", "detect"}, {"local-only", "redact", "local-only"}, {"what", "any", "local-only"}, {"", "what", "local-only"},
	} {
		if got := StricterLevel(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: %q", c[0], c[1], got)
		}
	}
}

func TestSettingsPolicy(t *testing.T) {
	s := Settings{Classes: map[string]string{"email": "any"}, Rules: []RuleSetting{
		{Class: "project", Words: []string{"Kohaku"}}, {Class: "site", Pattern: `S-\d{4}`, Treatment: "redact"}, {Class: "key", Words: []string{"tok"}, Treatment: "any"},
	}}
	p := s.Policy()
	for c, want := range map[Class]Treatment{"email": Any, "project": LocalOnly, "site": Redact, "name": Redact, "key": LocalOnly} {
		if p.Classes[c] != want {
			t.Errorf("%s: %s, want %s", c, p.Classes[c], want)
		}
	}
	scan, err := s.Scanner()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := scan.Scan("about kohaku at S-1234"); err != nil || len(got) != 2 || got[0].Class != "project" || got[1].Class != "site" {
		t.Errorf("%v %v", got, err)
	}
}
