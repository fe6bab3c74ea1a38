package secret

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// kind is how much a name says of what stands behind it.
type kind int

const (
	common kind = iota // a common word too: only what looks like a key counts
	short              // one too, but with letters and digits behind = or : it calls a password
	sole               // one too, but with = right between it and a word it calls a secret
	digits             // what it calls are 4 to 8 digits
	sure
)

// names of what holds a secret, in lower case.
var names = []struct {
	text string
	kind kind
	two  bool // words
}{
	{"password", sure, false}, {"passwd", sure, false}, {"passphrase", sure, false}, {"passcode", sure, false}, {"pwd", sure, false}, {"pass", short, false}, {"pw", short, false},
	{"secret_access_key", sure, false}, {"client_secret", sure, false}, {"secret_key", sure, false}, {"secretkey", sure, false}, {"secret", sole, false},
	{"api_key", sure, false}, {"apikey", sure, false}, {"api-key", sure, false}, {"api key", sure, true}, {"access_key", sure, false}, {"accountkey", sure, false}, {"sharedaccesskey", sure, false}, {"access key", sure, true},
	{"access_token", sure, false}, {"auth_token", sure, false}, {"refresh_token", sure, false}, {"access token", sure, true}, {"auth token", sure, true}, {"token", common, false}, {"private_key", sure, false}, {"sig", common, false}, {"credential", common, false},
	{"pin code", digits, true}, {"pin number", digits, true}, {"pin", digits, false},
}

// japanese are the same in Japanese, the first of them of digits, the last common
// words too.
var japanese = span.NewWords(
	"暗証番号", "PINコード", "PIN番号", "ピンコード",
	"パスワード", "パスコード", "パスフレーズ", "秘密鍵", "合言葉", "アクセスキー", "シークレットキー", "APIキー", "API キー", "認証キー", "秘密キー",
	"シークレット", "トークン",
)

// ofDigits and ofWords are how many of japanese come before the other kinds.
const ofDigits, ofWords = 4, 15

// native is the value that a name in Japanese calls.
func native(t *span.Text, i int) (a, b int) {
	which, n := japanese.At(t, i)
	switch {
	case n == 0:
		return 0, 0
	case which < ofDigits:
		return valueOf(t, i+n, digits, true)
	case which < ofWords:
		return valueOf(t, i+n, sure, true)
	}
	return valueOf(t, i+n, common, true)
}

// called is the value of something that is called a secret.
func called(t *span.Text, i int) (a, b int) {
	if t.R[i] > 127 {
		return native(t, i)
	}
	// A name may stand at the end of a longer one: DB_PASSWORD, dbPassword.
	end := i
	for end < t.Len() && end < i+40 && (span.Word(t.R[end]) || t.R[end] == '-') {
		end++
	}
	next := t.At(i + 1)
	if t.R[i] == 'A' && next == 'P' || t.R[i] == 'P' && next == 'I' {
		if a, b = native(t, i); b > a {
			return a, b
		}
	}
	// Most words are followed by nothing that a name of a secret is; "api",
	// "access" and "pin" alone go on behind a space.
	option := t.At(i-1) == '-' && t.At(i-2) == '-'
	if !option && !valued(t, end) && !password(t, end) && !pair(t, i) {
		return 0, 0
	}
	whole := strings.ToLower(t.Cut(i, end))
	for k := range names {
		n := &names[k]
		if n.two {
			if fold(t, i, n.text) {
				a, b = valueOf(t, i+len(n.text), n.kind, false)
				if n.kind == digits && b-a == 6 {
					return 0, 0 // what India calls so is of an address
				}
				return a, b
			}
			continue
		}
		if k := len(whole) - len(n.text); strings.HasSuffix(whole, n.text) && (k == 0 || len(n.text) > 4 || whole[k-1] == '_' || whole[k-1] == '-') {
			if t.At(end) != ' ' || valued(t, end) {
				return valueOf(t, end, n.kind, false)
			}
			netrc := k == 0 && n.kind == sure && t.Has(i, "password ") && machine(t.Cut(i-100, i))
			if !option && n.kind == digits && !t.Has(i, "PIN ") {
				return 0, 0
			}
			return behind(t, end, n.kind, option, netrc)
		}
	}
	return 0, 0
}

// pair reports whether a name of two words may begin at a rune, or one that
// digits follow.
func pair(t *span.Text, i int) bool {
	switch t.R[i] | 0x20 {
	case 'a':
		return fold(t, i, "api ") || fold(t, i, "access ") || fold(t, i, "auth ")
	case 'p':
		return fold(t, i, "pin ")
	}
	return false
}

