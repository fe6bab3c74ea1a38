package number

import (
	"strings"
	"unicode"

	"irori/internal/route/privacy/span"
)

// banks are words that a bank account's number has before it.
var banks = span.NewWords("普通", "当座", "貯蓄", "口座", "account", "acct", "a/c", "routing", "sort code", "ゆうちょ", "記号", "郵便貯金")

// between stands between what an account is and its number, with signs.
var between = []string{"預金", "貯金", "口座", "番号", "ナンバー", "no", "number", "num", "の", "は", "が", "is", "\\n", "\\t", "¥n"}

// called is the kind of account that stands before a number, with nothing else
// between, "" where none does.
func called(before string, kinds ...string) string {
	for {
		before = strings.TrimRightFunc(before, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, k := range kinds {
			if strings.HasSuffix(before, k) {
				return k
			}
		}
		was := before
		for _, b := range between {
			if before = strings.TrimSuffix(before, b); before != was {
				break
			}
		}
		if before == was {
			return ""
		}
	}
}

// wires are words of somebody who pays into an account, or out of one.
var wires = []string{"wire", "wiring", "transfer", "deposit", "bank", "remit", "send money", "pay ", "payment", "payable", "credit", "debit", "checking", "savings", "routing", "direct dep", "refund", "payroll", "beneficiary", "swift", "sort code", "iban", "aba"}

// account is a number of a bank account, where the words around say so.
func account(t *span.Text, n run, before string) span.Class {
	d := len(n.digits)
	if len(n.groups) > 3 || !banks.In(before) || has(before, "アカウント", "勘定科目", "account id") {
		return ""
	}
	after := t.Cut(n.to, n.to+2)
	whole := len(n.groups) == 1
	switch {
	case has(before, "記号", "ゆうちょ", "郵便貯金") && post(t, n, before):
	case whole && has(after, "番線", "円", "人", "便", "号車", "件", "年", "台"):
		return ""
	case whole && d >= 6 && d <= 8 && called(before, "普通", "当座", "貯蓄", "口座") != "":
	case whole && d == 7 && has(before, "支店", "銀行", "信用金庫", "信金", "農協") && has(before, "普通", "当座", "貯蓄"):
	case d >= 6 && d <= 17 && (whole || n.seps == "-" || n.seps == " ") && called(before, "account", "acct", "a/c") != "" && wired(t, n, before):
	case has(before, "routing") && d == 9, has(before, "sort code") && d == 6:
	default:
		return ""
	}
	return span.Bank
}

// wired reports whether an account is one at a bank.
func wired(t *span.Text, n run, before string) bool {
	if has(before, "aws", "github", "user account", "twitter") {
		return false
	}
	if len(n.digits) >= 8 && has(before, "number", "no.", "no:", " no ", "num", "#", "bank", "acct", "a/c", ":", "=", "_no") {
		return true
	}
	return has(strings.ToLower(t.Cut(n.from-70, n.from)+" "+t.Cut(n.to, n.to+40)), wires...)
}

// post is an account at the post office's bank: a sign of five digits and a
// number.
func post(t *span.Text, n run, before string) bool {
	d, at := len(n.digits), called(before, "記号", "番号", "ゆうちょ銀行", "ゆうちょ", "郵便貯金")
	switch {
	case at == "":
		return false
	case len(n.groups) > 1:
		return n.groups[0] == 5 && n.digits[0] <= '1' && strings.Trim(n.seps, "- ") == ""
	case d == 5:
		_, number, ok := strings.Cut(t.Cut(n.to, n.to+12), "番号")
		return at != "番号" && n.digits[0] <= '1' && (has(before, "ゆうちょ", "郵便貯金") || ok && strings.ContainsAny(number, "0123456789"))
	}
	return d >= 4 && d <= 8 && has(before, "記号", "ゆうちょ", "郵便貯金") && has(before, "番号", "ゆうちょ") || d == 13 && n.digits[0] <= '1'
}
