package person

import (
	"strings"
	"sync"
	"unicode"

	"irori/internal/route/privacy/account"
	"irori/internal/route/privacy/span"
)

// word is a word in Latin letters.
type word struct {
	from, to int
	text     string // with a capital and small letters
	cap      bool   // it begins with one
	shout    bool   // it is all capitals, and not one letter
	initial  bool   // one capital, with a dot or without
	next     bool   // nothing but a space stands before it, behind the last word
	sane     sanity
}

// sanity is what sane said of a word, which is asked more than once.
type sanity uint8

const (
	unasked sanity = iota
	sane
	insane
)

func latin(r rune) bool {
	return span.Letter(r) || r >= 0xc0 && r < 0x250 && r != 0xd7 && r != 0xf7 || r >= 0x1e00 && r < 0x1f00
}

// within reports whether a word is a part of something behind a rune.
func within(before rune) bool {
	switch before {
	case '_', '@', '/', '\\', '#', '$':
		return true
	}
	return span.Digit(before)
}

// spare is memory for words, of which a text has hundreds.
var spare = sync.Pool{New: func() any { return new([]word) }}

// words are the words of a text in Latin letters, behind those of out.
func words(t *span.Text, out []word) []word {
	for i := 0; i < t.Len(); i++ {
		if !latin(t.R[i]) || i > 0 && within(t.R[i-1]) && !(t.R[i-1] == '@' && unicode.IsUpper(t.R[i]) && (i == 1 || t.R[i-2] == ' ')) {
			for latin(t.At(i)) {
				i++
			}
			continue
		}
		j := i
		for latin(t.At(j)) || (t.At(j) == '\'' || t.At(j) == '-') && latin(t.At(j+1)) && j > i {
			j++
		}
		text := t.Cut(i, j)
		end := j
		for _, tail := range []string{"'s", "'S"} {
			if strings.HasSuffix(text, tail) {
				text, end = text[:len(text)-2], end-2
			}
		}
		w := word{from: i, to: end, cap: t.R[i] < 0x80 && t.R[i] <= 'Z' || t.R[i] >= 0x80 && unicode.IsUpper(t.R[i])}
		if n := len(out); n > 0 {
			gap := t.Cut(out[n-1].to, i)
			w.next = gap == " " || gap == ". " && (out[n-1].initial || titles[out[n-1].text] > 0 || out[n-1].text == "St") || gap == "." && out[n-1].initial
		}
		w.initial = w.to-w.from == 1 && w.cap
		w.shout = w.to-w.from > 1 && (t.R[i] < 'a' || t.R[i] > 'z') && strings.ToUpper(text) == text
		if r := t.At(j); span.Digit(r) || r == '_' || r == '(' || r == '@' || r == '.' && latin(t.At(j+1)) && !w.initial {
			w.cap, w.text = false, ""
		} else if w.text = text; w.shout {
			w.text = titled(text)
		}
		out = append(out, w)
		i = j - 1
	}
	return out
}

// titles before names: 1 takes any name, 2 only known ones.
var titles = map[string]int{"Mr": 1, "Mrs": 1, "Ms": 1, "Miss": 1, "Mx": 1, "Dr": 1, "Prof": 1, "Messrs": 1, "Sir": 1, "Dame": 1, "Professor": 1, "Rev": 1, "Reverend": 1, "Officer": 2, "Detective": 1, "Judge": 2, "Justice": 2, "Senator": 1, "President": 2, "Chancellor": 2,
	"Captain": 2, "Coach": 2, "Uncle": 2, "Aunt": 2, "Auntie": 2, "Grandma": 2, "Grandpa": 2, "Doctor": 2, "Nurse": 2, "Sergeant": 2, "Lt": 1, "Capt": 1, "Sgt": 1, "Gov": 1, "Sen": 1, "Hon": 1, "Mister": 1, "Madame": 1, "Señor": 1, "Rabbi": 2, "Imam": 2, "Bishop": 2, "Cllr": 2, "auntie": 2, "uncle": 2, "aunt": 2, "grandma": 2, "grandpa": 2, "nurse": 2, "cousin": 2, "Father": 2, "Sister": 2, "Brother": 2, "Pastor": 2, "Lieutenant": 2, "Colonel": 2, "Inspector": 2, "Constable": 2, "Corporal": 2, "Councillor": 2, "Mayor": 2, "Governor": 2, "Lady": 2, "Lord": 2, "Granny": 2, "Nana": 2, "Chef": 2, "Deacon": 2, "Sheikh": 1, "Señora": 1, "Señorita": 1, "Monsignor": 2, "Midwife": 2, "Cousin": 2, "Cardholder": 2, "Employee": 2, "Passenger": 2, "Tenant": 2, "Herr": 1, "Frau": 1, "Monsieur": 1, "Cmdr": 1, "Cdr": 1, "Col": 2, "Maj": 2, "Gen": 2, "Cpl": 1, "Adm": 2, "Brig": 2, "Atty": 1, "Supt": 2, "Det": 2, "Insp": 2, "Pvt": 1, "Mme": 1, "Mlle": 1, "Grandad": 2, "Granddad": 2, "Gran": 2, "Nan": 2, "Tía": 2, "Tío": 2, "Oma": 2, "Opa": 2, "Principal": 2, "Commander": 2, "Admiral": 2}

