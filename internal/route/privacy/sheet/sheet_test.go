package sheet

import (
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"id,first_name,last_name,dept\n4,Gareth,Pugh,Logistics\n5,Soledad,Ibarra,Finance": "Gareth|Pugh|Soledad|Ibarra",
		"社員番号,姓,名\n2041,古賀,俊介":                                                            "古賀|俊介",
		`{"firstName":"Noor","lastName":"van der Heijden","tier":"gold"}`:                 "Noor|van der Heijden",
		"| Rep | Closed |\n|---|---|\n| Dashiell Grant | 18 |":                            "Dashiell Grant",
		"name,price\nOlive Mug,14\nScented Candle,3":                                      "",
		`{"name": "Quarterly Report", "type": "file"}`:                                    "",
		"She said her name, then left.\nIt was late, though.":                             "",
	} {
		folded := span.Fold(text)
		var got []string
		for _, s := range Names(folded) {
			got = append(got, folded.Cut(s.Start, s.End))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
