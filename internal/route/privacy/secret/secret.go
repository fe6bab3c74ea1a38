package secret

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"irori/internal/route/privacy/span"
)

// prefix is how keys of one kind begin, and what follows.
type prefix struct {
	text     string
	min, max int // characters after the prefix
	more     string
}

const anyLength = 4096

// takes reports whether a rune may follow the prefix.
func (p *prefix) takes(r rune) bool {
	return span.Letter(r) || span.Digit(r) || r < 128 && strings.ContainsRune(p.more, r)
}

// prefixes by their first character. Letters and digits may always follow.
var prefixes = grouped([]prefix{
	{"AKIA", 16, 16, ""}, {"ASIA", 16, 16, ""}, {"AROA", 16, 17, ""}, {"AIDA", 16, 17, ""}, {"ABIA", 16, 16, ""}, {"ACCA", 16, 16, ""},
	{"AIza", 35, 35, "_-"}, {"ya29.", 20, anyLength, "_-."}, {"GOCSPX-", 20, 40, "_-"}, {"1//0", 30, anyLength, "_-"},
	{"ghp_", 20, 255, ""}, {"gho_", 20, 255, ""}, {"ghu_", 20, 255, ""}, {"ghs_", 20, 255, "_-."}, {"ghr_", 20, 255, ""}, {"github_pat_", 20, 255, "_"},
	{"glpat-", 18, 255, "_-."}, {"gldt-", 18, 64, "_-"}, {"glrt-", 18, 64, "_-."}, {"glptt-", 18, 64, "_-"}, {"glcbt-", 18, 80, "_-"},
	{"xoxb-", 10, 255, "-"}, {"xoxp-", 10, 255, "-"}, {"xoxa-", 10, 255, "-"}, {"xoxr-", 10, 255, "-"}, {"xoxs-", 10, 255, "-"}, {"xapp-", 10, 255, "-"}, {"xoxe.", 10, 255, "-."},
	{"sk_live_", 10, 255, ""}, {"sk_test_", 10, 255, ""}, {"rk_live_", 10, 255, ""}, {"rk_test_", 10, 255, ""}, {"whsec_", 16, 255, "+/="}, {"pk_live_", 10, 255, ""},
	{"sk-proj-", 16, 512, "_-"}, {"sk-ant-", 16, 512, "_-"}, {"sk-or-", 16, 255, "_-"}, {"sk-svcacct-", 16, 512, "_-"}, {"sk-admin-", 16, 512, "_-"}, {"sk-", 20, 255, ""},
	{"sess-", 32, 64, ""}, {"hf_", 20, 64, ""}, {"api_org_", 20, 64, ""}, {"npm_", 30, 40, ""}, {"pypi-", 30, 512, "_-"}, {"gsk_", 30, 80, ""}, {"r8_", 30, 50, ""},
	{"xai-", 40, 120, ""}, {"pplx-", 30, 80, ""}, {"tgp_v1_", 20, 80, "_-"}, {"nvapi-", 30, 120, "_-"}, {"dop_v1_", 40, 80, ""}, {"doo_v1_", 40, 80, ""},
	{"shpat_", 30, 40, ""}, {"shpss_", 30, 40, ""}, {"shpca_", 30, 40, ""}, {"SG.", 40, 90, "_-."}, {"key-", 32, 32, ""}, {"sq0atp-", 20, 30, "_-"}, {"sq0csp-", 40, 50, "_-"},
	{"lin_api_", 30, 60, ""}, {"ntn_", 30, 60, ""}, {"secret_", 40, 50, ""}, {"dckr_pat_", 20, 60, "_-"}, {"hvs.", 20, 200, "_-"}, {"vault:v1:", 20, 200, "+/="},
	{"EAACEdEose0cBA", 10, 255, ""}, {"figd_", 30, 60, "_-"}, {"PMAK-", 40, 80, "-"}, {"rubygems_", 40, 60, ""}, {"sntrys_", 30, 255, "_+/="}, {"AGE-SECRET-KEY-1", 50, 70, ""},
	{"LTAI", 12, 30, ""}, {"tvly-", 20, 60, "-"}, {"pat-na1-", 30, 50, "-"}, {"cfat_", 30, 60, "_-"}, {"tskey-", 16, 80, "-"}, {"irori_", 20, 80, ""},
})

func grouped(all []prefix) (by [128][]prefix) {
	for _, p := range all {
		by[p.text[0]] = append(by[p.text[0]], p)
	}
	return by
}

// Find returns the secrets of a text, in folded runes.
func Find(t *span.Text) []span.Span { return find(t, true) }

// Random returns those of Find's that nothing but their looks makes secrets:
// without it, nothing is found in them.
func Random(t *span.Text) []span.Span {
	told := find(t, false)
	return slices.DeleteFunc(Find(t), func(x span.Span) bool {
		return slices.ContainsFunc(told, func(o span.Span) bool { return o.Start < x.End && x.Start < o.End })
	})
}