// wordishText are surnames that are words as well: no evidence by themselves.
const wordishText = `King Park Parks Long Young Hill White Black Green Brown Gray Stone Wood Woods Rose Fox West Rice Field Fields Banks Wells Mills Price Day Bell Ball Hall Hunt Hunter Cook Baker Butler Carpenter Fisher Gardner Mason Potter
Taylor Turner Walker Weaver Page Person Pope Bishop Knight Church Cross Bridges Pool Poole Rivers Lake Waters Marsh Moss Berry Bush Flowers Summers Winters Snow Frost Love Joy Strong Short Sharp Wise Best Goodman Newman French English Holland England Ireland Wall Gates
House Lane Street Rhodes Fields Ford Steel Steele Cash Power Powers Pierce Cole Dean Major Little Small Reed Read Case Chase Rich Grant Will May March Li Do Ho Sun Le An Ma So You Ray Lucas Jordan Austin Dallas Houston Lincoln Washington Jackson Madison Franklin Jefferson Hamilton Cleveland Columbia Carolina York Kent Lancaster
Santiago Cruz San Santa Colon Villa Luna Sosa Mack Mace Self Speed Swan Wolf Wolfe Lamb Bass Pike Crane Drake Bird Byrd Foster Archer Cooper Porter Parker Sawyer Shepherd Singer Smart Miles Noble Lord Earl Duke Prince Judge Constable Sheriff Marshall Marks Mark Charles James George Henry Thomas Paul Roman Christian Young Sparks Horn Hood Hail Hale Conner Barrier Temple Cannon Castle Glass Gold Silver Diamond Stark Curry Bacon Barber Brewer Combs Fuller Golden Farmer Hines Holiday Lance Meadows Oakes Olive Rush Short Sky Slaughter Spears Stamp Tower Towers Trump Underwood Vance Ward Yards Beach Rock Head Hand Foot`

// sane reports whether a capitalised word may be of a name at all.
func (l *lists) sane(w *word) bool {
	if w.sane == unasked {
		if w.sane = insane; l.named(w) {
			w.sane = sane
		}
	}
	return w.sane == sane
}

func (l *lists) named(w *word) bool {
	if !w.cap || len(w.text) < 2 {
		return false
	}
	if f := flags(w.text); f == isWord && !l.first[w.text] && !l.last[w.text] && !l.unsure[w.text] {
		return false
	}
	return w.cap && w.text != "" && (!l.common[w.text] || l.first[w.text] && l.unsure[w.text]) && titles[w.text] == 0 && (l.last[w.text] || l.first[w.text] || flags(w.text)&(isFamily|isGiven) != 0 || !strings.HasSuffix(w.text, "ing")) && len(w.text) > 1
}

func (l *lists) isFirst(s string) bool {
	if l.unsure[s] || l.common[s] {
		return false
	}
	return l.first[s] || hyphened(s, l.first) || flags(s)&(isGiven|isWord|isPlace|isAlone) == isGiven|isAlone
}