// password reports whether a word that ends at a rune calls a password, with a
// space behind it.
func password(t *span.Text, end int) bool {
	if t.At(end) != ' ' || end < 5 {
		return false
	}
	switch last := t.R[end-1] | 0x20; {
	case last == 'd' && t.R[end-2]|0x20 == 'r':
		return fold(t, end-8, "password")
	case last == 'd' && t.R[end-2]|0x20 == 'w':
		return fold(t, end-6, "passwd") || fold(t, end-3, "pwd")
	case last == 'e' && t.R[end-2]|0x20 == 's':
		return fold(t, end-10, "passphrase")
	case last == 'e' && t.R[end-2]|0x20 == 'd':
		return fold(t, end-8, "passcode")
	}
	return false
}

// machine reports whether a text is what a netrc has before its word password.
func machine(before string) bool {
	if !strings.Contains(before, "machine") {
		return false
	}
	w := strings.Fields(before)
	n := len(w)
	return n >= 4 && w[n-4] == "machine" && w[n-2] == "login"
}

// behind reads a value with nothing but a space before it. Of an option, and of
// a netrc, anything may be one; in prose it has letters and digits.
func behind(t *span.Text, i int, of kind, option, netrc bool) (a, b int) {
	for t.At(i) == ' ' {
		i++
	}
	if q := t.At(i); q == '"' || q == '\'' {
		j := i + 1
		for j < t.Len() && j < i+200 && valueRune(t.R[j], q) {
			j++
		}
		if v := t.Cut(i+1, j); option && of != common && of != digits && t.At(j) == q && len(v) >= 4 && !placeholder(v) {
			return i + 1, j
		}
		return 0, 0
	}
	j := ascii(t, i)
	v := t.Cut(i, j)
	if j-i < 4 || !option && !netrc && !strings.ContainsAny(v, "0123456789") || placeholder(v) || strings.HasPrefix(v, "-") || t.At(j) == '(' {
		return 0, 0
	}
	odd := strings.ContainsAny(v, "0123456789!@#$%^&*?+~")
	switch {
	case netrc:
		return i, j
	case option && (of == sure || of == short || of == sole) && odd && !strings.ContainsAny(v, "/()[]"):
		return i, j
	case of == digits && (option || strings.ContainsRune("\x00\n.,;)", t.At(j))):
		return number(t, i)
	case of == sure && j-i >= 6 && mixed(v) && !plain(v) && !user(v), option && of == common && j-i >= 8 && mixed(v) && !plain(v):
		return i, j
	}
	return 0, 0
}

// ascii is where a value ends that nothing closes, without the signs that end a
// sentence.
func ascii(t *span.Text, i int) int {
	j := i
	for j < t.Len() && j < i+200 && valueRune(t.R[j], 0) {
		j++
	}
	for j > i && strings.ContainsRune(".!?:)", t.R[j-1]) {
		j--
	}
	return j
}

// number reads 4 to 8 digits that nothing goes on with.
func number(t *span.Text, i int) (a, b int) {
	j := i
	for span.Digit(t.At(j)) {
		j++
	}
	r := t.At(j)
	if j-i < 4 || j-i > 8 || span.Word(r) || (r == '-' || r == '.' || r == '/' || r == ':') && span.Word(t.At(j+1)) || counted(t, j) {
		return 0, 0
	}
	return i, j
}

// counters are what digits count before them in Japanese, and words that make of
// digits an example or a bound.
var counters = span.NewWords("年", "月", "日", "文字", "桁", "ケタ", "回", "個", "分", "秒", "時", "件", "つ", "以", "未満", "まで", "から", "など", "のよう", "ビット", "種", "人", "円", "番", "世代", "台", "度", "割", "倍", "字", "や")

// counted reports whether digits that end at a rune only count something.
func counted(t *span.Text, i int) bool {
	_, n := counters.At(t, i)
	return n > 0
}

// valued reports whether there is at a rune what valueOf wants behind a name.
func valued(t *span.Text, i int) bool {
	if r := t.At(i); r == '"' || r == '\'' || r == '`' {
		i++
	}
	for t.At(i) == ' ' {
		i++
	}
	r := t.At(i)
	return r == '=' || r == ':' || fold(t, i, "is ")
}

