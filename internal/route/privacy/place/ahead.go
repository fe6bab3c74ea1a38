package place

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// What stands here says of an address's expressions, which cost much, where
// they cannot match: each needs one of a few words, and those are looked up.

// known are words that an expression needs, with how many spaces come before at
// most.
type known struct {
	words  map[string]bool
	spaces int
}

// alternatives are the words of an expression of words alone, with others.
func alternatives(expression string, spaces int, more ...string) known {
	k := known{map[string]bool{}, spaces}
	for w := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(expression, "(?:"), ")"), "|") {
		k.words[w] = true
	}
	for _, w := range more {
		k.words[w] = true
	}
	return k
}

// ahead are the words that street, plain, small and french need.
var (
	streetAhead = alternatives(suffixes, 8)
	plainAhead  = alternatives("", 2, "Broadway", "Bowery", "Piccadilly", "Strand", "Whitehall", "Pall", "Cheapside", "Park", "Avenue", "County", "State", "Route", "Highway", "Hwy", "Road", "FM", "Interstate")
	smallAhead  = alternatives(low, 4)
	// A letter beyond ASCII ends a word here: allée begins with all.
	frenchAhead = alternatives("", 2, "rue", "avenue", "boulevard", "place", "quai", "impasse", "chemin", "all", "via", "calle", "Rue", "Calle", "Via", "Jalan", "Lorong", "Boulevard", "Quai", "Chemin", "Impasse")
)

// in reports whether one of the words stands behind a space of the line.
func (k known) in(line string) bool {
	spaces := 0
	for i := 0; i < len(line) && line[i] != '\n'; i++ {
		if line[i] != ' ' {
			continue
		}
		if spaces++; spaces > k.spaces {
			return false
		}
		j := i + 1
		for j < len(line) && span.Word(rune(line[j])) {
			j++
		}
		if k.words[line[i+1:j]] {
			return true
		}
		i = j - 1
	}
	return false
}

// germanic are the ends of a street's name as foreign has them.
var germanic = span.NewWords("straße", "strasse", "weg", "platz", "allee", "gasse", "damm", "gatan", "vägen", "straat", "laan")

// foreignAhead reports whether the first words have one of them.
func foreignAhead(text string) bool {
	end := 0
	for range 3 {
		k := strings.IndexByte(text[end:], ' ')
		if k < 0 {
			return germanic.In(text)
		}
		end += k + 1
	}
	return germanic.In(text[:end])
}

// dashed reports whether digits with a dash begin a text.
func dashed(text string) bool {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return i < len(text) && text[i] == '-'
}

// otherWords stand between a number and a street's word that name no street.
var otherWords = alternatives("minute|minutes|mile|miles|block|blocks|people|hour|hours|day|days|year|years|feet|meter|meters|metre|metres|km|kilometer|kilometers|car|cars|house|houses|and|or|in|on|at|from|to|down|up|per|percent|million|more|other|new|step|steps|time|times|a|an|with|for|is|are|was|were|that|this|way|ways|different|best|place|places|lane|lanes|january|february|march|april|may|june|july|august|september|october|november|december|am|pm|easy|simple|things|reasons|top|cup|cups|tablespoon|tablespoons|gram|grams", 0).words

// others reports whether words that a number and a street's word may have
// between them name no street.
func others(m string) bool {
	i := 0
	for i < len(m) && m[i] >= '0' && m[i] <= '9' {
		i++
	}
	if i == 0 || i == len(m) || m[i] != ' ' {
		return false
	}
	before := ""
	for rest := strings.ToLower(m[i+1:]); ; {
		word, after, ok := strings.Cut(rest, " ")
		if !ok {
			return false
		}
		if otherWords[word] || before == "main" && (word == "road" || word == "roads") {
			return true
		}
		before, rest = word, after
	}
}
