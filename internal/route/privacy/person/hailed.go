package person

import (
	"strings"

	"irori/internal/route/privacy/span"
)

var (
	// folk are what somebody is who is called by one name, besides trades and relations.
	folk = setOf(`girl boy guy man woman someone somebody person child baby waiter waitress barista technician bride groom nurse hostess host guest volunteer trainee recruit candidate applicant resident widow widower orphan stranger analyst consultant assistant apprentice midwife surgeon chef plumber courier recruiter bartender buddy pal bestie classmate groomsman bridesmaid maid knight wizard princess dragon robot detective hero heroine protagonist character villain narrator CTO CEO CFO COO PM`)
	// stirs are what people alone do.
	stirs = setOf(`thinks hopes knows doubts worries shrugged nodded laughed smiled sighed whispered muttered frowned grinned blinked swallowed hesitated forgot apologised apologized cried shouted yelled screamed slept ate giggled winced gasped sobbed mumbled growled snapped yawned stammered volunteered mentioned phoned texted emailed nods smiles laughs sighs shrugs frowns stares whispers mutters replies hesitates`)
	// asked are what is said to people alone.
	asked = setOf(`told tell ask asked texted texting emailed phoned messaged married dating thank invite invited hugged kissed remind reminded hired fired persuaded forgave divorced cc`)
	// rooms are those whose people are said to be from there.
	rooms = setOf(`accounting accounts HR Hr legal marketing sales finance IT It engineering payroll upstairs downstairs work school church support procurement compliance logistics facilities reception`)
	// kindred are whom a person has.
	kindred = setOf(`wife husband mother father mum mom dad birthday wedding funeral handwriting girlfriend boyfriend son daughter sister brother fiancé fiancée grandmother grandfather graduation retirement maternity`)
)

// calls begin what is said to somebody.
var calls = span.NewWords("hi ", "hello ", "hey ", "dear ", "yo ", "good morning ", "good evening ", "good afternoon ", "thanks ", "thank you ", "sorry ", "hi there ")

// hailed is 1 where a word that no list has is somebody's name by what is said
// to him or of him.
func (l *lists) hailed(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if !w.cap || w.shout || w.initial || len(w.text) < 3 || flags(w.text)&(isWord|isPlace) != 0 || l.common[w.text] || l.institutions[w.text] || l.places[w.text] || brands[w.text] || makers[w.text] || coded[w.text] || dated[w.text] || household[w.text] || titles[w.text] > 0 {
		return 0
	}
	follows, last := word{}, word{}
	if i+1 < len(ws) && ws[i+1].next {
		follows = ws[i+1]
	}
	if i > 0 {
		last = ws[i-1]
	}
	if follows.cap && follows.text != "I" || strings.ContainsRune("-_/\\@&.", t.At(w.to)) && t.At(w.to+1) != ' ' && t.At(w.to+1) != 0 && t.At(w.to+1) != '\n' {
		return 0
	}
	if l.reached(t, ws, i, follows, last) || l.presented(t, ws, i, follows, last) {
		return 1
	}
	return 0
}