// valueOf reads what stands behind a name: = or : and a value, or in prose "is"
// and は with a value that is no word, in Japanese also a space.
func valueOf(t *span.Text, i int, of kind, ja bool) (a, b int) {
	if r := t.At(i); r == '"' || r == '\'' || r == '`' {
		i++
	}
	space := i
	for t.At(i) == ' ' {
		i++
	}
	tight, prose := false, false
	switch r := t.At(i); {
	case r == '=' || r == ':':
		tight = i == space && r == '='
		for i++; t.At(i) == '=' || t.At(i) == '>'; i++ {
		}
	case ja && (r == 'は' || r == 'が'):
		i++
		prose = true
	case fold(t, i, "is "):
		i += 3
		prose = true
	case ja && (r == '「' || r == '『'):
	case of == digits && (ja || i > space):
		return number(t, i)
	case ja && of == sure && i > space:
		return spaced(t, i)
	default:
		return 0, 0
	}
	for t.At(i) == ' ' {
		tight = false
		i++
	}
	closing := rune(0)
	if k := strings.IndexRune("\"'`「『<", t.At(i)); k >= 0 && t.At(i) != 0 {
		closing = map[rune]rune{'"': '"', '\'': '\'', '`': '`', '「': '」', '『': '』', '<': '>'}[t.At(i)]
		i++
	}
	if of == digits {
		if a, b = number(t, i); b > a && (closing == 0 || t.At(b) == closing) {
			return a, b
		}
		of = common
	}
	if closing == 0 && (of == sure || of == short) && letter(t.At(i)) {
		return foreign(t, i)
	}
	j := i
	for j < t.Len() && j < i+200 && valueRune(t.R[j], closing) {
		j++
	}
	for closing == 0 && j > i && strings.ContainsRune(".!?", t.R[j-1]) && prose && !ja {
		j--
	}
	v := t.Cut(i, j)
	if j-i < 4 || closing != 0 && t.At(j) != closing || closing == '>' || placeholder(v) {
		return 0, 0
	}
	if !holds(t, j, v, form{of, ja, tight, prose, closing != 0}) {
		return 0, 0
	}
	return i, j
}

// form is how a value is written.
type form struct {
	of                       kind
	ja, tight, prose, closed bool
}

// holds reports whether a value that ends at a rune is one, by how it is
// written.
func holds(t *span.Text, j int, v string, f form) bool {
	odd := strings.ContainsAny(v, "0123456789!@#$%^&*?+~")
	call := t.At(j) == '(' || strings.ContainsAny(v, "([")
	switch {
	case call && !f.closed:
		return false
	case f.of == sole && f.tight && !f.closed && alone(t, j, v):
		return true
	case f.of == short && !f.prose:
		return len(v) >= 6 && mixed(v) && !plain(v) && !strings.Contains(v, " ") && !strings.HasPrefix(strings.ToLower(v), "test")
	case f.of != sure:
		return odd && len(v) >= 8 && mixed(v)
	case !odd && !f.closed && !f.tight, !odd && f.tight && strings.Contains(v, "."):
		return false
	case !odd && f.prose && !f.ja:
		return f.closed && !told(v)
	case f.ja && !f.closed && strings.Trim(v, "0123456789") == "":
		return !counted(t, j)
	case f.prose && !f.closed:
		return !standard(v)
	}
	return true
}

// alone reports whether a word behind = is no more than that: no name of a
// variable, and nothing of a call.
func alone(t *span.Text, j int, v string) bool {
	for _, r := range v {
		if !span.Letter(r) && !span.Digit(r) && r != '-' && r != '!' {
			return false
		}
	}
	l := strings.ToLower(v)
	for _, n := range []string{"secret", "key", "token", "password", "name", "value", "ref"} {
		if strings.HasSuffix(l, n) {
			return false
		}
	}
	return t.At(j) != ',' && t.At(j) != ';'
}

// spaced reads a value behind a Japanese name and a space.
func spaced(t *span.Text, i int) (a, b int) {
	j := ascii(t, i)
	v := t.Cut(i, j)
	if j-i < 6 || placeholder(v) || t.At(j) == '(' || strings.ContainsAny(v, "([") || counted(t, j) {
		return 0, 0
	}
	if strings.Trim(v, "0123456789") != "" && (!mixed(v) || plain(v)) {
		return 0, 0
	}
	return i, j
}

// letter reports whether a rune is a letter of Japanese.
func letter(r rune) bool { return span.Han(r) || span.Hiragana(r) || span.Katakana(r) }

// ends are what may go on behind a value of Japanese letters and digits.
var ends = span.NewWords("です", "だ", "でし", "でロ", "でお", "に", "と", "を", "って", "なの", "か", "の", "で")

// foreign reads a value of Japanese letters with digits behind them: さくら2020.
func foreign(t *span.Text, i int) (a, b int) {
	j := i
	for j < i+12 && letter(t.At(j)) {
		j++
	}
	from, count := j, 0
	for j < from+40 && (span.Word(t.At(j)) || t.At(j) != 0 && strings.ContainsRune("!@#$%&*-_?", t.At(j))) {
		if span.Digit(t.At(j)) {
			count++
		}
		j++
	}
	for j > from && (t.At(j-1) == '?' || t.At(j-1) == '-') {
		j--
	}
	if count < 2 || counted(t, j) {
		return 0, 0
	}
	if _, n := ends.At(t, j); n == 0 && (letter(t.At(j)) || t.At(j) == '(') {
		return 0, 0
	}
	return i, j
}

func valueRune(r, closing rune) bool {
	if closing != 0 {
		return r != closing && r != '\n'
	}
	return r > ' ' && r < 127 && !strings.ContainsRune("\"'`,;<>&", r)
}
