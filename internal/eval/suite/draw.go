package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
)

// dice are drawn by a generator of our own, so that a seed means the same
// questions for ever.
type dice struct{ state uint64 }

// roll makes the dice of a pattern.
func roll(seed uint64, id string) *dice {
	h := fnv.New64a()
	h.Write([]byte(id))
	return &dice{seed ^ h.Sum64()}
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) under(n int) int { return int(d.next() % uint64(n)) }

// values are what the places of a pattern are filled with.
type values map[string]string

// draw fills the places of a pattern in their order. It reports false where
// a condition does not hold or a division leaves a rest.
func draw(d *dice, let [][2]string, lists map[string]string) (values, bool, error) {
	v := values{}
	for _, l := range let {
		name, from := l[0], l[1]
		if name == "?" {
			ok, err := v.holds(from)
			if err != nil || !ok {
				return nil, false, err
			}
			continue
		}
		if key, ok := strings.CutPrefix(from, "@"); ok {
			if from, ok = lists[key]; !ok {
				return nil, false, fmt.Errorf("no list %q", key)
			}
		}
		names := strings.Split(name, ",")
		if rest, ok := strings.CutPrefix(from, "="); ok {
			n, err := v.number(rest)
			if err == errRest {
				return nil, false, nil
			}
			if err != nil {
				return nil, false, err
			}
			v[name] = strconv.Itoa(n)
			continue
		}
		cells := strings.Split(pick(d, from), ";")
		if len(cells) != len(names) {
			return nil, false, fmt.Errorf("%s: %d cells", name, len(cells))
		}
		for i, n := range names {
			v[n] = strings.TrimSpace(cells[i])
		}
	}
	return v, true, nil
}

var span = regexp.MustCompile(`^(-?\d+)\.\.(-?\d+)(?::(\d+))?$`)

// pick takes a number of a span (2..9, 100..900:50), or one of several texts.
func pick(d *dice, from string) string {
	m := span.FindStringSubmatch(from)
	if m == nil {
		options := strings.Split(from, "|")
		return options[d.under(len(options))]
	}
	low, _ := strconv.Atoi(m[1])
	high, _ := strconv.Atoi(m[2])
	step := 1
	if m[3] != "" {
		step, _ = strconv.Atoi(m[3])
	}
	return strconv.Itoa(low + step*d.under((high-low)/step+1))
}

// A place is {name}, {name:form} or, for a number in JSON, "{#name}".
var place = regexp.MustCompile(`"\{#(\w+)\}"|\{(\w+)(?::(\w+))?\}`)

// fill writes the values into the places of a pattern in JSON. Braces around
// something else stay as they are.
func (v values) fill(raw []byte) ([]byte, error) {
	var failed error
	out := place.ReplaceAllFunc(raw, func(b []byte) []byte {
		m := place.FindSubmatch(b)
		name := string(m[1]) + string(m[2])
		val, ok := v[name]
		if !ok {
			return b
		}
		if len(m[3]) > 0 {
			n, err := strconv.Atoi(val)
			if err != nil {
				failed = fmt.Errorf("%s is no number: %s", name, val)
				return b
			}
			val = form(n, string(m[3]))
		}
		if len(m[1]) > 0 {
			return []byte(val)
		}
		q, _ := plainJSON(val)
		return q[1 : len(q)-1]
	})
	return out, failed
}

// plainJSON writes JSON without escaping what only HTML needs escaped.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// form writes a number as people do: c with commas, k in 漢数字, z in full
// width, m in 万.
func form(n int, how string) string {
	s := strconv.Itoa(n)
	switch how {
	case "c":
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
	case "k":
		return kanji(n)
	case "z":
		return strings.Map(func(r rune) rune { return r - '0' + '０' }, s)
	case "m":
		if n >= 10000 {
			s = strconv.Itoa(n/10000) + "万"
			if n%10000 > 0 {
				s += strconv.Itoa(n % 10000)
			}
		}
	}
	return s
}

// kanji writes 0 to 99,999,999 in 漢数字.
func kanji(n int) string {
	if n == 0 {
		return "〇"
	}
	if n >= 10000 {
		s := kanji(n/10000) + "万"
		if n%10000 > 0 {
			s += kanji(n % 10000)
		}
		return s
	}
	digits, s := []rune("〇一二三四五六七八九"), ""
	for i, unit := range []string{"千", "百", "十", ""} {
		d := n / []int{1000, 100, 10, 1}[i] % 10
		switch {
		case d == 0:
		case d == 1 && unit != "":
			s += unit
		default:
			s += string(digits[d]) + unit
		}
	}
	return s
}
