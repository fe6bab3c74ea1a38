package person

import (
	"strings"
	"unicode"

	"irori/internal/route/privacy/span"
)

// openers are the capitalised words a name alone may follow: those that begin
// a sentence or name what somebody is. After another one it is a thing's: Big
// Ben, Storm Eunice.
var openers = setOf(`Ask Tell Did Is Was Does Do Has Have Had Can Could Will Would Should May Might Must Shall Are Were When If While Because Since After Before Then And But Or So Yesterday Today Tomorrow Tonight Hi Hello Hey Dear Thanks Thank From To Cc By With For Please Call Let Meet Email Contact Remind Invite Give Send Text Ping Phone Tag
Why How Where What Who Whose Although Though Until Unless As At In On Of About Even Only Just Maybe Perhaps Poor Little Young Old Lucky Welcome Congratulations Congrats Birthday Morning Afternoon Evening Night Good Sorry Yes No Ok Okay Regards Cheers Best Love My Our Your His Her Their That Once Again Later Sincerely Signed Assign Add Invited Met Called Saw Told
Customer Employee User Patient Client Passenger Tenant Applicant Guest Student Teacher Nurse Uncle Aunt Auntie Grandma Grandpa Granny Nana Cousin Sister Brother Mother Father Mum Mom Dad Driver Agent Member Cardholder Manager Director Chairman Novelist Poet Actor Singer Writer Artist Designer Engineer Founder Neighbour Neighbor Son Daughter Wife Husband Partner Boss Friend Colleague Landlord CEO CTO CFO COO Attorney Caller Suspect Witness Victim Rep Monday Tuesday Wednesday Thursday Friday Saturday Sunday Both Neither Either Not Like Unlike Without Between Under Over Bring Take Get Make Nobody Everyone Apparently Luckily Sadly Finally Recently Later Meanwhile Honestly Actually Suddenly Usually Also Now Here There Her Him Them We I You He She They It I'm I've I'd I'll It's That's Here's What's Who's Where's How's When's Why's She's He's They're We're You're Isn't Didn't Don't Doesn't Can't Won't Let's Wasn't Hasn't Couldn't Wouldn't Shouldn't`)

// things follow what is named after somebody: the Stanley knife.
var things = setOf(`cream jeans coat shirt shirts outlet shop beans sauce salad salads sandwich sandwiches pizza pizzas rice knife fir pine compiler optimizer chips chip sockets razor razors boots shoes hat cats dogs dog sheep terrier spaniel cheese whisky whiskey wine gin rum tractors jets car cars engine engines library server cluster database kernel notebook distribution theorem law laws effect equation lemma inequality line station museum prize cup series franchise trilogy novel novels film films movie movies song album brand perfume fragrance handbag handbags furniture piano guitar pans cookware vacuum dishwasher dishwashers products product stock hotel hotels chain era administration presidency dynasty doctrine method syndrome disease palsy lymphoma apple apples potatoes dish terrace architecture style clock watchmaker collection catalogue musical opera symphony concerto sonata festival foundation scholarship trophy medal award building bridge tower airport stadium store dolls doll rackets racket mattress biscuits chocolate chocolates crisps mustard soup oats muffins cakes gpus cards tea coffee beer lager ale family algorithm transform distribution process curve test scale constant model coefficient sort number numbers dam telescope comet crater glacier warbler pheasant gazelle finch palace house street hierarchy satellites satellite razor wall chairs chair principle conjecture constant dogs reaction scandal affair`)

// heralds stand before works and places that bear a name, in small letters.
var heralds = span.NewWords("played ", "sang ", "sing ", "sings ", "reading ", "reread ", "finished ", "song is ", "novel is ", "film is ", "book is ", "rewatched ", "book of ", "gospel of ", "staged ", "streaming ", "performed ", "hums ", "humming ", "feast of ", "church of ", "kilo ", "lands at ", "copy of ", "bottle of ", "pair of ", "hurricane ", "storm ", "class ", "have you read ", "case of ", "adventures of ", "tale of ", "diary of ", "legend of ", "ballad of ", "picture of ", "met harry ", "version of ", "written in ", "cast of ", "film ", "movie ", "musical ", "opera ", "ballet ", "album ", "play called ")

