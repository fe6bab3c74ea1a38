package score

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"18", "18"}, {"答えは70,000ドルです。", "70000"}, {"利益は7万ドルです。", "70000"}, {"1億2000万円です", "120000000"},
		{"答えは１８です。", "18"}, {"答えは１，２３４円です。", "1234"}, {"十八個です。", "18"}, {"3百ドル", "300"},
		{"答えは -5 です", "-5"}, {"答えは12.5です", "12.5"}, {"答え：18ドル（16-3-4=9個）", "18"}, {"だから18ドルです（2025年時点）。", "18"},
		{`$\boxed{540}$`, "540"}, {`\boxed{\frac{3}{4}}`, "0.75"}, {`\boxed{1{,}234}`, "1234"}, {`\boxed{\text{18 apples}}`, "18"},
		{"答えは−5です", "-5"}, {"答えは－５です", "-5"}, {"答えは▲5です", "-5"}, {"答えはマイナス5です", "-5"}, {"The answer is -$5.", "-5"}, {"The answer is $-5", "-5"},
		{"3千5百円", "3500"}, {"二〇二五", "2025"}, {"〇一二", "12"}, {"千二百三十四", "1234"}, {"1.5万", "15000"}, {"百万円", "1000000"}, {"2兆", "2000000000000"},
		{"一億二千三百四十五万六千七百八十九", "123456789"}, {"5万3000", "53000"},
		// Blanks before a large unit and behind it.
		{"7 万", "70000"}, {"答えは7　万円です", "70000"}, {"１億　２０００万円", "120000000"}, {"1億 2000万", "120000000"}, {"1億2000 万円", "120000000"}, {"1 億 2000 万 円", "120000000"},
		{"1億 3千 万円", "130000000"}, {"二 億", "200000000"}, {"3万 5万", "50000"}, {"5 万能", "5"}, {"3 京都", "3"}, {"5 億劫", "5"},
		{"3分の1", "1/3"}, {"三分の二", "2/3"}, {"答えは1/4です", "0.25"}, {"1と2分の1", "1.5"}, {"25%", "25"}, {"3割5分", "35"}, {"七割", "70"},
		{"She has 16 - 3 - 4 = 9 eggs, so 9 * 2 = 18", "18"}, {"The answer is 18.\n\nNote: in 2025 it was 20.", "18"},
		{"The answer is 3. Wait, the answer is 4.", "4"}, {"答えは\n18", "18"}, {"答えは3+4=7です", "7"}, {"reasoning 5\n#### 1,234", "1234"},
		{"**Answer:** **42**", "42"}, {"合計は16-3", "3"}, {"from 16 - 3", "3"}, {"H2O has 3 atoms", "3"}, {"A4を5枚", "5"}, {"USD50", "50"}, {"x = 7", "7"}, {"1.5e3", "1500"}, {"6.02×10^3", "6020"}, {"2×10^{-2}", "0.02"},
		{"まず一番大きいのは3個、一方で他は無い", "3"}, {"<think>7</think>8", "8"}, {"٣٤", "34"}, {"2025/11/21", "21"}, {".5", "0.5"},
		{"答えは７０、０００円です", "70000"}, {"3、100", "100"}, {"ー5", "-5"}, {"答え：ー５", "-5"}, {"スーパー5", "5"}, {"答えは18\u00a0000円", "18000"}, {"1'000'000", "1000000"}, {"1\u202f000\u202f000", "1000000"},
		{"The answer is eighteen.", "18"}, {"The answer is twenty-one apples", "21"}, {"The answer is two hundred and five thousand, one hundred.", "205100"}, {"The answer is minus one", "-1"},
		// Mixed numbers, fractions and powers that are one sign, words of scale.
		{"2 1/4", "2.25"}, {"The answer is -2 1/4.", "-2.25"}, {"2 and 3/4 cups", "2.75"}, {`\boxed{2\frac{1}{4}}`, "2.25"}, {"½", "0.5"}, {"2½", "2.5"}, {"1⁄4", "0.25"}, {"2 と 1/4", "2.25"},
		{"he had 5 3/2", "1.5"}, {"0 and 1/4", "0.25"}, {"10²", "100"}, {"10^6", "1000000"}, {"2^{-2}", "0.25"}, {`\boxed{10^{3}}`, "1000"}, {"5 m² and 7 cm³", "7"}, {"x^2 = 9", "9"},
		{"1 million", "1000000"}, {"The answer is $1.5 million.", "1500000"}, {"$2.5M", "2500000"}, {"$3k", "3000"}, {"3k", "3"}, {"5 thousandths", "5"}, {"1/2 million", "500000"},
		{"The answer is two and a half.", "2.5"}, {"The answer is half", "0.5"}, {"The answer is three quarters", "0.75"}, {"sixty-four", "64"}, {"Two thirds", "2/3"}, {"The answer is minus two and a half", "-2.5"},
		{"minus 5", "-5"}, {"The answer is negative $5", "-5"}, {"10 minus 3", "3"}, {"Points:\n- 5 apples", "5"}, {"- 5", "-5"},
		{"1 000 000", "1000000"}, {"12 345 678", "12345678"}, {"10 000", "10000"}, {"1_000", "1000"}, {"3, 5", "5"}, {"三点五", "3.5"}, {"一二点〇五", "12.05"}, {"三百五十", "350"}, {"18 (1,00)", "18"},
		{"The answer is the one in 7", "7"}, {"The answer is five six", "5"},
		{"答えは二人です", "2"}, {"答えは18個です。一方、残りは3個です。", "18"}, {"The final answer is: $1,234.50.", "1234.5"}, {"18.0", "18"},
	} {
		f, ok := Number(Said(c.text))
		got := ""
		if ok {
			got = f.String()
			if !f.Value.IsInt() && len(got) > 15 {
				got = f.Value.RatString()
			}
		}
		if got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
	for _, s := range []string{"", "わかりません", "no idea", "-", "一方、十分に考えた。", "A4", "<think>5", "The answer is the one",
		// What can be read in more ways than one is read in none.
		"1,00", "答えは1,00円です", "The answer is 12,34", "1.000.000", "€1.234,56", "5~6", "10〜20個", "5±1", "二、三個", `\boxed{5\sqrt{2}}`, "One moment"} {
		if f, ok := Number(Said(s)); ok {
			t.Errorf("%q is %s", s, f)
		}
	}
}

