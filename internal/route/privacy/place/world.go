package place

import (
	"strings"
	"unicode"

	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
)

var (
	// ways stand before a street's name, in small letters.
	ways = lexicon.Set(`via viale piazza piazzale corso largo vicolo strada calle c/ avenida av avda paseo plaza carrer carretera camino ronda rua praça travessa estrada alameda rodovia ul ulica ulitsa aleja al pl plac os osiedle rue avenue boulevard bd quai chemin impasse allée cours place route bulevardul calea jalan jl lorong soi thanon odos leoforos nám náměstí třída trg prospekt pr bulvar cours passage esplanade square`)
	// vague ways are words of their own: a code must follow.
	vague = lexicon.Set(`place route passage square esplanade al os pr cours soi`)
	// endings end the names of streets.
	endings = []string{"straße", "strasse", "str.", "weg", "gasse", "platz", "allee", "damm", "ufer", "steig", "straat", "laan", "gracht", "plein", "kade", "singel", "dijk", "gatan", "vägen", "gränd", "gade", "vej", "veien", "gata", "katu", "utca", "caddesi", "sokak", "sokağı", "bulvarı", "ulice"}
	// own are such words that stand alone behind a name.
	own = lexicon.Set(`Allee Ring Straße Strasse Str Platz Weg Damm Ufer Gasse Markt Cad Sok utca út tér körút Straat Gracht Plein ulice gate gata vei vej gade väg tie`)
	// joints are small words inside of an address.
	joints = lexicon.Set(`de la le les du des del della dello degli di da do dos das der den dem von van zum zur am im an in of the e y och og und and st`)
	// homes say that a line is one of an address.
	homes = lexicon.Set(`house cottage cottages vicarage rectory farm farmhouse lodge manor barn court lane road street close avenue drive residency residences apartments apartment apts towers heights enclave nagar colony sector plot phase block blk bldg building floor flat unit suite villa villas layout marg chowk bazaar estate industrial society chs cross main extension mews terrace square row grove crescent croft hill rise st rd ave ln dr level studio wing tower mill wharf yard stables gardens chambers mansions`)

	houseNo = span.NewPattern(`^(?:[0-9]{1,3}[A-Z]? (?:No\.?|Nº|nº|#) ?)?[0-9]{1,4} ?(?:[a-zA-Z]\b(?: [0-9]{1,3}\b)?)?(?:[/-](?:[0-9]{1,4}[a-zA-Z]?|[A-Z]\b))*(?:,? (?:[0-9]{1,2}(?:º|ª|o|°)(?: ?[0-9A-Za-z]{1,2}ª?)?|(?:Apt|apt|apto|Apto|bloco|dpto|piso|int|Int|Top|m|lok|kv|daire|D|No|Stiege|bus)\.? ?[0-9]{1,3}|[0-9]\. ?(?:OG|Stock|sal|tv|th)))?`)
	cityOf  = span.NewPattern(`^(?:,|,? ?\n| -)? {0,2}(?:[A-Z]{1,3}-)?(?:[0-9]{5,6}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4}(?:-[0-9]{3}| ?[A-Z]{2}\b)?),? [A-ZÀ-Ž][\p{Latin}'-]+(?:[ -](?:[A-ZÀ-Ž][\p{Latin}'-]+|am|an der|sur|de|la|del|upon|[0-9]{1,2}\b))*`)
	zoneOf  = span.NewPattern(`^, [A-ZÀ-Ž][\pL'.-]+(?: [A-ZÀ-Ž][\pL'.-]+){0,2}`)
	landOf  = span.NewPattern(`^(?:, ?|\n)(?:[A-ZÀ-Ž][\p{Latin}'-]+(?: [A-ZÀ-Ž][\p{Latin}'-]+){0,2})(?: - [A-Z]{2}\b)?(?:,? [0-9]{4,6}(?:-[0-9]{3})?\b)?`)
	country = span.NewPattern(`^(?:,? ?\n|, ?| \()(?:Germany|Deutschland|Austria|Österreich|Switzerland|France|Italy|Italia|Spain|España|Portugal|Netherlands|The Netherlands|Belgium|Poland|Polska|Czech Republic|Czechia|Hungary|Romania|Greece|Turkey|Türkiye|Sweden|Norway|Denmark|Finland|India|Singapore|Malaysia|Brazil|Brasil|Mexico|México|Argentina|Chile|Colombia|UK|United Kingdom|Ireland|Canada|Australia|New Zealand|USA|Japan)\b`)
	pin     = span.NewPattern(`^(?:[0-9]{3} [0-9]{3}|[0-9]{3,6})\b`)
)

