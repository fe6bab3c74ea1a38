package vote

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Shape is what an answer comes down to.
type Shape string

// The shapes. Any looks at each answer for itself.
const (
	Any    Shape = ""
	Number Shape = "number"
	Letter Shape = "letter"
	JSON   Shape = "json"
	Text   Shape = "text"
)

// short is how many characters a text has that may be compared as it is: two
// longer ones that say the same are never the same.
const short = 80

var (
	number    = lazy(`[-−]?\d[\d,]*(\.\d+)?`)
	announced = lazy(`(?i)(?:the |final )?answer(?: is)?[:\s]|\b(?:is|equals)\b|答え?は|答え?[:]|=`)
	letter    = lazy(`(?i)^\W*(?:the )?(?:(?:right |correct |best )?(?:answer|option|choice) (?:is )?)?[\W]*([a-z])(?:\W|$)`)
)

func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// Normal is what counts of an answer, "" where it cannot be read in its shape.
func Normal(text string, shape Shape) string {
	s := strings.TrimSpace(norm.NFKC.String(strings.ToValidUTF8(text, "")))
	if s == "" {
		return ""
	}
	switch shape {
	case Number:
		return numberOf(s)
	case Letter:
		if m := letter().FindStringSubmatch(s); m != nil {
			return strings.ToUpper(m[1])
		}
		return ""
	case JSON:
		return canonical(s)
	case Text:
		return plain(s)
	}
	if c := canonical(s); c != "" && (c[0] == '{' || c[0] == '[') {
		return c
	}
	if utf8.RuneCountInString(s) <= 3 {
		if m := letter().FindStringSubmatch(s); m != nil {
			return strings.ToUpper(m[1])
		}
	}
	if strings.IndexFunc(s, unicode.IsLetter) < 0 || announced().MatchString(s) {
		if n := numberOf(s); n != "" {
			return n
		}
	}
	if utf8.RuneCountInString(s) <= short {
		return plain(s)
	}
	return ""
}

// numberOf is the number behind the last announcement, else the last one.
func numberOf(s string) string {
	if at := announced().FindAllStringIndex(s, -1); at != nil {
		if n := number().FindString(s[at[len(at)-1][1]:]); n != "" {
			return figure(n)
		}
	}
	all := number().FindAllString(s, -1)
	if len(all) == 0 {
		return ""
	}
	return figure(all[len(all)-1])
}

func figure(n string) string {
	n = strings.ReplaceAll(strings.ReplaceAll(n, ",", ""), "−", "-")
	if strings.Contains(n, ".") {
		n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
	}
	sign := ""
	if strings.HasPrefix(n, "-") {
		sign, n = "-", n[1:]
	}
	if n = strings.TrimLeft(n, "0"); n == "" || n[0] == '.' {
		n = "0" + n
	}
	if n == "0" {
		return n
	}
	return sign + n
}

// canonical writes the first JSON text in s with its members sorted; a fence
// around it does not count.
func canonical(s string) string {
	i := strings.IndexAny(s, "{[")
	if i < 0 {
		return ""
	}
	d := json.NewDecoder(strings.NewReader(s[i:]))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// plain writes a short text without case, quotes, marks at its ends and runs
// of space.
func plain(s string) string {
	if utf8.RuneCountInString(s) > short {
		return ""
	}
	s = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || r == '`' || r == '*' })
}

// Count is how samples voted.
type Count struct {
	// Share is how many of the samples say what the answer says. Samples that
	// cannot be read agree with nothing.
	Share float64
	// Samples were counted, Distinct is how many different things they say.
	Samples, Distinct int
	// Winner is what most say, the answer included; Sample is the first that
	// says so, −1 where the answer does.
	Winner string
	Sample int
}

// Agree compares samples with the answer that is to be released. ok is false
// where there are none, or where the answer is none that could be compared:
// then nothing is known, and nothing is agreed.
func Agree(answer string, samples []string, shape Shape) (c Count, ok bool) {
	own := Normal(answer, shape)
	if own == "" || len(samples) == 0 {
		return Count{Sample: -1}, false
	}
	c = Count{Samples: len(samples), Winner: own, Sample: -1}
	votes := map[string]int{own: 1}
	first := map[string]int{own: -1}
	same := 0
	for i, s := range samples {
		n := Normal(s, shape)
		if n == "" {
			continue
		}
		if n == own {
			same++
		}
		if _, known := first[n]; !known {
			first[n] = i
		}
		if votes[n]++; votes[n] > votes[c.Winner] {
			c.Winner = n
		}
	}
	c.Sample, c.Distinct = first[c.Winner], len(votes)
	c.Share = float64(same) / float64(len(samples))
	return c, true
}