func TestMark(t *testing.T) {
	null := "\x00"
	for _, c := range []struct {
		task, output, gold string
		state              State
		parsed             string
	}{
		{"gsm8k", "The answer is 18.", `"a 9 b\n#### 18"`, Right, `18`},
		{"gsm8k", "The answer is 19.", `"#### 18"`, Wrong, `19`},
		{"gsm8k", "I do not know", `18`, Unparsed, `null`},
		{"gsm8k", null, `18`, Failed, `null`},
		{"mgsm-ja", "答えは分かりません。", `1`, Unparsed, `null`},
		{"mgsm-ja", "答えは2千125です", `"2,125"`, Right, `2125`},
		{"mgsm-en", "50%", `0.5`, Right, `50`},
		{"number", "0.5", `"50%"`, Right, `0.5`},
		{"number", "50", `0.5`, Wrong, `50`},
		{"number", "0.3333333", `"1/3"`, Wrong, `0.3333333`},
		{"svamp", "0.3333333", `"1/3"`, Right, `0.3333333`},
		{"svamp", "8", `8.0`, Right, `8`},
		{"jcommonsenseqa", "答えは3です。", `3`, Right, `"3"`},
		{"jcommonsenseqa", "「１」", `"1"`, Right, `"1"`},
		{"jcommonsenseqa", "（ウ）", `2`, Right, `"2"`},
		{"jcommonsenseqa", "③", `2`, Right, `"2"`},
		{"jcommonsenseqa", "正解は（２）の駅です。", `2`, Right, `"2"`},
		{"jcommonsenseqa", "4", `3`, Wrong, `"4"`},
		{"jcommonsenseqa", "1か2です", `1`, Unparsed, `null`},
		{"jcommonsenseqa", "答えは1か2です", `1`, Unparsed, `null`},
		{"mmlu-pro", "The answer is (C).", `"C"`, Right, `"C"`},
		{"mmlu-pro", "The answer is C", `"C"`, Right, `"C"`},
		{"mmlu-pro", "C. Because of A and B", `"C"`, Right, `"C"`},
		{"mmlu-pro", "Ｃ", `"C"`, Right, `"C"`},
		{"mmlu-pro", "c", `"C"`, Right, `"C"`},
		{"mmlu-pro", `\boxed{J}`, `"J"`, Right, `"J"`},
		{"mmlu-pro", "Answer: A. A cat", `"A"`, Right, `"A"`},
		{"mmlu-pro", "Answer: **B**", `"B"`, Right, `"B"`},
		{"mmlu-pro", "3", `"C"`, Right, `"C"`},
		{"mmlu-pro", "I think that A is a good one, or B", `"A"`, Unparsed, `null`},
		{"mmlu-pro", "The answer is (A) or (B)", `"A"`, Unparsed, `null`},
		{"mmlu-pro", "Answer: I think it is (B)", `"B"`, Right, `"B"`},
		{"mmlu-pro", "The answer is: **(F) 12**", `"F"`, Right, `"F"`},
		{"mmlu-pro", "The best one seems B.", `"B"`, Right, `"B"`},
		{"mmlu-pro", "Correct choice: E", `"E"`, Right, `"E"`},
		{"mmlu-pro", "A or B", `"B"`, Unparsed, `null`},
		{"mmlu-pro", "The answer is A or B", `"B"`, Unparsed, `null`},
		{"mmlu-pro", "A、B", `"A"`, Unparsed, `null`},
		{"mmlu-pro", "The answer is B, a word of A or so", `"B"`, Right, `"B"`},
		{"mmlu-pro", "It could be B but also D.", `"B"`, Unparsed, `null`},
		{"jcommonsenseqa", "4番", `4`, Right, `"4"`},
		{"jcommonsenseqa", "理由は3つありますが、どれとも言えません。", `3`, Unparsed, `null`},
		{"mmlu-pro", "(B)", `1`, Right, `"1"`},
		{"mmlu-pro", "The answer is a good one", `"A"`, Unparsed, `null`},
		{"exact", " 「東京」。", `"東京"`, Right, `"東京"`},
		{"exact", "Tokyo", `"東京"`, Wrong, `"Tokyo"`},
		{"exact", "  ", `"東京"`, Unparsed, `null`},
		{"json", "Here:\n```json\n{\"b\": 1.0, \"a\": \"１\"}\n```", `{"a":"1","b":1}`, Right, `{"a":"１","b":1.0}`},
		{"json", `x {"a": [1, null]} y`, `"{\"a\":[1,null]}"`, Right, `{"a":[1,null]}`},
		{"json", `{"a": 2}`, `{"a":1}`, Wrong, `{"a":2}`},
		{"json", `{"a": 1, "b": 2}`, `{"a":1}`, Wrong, `{"a":1,"b":2}`},
		{"json", `{"a": 1}`, `{"a":1,"b":2}`, Wrong, `{"a":1}`},
		{"json", "none", `{"a":1}`, Unparsed, `null`},
		{"json", `{"a": 1e999999999}`, `{"a":1}`, Wrong, `{"a":1e999999999}`},
	} {
		it := Item{Output: &c.output, Gold: json.RawMessage(c.gold)}
		if c.output == null {
			it.Output = nil
		}
		r, err := Mark(c.task, it)
		if err != nil {
			t.Errorf("%s %q: %v", c.task, c.output, err)
			continue
		}
		parsed, _ := json.Marshal(r.Parsed)
		if r.State != c.state || string(parsed) != c.parsed {
			t.Errorf("%s %q against %s is %s %s, want %s %s", c.task, c.output, c.gold, r.State, parsed, c.state, c.parsed)
		}
	}
}