// reviews follow works.
var reviews = []string{" is about ", " was a hit", " is out of ", " came on", " opens on", " opens at", " is on at", " is on the ", " is on repeat", " was taught", " is used ", " tickets", " lyrics", " remake", " was adapted", " takes place", " toured", " topped the", " was filmed", " is streaming", " premieres", " sold out", " for ps", " fills every", " on netflix", " went bankrupt", " collapsed in", " was published", " is playing", " v. ", " holds up", " is funny", " runs until", " is out now", " box set", " is set in", " ends at", " ends with", " all round"}

// brands are single words that people's names are, but that mean a product.
var brands = setOf(`Alexa Siri Cassandra Travis Sherlock Cleopatra Pascal Ada Haskell Edison Buster Juliet Romeo Hamlet Macbeth Othello Ophelia Hyundai Toyota Honda Suzuki Mazda Heinz McKinsey McDonald Disney Porsche Ferrari Tesla Lexus Gucci Prada Versace Armani Chanel Dior Hermes Cartier Nestle Cadbury Kellogg Philips Siemens Bosch Dyson Ericsson Boeing Airbus Jenkins Maven Gradle Jira Claude Gemini Bixby Cortana Watson Einstein Apollo Zeus Athena Artemis Adonis Venus Mars Mercury Saturn Jupiter Titan Orion Phoenix Pandora Calypso Penelope Hercules Odyssey Aladdin Cinderella Barbie Santa Jesus Christ Moses Buddha Allah Muhammad Satan Elmo Kermit Garfield Dora Shrek Bambi Dumbo Pinocchio Rapunzel Tarzan Dracula Frankenstein Godzilla Duplo Lego Jupyter Keras Flask Django Kotlin Elixir Erlang Scala Perl Python Celeste Kirby Zelda Mario Luigi Roxanne Jolene Layla Carmen Tosca Aida Evita Matilda Annie Maria's Hannibal`)

// shops are brands only with 's behind them.
var shops = setOf(`Wendy Macy Denny Domino Arby Carl Kohl Levi Lay Hershey Dillard Applebee Chili Sotheby Christie Lloyd Moody Claire Joe Jerry Ben John Jack Sainsbury Morrison Lowe Zaxby Hardee Popeye Dunkin Reese Bertucci Raymour Bloomingdale Harrod Selfridge Foyle Hamley Liberty Waitrose Victoria Gino Luigi Mario Nando Papa Marie Alice Sam Stubb Newman Annie Amy Paul Tony Peet Boyle Ohm Newton Moore Murphy Kepler Hooke Moody Parkinson Alzheimer Crohn Bayes Euler Fermat Hodgkin Graves Wilson Bell Bright Addison Cushing Asperger Huntington Tourette Down`)

// thing reports whether the words at a place name a thing rather than
// somebody, whoever it may have its name from.
func (l *lists) thing(t *span.Text, ws []word, i, run int) bool {
	w, last := ws[i], ws[i+run-1]
	from := i
	if title(ws, i) > 0 {
		from = i - 1
	}
	if from > 0 && ws[from].next {
		switch strings.ToLower(ws[from-1].text) {
		case "the", "a", "an", "two", "three", "every", "each", "some", "les":
			switch ws[from].text {
			case "Rev", "Reverend", "Hon", "Honourable", "Honorable", "Messrs":
			default:
				return true
			}
		}
	}
	if run == 1 && from == i && i > 0 && w.next && ws[i-1].cap && !ws[i-1].initial && !ws[i-1].shout && ws[i-1].text != "" && !openers[ws[i-1].text] && !l.first[ws[i-1].text] {
		return true
	}
	behind := strings.ToLower(t.Cut(last.to, min(t.Len(), last.to+16)))
	if run == 1 && (brands[w.text] && from == i || shops[w.text] && (strings.HasPrefix(behind, "'s ") || strings.HasPrefix(behind, "'s.") || strings.HasPrefix(behind, " & ")) && l.shop(t, ws, i)) {
		return true
	}
	if k := i + run; k < len(ws) && (ws[k].next || strings.HasPrefix(behind, "'s ")) && things[ws[k].text] && !(strings.HasPrefix(behind, "'s ") && (i > 0 || belongings[ws[k].text])) {
		return true
	}
	if l.neuter(ws, i+run) || run == 1 && t.Has(last.to, " & ") && i+1 < len(ws) && ws[i+1].cap && flags(ws[i+1].text)&isGiven == 0 {
		return true
	}
	if run == 1 && l.couple(t, ws, i) {
		return true
	}
	before := strings.ToLower(t.Cut(max(0, ws[from].from-12), ws[from].from))
	if heralds.Suffix(before) != "" {
		return true
	}
	for _, r := range reviews {
		if strings.HasPrefix(behind, r) {
			return true
		}
	}
	return strings.HasPrefix(behind, " and juliet") || strings.HasPrefix(behind, " & sons") || strings.HasPrefix(behind, " & co")
}

