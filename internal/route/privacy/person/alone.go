package person

import (
	"strings"

	"irori/internal/route/privacy/span"
)

var (
	// relations are those whose name follows our, her or his and what they are.
	relations = setOf(`son daughter wife husband brother sister mother father boss friend colleague neighbour neighbor coworker manager landlord landlady therapist roommate flatmate housemate cousin uncle aunt nephew niece grandson granddaughter grandmother grandfather grandma grandpa fiancé fiancée fiance fiancee partner girlfriend boyfriend ex kid baby toddler mum mom dad nan tutor teacher coach dentist doctor nurse vet lawyer solicitor accountant agent supervisor mentor intern client customer patient tenant student classmate teammate twin stepson stepdaughter godson goddaughter babysitter nanny cleaner builder plumber`)
	theirs    = setOf(`my our his her their your My Our His Her Their Your`)
	// saying is what somebody does and no company: what a surname alone is told by.
	saying = setOf(`thinks disagrees agrees wants insists argues argued believes suspects doubts hates worries admits denies shrugged nodded laughed smiled sighed whispered muttered replied scored apologised apologized hesitated frowned grinned blinked swallowed paused stared forgot resigned promised complained noticed volunteered asked wrote phoned emailed texted walked sat stood ran turned looked drove ate slept cried shouted yelled screamed suggested seconded stole dissented nods smiles laughs sighs shrugs frowns stares whispers mutters replies hesitates`)
	days   = setOf(`Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun`)
	mister = setOf(`mr mrs ms miss dr prof mister`)
)

// alone is 1 where one word is somebody's name by what stands around it, though
// nothing else says so.
func (l *lists) alone(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if w.text == "" || w.initial || len(w.text) < 3 || w.shout {
		return 0
	}
	if !w.cap {
		return l.aloneSmall(t, ws, i)
	}
	f := flags(w.text)
	follows := word{}
	if i+1 < len(ws) && ws[i+1].next {
		follows = ws[i+1]
	}
	if follows.cap && follows.text != "I" {
		return 0
	}
	name := f&(isGiven|isFamily) != 0 || f == 0
	known := f&(isGiven|isFamily) != 0
	plain := f&(isWord|isPlace) == 0 && !l.common[w.text] && !brands[w.text] && !makers[w.text] && !coded[w.text] && !l.institutions[w.text]
	if i > 1 && w.next && relations[ws[i-1].text] && ws[i-1].next && theirs[ws[i-2].text] && name && (known || plain) && !l.common[w.text] {
		return 1 // our son Jude
	}
	if t.Ends(w.from, "'s name, ") || t.Ends(w.from, "s name is ") || t.Ends(w.from, "named him ") || t.Ends(w.from, "named her ") || t.Ends(w.from, "call him ") || t.Ends(w.from, "call her ") {
		if known {
			return 1
		}
	}
	if i > 0 && w.next && titles[ws[i-1].text] == 2 && ws[i-1].cap && known && i > 1 && ws[i-1].next && (ws[i-2].text == "said" || ws[i-2].text == "asked" || ws[i-2].text == "replied" || ws[i-2].text == "told" || ws[i-2].text == "whispered") {
		return 1 // said Captain Harrow
	}
	if plain && !w.shout && i > 0 && w.next && follows.text != "" && !follows.cap {
		switch ws[i-1].text {
		case "it's", "It's":
			if follows.text == "from" {
				return 1 // it's Olu from the gym
			}
		case "met":
			switch follows.text {
			case "on", "at", "in", "yesterday", "last", "when", "while", "for":
				return 1
			}
		}
	}
	if plain && f == isFamily && (t.Ends(w.from, "ccording to ") || t.Ends(w.from, ",\" said ") || t.Ends(w.from, "?\" asked ") || t.Ends(w.from, "!\" said ")) {
		return 1
	}
	if plain && known && i > 0 && w.next && (ws[i-1].text == "customer" || ws[i-1].text == "patient" || ws[i-1].text == "tenant" || ws[i-1].text == "client") && follows.text != "" {
		return 1 // customer Okonkwo reports
	}
	if l.cited(t, ws, i) {
		return 1
	}
	begins := i == 0 || !w.next || !ws[i-1].cap && !noNames[ws[i-1].text] || openers[ws[i-1].text] && !noNames[strings.ToLower(ws[i-1].text)]
	switch {
	case !begins || !known:
	case (f&isFamily != 0 || l.isLast(w.text)) && plain && follows.text != "" && (saying[follows.text] || minds[follows.text] && follows.text != "claims"):
		return 1
	case follows.text == "on" && i+2 < len(ws) && ws[i+2].next && days[ws[i+2].text] && (plain || rota(ws, i)):
		return 1
	case maybe[w.text] && f&isGiven != 0 && (follows.text == "said" || follows.text == "says" || saying[follows.text]):
		return 1 // Will said he would come
	case maybe[w.text] && (t.At(w.from-1) == '"' || t.At(w.from-1) == '\n' || w.from == 0) && (t.Has(w.to, ", I ") || t.Has(w.to, ", can you") || t.Has(w.to, ", could you") || t.Has(w.to, ", please") || t.Has(w.to, ", we ") || t.Has(w.to, ", thank") || t.Has(w.to, ", sorry") || t.Has(w.to, ", you ")):
		return 1
	}
	return 0
}

