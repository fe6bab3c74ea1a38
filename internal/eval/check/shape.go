package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
	"golang.org/x/text/encoding/japanese"

	"irori/internal/eval/follow/punkt"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/follow/tongue"
	"irori/internal/eval/score"
)

var (
	bullet    = regexp.MustCompile(`^[ \t　]*([-*+][ \t　]|[•・‣◦●○■□①-⑳]|\(?[0-9０-９]{1,3}(?:[．）、]|[.)](?:[ \t　]|[^0-9 \t　])))[ \t　]*\S*`)
	paragraph = regexp.MustCompile(`\n[ \t]*\n`)
	ending    = regexp.MustCompile(`[。．！？!?]+[」』）)]*|\.+(?:\s|$)`)
)

// units are what a length is counted in. Characters (文字) are without blanks.
var units = map[string]func(string) int{
	"characters": characters,
	"words":      rule.CountWords,
	"sentences":  sentences,
	"lines":      func(s string) int { return len(filled(rule.Lines(s))) },
	"paragraphs": func(s string) int { return len(filled(paragraph.Split(s, -1))) },
	"bullets": func(s string) int {
		n := 0
		for _, l := range rule.Lines(s) {
			if bullet.MatchString(l) {
				n++
			}
		}
		return n
	},
}

func filled(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func characters(s string) int {
	n := 0
	for _, r := range s {
		// What joins to the character before it is none of its own.
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) && r != 0xfe0f && r != 0x200d {
			n++
		}
	}
	return n
}

// sentences counts by the marks at their ends in Japanese, and in English as
// its abbreviations want.
func sentences(s string) int {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 'ぁ' && r <= 'ヿ' || unicode.Is(unicode.Han, r) }) {
		return punkt.Count(strings.TrimSpace(s))
	}
	n := 0
	for _, l := range filled(rule.Lines(s)) {
		n += len(filled(ending.Split(l, -1)))
	}
	return n
}

func unitOf(a *args) (func(string) int, error) {
	name, err := a.text("unit")
	if err != nil {
		return nil, err
	}
	u := units[name]
	if u == nil {
		return nil, fmt.Errorf("unit is %q; it must be characters, words, sentences, lines, paragraphs or bullets", name)
	}
	return u, nil
}

func length(a *args, _ text) (held, error) {
	count, err := unitOf(a)
	if err != nil {
		return nil, err
	}
	in, err := a.span()
	return func(s string) bool { return in(count(s)) }, err
}

// shorter asks for a part of the source's length.
func shorter(a *args, t text) (held, error) {
	ratio, err := a.number("ratio", 0.01, 1)
	switch {
	case err != nil || ratio == nil:
		return nil, cmpErr(err, "ratio is missing")
	case t.source == "":
		return nil, errors.New("there is no source")
	}
	most := *ratio * float64(characters(t.source))
	return func(s string) bool { return float64(characters(s)) <= most }, nil
}

// language asks for the language of the whole answer; of Japanese also that no
// sentence is Chinese.
func language(a *args, _ text) (held, error) {
	code, err := a.text("is")
	if err != nil {
		return nil, err
	}
	return func(s string) bool {
		return tongue.Is(s, code) && (code != "ja" || !chinese(s))
	}, nil
}

// chinese finds what Japanese does not have: a sentence of eight characters
// without kana, or two characters or more that no Japanese encoding has.
func chinese(s string) bool {
	for _, part := range ending.Split(s, -1) {
		for _, line := range strings.Split(part, "\n") {
			han, kana, other := 0, 0, 0
			for _, r := range line {
				switch {
				case unicode.Is(unicode.Han, r):
					han++
				case r >= 'ぁ' && r <= 'ヿ':
					kana++
				case unicode.IsLetter(r) || unicode.IsDigit(r):
					other++
				}
			}
			// Names, figures and dates have no kana either.
			if han >= minSentence && kana == 0 && other == 0 {
				return true
			}
		}
	}
	strange, han := 0, 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			han++
			if _, err := japanese.ShiftJIS.NewEncoder().String(string(r)); err != nil && !japaneseOnly(r) {
				strange++
			}
		}
	}
	return strange >= 2 && strange*200 >= han
}

// minSentence is how long a sentence is that cannot do without kana.
const minSentence = 8

// japaneseOnly are characters of Japanese names that the old encoding lacks.
func japaneseOnly(r rune) bool {
	return strings.ContainsRune("𠮷髙﨑濵德瀨塚凜瑤叱𠮟剝頰塡々〆", r)
}

// object asks for JSON, by a schema where there is one; bare for nothing else
// around it.
func object(a *args, _ text) (held, error) {
	bare, err := a.truth("bare")
	if err != nil {
		return nil, err
	}
	var schema *jsonschema.Resolved
	if raw, ok := a.take("schema"); ok {
		if schema, err = schemaOf(raw); err != nil {
			return nil, err
		}
	}
	return func(s string) bool {
		var v any
		var ok bool
		if bare {
			var err error
			v, err = score.Value(json.RawMessage(strings.TrimSpace(s)))
			ok = err == nil
		} else {
			v, ok = score.Object(s)
		}
		return ok && (schema == nil || schema.Validate(plain(v)) == nil)
	}, nil
}

// plain is a value as the standard library would have read it.
func plain(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}

var schemaTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// subschemas walks a schema and what its keywords hold.
func subschemas(s *jsonschema.Schema) iter.Seq[*jsonschema.Schema] {
	return func(yield func(*jsonschema.Schema) bool) {
		var walk func(*jsonschema.Schema) bool
		walk = func(s *jsonschema.Schema) bool {
			if s == nil {
				return true
			}
			if !yield(s) {
				return false
			}
			for _, one := range []*jsonschema.Schema{s.Items, s.AdditionalProperties, s.Not, s.If, s.Then, s.Else, s.Contains, s.PropertyNames} {
				if !walk(one) {
					return false
				}
			}
			for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems} {
				for _, one := range list {
					if !walk(one) {
						return false
					}
				}
			}
			for _, named := range []map[string]*jsonschema.Schema{s.Properties, s.PatternProperties, s.Defs, s.Definitions, s.DependentSchemas} {
				for _, one := range named {
					if !walk(one) {
						return false
					}
				}
			}
			return true
		}
		walk(s)
	}
}

// schemaOf reads a schema, which is whole in itself.
func schemaOf(raw json.RawMessage) (*jsonschema.Resolved, error) {
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	for at := range subschemas(&schema) {
		for _, t := range append(at.Types, at.Type) {
			if t != "" && !slices.Contains(schemaTypes, t) {
				return nil, fmt.Errorf("schema: there is no type %q", t)
			}
		}
	}
	// Without a loader nothing is fetched that a schema refers to.
	s, err := schema.Resolve(nil)
	if err != nil {
		return nil, fmt.Errorf("schema: %.200s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return s, nil
}
