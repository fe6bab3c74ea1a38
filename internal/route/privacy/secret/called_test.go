package secret

import (
	"encoding/base64"
	"strings"
	"testing"

	"irori/internal/route/privacy/span"
)

// held are lines with a secret, in brackets; ~ is nothing, so that nobody takes
// this file for a leak.
const held = `
パスワード:⟦さくら2020⟧
パスワード：⟦さくら2020⟧
パスワードは⟦さくら2020⟧です
パスワード=⟦桜Sakura77⟧
パスワードは⟦hunter2⟧です
新しいパスワードは ⟦Neko!2024⟧ に変えました。
WiFiのパスワード ⟦tora555neko⟧
WiFiのパスワード ⟦12345678⟧
Wi-Fiパスワード：⟦kawa-1234-umi⟧
合言葉は「⟦ひらけごま2⟧」
暗証番号 ⟦4821⟧
暗証番号は⟦4821⟧です
暗証番号：⟦4821⟧
カードの暗証番号⟦4821⟧を忘れないで
PINコード ⟦4821⟧
PINコードは⟦482100⟧
ピンコード:⟦4821⟧
PIN番号は「⟦4821⟧」
API キーは ⟦abcd-1234-efgh⟧
APIキー: ⟦abcd-1234-efgh⟧
シークレットキーは⟦zx81-qq12-pl09⟧です
アクセストークン：⟦a1b2c3d4e5f6⟧
PW: ⟦Kawa1234⟧
pw=⟦Kawa1234⟧
PW：⟦Kawa1234⟧
pass: ⟦tora555⟧
pass = ⟦hunter2⟧
"pass": "⟦tora555⟧"
PIN: ⟦4821⟧
pin=⟦4821⟧
PIN is ⟦4821⟧
My PIN code is ⟦4821⟧.
secret=⟦tiger⟧
SECRET=⟦tiger⟧
?secret=⟦tiger⟧&a=1
mytool --password ⟦hunter2⟧ --verbose
mytool --db-password '⟦tora neko⟧'
mytool --api-key ⟦abcd1234⟧
mytool --pass ⟦Kawa1234⟧
mytool --pin ⟦4821⟧
passwd ⟦hunter2⟧
sshpass -p ⟦x⟧ ssh root@h
sshpass -p '⟦a b⟧' scp f h:
sshpass -p⟦tora⟧ ssh h
mysql -u root -p⟦S3cretPw⟧ shop
mysqldump --all-databases -p⟦S3cretPw⟧ > all.sql
mysql \\n  -p⟦S3cretPw⟧
curl -u admin:⟦Tr0ub4dor⟧ https://h/
curl -s --user "admin:⟦Tr0ub 4dor⟧" https://h/
curl -X POST -uadmin:⟦tiger⟧ https://h/
machine x login bob password ⟦s3cr3tpw⟧
machine x login bob password ⟦tigerlily⟧
machine x\n  login bob\n  password ⟦tigerlily⟧
the passphrase is "⟦correct horse battery staple⟧"
the password is "⟦tigerlily⟧"
the password is ⟦hunter2⟧.
AWS_SECRET_ACCESS_KEY=⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧
aws_secret_access_key: ⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧
key ⟦AK~IAIOSFODNN\n7ABCDEFQ⟧ is used
⟦AK~IAIOSFODNN7ABCDE\r\n  FQ⟧
⟦gh~p_0123456789abc\ndefghijABCDEFGHIJ012345⟧
`

// free are lines without one.
const free = `
パスワードを忘れました
パスワードは8文字以上にしてください
パスワード: 8文字以上の英数字
パスワード：必須
パスワードは必須です
パスワードは最低12文字です
パスワードは半角英数字で入力
パスワードは2024年に変えた
パスワード 変更
パスワードは90日ごとに変える
パスワード Windows11 の設定
パスワードはSHA256で保存する
パスワード管理アプリ1Passwordを使う
パスワードはどこですか
パスワード(8~16文字)
パスワード: 有効期限90日
パスワードが違います
暗証番号は4桁です
暗証番号を4回間違えた
暗証番号は1234などを避ける
暗証番号 2024年に変更
PINコードの入力は3回まで
PINコードは6桁以上
APIキーは必要ありません
API キーは環境変数に入れる
API キーは OPENAI_API_KEY に入れる
トークンは1024個まで
合言葉は何ですか
シークレットモードは3月に追加
pass: true
pass: 12ms
pass: all 12 tests
pass: 100.0ms
pass: src/app2.go
pass: round2
"pass": "12 of 14 ok"
PASS: TestLogin2
PIN the message
pin 1200 of the board
PIN 2048 posts
pin: 13
PIN code 560034
password reset link
the password is "required"
the password is "too weak"
the password is wrong
passwd user1
password OAuth2 flow
password sha256 hash
password 8-character minimum
password and user
forgot password 3 times
use the --password option
--password-stdin
--password $DB_PASSWORD
--password <secret>
--token limit
secret=true
secret=None
secret=my_secret
Client(secret=tiger)
f(secret=value, n=3)
top secret: tiger
sshpass -p $PASS ssh h
sshpass -p password ssh h
mysql -p shop
mysql -P3306 -port=3306
docker run -p3306:3306 mysql
mkdir -p src/a1
curl -u $USER:$PASS https://h/
sudo -u postgres psql
curl --user-agent a:b
password=EXAMPLE
API_KEY=YOUR_API_KEY
api_key: your-api-key-here
API_KEY=your_key_1
secret_key=example_key
password=None
password=required
machine learning login password reset
AKIA\nThis is a line
sk-learn\nis a package
`

// TestCalled finds what the lines hold, whole, and nothing in the others.
func TestCalled(t *testing.T) {
	tried := 0
	for line := range strings.SplitSeq(strings.TrimSpace(held+free), "\n") {
		tried++
		want := strings.NewReplacer("~", "", `\r`, "\r", `\n`, "\n").Replace(line)
		text := span.Fold(strings.NewReplacer("⟦", "", "⟧", "").Replace(want))
		got := text.S
		for _, x := range find(text, true) {
			got = text.Cut(0, x.Start) + "⟦" + text.Cut(x.Start, x.End) + "⟧" + text.Cut(x.End, text.Len())
		}
		if got != span.Fold(want).S {
			t.Errorf("%q: %q", line, got)
		}
	}
	if tried < 130 {
		t.Error(tried)
	}
}

// TestWrapped finds a key in base64 that stands as a value of its own, and no
// text without one.
func TestWrapped(t *testing.T) {
	key := "AK" + "IAIOSFODNN7ABCDEFQ"
	for _, c := range []struct {
		inside string
		want   bool
	}{
		{key, true}, {"gh" + "p_0123456789abcdefghijABCDEFGHIJ012345", true}, {"password=tora555neko", true}, {`{"k":"` + key + `"}`, true},
		{"The quick brown fox jumps over the dog.", false}, {strings.Repeat("password reset link ", 9), false}, {"\x00\x01" + key, false},
	} {
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding} {
			value := e.EncodeToString([]byte(c.inside))
			for _, line := range []string{"%", `{"data":"%"}`, "data: %\n", "token=%", "値は%です"} {
				if !c.want && line[0] == 't' {
					continue // its name says it
				}
				text := span.Fold(strings.Replace(line, "%", value, 1))
				got := find(text, false)
				if (len(got) == 1 && text.Cut(got[0].Start, got[0].End) == value) != c.want {
					t.Errorf("%s of %q: %v", text.S, c.inside, got)
				}
			}
		}
	}
}