func TestChoiceTexts(t *testing.T) {
	texts := []string{"駅", "空港", "港", "Bus stop", "道"}
	for out, want := range map[string]State{"空港": Right, "答えは「空港」です": Right, "bus stop": Wrong, "駅か道": Unparsed} {
		r, err := Mark("jcommonsenseqa", Item{Output: &out, Gold: json.RawMessage(`1`), Choices: texts})
		if err != nil || r.State != want {
			t.Errorf("%q is %v %v, want %s", out, r, err, want)
		}
	}
}

func TestBadGold(t *testing.T) {
	out := "1"
	for _, c := range [][2]string{
		{"gsm8k", ""}, {"gsm8k", "null"}, {"gsm8k", `"none"`}, {"gsm8k", `{}`}, {"mmlu-pro", `"AB"`}, {"exact", `[1]`}, {"json", ""}, {"json", "{"}, {"smell", "1"},
	} {
		if _, err := Mark(c[0], Item{Output: &out, Gold: json.RawMessage(c[1])}); err == nil {
			t.Errorf("%s took the gold %s", c[0], c[1])
		}
	}
	if fmt.Sprint(Tasks()) != "[choice exact gsm8k jcommonsenseqa json mgsm-en mgsm-ja mmlu-pro number svamp]" {
		t.Error(Tasks())
	}
}