// neuter reports whether what is said of a name says "its": a company, or a
// town, raised its prices.
func (l *lists) neuter(ws []word, from int) bool {
	for k := from; k < len(ws) && k < from+3; k++ {
		if !ws[k].next || ws[k].cap {
			return false
		}
		if ws[k].text == "its" {
			return k <= from+2 && k > from
		}
	}
	return false
}

// couple reports whether a name is one of two that one verb is said of: Romeo
// and Juliet opens.
func (l *lists) couple(t *span.Text, ws []word, i int) bool {
	if i+1 < len(ws) && ws[i+1].text == "and" {
		i += 2
	} else if i < 2 || ws[i-1].text != "and" {
		return false
	}
	if i >= len(ws) || i+1 >= len(ws) || !ws[i].cap || !ws[i+1].next || i > 2 && ws[i-3].next {
		return false
	}
	switch ws[i+1].text {
	case "is", "was", "has", "opens", "ends", "runs", "returns", "tours", "closes", "starts":
		return true
	}
	return false
}

// beside is how many words a name has that stands alone beside another one,
// whether a list has it or not: Hanneke or Joost.
func (l *lists) beside(t *span.Text, ws []word, i int, other span.Span, before bool) bool {
	w := ws[i]
	gap := ""
	if before {
		gap = t.Cut(w.to, other.Start)
	} else {
		gap = t.Cut(other.End, w.from)
	}
	switch gap {
	case ", ", " and ", ", and ", " or ", " nor ":
	default:
		return false
	}
	f := flags(w.text)
	if !w.cap || w.shout || len(w.text) < 4 || f&(isWord|isPlace) != 0 || f == isFamily && gap == ", " || l.common[w.text] || i+1 < len(ws) && ws[i+1].next && ws[i+1].cap || before && i > 0 && w.next && ws[i-1].cap && !openers[ws[i-1].text] {
		return false
	}
	return gap != ", " || f&isGiven != 0
}

// shop reports whether what stands beside a shop's name is what people do with
// one: We ate at Wendy's; Wendy's raised its prices.
func (l *lists) shop(t *span.Text, ws []word, i int) bool {
	before := strings.ToLower(t.Cut(max(0, ws[i].from-8), ws[i].from))
	for _, p := range []string{" at ", "from ", "& ", "aunt ", "uncle ", "papa ", "dr ", "mrs ", "in ", "to "} {
		if strings.HasSuffix(before, p) {
			return true
		}
	}
	if i+1 >= len(ws) {
		return false
	}
	switch k := ws[i+1].text; {
	case ws[i].from == 0 && (strings.HasSuffix(k, "ed") || strings.HasSuffix(k, "s") || k == "has" || k == "rice" || k == "law"):
		return true
	case k == "law" || k == "disease" || k == "theorem" || k == "syndrome":
		return true
	}
	return false
}

// worth is how much a word speaks for a name.
func (l *lists) worth(s string, lastOne bool) int {
	f := flags(s)
	switch {
	case l.institutions[s] || l.common[s]:
		return -4
	case f&isWord != 0 && f&(isGiven|isFamily) == 0:
		return -4
	case f&isPlace != 0 && f&(isGiven|isFamily) == 0:
		return -1
	case l.isFirst(s):
		return 3
	case l.isLast(s) && lastOne:
		return 2
	case f&(isWord|isPlace) != 0:
		return 0
	case f&isGiven != 0 || l.romajiFirst[s] || l.romajiLast[s]:
		return 2
	case f&isFamily != 0:
		return 1
	case len(s) < 3:
		return 0
	}
	return 1
}

