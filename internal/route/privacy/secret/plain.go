package secret

import "strings"

// mixed reports whether letters and digits are in a value.
func mixed(v string) bool {
	return strings.ContainsAny(v, "0123456789") && strings.ContainsAny(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz")
}

// words that stand where a value would, in lower case.
var stands = set("password passwd pass secret token true false none null nil undefined yes required optional string str text value name self default generic empty blank " +
	"invalid valid wrong incorrect missing bool boolean bytes int any enabled disabled hidden unset never always prompt stdin env file")

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// placeholder reports whether a value only stands for one.
func placeholder(v string) bool {
	l := strings.ToLower(v)
	if stands[strings.TrimRight(l, ".,:;!?)]}")] {
		return true
	}
	for _, p := range []string{"${", "{{", "$(", "process.env", "os.environ", "getenv", "changeme", "placeholder", "redacted", "xxxx", "****", "....", "config.", "self.", "this.", "settings.", "<"} {
		if strings.Contains(l, p) {
			return true
		}
	}
	// The words alone: what has digits between them is a key from a manual, or
	// one that only happens to hold them.
	bare := !strings.ContainsAny(l, "0123456789")
	for _, p := range []string{"your", "example"} {
		if i := strings.Index(l, p); i >= 0 && (bare || i == 0 && strings.ContainsAny(l[len(p):min(len(p)+1, len(l))], "_- ")) {
			return true
		}
	}
	return strings.HasPrefix(v, "$") && !strings.ContainsAny(v, "0123456789!@#") || strings.Trim(v, "*•.xX-_") == ""
}

// said are what is said of a password, and no password.
var said = set("required invalid wrong incorrect short long weak strong expired empty missing not hidden secure set blank encrypted hashed correct reset changed too the a an of for must needed " +
	"unknown old new same different compromised leaked common simple public private safe stored forgotten denied rejected accepted")

// told reports whether a quoted value only says something of a password.
func told(v string) bool {
	words := strings.Fields(strings.ToLower(v))
	n := 0
	for _, w := range words {
		if said[strings.Trim(w, ".,:;!?")] {
			n++
		}
	}
	return 2*n >= len(words)
}

// numbered are what has a number behind it in its name: parts of a whole,
// programs, standards, users of a manual; units, what has one before it.
var (
	numbered = set("round stage step phase line level test tests case part day week run page item section iteration pass attempt lap gen version ver v type option mode module chapter figure table no nr id issue pr rfc iso kb cve sp nist ticket bug " +
		"sha md base utf ascii windows win office microsoft excel word iphone ipad ios ipados android macos ubuntu debian rhel centos fedora oauth wpa wpa-psk tls ssl http https html css mp log python java php mysql postgres sql server argon pbkdf bcrypt scrypt aes rsa des blake crc i k gpt claude s ec x arm amd usb hdmi web q fy h ps xbox galaxy pixel vim exchange sharepoint outlook acrobat photoshop vpn ipv layer ldap kerberos ntlm smb ieee saml openid fido u totp hotp des des3 rc tripledes")
	units = set("char chars character characters day days min mins minute minutes hour hours rd th st nd step factor bit bits digit digits x times k mb gb kb ms s sec secs seconds week weeks month months year years letter letters word words way fa d g p")
)

// users are what a number makes an account of.
var users = set("user users admin root guest host node server student web dev db app client account member")

// headed is what stands before the first digit of a value, in lower case.
func headed(v string) string {
	l := strings.ToLower(v)
	if i := strings.IndexAny(l, "0123456789"); i >= 0 {
		return strings.Trim(l[:i], "-_.#:")
	}
	return ""
}

// user reports whether a value is an account as manuals call them.
func user(v string) bool { return users[headed(v)] }

// standard reports whether a value is a program, a standard or a part of a whole
// with its number.
func standard(v string) bool { return numbered[headed(v)] }

// plain reports whether a value of letters and digits is a name with a number,
// a number with a unit, a ticket, a path or a date.
func plain(v string) bool {
	l := strings.ToLower(v)
	if strings.ContainsAny(l, "/\\=") {
		return true
	}
	if c := l[0]; c >= '0' && c <= '9' {
		rest := strings.TrimLeft(l, "0123456789.,")
		number := l[:len(l)-len(rest)]
		if len(number) > 1 && strings.HasPrefix(rest, "-") && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' || strings.HasPrefix(rest, ":") {
			return true
		}
		unit, _, _ := strings.Cut(strings.TrimLeft(rest, "-_"), "-")
		return units[unit]
	}
	i := strings.IndexAny(l, "0123456789")
	if i < 0 {
		return true
	}
	if standard(v) {
		return true
	}
	// A ticket such as JIRA-1234, a file such as notes2.txt.
	if k := strings.IndexByte(v, '-'); k > 1 && v[:k] == strings.ToUpper(v[:k]) && strings.Trim(v[k+1:], "0123456789") == "" {
		return true
	}
	dot := strings.LastIndexByte(l, '.')
	return dot > 0 && len(l)-dot <= 5 && strings.Trim(l[dot+1:], "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
