package privacy

import (
	"net/url"
	"strings"
	"testing"
)

// wide writes ASCII as full-width characters.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// every puts a text after each so many characters.
func every(s string, n int, sep string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%n == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestOddForms asks for numbers and keys as people and programs write them.
func TestOddForms(t *testing.T) {
	const my, card, key = "123456789018", "4242424242424242", "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	for class, texts := range map[Class][]string{
		"my_number": {
			"マイナンバーは" + my + "です", "マイナンバー：" + wide(my), "マイナンバー " + every(my, 4, " "), "マイナンバー" + every(my, 4, "-"), "マイナンバー\n" + every(my, 4, "　"),
			`{"my_number":"` + my + `"}`, `{"マイナンバー":"` + every(my, 4, " ") + `"}`, "個人番号 " + every(wide(my), 4, "ー"), `{"my_number":` + my + `}`,
		},
		"card": {
			"card " + card, "カード番号" + wide(card), "card: " + every(card, 4, " "), "card: " + every(card, 4, "-"), "card:\n" + every(card, 4, "\n"), "card " + every(card, 4, "  "),
			`{"card":` + card + `}`, `{"card":"` + every(card, 4, " ") + `"}`, "card=" + url.QueryEscape(every(card, 4, " ")), "カード " + every(wide(card), 4, "－"), "card " + every(card, 4, "."),
		},
		"key": {
			"token " + key, "トークン" + wide(key), `{"token":"` + key + `"}`, "https://x.example/?token=" + url.QueryEscape(key), `{\"token\":\"` + key + `\"}`, "Authorization: Bearer " + key,
			"export GH=" + key + "\n", "'" + key + "'", "<" + key + ">", key + ".", "key%3D" + key,
		},
	} {
		s := scanner(t, Options{})
		for _, text := range texts {
			spans, err := s.Scan(text)
			found := false
			for _, x := range spans {
				found = found || x.Class == class
			}
			if err != nil || !found {
				t.Errorf("%s is not found in %q: %v %v", class, text, spans, err)
			}
		}
	}
}