func hyphened(s string, in set) bool {
	a, b, ok := strings.Cut(s, "-")
	return ok && in[a] && (in[b] || in[titled(b)])
}

func (l *lists) isLast(s string) bool {
	f := flags(s)
	if l.last[s] || hyphened(s, l.last) || f&(isFamily|isWord|isPlace) == isFamily {
		return true
	}
	if f&isWord != 0 {
		return false
	}
	rs := []rune(s)
	if len(rs) > 4 && (strings.HasPrefix(s, "Mc") || strings.HasPrefix(s, "O'")) && unicode.IsUpper(rs[2]) || len(rs) > 5 && strings.HasPrefix(s, "Mac") && unicode.IsUpper(rs[3]) {
		return true
	}
	for _, end := range surnameEnds {
		if len(rs) > len(end)+2 && strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// surnameEnds are those that hardly a word has but surnames.
var surnameEnds = []string{"ovich", "evich", "owicz", "ewicz", "enko", "czyk", "wski", "opoulos", "sson", "quist", "qvist", "ström", "shvili", "trova", "ikova", "akova", "ović", "ević", "escu", "eanu", "adze", "akis", "idis", "adis", "oğlu", "oglu", "zadeh", "syan", "ryan", "skaya", "skyy", "chuk", "inen", "sdottir", "swamy", "murthy", "wardena", "singhe", "suriya", "ullah", "eddin", "hammed", "dóttir", "dottir", "ández", "ínguez"}

// English returns the English names of a text, in folded runes, and Japanese
// ones in Latin letters.
func English(t *span.Text) []span.Span {
	kept := spare.Get().(*[]word)
	ws := words(t, *kept)
	defer func() {
		clear(ws) // nothing of a text stays
		*kept = ws[:0]
		spare.Put(kept)
	}()
	if len(ws) == 0 {
		return nil
	}
	l := known()
	out, small := account.Names(t), casual(ws)
	taken := len(out)
	for i := 0; i < len(ws); {
		n := l.lastFirst(t, ws, i)
		if n == 0 {
			n = l.eastern(ws, i)
		}
		if n == 0 {
			n = l.name(t, ws, i)
		}
		if n == 0 {
			n = l.chat(t, ws, i)
		}
		if n == 0 && small {
			n = l.typed(t, ws, i)
		}
		if n == 0 && len(out) > taken {
			n = l.listed(t, ws, i, out[len(out)-1].End)
			if n == 0 && l.beside(t, ws, i, out[len(out)-1], false) {
				n = 1
			}
		}
		if n == 0 {
			n = l.stranger(t, ws, i)
		}
		if n == 0 {
			n = l.alone(t, ws, i)
		}
		if n == 0 {
			if n = l.hailed(t, ws, i); n == 0 {
				n = l.headed(t, ws, i)
			}
		}
		if n == 0 {
			i++
			continue
		}
		if to := l.other(t, ws, i, n); to > 0 {
			i = max(i+1, to)
			continue
		}
		name := span.Span{Class: span.Name, Start: ws[i].from, End: ws[i+n-1].to}
		if k := i - 2; k >= 0 && l.beside(t, ws, k, name, true) && (len(out) == taken || out[len(out)-1].End < ws[k].from) {
			out = append(out, span.Span{Class: span.Name, Start: ws[k].from, End: ws[k].to})
		}
		out = append(out, name)
		i += n
	}
	return nicknamed(t, ws, append(out[:taken:taken], l.again(t, ws, out[taken:])...))
}

// strangers are what stands before somebody, in small letters; deeds what
// people alone do.
var strangers = span.NewWords(
	"remind ", "meeting ", "met ", "called ", "emailed ", "texted ", "phoned ", "ask ", "asked ", "told ", "thank ", "landlord, ", "landlord ", "witness ", "sales rep ", "treasurer ", "husband, ", "wife, ", "friend, ", "colleague, ", "minister, ", "president, ", "director, ", "chancellor, ", "secretary, ", "manager, ", "boss, ", "teacher, ", "doctor, ", "lawyer, ", "neighbour, ", "neighbor, ", "son, ", "daughter, ", "brother, ", "sister, ", "mother, ", "father, ", "founder, ", "coach, ", "captain, ", "chef, ", "minister ", "secretary ",
	"novelist ", "poet ", "actor ", "actress ", "singer ", "author ", "suspect ", "plaintiff ", "defendant ", "identified as ", "written by ", "taken by ", "assigned to ", "received from ", "speak was ", "memoir, ", "login failed for ", "display_name = \"", "approved_by=\"", "this is ",
	"guest list: ", "candidates: ", "attendees: ", "host: ", "tenant: ", "owner: ", "assignee: ", "cc: ", "participants: ", "speaker: ", "reviewer: ", "to: ", "c/o ", "reported by ", "confirms that ", "named after ", "certify that ", "met with ", "spoke with ", "spoke to ", "talked to ", "married ", "hired ", "please welcome ", "welcome ", "please add ", "payment to ", "on behalf of ",
)

var deeds = set{
	"declined": true, "recalls": true, "recalled": true, "scored": true, "resigned": true, "testified": true, "muttered": true, "whispered": true, "smiled": true, "laughed": true, "nodded": true, "replied": true,
	"wrote": true, "thinks": true, "believes": true, "lives": true, "lived": true, "married": true, "died": true, "joined": true, "graduated": true, "retired": true, "requested": true, "apologized": true, "volunteered": true, "teaches": true, "taught": true, "bakes": true, "weaves": true, "edits": true, "nurses": true, "drives": true, "plays": true, "sings": true, "paints": true, "carves": true, "roasts": true, "speaks": true, "studied": true, "studies": true, "works": true, "worked": true, "called": true, "phoned": true, "emailed": true, "apologised": true, "forgot": true, "cried": true, "sighed": true, "shrugged": true, "complained": true, "moved": true, "fixed": true, "repaired": true, "mended": true, "translated": true, "sewed": true, "grows": true, "cooks": true, "cycles": true, "swims": true, "runs": true, "owns": true, "hosts": true, "coaches": true, "said": true, "says": true, "told": true, "asked": true, "her": true, "his": true, "she": true, "he": true, "they": true,
}

// stranger is how many words a name has that no list knows: two words that are
// nothing else, where only somebody can stand.
func (l *lists) stranger(t *span.Text, ws []word, i int) int {
	if !ws[i].cap || ws[i].shout || ws[i].text == "" {
		return 0
	}
	n := l.run(ws, i)
	if n != 2 || len(ws[i].text) < 3 || len(ws[i+1].text) < 3 {
		return 0
	}
	for _, w := range ws[i : i+2] {
		if l.common[w.text] || l.institutions[w.text] || l.places[w.text] || l.wordish[w.text] && !l.first[ws[i].text] {
			return 0
		}
	}
	if i+2 < len(ws) && ws[i+2].cap && ws[i+2].next || l.works[ws[i].text+" "+ws[i+1].text] {
		return 0
	}
	before := strings.ToLower(t.Cut(max(0, ws[i].from-24), ws[i].from))
	if strangers.Suffix(before) != "" {
		return 2
	}
	for k := i + 2; k < len(ws) && k < i+4; k++ {
		if deeds[ws[k].text] && !strings.ContainsAny(t.Cut(ws[i+1].to, ws[k].from), ".,;:!?\n") {
			return 2
		}
	}
	return 0
}

// listed is how many words a name has that stands beside another in a list.
func (l *lists) listed(t *span.Text, ws []word, i, last int) int {
	switch gap := t.Cut(last, ws[i].from); gap {
	case ", ", "; ", " and ", ", and ", " & ", " / ", " or ":
	default:
		return 0
	}
	n := l.run(ws, i)
	if n < 2 || n > 3 || ws[i].shout {
		return 0
	}
	second := ws[i+n-1].text
	if l.institutions[second] || l.wordish[second] || l.places[ws[i].text] || !l.isLast(second) && !l.first[ws[i].text] {
		return 0
	}
	return n
}

// name is how many words a name has that begins at a word, 0 where none does.
func (l *lists) name(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if w.text == "" {
		return 0
	}
	if !w.cap {
		if title(ws, i) == 1 {
			if k := l.behindParticles(ws, i); k > 0 {
				return k + 1 // Professor van der Heijden
			}
		}
		return l.small(ws, i)
	}
	if i+1 < len(ws) && ws[i+1].initial && t.Has(w.to, ", ") && ws[i+1].from == w.to+2 && t.At(ws[i+1].to) == '.' && f0(w) && !l.common[w.text] {
		return 2 // Kahneman, D.
	}
	if i > 0 && w.next && royal[ws[i-1].text] && !t.Has(w.to, "'s ") && flags(w.text)&isGiven != 0 && l.isFirst(w.text) && (i+1 == len(ws) || !ws[i+1].next || !ws[i+1].cap && !things[ws[i+1].text]) && (i < 2 || !ws[i-1].next || !ws[i-2].cap || openers[ws[i-2].text]) {
		return 1
	}
	if k := strings.LastIndexByte(w.text, '-'); k > 1 && l.honorifics[strings.ToLower(w.text[k+1:])] {
		return 1
	}
	run := l.run(ws, i)
	if i > 0 && w.next && l.works[ws[i-1].text+" "+w.text] {
		return 0
	}
	if i+1 < len(ws) && run > 0 && l.works[w.text+" "+ws[i+1].text] {
		return 0
	}
	if run > 0 && l.thing(t, ws, i, run) {
		return 0
	}
	if kind := title(ws, i); kind > 0 && run > 0 && (kind == 1 || l.isFirst(w.text) || l.isLast(w.text) || flags(w.text)&(isWord|isPlace) == 0 || acts(ws, i, run) && !l.institutions[w.text]) {
		return run
	}
	intro := introduced(t, ws, i)
	switch {
	case run == 0 && maybe[w.text] && i+1 < len(ws) && ws[i+1].next && ws[i+1].cap && l.isLast(ws[i+1].text) && !w.shout && (i+2 == len(ws) || !ws[i+2].next || !ws[i+2].cap):
		return 2
	case run == 0 && intro == 1 && i+1 < len(ws) && ws[i+1].next && ws[i+1].cap && f0(ws[i+1]) && flags(w.text)&isGiven != 0 && !l.common[w.text] && !l.institutions[ws[i+1].text]:
		return 2 // Candidate: Blessing Nwachukwu
	case run == 0 && maybe[w.text] && intro > 0 && (i+1 == len(ws) || !ws[i+1].next || !ws[i+1].cap && (ws[i+1].text == "from" || ws[i+1].text == "and" || ws[i+1].text == "at" || ws[i+1].text == "in")):
		return 1
	case run == 0 && l.unsure[w.text] && !w.initial && l.cue(t, ws, i) && l.named(&word{text: w.text, cap: true}) && !l.thing(t, ws, i, 1):
		return 1
	case run == 0:
		return l.initials(ws, i)
	case intro == 1 && !l.words(ws, i, run), intro == 2 && flags(w.text)&(isGiven|isPlace) == isGiven, intro == 2 && (l.first[w.text] || l.unsure[w.text] || l.romajiFirst[w.text] || l.romajiLast[w.text] || run > 1 && l.isLast(ws[i+run-1].text)):
		return run
	}
	if run == 2 && !w.shout && wordSurnames[ws[i+1].text] && (l.unsure[w.text] || l.isFirst(w.text)) {
		return 2
	}
	if n := l.plain(t, ws, i, run); n > 0 {
		return n
	}
	return l.weighed(t, ws, i, run)
}

// run is how many words from one on could be of one name.
func (l *lists) run(ws []word, i int) int {
	n := 0
	for i+n < len(ws) && n < 4 {
		w := ws[i+n]
		if n > 0 && (!w.next || w.shout != ws[i].shout && !w.initial) {
			break
		}
		if k := l.behindParticles(ws, i+n); n > 0 && k > 0 {
			n += k + 1
			continue
		}
		if n > 0 && w.initial && i+n+1 < len(ws) && ws[i+n+1].next && l.sane(&ws[i+n+1]) {
			n++
			continue
		}
		if n == 1 && w.cap && !w.shout && strings.HasSuffix(w.text, "ing") && !l.common[w.text] && !l.institutions[w.text] && l.isFirst(ws[i].text) {
			n++ // a surname such as Harding
			continue
		}
		if n == 1 && w.cap && wordSurnames[w.text] && !w.shout && flags(ws[i].text)&(isGiven|isPlace) == isGiven && !l.common[ws[i].text] && !dated[ws[i].text] && !coded[ws[i].text] {
			n++
			continue
		}
		if !l.sane(&ws[i+n]) && !(n > 0 && w.cap && l.last[w.text] && !l.institutions[w.text] && l.first[ws[i].text]) {
			break
		}
		n++
	}
	return n
}

// behindParticles is how many particles stand before a further word of a name.
func (l *lists) behindParticles(ws []word, i int) int {
	k := 0
	for i+k < len(ws) && k < 3 && l.particles[ws[i+k].text] && ws[i+k].next {
		k++
	}
	if k == 0 || i+k >= len(ws) || !ws[i+k].next || !ws[i+k].cap || !l.sane(&ws[i+k]) {
		return 0
	}
	return k
}

// words reports whether a run is of words and places alone.
func (l *lists) words(ws []word, i, run int) bool {
	for k := i; k < i+run; k++ {
		f := flags(ws[k].text)
		if f&(isWord|isPlace) == 0 || f&isGiven != 0 || l.first[ws[k].text] || l.last[ws[k].text] && run == 1 && f&isWord == 0 {
			return false
		}
	}
	return true
}

const (
	particlesText    = "van von de der den da di del della la le bin ibn binti binte bint bte abu ben ter ten zu zur y e al el dos du das do Van Von De Di Du La Le"
	honorificsText   = "san sama kun chan sensei"
	institutionsText = "University College School Hospital Library Museum Center Centre Institute Foundation Park Street Road Avenue Bridge Airport Station Tower Building House Church Award Prize Medal Cup Act Law Theorem Effect Equation Method Syndrome Disease Telescope Island Islands River Valley Mountain Mountains Bay Beach Hotel Company Inc Corp Ltd LLC Motors Records Studios Group Bank Stadium Arena Lake County City Hall Square Club Press Times Post Day Boulevard Drive Lane Court Place Way Crater Falls Canyon Sons Brothers Associates Partners"
)

// title is the kind of the title before a word.
func title(ws []word, i int) int {
	if i == 0 || !ws[i].next {
		return 0
	}
	return titles[ws[i-1].text]
}

// acts reports whether somebody with a title that things have too does
// something: Coach Smith wrote.
func acts(ws []word, i, run int) bool {
	switch ws[i-1].text {
	case "Coach", "Captain", "Uncle", "Aunt", "Auntie", "Sergeant", "Judge", "Officer":
		return run == 1 && i+1 < len(ws) && ws[i+1].next && !ws[i+1].cap
	}
	return false
}

// initials are those before a surname: J. K. Rowling.
func (l *lists) initials(ws []word, i int) int {
	n := 0
	for i+n < len(ws) && n < 3 && ws[i+n].initial && (n == 0 || ws[i+n].next) {
		n++
	}
	if n > 0 && i+n < len(ws) {
		if k := l.behindParticles(ws, i+n); k > 0 {
			return n + k + 1
		}
	}
	if n == 0 || i+n >= len(ws) || !ws[i+n].next || !l.sane(&ws[i+n]) || ws[i+n].shout && !l.isLast(ws[i+n].text) {
		return 0
	}
	if ws[i+n].from-ws[i+n-1].to < 2 || !l.isLast(ws[i+n].text) && n < 2 && title(ws, i) == 0 {
		return 0 // no dot: "A Smith", "I Think"
	}
	return n + 1
}

// plain finds a name that nothing announces.
func (l *lists) plain(t *span.Text, ws []word, i, run int) int {
	w := ws[i]
	follows := word{}
	if i+run < len(ws) && ws[i+run].next {
		follows = ws[i+run]
	}
	if follows.cap && l.institutions[follows.text] {
		return 0
	}
	preceded := i > 0 && w.next && ws[i-1].cap && !ws[i-1].initial && ws[i-1].text != "" && l.places[ws[i-1].text]
	if preceded {
		return 0
	}
	second := ""
	if run > 1 {
		second = ws[i+run-1].text
	}
	sure := l.isFirst(w.text)
	switch {
	case run > 1 && l.institutions[second]:
		return 0
	case run > 1 && sure && !w.shout, run > 1 && sure && l.isLast(second):
		return run
	case run == 2 && l.first[w.text] && flags(w.text)&isPlace == 0 && !w.shout && flags(second) == isPlace && !l.common[second] && !coded[w.text]:
		return run
	case run > 1 && (l.unsure[w.text] || l.first[w.text]) && l.isLast(second) && (!l.wordish[second] || l.first[w.text]):
		return run
	case run == 2 && w.shout && l.isLast(w.text) && (l.isFirst(second) || flags(w.text) == isFamily && flags(second)&(isWord|isPlace) == 0 && !l.common[second]):
		return run
	case run > 1 && (l.romajiFirst[w.text] && l.romajiLast[second] || l.romajiLast[w.text] && l.romajiFirst[second]):
		return run
	case run > 1 && run < 4 && l.isLast(second) && !l.wordish[second] && !l.isLast(w.text) && !w.shout && (i > 0 && w.next || run == 2 && l.romajiFirst[w.text]):
		return run
	case run == 1 && sure && !w.shout && follows.initial && follows.text != "I" && follows.text != "A":
		return 2
	case run == 1 && sure && !w.shout && !(follows.cap && !l.common[follows.text]) && len(w.text) > 2:
		return 1
	case run == 1 && l.isLast(w.text) && !w.shout && said(ws, i) && !l.wordish[w.text]:
		return 1
	case run == 1 && l.isLast(w.text) && !l.common[w.text] && !w.shout && t.Has(w.to, ", ") && !(i+2 < len(ws) && ws[i+2].next && ws[i+2].cap && !ws[i+2].initial) && i+1 < len(ws) && ws[i+1].from == w.to+2 && l.isFirst(ws[i+1].text) && !sure:
		return 2
	}
	return 0
}

// placesText before a word make it a place's or a thing's.
const placesText = "San Santa Saint St Fort Port Lake Mount Mt New Los Las Hurricane Operation Project Cape Isle Camp Queen King Class Hotel Radio Team Chateau Château Point Glen"

// royal stand before the names of those who rule.
var royal = setOf(`King Queen Emperor Empress Tsar Czar Sultan Pharaoh Pope Prince Princess`)

// said reports whether a word is followed by what people do.
func said(ws []word, i int) bool {
	if i+1 >= len(ws) || !ws[i+1].next {
		return false
	}
	switch ws[i+1].text {
	case "said", "says", "wrote", "told", "added", "replied", "asked", "argued", "testified", "explained", "called", "complained":
		return true
	}
	return false
}

// noFirst is true of most words in small letters that are no given name, before
// anything is made of them.
func (l *lists) noFirst(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return !l.smallFirst[s] && flags(s)&(isGiven|isWord|isPlace|isAlone) != isGiven|isAlone
}

// small finds a name in small letters: john smith.
func (l *lists) small(ws []word, i int) int {
	if i+1 >= len(ws) || !ws[i+1].next || ws[i+1].cap {
		return 0
	}
	if l.noFirst(ws[i].text) {
		return 0
	}
	a, b := titled(ws[i].text), titled(ws[i+1].text)
	if l.isFirst(a) && len(a) > 3 && l.last[b] && !l.wordish[b] && !l.common[b] {
		return 2
	}
	return 0
}

// forms are what forms call somebody, before a colon.
var forms = span.NewWords("name", "patient", "customer", "contact", "person", "attn", "attention", "employee", "tenant", "applicant", "client", "cardholder", "account holder", "recipient", "sender", "signed", "student", "guest", "passenger", "guardian", "spouse", "beneficiary", "reported by", "assigned to", "requested by", "caller", "from", "cc", "next of kin", "emergency contact", "prepared by", "submitted by", "author", "reviewer", "reviewed by", "approved by", "written by", "owner", "maintainer", "assignee", "supervisor", "landlord", "to", "reported-by", "reviewed-by", "signed-off-by", "co-authored-by", "acked-by", "witnessed by", "interviewee", "interviewer", "instructor", "teacher", "driver", "host", "speaker", "organizer", "organiser", "resident", "claimant", "defendant", "plaintiff", "payee", "payer", "buyer", "seller", "member", "holder", "user", "manager", "doctor", "physician", "surgeon", "nurse", "parent", "child", "attendees", "participants", "candidate", "tutor", "mentor", "moderator", "presenter", "auditor", "respondent", "petitioner", "trustee", "executor", "rep", "agent", "pupil", "interpreter", "deliver to", "ship to", "bill to", "witness")

// intros introduce anybody, greetings somebody who is known.
var (
	intros    = span.NewWords("my name is ", "my name's ", "name is ", "dear ", "call me ", "yours truly, ", "sincerely, ", "signed, ", "son named ", "daughter named ", "man named ", "woman named ", "colleague named ", "named ", "married to ", "introduce you to ", "my wife ", "my husband ", "my son ", "my daughter ", "my boss ", "my friend ", "my colleague ", "my brother ", "my sister ", "my neighbor ", "my neighbour ", "my coworker ", "my manager ", "my landlord ", "my therapist ", "my roommate ", "wife ", "husband ", "daughter ", "brother ", "sister ", "cousin ", "fiancé ", "girlfriend ", "boyfriend ", "under the name ", "by the name of ", "c/o ", "kids, ", "children, ", "sons, ", "daughters, ", "twins, ", "parents, ", "kids ", "twins ", "birthday, ", "retirement, ", "birthday ", "for the attention of ", "@author ", "maintainer: ", "todo(", "fixme(")
	greetings = span.NewWords("i am ", "i'm ", "this is ", "hi ", "hello ", "hey ", "hi, ", "thanks, ", "best, ", "cheers, ", "thank you, ", "regards, ", "met ", "ask ", "tell ", "with ", "contact ", "from ", "by ", "told ", "for ")
)

// introduced says what the words before a word make of it: 1 any name, 2 a
// known one.
func introduced(t *span.Text, ws []word, i int) int {
	w := ws[i]
	before := strings.ToLower(t.Cut(max(0, w.from-26), w.from))
	line := before
	if k := strings.LastIndexByte(line, '\n'); k >= 0 {
		line = line[k+1:]
	}
	head := strings.TrimRight(line, " :*\"'")
	head = strings.TrimRight(strings.TrimRight(head, "="), " \"'")
	mark := strings.TrimRight(line, " *\"'")
	colon := strings.HasSuffix(mark, ":") || strings.HasSuffix(mark, "=")
	if colon {
		if label := forms.Suffix(head); label != "" {
			if strings.HasSuffix(head, "name") && (strings.HasSuffix(head, "file name") || strings.HasSuffix(head, "product name") || strings.HasSuffix(head, "company name") || strings.HasSuffix(head, "project name") || strings.HasSuffix(head, "event name")) || label == "from" || label == "to" || label == "user" || label == "member" || label == "host" || label == "holder" || label == "owner" || label == "cc" || label == "client" || label == "contact" || label == "customer" {
				return 2
			}
			return 1
		}
	}
	if strings.HasSuffix(line, " (") && forms.Suffix(line[:len(line)-2]) != "" {
		return 2 // Agent (Leo)
	}
	if p := intros.Suffix(line); p != "" {
		if strings.HasSuffix(p, "birthday ") {
			return 2
		}
		if p == "name is " && !strings.HasSuffix(line, "my name is ") || p == "named " {
			return 2
		}
		return 1
	}
	if p := greetings.Suffix(line); p != "" {
		if p == "regards, " {
			return 1
		}
		if p == "with " || p == "from " || p == "by " || p == "for " {
			return 0
		}
		return 2
	}
	if strings.TrimSpace(line) == "i," {
		return 1 // I, Jane Doe, declare
	}
	// The line under a closing.
	if strings.TrimSpace(line) == "" || strings.TrimSpace(line) == "-" || strings.TrimSpace(line) == "--" {
		above := strings.TrimRight(before, " \n-")
		for _, p := range []string{"regards,", "sincerely,", "thanks,", "cheers,", "best,", "wishes,", "faithfully,", "truly,", "love,", "thank you,", "yours,", "respectfully,"} {
			if strings.HasSuffix(above, p) && above != before {
				return 1
			}
		}
	}
	return 0
}
