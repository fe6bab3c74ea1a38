package person

import (
	"strings"

	"irori/internal/route/privacy/lexicon"
	"irori/internal/route/privacy/span"
	"irori/internal/route/privacy/thing"
)

// other is where the words end that a town, a brand or a language is called
// by, the n words at hand among them; 0 where they are somebody's.
func (l *lists) other(t *span.Text, ws []word, i, n int) int {
	if title(ws, i) == 1 {
		return 0
	}
	if n == 1 && l.undated(t, ws, i) || n == 2 && (coded[ws[i].text] && coded[ws[i+1].text] || dated[ws[i].text] && dated[ws[i+1].text]) {
		return i + n
	}
	if n == 1 && i > 0 && ws[i-1].cap && t.Ends(ws[i].from, " & ") && ws[i].from-ws[i-1].to == 3 && flags(ws[i].text)&isGiven == 0 {
		return i + 1 // a firm
	}
	for from := max(0, i-2); from <= i; from++ {
		phrase := ""
		for k := from; k < len(ws) && k < from+thing.Words; k++ {
			if k > from {
				gap := t.Cut(ws[k-1].to, ws[k].from)
				if gap == " & " {
					phrase += " and"
				} else if gap != " " && gap != ". " && gap != "'s " {
					break
				}
				phrase += " "
			}
			phrase += strings.TrimSuffix(lexicon.Plain(ws[k].text), "'s")
			if k < i+n-1 || k == from && n > 1 || !ws[from].cap {
				continue
			}
			if thing.Known(phrase) && !(k == from && introduced(t, ws, i) == 1) {
				return k + 1
			}
		}
	}
	if line := t.Cut(max(0, ws[i].from-14), ws[i].from); strings.HasSuffix(line, ": ") && l.labelled(line) {
		return i + n
	}
	if n > 1 && (makers[ws[i].text] || i > 0 && ws[i].next && makers[ws[i-1].text]) {
		return i + n
	}
	// A product's name: ThinkPad, PowerEdge.
	for k := i; k < i+n; k++ {
		if humped(t.Cut(ws[k].from, ws[k].to)) {
			return i + n
		}
	}
	return 0
}

// labelled reports whether a label says that what follows is a thing's name.
func (l *lists) labelled(line string) bool {
	k := strings.LastIndexAny(line[:len(line)-2], " \n\t\"")
	switch strings.ToLower(line[k+1 : len(line)-2]) {
	case "hotel", "company", "brand", "product", "venue", "restaurant", "street", "city", "school", "store", "shop", "song", "album", "model", "project", "event", "ship", "boat", "place", "country", "state", "town", "band", "book", "film", "movie", "game", "color", "colour", "language", "languages", "vendor", "supplier", "employer", "font", "theme", "server", "domain", "region", "airport", "station", "stadium", "university", "hospital", "bank", "cafe", "bar", "variety", "breed", "stack", "skills", "tools":
		return true
	}
	return false
}

// makers stand before what they make.
var makers = setOf(`Apache Google Microsoft Amazon Adobe Oracle Intel Nvidia Samsung Sony Nespresso Lenovo Asus Dell Canon Nikon Fujifilm Logitech Garmin Fitbit Philips Bosch Siemens Toyota Honda Nissan Mazda Subaru Mitsubishi Hyundai Kia Volkswagen Audi Skoda Renault Peugeot Citroen Fiat Opel Volvo Ikea Lego Nintendo Playstation Xbox Netflix Disney Marvel Pixar Hermes Yamaha Suzuki Kawasaki Ducati Vespa Airbus Boeing Cessna Eclipse Jetbrains Atlassian Salesforce Hashicorp Mozilla Spring Visa Mastercard Bear Pizza Burger Hotel Café Cafe Restaurant`)