// find is Find, with or without what only looks random.
func find(t *span.Text, looks bool) []span.Span {
	var out []span.Span
	add := func(i, j int) { out = append(out, span.Span{Class: span.Key, Start: i, End: j}) }
	for i := 0; i < t.Len(); i++ {
		r := t.R[i]
		switch {
		case r > 127:
			if !named(r) {
				continue
			}
			if a, b := called(t, i); b > a {
				add(a, b)
				i = b - 1
			}
		case r == '-' && t.Has(i, "-----BEGIN "):
			if j := block(t, i); j > i {
				add(i, j)
				i = j - 1
			}
		case r == ':' && t.Has(i, "://"):
			if a, b := userinfo(t, i+3); b > a {
				add(a, b)
			}
		case r == '-' && (t.At(i+1) == 'p' || t.At(i+1) == 'u' || t.At(i+1) == '-'):
			if a, b := option(t, i); b > a {
				add(a, b)
				i = b - 1
			}
		case (span.Letter(r) || span.Digit(r)) && !inside(t, i):
			if a, b := word(t, i, looks); b > a {
				add(a, b)
				i = b - 1
			}
		}
	}
	return out
}

// named reports whether a name of a secret in Japanese begins with a rune.
func named(r rune) bool {
	switch r {
	case 'パ', 'ピ', 'ア', 'シ', 'ト', '暗', '秘', '合', '認':
		return true
	}
	return false
}

// inside reports whether a rune goes on with a word of letters and digits.
func inside(t *span.Text, i int) bool {
	b := t.At(i - 1)
	if t.At(i-3) == '%' && hex(b) && hex(t.At(i-2)) {
		return false // an escaped character, as addresses have them
	}
	return span.Letter(b) || span.Digit(b)
}

func hex(r rune) bool { return span.Digit(r) || r|0x20 >= 'a' && r|0x20 <= 'f' }

// word looks at a word of ASCII: at its prefix, at what it calls, and where that
// is wanted at its looks.
func word(t *span.Text, i int, looks bool) (a, b int) {
	next := byte(min(max(0, t.At(i+1)), 127))
	for k := range prefixes[t.R[i]] {
		p := &prefixes[t.R[i]][k]
		if p.text[1] != next || !t.Has(i, p.text) {
			continue
		}
		n := len(p.text)
		j := i + n
		for j < t.Len() && j-i-n <= p.max && p.takes(t.R[j]) {
			j++
		}
		if j-i-n < p.min {
			if k := broken(t, i, j, p); k > 0 {
				return i, k
			}
		}
		for j > i+n && (t.R[j-1] == '.' || t.R[j-1] == '-') {
			j--
		}
		if size := j - i - n; size >= p.min && size <= p.max && lively(t.Cut(i+n, j)) {
			return i, j
		}
	}
	if n := bare(t, i); n > 0 {
		return i, i + n
	}
	if t.R[i] == 'e' && t.Has(i, "eyJ") {
		if j := jwt(t, i); j > i {
			return i, j
		}
	}
	if a, b = header(t, i); b > a {
		return a, b
	}
	if a, b = called(t, i); b > a {
		return a, b
	}
	if j := wrapped(t, i); j > i {
		return i, j
	}
	if !looks {
		return 0, 0
	}
	if j := random(t, i); j > i {
		return i, j
	}
	return 0, 0
}

// bare is the length of a key of 32 digits in hex, which says nothing by itself:
// what it begins with, or the words before it, make it Twilio's.
func bare(t *span.Text, i int) int {
	n := 32
	if t.R[i] == 'S' && t.At(i+1) == 'K' || t.R[i] == 'A' && t.At(i+1) == 'C' {
		n += 2
	} else if !hex(t.R[i]) {
		return 0
	}
	if end := t.At(i + n); !hex(t.At(i+n-1)) || span.Letter(end) || span.Digit(end) {
		return 0
	}
	for k := i + n - 32; k < i+n; k++ {
		if !hex(t.R[k]) || upper(t.R[k]) {
			return 0
		}
	}
	if !lively(t.Cut(i+n-32, i+n)) || n == 32 && !strings.Contains(strings.ToLower(t.Cut(i-80, i)), "twilio") {
		return 0
	}
	return n
}

func upper(r rune) bool { return r >= 'A' && r <= 'Z' }

// lively is false of what stands for a key in a manual: xxxx, ....
func lively(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) >= 4 && !strings.Contains(strings.ToLower(s), "xxxx")
}

