package place

import (
	"strings"

	"irori/internal/route/privacy/span"
)

const (
	suffixes = `(?:Street|Avenue|Road|Boulevard|Drive|Lane|Court|Place|Square|Terrace|Way|Circle|Parkway|Highway|Crescent|Close|Grove|Gardens|Mews|Row|Hill|Trail|Alley|Plaza|Pike|Loop|Walk|Rise|Heights|Quay|Esplanade|Parade|Turnpike|Broadway|Embankment|Green|Gate|View|Wharf|Path|Run|Ridge|Commons|Point|Cove|St|Ave|Av|Rd|Blvd|Dr|Ln|Ct|Pl|Sq|Ter|Cir|Pkwy|Hwy|Cres|Trl|Bvd)`
	low      = `(?:street|avenue|road|boulevard|drive|lane|court|terrace|parkway|crescent|st|ave|rd|blvd|ln|dr)`
	heading  = `(?:(?:[NSEW]|NE|NW|SE|SW|North|South|East|West|Northeast|Northwest|Southeast|Southwest)\.? )?`
	unit     = `(?:,? ?(?:(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Flat|Room|Rm|Bldg|Building|Lot|Level|apt|apartment|suite|unit|flat)\.? ?#?[A-Za-z0-9-]{1,6}|#[A-Za-z0-9-]{1,6}|[0-9]{1,2}(?:st|nd|rd|th) [Ff]loor))*`
	states   = `(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]|ON|QC|BC|AB|NSW|VIC|QLD|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming)`
	postcode = `(?:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})`
	canada   = `(?:[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])`
	cityWord = `[A-Z][A-Za-z.'-]+(?: [A-Z][A-Za-z.'-]+){0,3}`
)

var (
	street = span.NewPattern(`^[0-9]{1,6}(?:-[0-9]{1,4}|[A-Za-z]|½| 1/2)?,? ` + heading + `(?:(?:[A-Z][A-Za-z.'-]*|[0-9]{1,3}(?:st|nd|rd|th)|de|la|of|the|del) ){1,5}?` + suffixes + `\b\.?(?: (?:North|South|East|West|[NSEW]|NE|NW|SE|SW)\b\.?)?` + unit)
	longer = span.NewPattern(`^[0-9]{1,6}(?:-[0-9]{1,4}|[A-Za-z]|½| 1/2)?,? ` + heading + `(?:(?:[A-Z][A-Za-z.'-]*|[0-9]{1,3}(?:st|nd|rd|th)|de|la|of|the|del) ){1,5}` + suffixes + `\b\.?(?: (?:North|South|East|West|[NSEW]|NE|NW|SE|SW)\b\.?)?` + unit)
	// Streets that carry no such word.
	plain   = span.NewPattern(`^[0-9]{1,6}[A-Z]?,? ` + heading + `(?:Broadway|Bowery|Piccadilly|Strand|Whitehall|Pall Mall|Cheapside|Park Avenue|Avenue [A-Z]|Avenue of the Americas|(?:County |State )?(?:Route|Highway|Hwy|Road|FM|Interstate) [0-9]{1,4})\b` + unit)
	small   = span.NewPattern(`^[0-9]{1,5} (?:[nsew]\.? |north |south |east |west )?(?:[a-z]{2,12} |[0-9]{1,3}(?:st|nd|rd|th) ){1,2}?` + low + `\b\.?` + unit + `(?:,? [a-z]{3,}(?: [a-z]{3,}){0,2},? (?:a[lkzr]|c[aot]|de|fl|ga|hi|i[dlna]|k[sy]|la|m[edainsot]|n[evhjmycd]|o[hkr]|pa|ri|s[cd]|t[nx]|ut|v[ta]|w[aviy]|nsw|vic|qld|act|tas|nt|sa) [0-9]{4,5}\b)?`)
	box     = span.NewPattern(`^(?i:P\.? ?O\.? ?Box|Post Office Box|Postfach|Apartado(?: de correos)?|Private Bag) #?[0-9]{1,6}\b(?:, [a-z]+(?: [a-z]+)?,? (?:a[lkzr]|c[aot]|de|fl|ga|hi|i[dlna]|k[sy]|la|m[edainsot]|n[evhjmycd]|o[hkr]|pa|ri|s[cd]|t[nx]|ut|v[ta]|w[aviy]|nsw|vic|qld) [0-9]{4,5}\b)?`)
	flat    = span.NewPattern(`^(?:Flat|Apartment|Apt\.?|Unit|Suite|Room) #?[A-Z0-9]{1,5},? `)
	zip     = span.NewPattern(`^` + cityWord + `,? ` + `(?:A[LKZR]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]) [0-9]{5}(?:-[0-9]{4})?\b`)
	british = span.NewPattern(`^` + postcode + `\b`)
	german  = span.NewPattern(`^[A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|str\.|weg|platz|allee|gasse|damm) [0-9]{1,4} ?[a-z]?\b`)
	foreign = span.NewPattern(`^[0-9]{1,4} ?[a-z]?,? [A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|weg|platz|allee|gasse|damm|gatan|vägen|straat|laan)\b(?:,? [0-9]{4,5} [A-ZÄÖÜ][a-zäöüß]+)?`)
	french  = span.NewPattern(`^[0-9]{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|quai|impasse|chemin|allée|via|calle|Rue|Calle|Via|Jalan|Lorong|Boulevard|Quai|Chemin|Impasse) (?:[A-Za-zÀ-ÿ'-]+ ?){1,5}(?:,? [0-9]{5} [A-ZÀ-Þ][A-Za-zÀ-ÿ-]+)?`)
	romaji  = span.NewPattern(`^[0-9]{1,3}(?:-[0-9]{1,4}){1,3},? [A-Z][a-z-]+(?: [A-Z][a-z-]+)?(?:-(?:cho|machi))?,? (?:[A-Z][a-z]+-(?:ku|shi|gun|cho|machi)|Tokyo|Osaka|Kyoto|[A-Z][a-z]+ (?:City|Ward))(?:,? [A-Z][a-z]+(?:-(?:ku|shi|ken|fu|to))?){0,3}(?:,? [0-9]{3}-[0-9]{4})?(?:,? Japan)?`)
	chome   = span.NewPattern(`^[0-9]{1,2}-chome(?:[ -][0-9]{1,3}){0,2},? [A-Z][a-z-]+(?:,? [A-Z][a-z]+(?:-(?:ku|shi|ken|fu|to))?){0,4}(?:,? [0-9]{3}-[0-9]{4})?`)
)