// known or not, two words that no English has are somebody where a name can
// stand and nothing speaks for a thing.
func (l *lists) weighed(t *span.Text, ws []word, i, run int) int {
	if run == 1 {
		return l.lone(t, ws, i)
	}
	if run < 2 || run > 4 || ws[i].shout && run > 3 {
		return 0
	}
	if k := i + run; k < len(ws) && ws[k].next && ws[k].cap || i > 0 && ws[i].next && ws[i-1].cap && !openers[ws[i-1].text] && titles[ws[i-1].text] == 0 {
		return 0
	}
	sum, given, strange := 0, false, 0
	for k := i; k < i+run; k++ {
		if ws[k].initial || l.particles[ws[k].text] {
			sum++
			continue
		}
		v := l.worth(ws[k].text, k == i+run-1)
		if v < 0 {
			return 0
		}
		f := flags(ws[k].text)
		given = given || v == 3 || f&isGiven != 0 && f&isWord == 0
		if f == 0 {
			strange++
		}
		sum += v
	}
	switch {
	case sum >= 4 && given:
		return run
	case sum >= 3 && (strange > 0 && !ws[i].shout || around(t, ws, i, run)):
		return run
	case run == 2 && given && (sum >= 2 && i > 0 && ws[i].next && !ws[i-1].cap && !noNames[ws[i-1].text] || sum > 0 && fielded(t, ws, i, run)), strange > 0 && run == 2 && sum > 0 && l.worth(ws[i].text, false) > 0 && fielded(t, ws, i, run):
		return run
	case sum >= 2 && around(t, ws, i, run), sum >= 2 && strange == 2 && run == 2 && !ws[i].shout && len(ws[i].text) > 3 && len(ws[i+1].text) > 3:
		return run
	}
	return 0
}

// f0 reports whether a word is no word of English nor a place, and not in
// capitals.
func f0(w word) bool {
	return w.cap && !w.shout && len(w.text) > 2 && flags(w.text)&(isWord|isPlace) == 0
}

// fielded reports whether words are all that a cell of a table holds.
func fielded(t *span.Text, ws []word, i, run int) bool {
	if ws[i].shout {
		return false
	}
	return t.Ends(ws[i].from, "| ") && t.Has(ws[i+run-1].to, " |")
}

// lone finds a given name that is more often a surname where it can be only
// somebody's: Nolan and I went; come here, Nolan!
func (l *lists) lone(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if l.cue(t, ws, i) || l.mononym(t, ws, i) {
		return 1
	}
	if flags(w.text) == 0 && !w.shout && len(w.text) > 3 && !l.common[w.text] && !w.initial && (i == 0 || !w.next) && (t.Has(w.to, " and I ") || t.Has(w.to, " and my ")) || f0(w) && (t.Ends(w.from, "me and ") || t.Ends(w.from, "I and ")) {
		return 1 // Toyin and I
	}
	if flags(w.text) == 0 && !w.shout && len(w.text) > 2 && !l.common[w.text] && i > 0 && w.next && !ws[i-1].cap && !noNames[ws[i-1].text] && t.Has(w.to, "'s ") && i+1 < len(ws) && belongings[ws[i+1].text] {
		return 1 // from Olu's branch
	}
	if f := flags(w.text); w.shout || f&isGiven == 0 && f != isFamily || f&(isWord|isPlace) != 0 || l.common[w.text] || len(w.text) < 4 {
		return 0
	}
	behind := strings.ToLower(t.Cut(w.to, min(t.Len(), w.to+12)))
	for _, p := range []string{" and i ", " and my ", ",\" ", "?\" ", "!\" "} {
		if strings.HasPrefix(behind, p) {
			return 1
		}
	}
	if strings.HasPrefix(behind, "'s ") && i+1 < len(ws) && belongings[ws[i+1].text] {
		return 1
	}
	if i > 0 && w.next && !ws[i-1].cap && trades[ws[i-1].text] {
		return 1
	}
	if flags(w.text)&isGiven != 0 && i+1 < len(ws) && ws[i+1].next && deeds[ws[i+1].text] {
		return 1
	}
	return 0
}

