package check

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"irori/internal/llm"
)

// repeats is what asks for an answer that repeats itself, sings what asks for
// one that does so for a while.
var (
	repeats = lazy(`(?i)\b(repeat|times in a row|over and over|[0-9]{2,} times|lorem ipsum)\b|繰り?返|回(書|言|出力|唱|並べ)`)
	sings   = lazy(`(?i)\b(songs?|sing|lyrics?|chorus|refrain|rhymes?|chants?|mantras?|rap|poems?|verses?|laugh(s|ter|ing)?|onomatopoe\w*|sounds?|noises?|beat|drums?)\b|歌|唄|うた|詩|童謡|唱え|お経|念仏|掛け声|かけ声|笑い声|鳴き声|擬音|擬声|擬態|オノマトペ|早口言葉|ラップ`)
)

func asksRepetition(req *llm.Request) bool { return repeats().MatchString(asked(req)) }

// patient reports requests whose good answers go round as well, for a while:
// songs, and programs that go on.
func patient(req *llm.Request) bool {
	p := asked(req)
	return sings().MatchString(p) || req.Raw && (isCode(p) || loop(p, false) != "")
}

// counter is what numbers a line of a list.
var counter = lazy(`^\s*(?:[-*•・]\s*)?\**(?:(?i:step|ステップ|手順)\s*)?(?:[(（]?[0-9]{1,4}\s*[.):、．：）]|[①-⑳])\**\s*(.+)$`)

// sameItems says that a list goes on with the same item under further numbers.
// Short answers to as many questions may well be the same.
func sameItems(req *llm.Request, text string) string {
	const least = 10
	seen, filled := map[string]int{}, 0
	for line := range strings.Lines(fenced().ReplaceAllString(text, "")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		filled++
		m := counter().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		item := strings.Join(strings.Fields(m[1]), " ")
		if seen[item]++; seen[item] < least || 5*seen[item] < 3*filled {
			continue
		}
		w := width(item)
		if telling := w >= 20 || w >= 7 && strings.ContainsFunc(item, func(r rune) bool { return r == ' ' || wideRune(r) }); !telling {
			continue
		}
		if 3*len(filledLines(asked(req))) < 2*seen[item] {
			return fmt.Sprintf("%d items of the answer's list are %.40q", seen[item], item)
		}
	}
	return ""
}

func wideRune(r rune) bool { return r >= 0x3000 }

// width is how many letters a text has, those of Japanese counted twice.
func width(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
			if wideRune(r) {
				n++
			}
		}
	}
	return n
}

// word says that hardly anything but one word comes, too short for round.
func word(text string) string {
	text = strings.TrimSpace(text)
	rs := []rune(text)
	if len(rs) > 600 {
		return ""
	}
	for p := 2; p <= 12 && 10*p <= len(rs); p++ {
		run := 0
		for i := len(rs) - 1; i >= p && rs[i] == rs[i-p]; i-- {
			run++
		}
		unit := string(rs[len(rs)-p:])
		if copies := run/p + 1; copies >= 10 && run+p >= 20 && 4*(run+p) >= 3*len(rs) && various(unit) {
			return fmt.Sprintf("the answer is %.40q %d times", strings.TrimSpace(unit), copies)
		}
	}
	return ""
}

// various reports a unit with two letters that are not the same.
func various(unit string) bool {
	first := rune(0)
	for _, r := range unit {
		switch {
		case !unicode.IsLetter(r):
		case first == 0:
			first = r
		case r != first:
			return true
		}
	}
	return false
}

// loop says that an answer has come to repeat itself at its end, or that most
// of its lines are one.
func loop(text string, patient bool) string {
	copies, chars, lines := 4, 60, 6
	if patient {
		copies, chars, lines = 24, 600, 40
	}
	if why := round(text, copies, chars); why != "" {
		return why
	}
	if !patient {
		if why := word(text); why != "" {
			return why
		}
	}
	seen, filled := map[string]int{}, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		filled++
		if utf8.RuneCountInString(line) >= 12 && strings.IndexFunc(line, unicode.IsLetter) >= 0 {
			if seen[line]++; seen[line] >= lines && 2*seen[line] >= filled && filled >= 10 {
				return fmt.Sprintf("half of the answer's lines are %.40q", line)
			}
		}
	}
	return ""
}

// round says that a text ends in so many copies or more of one piece, which
// make so many characters or more.
func round(text string, most, chars int) string {
	const window, longest = 1500, 300
	tail := text
	if len(tail) > 4*window {
		tail = tail[len(tail)-4*window:]
	}
	rs := []rune(strings.TrimSpace(tail))
	if len(rs) > window {
		rs = rs[len(rs)-window:]
	}
	n := len(rs)
	for p := 1; p <= longest && 4*p <= n; p++ {
		run := 0
		for i := n - 1; i >= p && rs[i] == rs[i-p]; i-- {
			run++
		}
		unit := string(rs[n-p:])
		// The unit itself stands before the run.
		copies, least := run/p+1, chars
		if strings.IndexFunc(unit, unicode.IsLetter) < 0 {
			least = max(least, 600)
		}
		if copies >= most && run+p >= least {
			return fmt.Sprintf("the answer repeats %.40q %d times at its end", strings.TrimSpace(unit), copies)
		}
	}
	return ""
}
