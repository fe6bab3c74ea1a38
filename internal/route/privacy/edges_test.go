package privacy

import (
	"slices"
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// numberClasses are those that package number finds.
var numberClasses = []Class{span.MyNumber, span.Card, span.Bank, span.Document, span.Email, span.Phone, span.BirthDate, span.IP}

// what may stand before and behind a number, as people and programs write it.
var (
	edgesBefore = []string{
		"", " ", "\t", "\n", "(", "（", "[", "［", "【", "「", "『", "{", "<", "＜", "〔", "\"", "'", "`", "“", "‘", "=", "＝", ": ", ":", "：", "#", "＃", "*", "**", "_", "~", "/", "|", "| ", ",", "1,a,", ";", "、", "。", "・", "→", "- ", "> ", "※", "★", "は", "番号", "\\n", "\\t", "x=", "x #",
		"&k=", "{\"n\":\"", "{\"n\":", "<td>", "row\t", "a, ", "＞", "\u3000", "\u200b", "¥n",
	}
	edgesAfter = []string{
		"", " ", "\t", "\n", ")", "）", "]", "］", "】", "」", "』", "}", ">", "＞", "〕", "\"", "'", "`", "”", ",", ", ", ",2,b", ";", "、", "。", ".", "．", "!", "？", "|", "*", "**", "_", "~", "/", "です", "を登録。", "、", "\\n", "</td>", " and more", "\u3000", "&b=2",
	}
)

// edged are values that are known by what they are; what they need before them
// stands in label.
var edged = []struct {
	class        Class
	label, value string
}{
	{span.Card, "", "4111111111111111"}, {span.Card, "", "4111 1111 1111 1111"}, {span.Card, "", "5555-5555-5555-4444"}, {span.Card, "", "378282246310005"}, {span.Card, "", "3782 822463 10005"},
	{span.Card, "", "4111_1111_1111_1111"}, {span.Card, "", "４１１１１１１１１１１１１１１１"}, {span.Card, "", "４１１１－１１１１－１１１１－１１１１"}, {span.Card, "", "6011 1111 1111 1117"}, {span.Card, "", "3530111333300000"},
	{span.MyNumber, "", "1234 5678 9018"}, {span.MyNumber, "", "1234-5678-9018"}, {span.MyNumber, "", "2553 4192 8328"}, {span.MyNumber, "", "１２３４　５６７８　９０１８"}, {span.MyNumber, "マイナンバー", "123456789018"},
	{span.Phone, "", "090-4821-7736"}, {span.Phone, "", "03-5921-4473"}, {span.Phone, "", "0120-444-444"}, {span.Phone, "", "０３－５９２１－４４７３"}, {span.Phone, "", "(03)5921-4473"}, {span.Phone, "", "03(5921)4473"}, {span.Phone, "", "090 4821 7736"}, {span.Phone, "", "09048217736"},
	{span.Phone, "", "0466-12-3456"}, {span.Phone, "", "+81-90-4821-7736"}, {span.Phone, "", "+81 90 4821 7736"}, {span.Phone, "", "+14155552671"}, {span.Phone, "", "415-555-2671"}, {span.Phone, "", "(415) 555-2671"},
	{span.IP, "", "46.201.65.187"}, {span.IP, "", "192.168.10.24"}, {span.IP, "", "１０．０．０．１"},
	{span.Document, "", "078-05-1120"}, {span.Document, "免許証", "305012345678"}, {span.Document, "", "AB12345678CD"}, {span.Document, "passport", "TK1234567"},
	{span.Bank, "", "DE89370400440532013000"}, {span.Bank, "", "DE89 3704 0044 0532 0130 00"}, {span.Bank, "普通", "1234567"}, {span.Bank, "口座番号", "7654321"},
	{span.BirthDate, "生年月日", "1985年4月12日"}, {span.BirthDate, "DOB", "04/12/1985"}, {span.BirthDate, "生年月日", "1985-04-12"},
	{span.Email, "", "taro.yamada@example.jp"}, {span.Email, "", "o'brien@example.com"}, {span.Email, "", "é.dupont@x.fr"}, {span.Email, "", "jörg@bücher.de"},
}

// odd are signs that one number may have before or behind it, and that make
// something else of another.
func oddEdge(class Class, value, before, after string) bool {
	switch class {
	case span.Email:
		// What an address itself may hold, and what letters go on with.
		return strings.HasSuffix(before, "_") || strings.ContainsAny(before, "は号") && !span.Letter([]rune(value)[0]) || strings.HasPrefix(after, "_")
	case span.IP:
		return before == "~" // what a package needs
	case span.Bank:
		return span.Digit(rune(value[0])) && strings.ContainsAny(before, "kxaw<{")
	}
	return false
}

// TestNumbersAtAnyEdge puts each number between all that may stand around one: it
// is found whatever stands there, and nothing of that with it.
func TestNumbersAtAnyEdge(t *testing.T) {
	s := scanner(t, Options{Only: numberClasses})
	tried, missed := 0, 0
	check := func(class Class, before, value, after string) {
		tried++
		text := before + value + after
		from := len([]rune(before))
		got, err := s.Scan(text)
		if want := (Span{Class: class, Start: from, End: from + len([]rune(value))}); err != nil || !slices.Contains(got, want) || len(got) != 1 {
			if missed++; missed < 60 {
				t.Errorf("%s in %q: %s %v", class, text, Mark(text, got), err)
			}
		}
	}
	for _, e := range edged {
		for _, before := range edgesBefore {
			for _, after := range edgesAfter {
				if !oddEdge(e.class, e.value, before, after) {
					check(e.class, e.label+before, e.value, after)
				}
			}
		}
	}
	for _, e := range edged {
		names := map[Class][]string{
			span.Card:     {"card", "card=", "CARD:", "card_", "card-", "Visa", "no.", "card_number=", "PAN=", "x=", "cards/", "pay?c="},
			span.Phone:    {"TEL", "tel=", "Tel.", "TEL:", "tel_", "TEL/", "Fax", "phone=", "Phone#", "mobile=", "携帯", "電話"},
			span.IP:       {"host=", "DB_HOST=", "ip=", "http://", "ssh root@", "addr:", "HOST_"},
			span.MyNumber: {"mynumber=", "my_number_", "MyNumber", "x="},
			span.Email:    {"mailto:", "mail=", "user=", "連絡先は", "to=", "<"},
			span.Document: {"no=", "id="},
		}[e.class]
		for _, before := range names {
			for _, after := range []string{"", ")", ",", "です", "\"", "&x=1", "\n"} {
				check(e.class, e.label+before, e.value, after)
			}
		}
	}
	t.Logf("%d of %d missed", missed, tried)
	if tried < 40*25*20 {
		t.Errorf("only %d tried", tried)
	}
}

// others look like numbers of somebody and are none.
var others = []string{
	// Longer and shorter numbers, and ones whose check is wrong.
	"4111111111111112", "4111 1111 1111 1112", "41111111111111111", "411111111111111", "1234 5678 9012", "123456789012", "1234567890", "12345678901234567890", "9999999999999999", "0000 0000 0000 0000",
	"4111-1111-1111-1112", "5555 5555 5555 4445", "1234567", "2024", "42", "100200300400500600700",
	// Versions, prices, decimals, fractions, sizes and times.
	"v1.2.3.4", "V10.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.4-beta", "1.2.3.4-rc1", "256.1.2.3", "01.02.03.04", "3.14159265358979", "0.4111111111111111", "1.4111111111111111", "4111111111111111.5", "4,111,111,111,111,111", "1,234,567", "12,800円", "1/2", "1920x1080", "12:34:56",
	"1e16", "1.5e-10", "50%", "10.0", "+200_000_000", "200_000_000", "Chrome/120.0.0.0", "requests==2.31.0.1", "foo>=1.2.3.4",
	// Hex, hashes and UUIDs.
	"0x4111111111111111", "0xdeadbeef", "9f86d081884c7d659a2feaa0c55ad015", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "a4111111111111111b", "550e8400-e29b-41d4-a716-446655440000", "41111111-1111-4111-8111-111111111111", "f4111111111111111",
	// Dates, and files and parts by their names.
	"2024-01-15", "2024/01/15", "2024年1月15日", "20240115", "2024-01-15T12:34:56", "202401151230", "20240115123059", "IMG_20240115_123059.jpg", "report_2024-01.pdf", "data.20240115.csv", "scan0001.png", "libfoo.so.1.2.3.4", "app_1.2.3.4.tar.gz", "ABC-1234-5678", "RFC2616", "ISO8601", "AB123456", "X1234567Y", "B08N5WRWNW",
	"978-4-06-519981-0", "4901234567894", "doi:10.1000/182", "10.1109/5.771073", "UTF-8", "ABC123DEF456",
	// What is no address of a mailbox.
	"@angular/core", "user@host", "icon@2x.png", "a@b", "foo@1.2.3", "#@!",
}

// TestOtherNumbersAtAnyEdge puts what is no number of anybody at the same places.
func TestOtherNumbersAtAnyEdge(t *testing.T) {
	s := scanner(t, Options{Only: numberClasses})
	tried, wrong := 0, 0
	for _, value := range others {
		for _, before := range append([]string{"id=", "count=", "file ", "price: ", "no. of ", "ver=", "sha1:", "合計", "約", "型番"}, edgesBefore...) {
			// One's own plus, dot or digit makes another number of it.
			for _, after := range edgesAfter {
				tried++
				text := before + value + after
				if got, err := s.Scan(text); err != nil || len(got) > 0 {
					if wrong++; wrong < 60 {
						t.Errorf("%q: %s %v", text, Mark(text, got), err)
					}
				}
			}
		}
	}
	t.Logf("%d of %d wrong", wrong, tried)
}
