package secret

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// names of what holds a secret, in lower case; sure is false of those that are
// common words too.
var names = []struct {
	text string
	sure bool
}{
	{"password", true}, {"passwd", true}, {"passphrase", true}, {"passcode", true}, {"pwd", true}, {"pass", false},
	{"secret_access_key", true}, {"client_secret", true}, {"secret_key", true}, {"secretkey", true}, {"secret", false},
	{"api_key", true}, {"apikey", true}, {"api-key", true}, {"api key", true}, {"access_key", true}, {"accountkey", true}, {"sharedaccesskey", true}, {"access key", true},
	{"access_token", true}, {"auth_token", true}, {"refresh_token", true}, {"access token", true}, {"auth token", true}, {"token", false}, {"private_key", true}, {"sig", false}, {"credential", false}, {"pin", false},
}

// japanese are the same in Japanese.
var japanese = span.NewWords("パスワード", "パスコード", "パスフレーズ", "暗証番号", "秘密鍵", "合言葉")

// called is the value of something that is called a secret.
func called(t *span.Text, i int) (a, b int) {
	if t.R[i] > 127 {
		if _, n := japanese.At(t, i); n > 0 {
			return valueOf(t, i+n, true, true)
		}
		return 0, 0
	}
	// A name may stand at the end of a longer one: DB_PASSWORD, dbPassword.
	end := i
	for end < t.Len() && end < i+40 && (span.Word(t.R[end]) || t.R[end] == '-') {
		end++
	}
	// Most words are followed by nothing that a name of a secret is, and "api",
	// "access" alone go on behind a space.
	if r := t.R[i] | 0x20; !valued(t, end) && r != 'a' {
		return 0, 0
	}
	whole := strings.ToLower(t.Cut(i, end))
	for _, n := range names {
		if strings.Contains(n.text, " ") {
			if fold(t, i, n.text) {
				return valueOf(t, i+len(n.text), n.sure, false)
			}
			continue
		}
		if k := len(whole) - len(n.text); strings.HasSuffix(whole, n.text) && (k == 0 || len(n.text) > 4 || whole[k-1] == '_' || whole[k-1] == '-') {
			return valueOf(t, end, n.sure, false)
		}
	}
	return 0, 0
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
// and は with a value that is no word.
func valueOf(t *span.Text, i int, sure, ja bool) (a, b int) {
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
	odd := strings.ContainsAny(v, "0123456789!@#$%^&*?+~")
	call := t.At(j) == '(' || strings.ContainsAny(v, "([")
	switch {
	case call && closing == 0,
		!sure && !(odd && j-i >= 8 && mixed(v)),
		!odd && closing == 0 && !tight,
		!odd && prose && !ja,
		!odd && tight && strings.Contains(v, "."):
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

// mixed reports whether letters and digits are in a value.
func mixed(v string) bool {
	return strings.ContainsAny(v, "0123456789") && strings.ContainsAny(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz")
}

// placeholder reports whether a value only stands for one.
func placeholder(v string) bool {
	l := strings.ToLower(v)
	if l == "password" || l == "passwd" || l == "pass" || l == "secret" || l == "token" {
		return true
	}
	for _, p := range []string{"${", "{{", "$(", "process.env", "os.environ", "getenv", "your", "example", "changeme", "placeholder", "redacted", "xxxx", "****", "....", "config.", "self.", "this.", "settings.", "<"} {
		if strings.Contains(l, p) {
			return true
		}
	}
	return strings.HasPrefix(v, "$") && !strings.ContainsAny(v, "0123456789!@#") || strings.Trim(v, "*•.xX-_") == ""
}