// window is how far an address may reach.
const window = 150

// English returns addresses in English and its neighbours' languages.
func English(t *span.Text) []span.Span {
	var out []span.Span
	last := 0
	for i := 0; i < t.Len(); i++ {
		r := t.R[i]
		if r > 0x2ff || i > 0 && (span.Word(t.R[i-1]) || t.R[i-1] > 0x7f && t.R[i-1] < 0x300) {
			continue
		}
		n := 0
		switch {
		case span.Digit(r):
			if b := t.At(i - 1); (b != '.' && b != '-' && b != '$' && b != '/' && b != '#') && soon(t, i) {
				n = numbered(t, i)
			}
			if n == 0 {
				if a, b := behind(t, i, last); b > a {
					out = append(out, span.Span{Class: span.Address, Start: a, End: b})
					last, i = b, b-1
					continue
				}
			}
		case r >= 'A' && r <= 'Z', r == 'p' && (t.Has(i, "po box") || t.Has(i, "p.o. box")):
			n = named(t, i)
		}
		if n > 0 {
			from := i
			if r >= 'A' && r <= 'Z' && british.MatchString(t.Cut(i, i+n)) || t.Ends(i, ", ") && i-last > 2 {
				end := i
				if t.Ends(i, ", ") {
					end -= 2
				}
				if a, ok := led(t, end); ok {
					from = a
				}
			}
			out = append(out, span.Span{Class: span.Address, Start: from, End: i + n})
			last = i + n
			i += n - 1
		}
	}
	return out
}

// behind is the address that ends with a number or a code at a rune, and began
// before; no part of it lies before low.
func behind(t *span.Text, i, low int) (a, b int) {
	if a, b = abroad(t, i); b > a && a >= low {
		return a, b
	}
	if m := pin.FindString(t.Cut(i, i+8)); m != "" && (latinLetter(t.At(i-2)) || t.At(i-2) == '-' || t.At(i-1) == '-' && latinLetter(t.At(i-2))) {
		if a, ok := led(t, i); ok && a < i-8 && (runes(m) > 5 || strings.Count(t.Cut(a, i), ",") > max(1, 5-runes(m))) {
			return a, i + runes(m) + runes(country.FindString(t.Cut(i+runes(m), i+runes(m)+20)))
		}
	}
	return 0, 0
}

