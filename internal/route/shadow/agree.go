package shadow

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"irori/internal/llm"
)

// Answer is what a side said.
type Answer struct {
	Text  string
	Calls []llm.ToolCall
}

// Agree compares two answers to one request: 1 where they say the same, 0 where
// they do not. sure is false where comparing cannot tell: prose, of which a
// judge must say whether it means the same.
func Agree(req *llm.Request, a, b Answer) (score float64, sure bool) {
	if len(a.Calls) > 0 || len(b.Calls) > 0 {
		return yes(slices.Equal(calls(a.Calls), calls(b.Calls))), true
	}
	x, y := norm.NFKC.String(strings.TrimSpace(a.Text)), norm.NFKC.String(strings.TrimSpace(b.Text))
	if x == "" || y == "" {
		return yes(x == y), true
	}
	formatted := req != nil && (req.Format.Kind == llm.FormatJSONSchema || req.Format.Kind == llm.FormatJSON)
	ja, isA := object(x)
	jb, isB := object(y)
	switch {
	case isA && isB:
		return yes(ja == jb), ja == jb || formatted
	case formatted && (isA || isB):
		return 0, true
	}
	if plain(x) == plain(y) {
		return 1, true
	}
	if p, ok := choice(x); ok {
		if q, ok := choice(y); ok {
			return yes(p == q), true
		}
	}
	if p, ok := number(x); ok {
		if q, ok := number(y); ok {
			return yes(math.Abs(p-q) <= 1e-9*max(1, math.Abs(p), math.Abs(q))), true
		}
	}
	return 0, false
}

func yes(same bool) float64 {
	if same {
		return 1
	}
	return 0
}

// calls are calls in one order and one spelling.
func calls(list []llm.ToolCall) []string {
	var out []string
	for _, c := range list {
		args, ok := object(c.Arguments)
		if !ok {
			args = c.Arguments
		}
		out = append(out, c.Name+"\x00"+args)
	}
	slices.Sort(out)
	return out
}

// object is a JSON object or array in one spelling, out of its fence.
func object(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "```"); ok {
		rest = strings.TrimPrefix(rest, "json")
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "```"))
	}
	if !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "[") {
		return "", false
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return "", false
	}
	var out bytes.Buffer
	spell(&out, v)
	return out.String(), true
}

// spell writes a value with sorted members and numbers by their value.
func spell(w *bytes.Buffer, v any) {
	switch v := v.(type) {
	case map[string]any:
		w.WriteByte('{')
		for _, k := range slices.Sorted(maps.Keys(v)) {
			w.WriteString(strconv.Quote(k) + ":")
			spell(w, v[k])
			w.WriteByte(',')
		}
		w.WriteByte('}')
	case []any:
		w.WriteByte('[')
		for _, x := range v {
			spell(w, x)
			w.WriteByte(',')
		}
		w.WriteByte(']')
	case json.Number:
		if f, err := v.Float64(); err == nil {
			w.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
		} else {
			w.WriteString(v.String())
		}
	case string:
		w.WriteString(strconv.Quote(strings.TrimSpace(v)))
	case bool:
		w.WriteString(strconv.FormatBool(v))
	default:
		w.WriteString("null")
	}
}

// plain leaves letters and digits, in lower case, and what changes a number.
func plain(s string) string {
	var out strings.Builder
	runes := []rune(strings.ToLower(s))
	digit := func(i int) bool { return i >= 0 && i < len(runes) && unicode.IsDigit(runes[i]) }
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.IsSymbol(r):
			out.WriteRune(r)
		case (r == '.' || r == '-' || r == '/' || r == ':') && digit(i+1) || r == '%':
			out.WriteRune(r)
		}
	}
	return out.String()
}

var (
	letter  = regexp.MustCompile(`(?i)^\W{0,4}(?:(?:the )?(?:correct )?(?:answer|option|choice)(?: is)?|答え|正解|選択肢)?(?:は|:|\s){0,3}[(\[]?([A-J])[)\].:。、,]?(?:\W|$)`)
	said    = regexp.MustCompile(`(?i)(?:####|\\boxed\{|(?:final answer|answer is|answer:|答えは|答え[::]|正解は)\s*)[\s$¥:]*(-?[\d,]*\.?\d+)`)
	numeric = regexp.MustCompile(`^[\s$¥€£約]*(-?\d[\d,]*(?:\.\d+)?|-?\.\d+)\s*(?:%|円|個|人|本|枚|回|年|km|m|kg|g|dollars?|yen)?[\s.。]*$`)
)

// choice is the letter of an answer to a question with choices.
func choice(s string) (string, bool) {
	x := letter.FindStringSubmatch(s)
	if x == nil {
		return "", false
	}
	if len(s) > 12 && x[1] != strings.ToUpper(x[1]) || len(s) > 12 && (x[1] == "A" || x[1] == "I") && regexp.MustCompile(`^\W{0,4}[AI] `).MatchString(s) {
		return "", false // an article, or oneself
	}
	return strings.ToUpper(x[1]), true
}

// number is the number that an answer comes down to.
func number(s string) (float64, bool) {
	x := numeric.FindStringSubmatch(s)
	if x == nil {
		all := said.FindAllStringSubmatch(s, -1)
		if len(all) == 0 {
			return 0, false
		}
		x = all[len(all)-1]
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(x[1], ",", ""), 64)
	return f, err == nil
}
