package number

import (
	"strings"

	"irori/internal/route/privacy/span"
)

// phones are the words before a telephone's number.
var phones = span.NewWords("電話", "tel", "携帯", "ケータイ", "phone", "call", "mobile", "cell", "fax", "連絡先", "内線", "番号は", "text me", "reach me", "whatsapp", "contact", "お問い合わせ", "sms", "ring me", "☎", "℡")

// phonePlus is a number with its country.
func phonePlus(n run) bool {
	d := len(n.digits)
	return d >= 9 && d <= 15 && n.digits[0] != '0' && !strings.Contains(n.seps, "..") || d >= 10 && d <= 15 && len(n.groups) > 2
}

// phone reports whether a number is a telephone's.
func phone(n run, at edge, before string) bool {
	d := n.digits
	called := phones.In(before)
	split := len(n.groups) > 1
	if strings.Contains(n.seps, "_") && (!called || strings.Trim(n.seps, "_") != "") || at == joined && !called && len(n.groups) != 3 {
		return false
	}
	if strings.Contains(n.seps, ".") && (strings.Trim(n.seps, ".") != "" || len(n.groups) < 3) {
		return false
	}
	switch {
	case len(d) == 11 && d[0] == '0' && d[2] == '0' && d[1] >= '5' && d[1] != '6':
		return !split && !has(before, "注文", "伝票", "order", "会員", "id") || split && n.groups[0] == 3 || called
	case len(d) == 10 && (strings.HasPrefix(d, "0120") || strings.HasPrefix(d, "0570") || strings.HasPrefix(d, "0990")),
		len(d) == 11 && strings.HasPrefix(d, "0800"):
		return split || called
	case len(d) == 10 && d[0] == '0' && d[1] != '0':
		if !split {
			return called
		}
		return len(n.groups) == 3 && n.groups[0] >= 2 && n.groups[0] <= 5 && n.groups[2] == 4 || len(n.groups) == 2 && n.groups[0] <= 5 && (n.groups[1] >= 6 || called)
	case len(d) == 11 && d[0] == '0' && d[1] != '0' && split && n.groups[0] >= 3 && n.groups[0] <= 5 && len(n.groups) <= 3:
		return !strings.Contains(n.seps, "-") || called // British: 020 7946 0958
	case len(d) == 10 && d[0] >= '2' && (d[3] >= '2' || n.open):
		return split && len(n.groups) == 3 && n.groups[0] == 3 && n.groups[1] == 3 || split && called && n.groups[0] == 3 || called && !split
	case len(d) == 11 && d[0] == '1' && d[1] >= '2':
		return split && n.groups[0] == 1 && (len(n.groups) == 4 && n.groups[1] == 3 && n.groups[2] == 3) || called
	case len(d) >= 7 && len(d) <= 13:
		return called && (split || has(before, "電話", "phone", "tel")) && !has(before, "version", "model", "型番", "円")
	}
	return false
}