// cited reports whether a word is one of two authors of a year: (Kowalczyk and
// Adeyemi, 2019).
func (l *lists) cited(t *span.Text, ws []word, i int) bool {
	year := func(i int) bool {
		return t.Has(i, ", 19") || t.Has(i, ", 20") || t.Has(i, " (19") || t.Has(i, " (20")
	}
	w := ws[i]
	if year(w.to) {
		return i > 1 && w.next && (ws[i-1].text == "and") && ws[i-2].cap && (t.At(ws[i-2].from-1) == '(' || t.At(w.to) == ' ')
	}
	return i+2 < len(ws) && ws[i+1].text == "and" && ws[i+1].next && ws[i+2].next && ws[i+2].cap && year(ws[i+2].to) && (t.At(w.from-1) == '(' || t.Has(ws[i+2].to, " ("))
}

// rota reports whether a word is one of several that days are given to.
func rota(ws []word, i int) bool {
	n := 0
	for k := range ws {
		if k+2 < len(ws) && ws[k].cap && ws[k+1].text == "on" && days[ws[k+2].text] && flags(ws[k].text)&isFamily != 0 {
			n++
		}
	}
	return n > 1
}

// aloneSmall is alone for names in small letters.
func (l *lists) aloneSmall(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if i == 0 {
		return 0
	}
	before := ws[i-1].text
	if r := t.At(w.from - 1); r != '(' && !relations[before] && before != "for" && before != "with" && before != "to" && !mister[strings.ToLower(before)] {
		return 0
	}
	f := flags(w.text)
	if i > 0 && mister[strings.ToLower(ws[i-1].text)] && (w.next || t.Ends(w.from, ". ") && w.from-ws[i-1].to == 2) && f&(isWord|isPlace) == 0 {
		return 1 // mr. pettigrew
	}
	if i > 1 && w.next && ws[i-1].next && relations[ws[i-1].text] && theirs[ws[i-2].text] && (f&isGiven != 0 || f == 0 && len(w.text) > 3 && !strings.HasSuffix(w.text, "ing") && !strings.HasSuffix(w.text, "ly")) && f&(isWord|isPlace) == 0 {
		return 1 // my boyfriend mateo
	}
	if (t.Ends(w.from, "TODO(") || t.Ends(w.from, "FIXME(") || t.Ends(w.from, "todo(")) && t.At(w.to) == ')' && f&isGiven != 0 && f&isWord == 0 {
		return 1
	}
	if i > 0 && w.next && (ws[i-1].text == "for" || ws[i-1].text == "with" || ws[i-1].text == "to") && (f&isGiven != 0 || maybe[titled(w.text)]) && (t.Has(w.to, ", he") || t.Has(w.to, ", she") || t.Has(w.to, " who's")) {
		return 1 // a card for will, he's turning 40
	}
	return 0
}