// reached reports whether a word is whom something is said to, or who does what
// people do.
func (l *lists) reached(t *span.Text, ws []word, i int, follows, last word) bool {
	w := ws[i]
	r := t.At(w.to)
	stop := r == 0 || strings.ContainsRune(",.!?\n;)", r)
	before := strings.ToLower(t.Cut(max(0, w.from-16), w.from))
	if p := calls.Suffix(before); p != "" {
		b := t.At(w.from - len(p) - 1)
		if (r == ',' || r == '!' || r == '\n' || r == '.' && strings.HasPrefix(p, "thank")) && (b == 0 || !span.Letter(b) && b != ' ' || strings.ContainsRune(".:!?,", t.At(w.from-len(p)-2))) {
			return true
		}
	}
	if last.text != "" && w.next && !last.cap && asked[last.text] {
		switch follows.text {
		case "to", "that", "about", "if", "for", "and", "when", "yesterday", "how", "why", "whether", "in", "on":
			return true
		}
		return stop
	}
	if w.next && !last.cap && (last.text == "to" || last.text == "with" || last.text == "from" || last.text == "about" || last.text == "that") {
		for k := i + 1; k < len(ws) && k < i+4 && ws[k].next && !ws[k].cap; k++ {
			switch ws[k].text {
			case "she", "he", "her", "his", "herself", "himself":
				return true // to Xiomara that her books
			}
		}
	}
	opens := i == 0 || !w.next || !last.cap && !noNames[last.text] || openers[last.text]
	switch {
	case opens && stirs[follows.text]:
		return true
	case opens && follows.text == "from" && i+2 < len(ws) && ws[i+2].next && rooms[ws[i+2].text]:
		return true
	case opens && t.Has(w.to, "'s ") && i+1 < len(ws) && kindred[ws[i+1].text]:
		return true
	case t.Has(w.to, " (") && i+1 < len(ws) && relations[ws[i+1].text] && t.At(ws[i+1].to) == ')':
		return true
	case t.At(w.from-1) == '"' && (t.Has(w.to, ", I ") || t.Has(w.to, ", I'm") || t.Has(w.to, ", you ") || t.Has(w.to, ", please") || t.Has(w.to, ", can you") || t.Has(w.to, ", could you") || t.Has(w.to, ", this is ") || t.Has(w.to, ", your ") || t.Has(w.to, ", don't") || t.Has(w.to, ", we ")):
		return true
	case t.At(w.from-1) == '@' && (t.Has(w.to, " can ") || t.Has(w.to, " could ") || t.Has(w.to, " please ") || t.Has(w.to, " would you") || t.Has(w.to, " will you")):
		return true
	}
	return false
}

// presented reports whether a word is what somebody is said to be called.
func (l *lists) presented(t *span.Text, ws []word, i int, follows, last word) bool {
	w := ws[i]
	r := t.At(w.to)
	stop := r == 0 || strings.ContainsRune(",.!?\n;)\"", r)
	switch {
	case i == 0:
	case last.text == "called" || last.text == "named":
		return w.next && i > 1 && last.next && is(ws[i-2].text)
	case w.next && (last.text == "I'm" || last.text == "am" && i > 1 && ws[i-2].text == "I"):
		return r == ',' || r == '.' || follows.text == "from" || follows.text == "and" || follows.text == "btw"
	case w.next && (last.text == "is" || last.text == "was" || last.text == "are"):
		if i < 2 || !last.next {
			return false
		}
		if s := ws[i-2].text; s == "name" && i > 2 && theirs[ws[i-3].text] || s == "bride" || s == "groom" || s == "you" && r == ',' && (t.Has(w.to, ", a ") || t.Has(w.to, ", an ") || t.Has(w.to, ", the ")) {
			return stop || follows.text == "and"
		}
		return ws[i-2].text == "this" && last.text == "is" && (follows.text == "from" || follows.text == "here")
	case t.Cut(last.to, w.from) == ", " && !last.cap && is(last.text):
		return r == ',' || r == '.' || r == ')' || t.Has(w.to, " (") || r == ':'
	case w.next && i > 1 && last.next && folk[last.text] && theirs[ws[i-2].text]:
		return true
	}
	return false
}

// is reports whether a word, or many of it, says what somebody is.
func is(s string) bool {
	one := strings.TrimSuffix(s, "s")
	return folk[s] || relations[s] || trades[s] || folk[one] || relations[one] || trades[one]
}

// headed is 2 where an initial stands before a surname that no list has, and
// no sentence can end with it: by P. Sørensen.
func (l *lists) headed(t *span.Text, ws []word, i int) int {
	if !ws[i].initial || i+1 >= len(ws) || !ws[i+1].next || t.Cut(ws[i].to, ws[i+1].from) != ". " {
		return 0
	}
	w := ws[i+1]
	if len(w.text) < 4 || !f0(w) || l.common[w.text] || l.institutions[w.text] || brands[w.text] || coded[w.text] || i+2 < len(ws) && ws[i+2].next && ws[i+2].cap {
		return 0
	}
	if i > 0 && ws[i].next {
		switch ws[i-1].text {
		case "and", "by", "from", "with", "to", "officer", "says", "for", "cc":
			return 2
		}
		return 0
	}
	if r := t.At(ws[i].from - 1); r == '(' || r == '"' || r == '\n' || r == ' ' && strings.ContainsRune(",:;", t.At(ws[i].from-2)) {
		return 2
	}
	return 0
}
