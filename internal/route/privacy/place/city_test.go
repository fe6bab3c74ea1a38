package place

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// What is read by hand is what the expression says.
func TestCityIsThatOfTheExpression(t *testing.T) {
	whole := regexp.MustCompile(`^` + `(?:(?:,|\n|,\n)? ?` + cityWord + `){0,1}(?:, ?` + cityWord + `){0,2}(?:,? ?` + states + `\b)?(?:,? {0,2}(?:` + postcode + `|` + canada + `|[0-9]{5}(?:-[0-9]{4})?|[0-9]{4})\b)?(?:(?:, ?|\n)(?:USA|UK|US|United States|United Kingdom|England|Scotland|Wales|Ireland|Canada|Australia))?`)
	parts := []string{",", ",", " ", " ", "\n", "Springfield", "St. Mary's", "New York", "IL", "Illinois", "X", "é", "West Virginia", "62704", "62704-1234", "6270", "627041", "SW1A 1AA", "K1A 0B1", "USA", "UK", "United Kingdom", "england", ".", "and", "ON", "NSWx", "WA_", "Æ"}
	rng := rand.New(rand.NewPCG(7, 7))
	matched := 0
	for range 20000 {
		var b strings.Builder
		for range rng.IntN(9) {
			b.WriteString(parts[rng.IntN(len(parts))])
		}
		text := b.String()
		want := whole.FindString(text)
		if got := city(text); got != want {
			t.Fatalf("%q begins with %q, not %q", text, got, want)
		}
		if want != "" {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("%d matched", matched)
	}
}

// Where an expression matches, what it needs is ahead.
func TestExpressionsNeedWhatIsAhead(t *testing.T) {
	parts := []string{" ", " ", " ", "12", "1234", "12-3", "1/2", "A", ",", "N. ", "North ", "Elm", "Great", "Portland", "Street", "St", "Ave.", "Broadway", "Park Avenue", "State Route 9", "elm", "street", "rd", "2nd", "rue", "de la", "allée", "Haupt", "Kaiserstraße", "Bergweg", "Shibuya-ku", "-chome", "2-chome-3", "Tokyo", ", ", "Apt 4", "\n", "minutes"}
	rng := rand.New(rand.NewPCG(7, 8))
	count := map[string]int{}
	for range 200000 {
		text := []string{"12 ", "1", "221B ", "3-4-5 ", "7, "}[rng.IntN(5)]
		for range 1 + rng.IntN(7) {
			text += parts[rng.IntN(len(parts))]
		}
		for name, c := range map[string]struct{ matches, ahead bool }{
			"street":  {street.MatchString(text), streetAhead.in(text)},
			"plain":   {plain.MatchString(text), plainAhead.in(text)},
			"small":   {small.MatchString(text), smallAhead.in(text)},
			"french":  {french.MatchString(text), frenchAhead.in(text)},
			"foreign": {foreign.MatchString(text), foreignAhead(text)},
			"romaji":  {romaji.MatchString(text), dashed(text)},
			"chome":   {chome.MatchString(text), dashed(text)},
		} {
			if c.matches {
				count[name]++
			}
			if c.matches && !c.ahead {
				t.Fatalf("%s matches %q, of which nothing is ahead", name, text)
			}
		}
	}
	for _, name := range []string{"street", "plain", "small", "french", "foreign", "romaji", "chome"} {
		if count[name] == 0 {
			t.Errorf("%s matched nothing", name)
		}
	}
}