// block is a private key between its marks.
func block(t *span.Text, i int) int {
	head := t.Cut(i, i+80)
	if k := strings.Index(head[11:], "-----"); k < 0 || !strings.Contains(head[:11+k], "PRIVATE KEY") {
		return 0
	}
	rest := t.S[t.Byte(i):]
	end := strings.Index(rest, "-----END ")
	if end < 0 {
		return t.Len() // cut off: all that follows may be the key
	}
	if k := strings.Index(rest[end+9:], "-----"); k >= 0 && k < 60 {
		end += 9 + k + 5
	}
	return t.Rune(t.Byte(i) + end)
}

// userinfo is the password in a URL.
func userinfo(t *span.Text, i int) (a, b int) {
	colon := 0
	for j := i; j < t.Len() && j < i+300; j++ {
		switch r := t.R[j]; {
		case r == ':' && colon == 0:
			colon = j
		case r == '@':
			if v := t.Cut(colon+1, j); colon > 0 && v != "" && !placeholder(v) {
				return colon + 1, j
			}
			return 0, 0
		case r == '/' || r == '?' || r == '#' || r <= ' ' || r == '"' || r == '\'' || r > 127:
			return 0, 0
		}
	}
	return 0, 0
}

func urlSafe(r rune) bool {
	return span.Letter(r) || span.Digit(r) || r == '_' || r == '-'
}

// jwt is three parts in base64, the first of which is an object.
func jwt(t *span.Text, i int) int {
	j, dots := i, 0
	for j < t.Len() && (urlSafe(t.R[j]) || t.R[j] == '.' && dots < 2) {
		if t.R[j] == '.' {
			dots++
		}
		j++
	}
	if dots < 1 || j-i < 30 {
		return 0
	}
	return j
}

// header is what follows Bearer or Basic.
func header(t *span.Text, i int) (a, b int) {
	var n int
	switch {
	case fold(t, i, "bearer "):
		n = 7
	case fold(t, i, "basic "):
		n = 6
	default:
		return 0, 0
	}
	j := i + n
	digits := 0
	for j < t.Len() && (urlSafe(t.R[j]) || strings.ContainsRune("._~+/=", t.R[j])) {
		if span.Digit(t.R[j]) || span.Letter(t.R[j]) && t.R[j] < 'a' {
			digits++
		}
		j++
	}
	if j-i-n < 16 || digits < 2 {
		return 0, 0
	}
	return i + n, j
}

// fold reports whether the text goes on with a word of lower case, in any case.
func fold(t *span.Text, i int, word string) bool {
	for k := range len(word) {
		r := t.At(i + k)
		if r >= 'A' && r <= 'Z' {
			r |= 0x20
		}
		if r != rune(word[k]) {
			return false
		}
	}
	return true
}

// random is a word that looks like nothing but chance: letters of both cases
// and digits, changing between them as often as chance does.
func random(t *span.Text, i int) int {
	// What is shorter than 24 ends before that: hardly a word has to be counted.
	for k := i + 5; k < i+24; k += 6 {
		if !chance(t.At(k)) {
			return 0
		}
	}
	j := i
	var upper, lower, digit, changes, slash int
	last := 0
	for ; j < t.Len(); j++ {
		r, kind := t.R[j], 0
		switch {
		case r >= 'A' && r <= 'Z':
			upper++
			kind = 1
		case r >= 'a' && r <= 'z':
			lower++
			kind = 2
		case span.Digit(r):
			digit++
			kind = 3
		case r == '/':
			slash++
		case r != '+' && r != '_' && r != '-' && r != '=':
			kind = -1
		}
		if kind < 0 {
			break
		}
		if kind > 0 && last > 0 && kind != last {
			changes++
		}
		if kind > 0 {
			last = kind
		}
	}
	n := j - i
	if n < 24 || n > 512 || upper < 3 || lower < 3 || digit < 2 || float64(changes) < .36*float64(n) || slash*12 > n {
		return 0
	}
	if prior := t.Cut(i-1, i); prior == "/" || prior == "," && t.Ends(i, "base64,") {
		return 0
	}
	if words(t.Cut(i, j)) {
		return 0
	}
	return j
}

// chance reports whether a rune may stand in what random looks for.
func chance(r rune) bool {
	return span.Letter(r) || span.Digit(r) || r == '/' || r == '+' || r == '_' || r == '-' || r == '='
}

// words reports whether a text in base64 says something.
func words(s string) bool {
	s = strings.TrimRight(s, "=")
	return decoded(s[:len(s)/4*4]) != ""
}

// decoded is the text that base64 stands for, "" where it is none.
func decoded(s string) string {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		if b, err = base64.RawURLEncoding.DecodeString(s); err != nil {
			return ""
		}
	}
	all := string(b)
	for len(b) > 0 && len(all) < 1<<12 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && len(b) > 3 || r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			return ""
		}
		b = b[size:]
	}
	return all
}
