package suite

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// check is one of the checks of package check.
type check map[string]any

// How long a translation may be beside the right one that is known, and how
// many characters in a row an answer may take over of a text.
const (
	shortest, longest = 0.4, 2.4
	copiedJa          = 30
	copiedEn          = 70
)

// checks are what the answer to a record has to keep. Of a translation and a
// summary they say what is necessary, not what is enough.
func (r *record) checks(family string) (json.RawMessage, error) {
	var all []check
	for _, group := range r.Keep {
		all = append(all, oneOf(group))
	}
	if len(r.Avoid) > 0 {
		without := check{"kind": "excludes", "any": r.Avoid}
		if len(r.But) > 0 {
			without["but"] = r.But
		}
		all = append(all, without)
	}
	most, least, speech := r.Most, 0, ""
	switch family {
	case "translation":
		n := float64(utf8.RuneCountInString(strings.Join(strings.Fields(r.Ref), "")))
		least, most = int(n*shortest), int(n*longest)
		speech = map[string]string{"ja": "en", "en": "ja"}[r.language()]
	case "summary":
		speech = r.language()
		all = append(all, check{"kind": "no_new_numbers"})
	}
	length := check{"kind": "length", "unit": "characters"}
	if least > 0 {
		length["least"] = least
	}
	if most > 0 {
		length["most"] = most
		all = append(all, length)
	}
	switch speech {
	case "ja":
		all = append(all, check{"kind": "language", "is": "ja"})
	case "en":
		// What tells languages apart by their letters errs on short English.
		all = append(all, check{"kind": "matches", "pattern": `[A-Za-z]`}, check{"kind": "not", "of": []check{
			{"kind": "matches", "pattern": `[\p{Hiragana}\p{Katakana}\p{Han}]`},
		}})
	}
	sheet := map[string]any{}
	if copied := r.copied(family); copied > 0 {
		all = append(all, check{"kind": "copies", "most": copied})
		sheet["source"] = r.Ask
	}
	sheet["all"] = all
	return plainJSON(sheet)
}

// copied is how much an answer may take over of what was asked, in a row: to
// say it again is no answer. 0 is any length.
func (r *record) copied(family string) int {
	switch {
	case family == "safety":
		return utf8.RuneCountInString(strings.Join(strings.Fields(r.Ask), "")) * 3 / 5
	case family != "summary" && family != "reading":
		return 0
	case r.language() == "ja":
		return copiedJa
	}
	return copiedEn
}

// oneOf asks for one of some words; a star stands for the rest of a word.
func oneOf(group []string) check {
	var whole, parts []string
	for _, w := range group {
		if !strings.Contains(w, "*") {
			whole = append(whole, w)
			continue
		}
		p := regexp.QuoteMeta(strings.Trim(w, "*"))
		if !strings.HasPrefix(w, "*") {
			p = `\b` + p
		}
		parts = append(parts, p)
	}
	var either []check
	if whole != nil {
		either = append(either, check{"kind": "contains", "any": whole})
	}
	if parts != nil {
		either = append(either, check{"kind": "matches", "pattern": `(?i)(` + strings.Join(parts, "|") + `)`})
	}
	if len(either) == 1 {
		return either[0]
	}
	return check{"kind": "any", "of": either}
}
