package place

import (
	"testing"

	"irori/internal/route/privacy/span"
)

// TestAbroad finds addresses whose number stands behind the street, and those
// that only their code ends.
func TestAbroad(t *testing.T) {
	for text, want := range map[string]string{
		"near Schönhauser Allee 112, 10439 Berlin?":                      "Schönhauser Allee 112, 10439 Berlin",
		"to ul. Długa 14/3\n31-147 Kraków\nPoland today":                 "ul. Długa 14/3\n31-147 Kraków\nPoland",
		"at Calle de Alcalá 140, 28009 Madrid.":                          "Calle de Alcalá 140, 28009 Madrid",
		"host The Old Vicarage, Church Lane, Ludlow SY8 1AN":             "The Old Vicarage, Church Lane, Ludlow SY8 1AN",
		"to Plot 23, Sector 44, Gurugram, Haryana 122003 between":        "Plot 23, Sector 44, Gurugram, Haryana 122003",
		"we sold via Python 3 and 5 cars in 10439 Berlin":                "",
		"The budget is 120000 for Lotus and June":                        "",
		"Meet in Berlin 2024, or on Monday 5, at 10 in the Old Vicarage": "",
	} {
		folded := span.Fold(text)
		got := ""
		for _, s := range span.Resolve(English(folded)) {
			got += folded.Cut(s.Start, s.End)
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