// humped reports whether a word has a capital inside that no surname has there.
func humped(s string) bool {
	if len(s) > 4 && s[0] < 'a' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z' && s[len(s)-1] >= 'a' {
		return true // JPMorgan
	}
	for k := 1; k < len(s); k++ {
		if s[k] < 'A' || s[k] > 'Z' || s[k-1] < 'a' || s[k-1] > 'z' {
			continue
		}
		if k+1 < len(s) && s[k+1] >= 'A' && s[k+1] <= 'Z' {
			return true
		}
		switch s[:k] {
		case "Mc", "Mac", "De", "Di", "Du", "La", "Le", "Van", "Von", "Fitz", "Des", "Del", "Della", "Lo", "St", "Ni", "Al", "El", "Ap", "Ben", "Da", "Dos", "Te", "Ze", "Vander", "Ver", "Vande", "Mc'", "Ma", "Ka", "Ja", "Jo", "Sha", "Le'":
			return false
		}
		return true
	}
	return false
}

// plural are titles before several surnames.
var plural = setOf(`Professors Drs Doctors Judges Justices Senators Messrs Profs Detectives Inspectors Officers Sergeants Nurses Captains Councillors Ministers Mesdames`)

// again finds the parts of names that are known from elsewhere in the text: S.
// Iyer said so, and Iyer wrote it. ws are its words, found what was found.
func (l *lists) again(t *span.Text, ws []word, found []span.Span) []span.Span {
	parts, talk := set{}, false
	out := make([]span.Span, 0, len(found))
	k := 0
	for _, s := range found {
		for k < len(ws) && ws[k].from < s.Start {
			k++
		}
		first := k
		talk = talk || k < len(ws) && speaks(t, s.Start, s.End)
		for ; k < len(ws) && ws[k].to <= s.End; k++ {
			w := ws[k]
			if !w.cap || len(w.text) < 3 || w.initial || l.common[w.text] || flags(w.text)&(isWord|isPlace) != 0 || ws[first].to == s.End && s.End-s.Start == len(w.text) && flags(w.text)&isGiven == 0 {
				continue
			}
			if s.End > w.to || s.Start < w.from || title(ws, k) > 0 {
				parts[w.text] = true
			}
		}
	}
	at := 0
	for i, w := range ws {
		for at < len(found) && found[at].End <= w.from {
			out = append(out, found[at])
			at++
		}
		if at < len(found) && found[at].Start < w.to || !w.cap || !parts[w.text] && !l.several(t, ws, i) && !(talk && f0(w) && !l.common[w.text] && speaks(t, w.from, w.to)) {
			continue
		}
		if i+1 < len(ws) && ws[i+1].next && ws[i+1].cap || parts[w.text] && i > 0 && w.next && ws[i-1].cap && !openers[ws[i-1].text] && titles[ws[i-1].text] == 0 || l.thing(t, ws, i, 1) {
			continue
		}
		out = append(out, span.Span{Class: span.Name, Start: w.from, End: w.to})
	}
	return append(out, found[at:]...)
}

// speaks reports whether what stands between two runes begins a line of a talk.
func speaks(t *span.Text, from, to int) bool {
	r := t.At(from - 1)
	if r == ' ' {
		r = t.At(from - 2)
	}
	return t.At(to) == ':' && t.At(to+1) == ' ' && (from == 0 || r == '\n' || r == ']' || r == '>')
}

// several reports whether a word is one of two surnames behind a title.
func (l *lists) several(t *span.Text, ws []word, i int) bool {
	w := ws[i]
	if f := flags(w.text); w.initial || w.text == "" || f&isWord != 0 && f&isFamily == 0 {
		return false
	}
	return i > 0 && w.next && plural[ws[i-1].text] || i > 2 && ws[i-1].text == "and" && plural[ws[i-3].text]
}

// nicknamed joins a name that a nickname divides: Eleanor "Nell" Sutherland.
func nicknamed(t *span.Text, ws []word, found []span.Span) []span.Span {
	for k := 0; k < len(found); k++ {
		end := found[k].End
		if open := t.At(end + 1); t.At(end) != ' ' || open != '"' && open != '(' && open != '\'' && open != '“' {
			continue
		}
		for i, w := range ws {
			if w.from != end+2 || !w.cap || i+1 >= len(ws) || !ws[i+1].cap || ws[i+1].from != w.to+2 || !strings.Contains(`" ) ' ” `, t.Cut(w.to, w.to+2)) {
				continue
			}
			found[k].End = ws[i+1].to
			for k+1 < len(found) && found[k+1].Start < found[k].End {
				found[k].End = max(found[k].End, found[k+1].End)
				found = append(found[:k+1], found[k+2:]...)
			}
			break
		}
	}
	return found
}