// abroad finds the address that a house's number belongs to which stands behind
// its street, as most of Europe and Latin America write it.
func abroad(t *span.Text, i int) (a, b int) {
	before := t.At(i - 1)
	if calle := before == '/' && (t.At(i-2) == 'C' || t.At(i-2) == 'c'); before != ' ' && !calle {
		return 0, 0
	}
	rest := t.Cut(i, i+90)
	number := houseNo.FindString(rest)
	if number == "" || runes(number) < len(rest) && (t.At(i+runes(number)) == '.' && span.Digit(t.At(i+runes(number)+1)) || t.At(i+runes(number)) == ':' || t.At(i+runes(number)) == '%') {
		return 0, 0
	}
	behind := rest[len(number):]
	city := cityOf.FindString(behind)
	if city == "" {
		if zone := zoneOf.FindString(behind); zone != "" && cityOf.FindString(behind[len(zone):]) != "" {
			city = zone + cityOf.FindString(behind[len(zone):])
			city += zoneOf.FindString(behind[len(city):])
		}
	}
	if city != "" && strings.Contains(behind[:len(city)-len(strings.TrimLeft(city, ", \n-"))], "\n\n") {
		city = ""
	}
	start, sure := streetBefore(t, i, city != "")
	if start < 0 || !sure && city == "" {
		return 0, 0
	}
	end := i + runes(strings.TrimRight(number, " "))
	if city != "" {
		end = i + runes(number) + runes(city)
		end += runes(country.FindString(t.Cut(end, end+24)))
	} else if land := landOf.FindString(behind); land != "" && land[0] == ',' {
		end = i + runes(number) + runes(land)
	}
	return start, end
}

// streetBefore is where the street's name begins that ends before a number, -1
// where there is none; sure says that a word of it is a street's.
func streetBefore(t *span.Text, i int, coded bool) (start int, sure bool) {
	end := i
	for end > 0 && (t.R[end-1] == ' ' || t.R[end-1] == ',') {
		end--
	}
	start, first := -1, true
	for n, to := 0, end; n < 7 && to > 0; n++ {
		from := to
		for from > 0 && (latinLetter(t.R[from-1]) || strings.ContainsRune("'.-/", t.R[from-1])) {
			from--
		}
		if from == to {
			break
		}
		word := t.Cut(from, to)
		low := strings.TrimSuffix(strings.ToLower(word), ".")
		capital := unicode.IsUpper(t.R[from])
		if first && (!capital && !(own[word] && coded) && !ended(low) || len(word) < 2) {
			return -1, false
		}
		if first && coded && ways[low] && capital && (len(low) > 4 || low == "via") {
			return from, true // Calle 60
		}
		if !first && ways[low] && (capital || !vague[low] && low != "via" && low != "avenue" || coded) && (!vague[low] || coded) {
			return from, true
		}
		if strings.HasSuffix(word, ".") && !first && len(word) > 4 && !ended(low) {
			break // the sentence before
		}
		switch {
		case first && capital && ended(low) && runes(low) > 5, first && own[word] && (capital || coded):
			sure = true
			if !own[word] {
				start = from
			}
		}
		switch {
		case capital:
			if !first || !own[word] {
				start = from
			}
		case joints[low] || first:
		default:
			return start, sure && start >= 0
		}
		first = false
		if t.At(from-1) != ' ' {
			break
		}
		to = from - 1
		if sure && n > 2 {
			break
		}
	}
	return start, sure && start >= 0
}

// ended reports whether a word in small letters ends as streets do.
func ended(low string) bool {
	for _, e := range endings {
		if strings.HasSuffix(low, strings.TrimSuffix(e, ".")) && len(low) > len(e)+2 {
			return true
		}
	}
	return false
}

func latinLetter(r rune) bool {
	return span.Letter(r) || r >= 0xc0 && r < 0x250 && r != 0xd7 && r != 0xf7 || r >= 0x1e00 && r < 0x1f00
}

// led is where the address begins whose last line, before a code, ends at a
// rune: The Old Vicarage, Church Lane, Ludlow. ok says that one of its lines is
// an address's.
func led(t *span.Text, i int) (start int, ok bool) {
	start = i
	to := i
	for to > 0 && strings.ContainsRune(" -", t.R[to-1]) {
		to--
	}
	for n := 0; n < 7 && to > 0; n++ {
		from, marked, whole := part(t, to)
		if from < 0 {
			break
		}
		if marked {
			start, ok = from, true
		}
		if !whole || i-from > 130 {
			break
		}
		k := from
		for k > 0 && (t.R[k-1] == ' ' || t.R[k-1] == '\n') {
			if t.R[k-1] == '\n' && t.At(k-2) == '\n' {
				return start, ok
			}
			k--
		}
		if t.At(k-1) == ',' {
			k--
		} else if k == from || t.At(from-1) != '\n' && !strings.Contains(t.Cut(k, from), "\n") {
			break
		}
		to = k
	}
	return start, ok
}

// year reports whether a number is one.
func year(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20"))
}

// part is where a line of an address begins that ends at a rune: words with
// capitals and numbers. marked says that it is an address's by a number or a
// word, whole that a comma or a line's end stands before it.
func part(t *span.Text, to int) (from int, marked, whole bool) {
	from = -1
	for at := to; at > 0; {
		k := at
		for k > 0 && !strings.ContainsRune(" \n,;:(\"'“|\t=", t.R[k-1]) {
			k--
		}
		if k == at {
			break
		}
		word := t.Cut(k, at)
		low := strings.ToLower(strings.TrimRight(word, "."))
		r := t.R[k]
		switch {
		case span.Digit(r) || r == '#':
			marked = marked || len(word) < 6 && !year(word)
			from = k
		case unicode.IsUpper(r):
			marked = marked || homes[low] || strings.ContainsAny(word, "0123456789")
			from = k
		case joints[low] && from >= 0:
		default:
			return from, marked, false
		}
		if t.At(k-1) != ' ' {
			return from, marked, from == k && (k == 0 || t.R[k-1] == ',' || t.R[k-1] == '\n')
		}
		at = k - 1
		if t.At(at-1) == ',' {
			return from, marked, from == k
		}
	}
	return from, marked, from >= 0
}