// soon reports whether a word follows the number at hand.
func soon(t *span.Text, i int) bool {
	j := i
	for j < i+14 && (span.Digit(t.At(j)) || t.At(j) == '-' || t.At(j) == ',' || span.Letter(t.At(j)) && j-i < 8 && !span.Letter(t.At(j-1))) {
		j++
	}
	return t.At(j) == ' ' && (span.Letter(t.At(j+1)) || span.Digit(t.At(j+1))) || t.At(j) == 'h' || t.At(j-1) == 'c'
}

// numbered is the length of an address that begins with a house's number.
func numbered(t *span.Text, i int) int {
	text := t.Cut(i, i+window)
	m := ""
	if streetAhead.in(text) {
		m = street.FindString(text)
	}
	if m != "" && goesOn(m, text[len(m):]) {
		m = longer.FindString(text) // Harbour View Road, Maple Grove Road
	}
	if m == "" && plainAhead.in(text) {
		m = plain.FindString(text)
	}
	if m != "" && !others(m) && !goesOn(m, text[len(m):]) && !counted(t.Cut(i-10, i)) {
		if n := more(text[len(m):]); !unlikely(m, n == 0) {
			return runes(m) + n
		}
	}
	if smallAhead.in(text) {
		if m = small.FindString(text); m != "" && !others(m) {
			return runes(m) + more(text[len(m):])
		}
	}
	for _, p := range []struct {
		may bool
		re  *span.Pattern
	}{{dashed(text), romaji}, {dashed(text), chome}, {foreignAhead(text), foreign}, {frenchAhead.in(text), french}} {
		if !p.may {
			continue
		}
		if m = strings.TrimRight(p.re.FindString(text), " "); m != "" {
			if n := more(text[len(m):]); n > 0 {
				return runes(m) + n
			}
			return runes(m) + runes(cityOf.FindString(text[len(m):]))
		}
	}
	return 0
}

var soft = span.NewPattern(` (?:Way|Point|Run|View|Place|Court|Hill|Gate|Green|Row|Path|Walk|Heights|Rise|Plaza|Square|Loop|Parade|Drive|Close|Circle|Commons|Cove|Gardens|Grove|Ridge|Trail|Wharf|Pike)$`)

// goesOn reports whether a street's word that is a word of its own too is
// followed by another name: Power Drive Systems.
func goesOn(m, rest string) bool {
	return soft.MatchString(m) && len(rest) > 1 && rest[0] == ' ' && rest[1] >= 'A' && rest[1] <= 'Z'
}

// counted reports whether the word before a number says what it counts.
func counted(before string) bool {
	words := strings.Fields(strings.ToLower(before))
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "chapter", "section", "page", "version", "figure", "table", "season", "episode", "part", "volume", "lesson", "level", "top":
		return true
	}
	return false
}

// rated are words that a small number counts: 5 Star, 4 Wheel Drive.
var rated = alternatives("Star|Stars|Wheel|Way|Day|Days|Hour|Season|Seasons|Mile|Miles|Point|Points|Speed|Piece|Man|Person|Bedroom|Story|Lane|Car|Step|Minute|Year|Track|Player", 0).words

// unlikely are years and titles that look like a street; alone says that no
// city, no flat and no code follows.
func unlikely(m string, alone bool) bool {
	number, name, _ := strings.Cut(m, " ")
	words := strings.Fields(name)
	if alone && year(number) && (len(words) < 2 || soft.MatchString(m)) {
		return true // words of their own: a year before them is a year
	}
	if alone && len(number) == 1 && rated[words[0]] {
		return true
	}
	if len(words) == 2 && words[0] == "Great" {
		return true // 10 Great Drives, but 88 Great Portland Street
	}
	return name == "Jump Street" || name == "Wall Street" && number == "1987"
}

