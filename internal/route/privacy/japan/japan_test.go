package japan

import (
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// TestNames finds names by what stands around them, and none where that says a
// thing.
func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"「土の子」を書いた朱川湊人(しゅかわ・みなと、42)が受賞。":       "朱川湊人|しゅかわ・みなと",
		"クルーン投手は、ヒース元首相と米ジョージ・W・ブッシュ大統領に会った。":  "クルーン|ヒース|ジョージ・W・ブッシュ",
		"サッカー選手とドイツ首相とプロ野球の監督と同様に、スノウ・ヒル駅で。":   "",
		"[10:32] 吉田: 落ちてます\n[10:33] 井上: 直りました": "吉田|井上",
		"サンタさんが来た。フィッツジェラルドさんは来ない。":            "フィッツジェラルド",
		"『ハリー・ポッター』を読んだ。":                      "",
		"宮崎駿監督と、小林ハルさんと、毛利小五郎。":                "宮崎駿|小林ハル|毛利小五郎",
		"出席者:山本健一、小林直子、李明":                     "山本健一|小林直子|李明",
	} {
		folded := span.Fold(text)
		var got []string
		for _, s := range Names(folded) {
			got = append(got, folded.Cut(s.Start, s.End))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
