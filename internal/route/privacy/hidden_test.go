package privacy

import "testing"

// TestHidden checks that what programs write in place of characters hides nothing.
func TestHidden(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, class := range map[string]Class{
		`{"m":"taro.yamada\\u0040example.co.jp"}`:                                             "email",
		`https://x.example/?m=taro.yamada%40example.jp`:                                       "email",
		`taro.yamada&#64;example.co.jp`:                                                       "email",
		`{"note":"\u62c5\u5f53\u306f\u5c71\u7530\u592a\u90ce\u3055\u3093\u3067\u3059\u3002"}`: "name",
	} {
		plain, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		hidden, err := Hidden(s.Scan, text, plain)
		if err != nil || len(hidden) == 0 || hidden[0].Class != class {
			t.Errorf("%s: %v %v, plain %v", text, hidden, err, plain)
		}
	}
	for _, text := range []string{"nothing here", "100%20 of it & more", `a \u0041 b`, "write to taro.yamada@example.co.jp, 50%25"} {
		plain, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		if hidden, err := Hidden(s.Scan, text, plain); err != nil || len(hidden) > 0 {
			t.Errorf("%s: %v %v", text, hidden, err)
		}
	}
	if got := Unescaped(`\ud83d\ude00 %E5%B1%B1 %FF &lt;`); got != "😀 山 %FF <" {
		t.Errorf("%q", got)
	}
}