// more is the length of the city, state and code behind a street.
func more(text string) int {
	if nl := strings.Index(text, "\n\n"); nl >= 0 {
		text = text[:nl]
	}
	m := city(text)
	if m == "" || m[0] != ',' && m[0] != '\n' && !strings.ContainsAny(m, "0123456789") {
		return 0
	}
	if m[0] == '\n' && !strings.ContainsAny(m, "0123456789") {
		return 0
	}
	if k := strings.Index(m, ". "); k >= 0 && !strings.HasSuffix(m[:k], "St") {
		m = m[:k]
	}
	// A code's letters may have been taken for the city's.
	if k := strings.LastIndexByte(m, ' '); k >= 0 && len(m) < len(text) && text[len(m)] >= '0' && text[len(m)] <= '9' {
		if code := british.FindString(text[k+1:]); code != "" {
			m = text[:k+1] + code
		}
	}
	return runes(strings.TrimRight(m, ". "))
}

// What may follow a city, and each other.
var (
	state  = span.NewPattern(`^,? ?` + states + `\b`)
	code   = span.NewPattern(`^,? {0,2}(?:` + postcode + `|` + canada + `|[0-9]{5}(?:-[0-9]{4})?|[0-9]{4})\b`)
	nation = span.NewPattern(`^(?:, ?|\n)(?:USA|UK|US|United States|United Kingdom|England|Scotland|Wales|Ireland|Canada|Australia)`)
)

// city is what a text begins with of a city and what is around it, a state, a
// code and a country, "" where it is nothing. None of them has to be there, and
// each is as long as it can be.
func city(text string) string {
	at := 0
	for _, gap := range []string{",", "\n", ",\n", ""} {
		if rest, ok := strings.CutPrefix(text, gap); ok {
			rest = strings.TrimPrefix(rest, " ")
			if n := cityName(rest); n > 0 {
				at = len(text) - len(rest) + n
				break
			}
		}
	}
	for range 2 {
		if rest, ok := strings.CutPrefix(text[at:], ","); ok {
			rest = strings.TrimPrefix(rest, " ")
			if n := cityName(rest); n > 0 {
				at = len(text) - len(rest) + n
			}
		}
	}
	for _, part := range []*span.Pattern{state, code, nation} {
		rest := text[at:]
		k := 0
		for k < len(rest) && k < 3 && (rest[k] == ',' || rest[k] == ' ' || rest[k] == '\n') {
			k++
		}
		if k < len(rest) && (upper(rest[k]) || span.Digit(rune(rest[k]))) {
			at += len(part.FindString(rest[:min(len(rest), 24)])) // none is longer
		}
	}
	return text[:at]
}

// cityName is the length of the words with capitals that a text begins with, of
// four at most.
func cityName(text string) int {
	end := 0
	for n := range 4 {
		i := end
		if n > 0 {
			if i >= len(text) || text[i] != ' ' {
				break
			}
			i++
		}
		if i >= len(text) || !upper(text[i]) {
			break
		}
		j := i + 1
		for j < len(text) && (span.Letter(rune(text[j])) || text[j] == '.' || text[j] == '\'' || text[j] == '-') {
			j++
		}
		if j == i+1 {
			break
		}
		end = j
	}
	return end
}

// named is the length of an address that begins with a word.
func named(t *span.Text, i int) int {
	text := t.Cut(i, i+window)
	switch t.R[i] {
	case 'P', 'p':
		if m := box.FindString(text); m != "" {
			return runes(m) + more(text[len(m):])
		}
	case 'F', 'A', 'U', 'S', 'R':
		if m := flat.FindString(text); m != "" {
			if n := numbered(t, i+runes(m)); n > 0 {
				return runes(m) + n
			}
		}
	}
	// A code soon: looked for only where there are digits.
	digit := 0
	for digit < len(text) && digit <= 40 && !span.Digit(rune(text[digit])) {
		digit++
	}
	if digit == len(text) || digit > 40 {
		return 0
	}
	if digit <= 2 {
		if m := british.FindString(text); m != "" && strings.Contains(m, " ") {
			return runes(m)
		}
	}
	if text[digit-1] != ' ' {
		return 0
	}
	// Before the first digit stand a state's letters, or one word.
	if digit > 3 && upper(text[digit-2]) && upper(text[digit-3]) {
		if m := zip.FindString(text); m != "" {
			return runes(m)
		}
	}
	if strings.IndexByte(text, ' ') == digit-1 {
		if m := german.FindString(text); m != "" {
			m += cityOf.FindString(text[len(m):])
			return runes(m) + runes(country.FindString(text[len(m):]))
		}
	}
	return 0
}

func upper(b byte) bool { return b >= 'A' && b <= 'Z' }

func runes(s string) int { return len([]rune(s)) }