// trades are what somebody is: our dog walker Neville.
var trades = setOf(`walker plumber teacher driver baker farmer painter cleaner builder gardener manager lawyer officer designer engineer carpenter photographer barber reporter banker butcher dancer drummer singer writer waiter minister neighbour neighbor doctor tailor sailor actor editor tutor director instructor inspector solicitor counsellor counselor therapist dentist pianist florist artist journalist chemist receptionist librarian musician electrician physician technician stylist trainer caretaker babysitter hairdresser`)

// belongings are what somebody has and no company.
var belongings = setOf(`jacket coat laptop phone car bike desk mother father sister brother wife husband son daughter cousin mum mom dad birthday wedding funeral dog cat keys bag handwriting voice house flat room shift turn appointment passport salary lunch chair mug parents kids children girlfriend boyfriend partner boss neighbour neighbor resignation leave cv CV Cv resume résumé email inbox notes report application request ticket branch PR code review feedback comments comment message messages manager team presentation slides visa exam homework essay grade thesis teacher class draft proposal idea ideas suggestion invoice account password calendar schedule contract performance work question reply answer place apartment family story speech`)

// around reports whether what stands around words is what stands around
// somebody.
func around(t *span.Text, ws []word, i, run int) bool {
	before := strings.ToLower(t.Cut(max(0, ws[i].from-24), ws[i].from))
	if strangers.Suffix(before) != "" {
		return true
	}
	end := ws[i+run-1].to
	behind := t.Cut(end, min(t.Len(), end+8))
	switch {
	case strings.HasPrefix(behind, " (") && len(behind) > 3 && !(unicode.IsUpper(rune(behind[2])) && unicode.IsUpper(rune(behind[3]))):
		return true
	case strings.HasPrefix(behind, " <"), len(behind) > 3 && behind[:2] == ", " && behind[2] >= '1' && behind[2] <= '9':
		return true
	case len(behind) > 5 && behind[0] == ' ' && behind[1] >= '0' && behind[1] <= '2' && behind[3] == ':':
		return true
	}
	for k := i + run; k < len(ws) && k < i+run+2; k++ {
		if deeds[ws[k].text] && !strings.ContainsAny(t.Cut(end, ws[k].from), ".,;:!?\n") {
			return true
		}
	}
	return false
}

// lastFirst finds a line that is a surname and what comes before it: Nguyen,
// Thanh Ha; McAllister, R. J. A label may stand before it.
func (l *lists) lastFirst(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if !w.cap || w.text == "" || i+1 >= len(ws) || ws[i+1].from != w.to+2 || !t.Has(w.to, ", ") {
		return 0
	}
	if w.from > 0 && t.At(w.from-1) != '\n' && !strings.HasSuffix(strings.TrimRight(t.Cut(max(0, w.from-3), w.from), " "), ":") {
		return 0
	}
	n := 1
	for i+n < len(ws) && n < 4 && ws[i+n].cap && ws[i+n].text != "" && (n == 1 || ws[i+n].next) {
		n++
	}
	end := ws[i+n-1].to
	if t.At(end) == '.' && ws[i+n-1].initial {
		end++
	}
	if n < 2 || end < t.Len() && !strings.ContainsRune("\n\t|;(", t.At(end)) && !t.Has(end, "  ") {
		return 0
	}
	f := flags(w.text)
	if f&isPlace != 0 && (w.from == 0 || flags(ws[i+1].text)&(isGiven|isPlace) != isGiven || !t.Ends(w.from, ": ")) || f&isWord != 0 && f&isFamily == 0 || l.common[w.text] {
		return 0
	}
	for k := i + 1; k < i+n; k++ {
		g := flags(ws[k].text)
		if !ws[k].initial && (g&isPlace != 0 || g&isWord != 0 && g&isGiven == 0 && syllables(ws[k].text) == 0 || g == 0 && f&isFamily == 0) {
			return 0
		}
	}
	return n
}
