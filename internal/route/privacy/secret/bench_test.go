package secret

import (
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// BenchmarkFind is what looking for secrets in 2,000 characters costs, that of
// folding them apart.
func BenchmarkFind(b *testing.B) {
	for name, unit := range map[string]string{
		"ja":   "お世話になっております。営業部の鈴木です。資料の締め切りは来週です。電話は03-1234-5678です。議事録を確認してください。",
		"en":   "Dear Sarah Johnson, please send the invoice to 1234 Elm Street, Springfield and call (415) 555-2671 when it is done. ",
		"said": "パスワードを忘れたため、アクセスできません。The password reset link and the new password rules are below, thank you. ",
		"code": "func readConfig(path string) (*Config, error) { return parse(os.ReadFile(internal/route/privacy/secret_find.go)) } // a = b: \"c\"\n",
	} {
		text := span.Fold(string([]rune(strings.Repeat(unit, 40))[:2000]))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Find(text)
			}
		})
	}
}
