package privacy

// classes is one text a line, with what must be found marked. ~ is nothing: it
// keeps what looks like a key from being one in this file.
const classes = `
Twilio SID ⟦key|A~C0a1b2c3d4e5f60718293a4b5c6d7e8f9⟧, key ⟦key|S~K9f8e7d6c5b4a39281706f5e4d3c2b1a0⟧.
TWILIO_AUTH_TOKEN=⟦key|0a1b2c3d~4e5f60718293a4b5c6d7e8f9⟧
Our Twilio account's token, 認証トークンは⟦key|9f8e7d6c~5b4a39281706f5e4d3c2b1a0⟧です
auth token: ⟦key|9f8e7d6c~5b4a39281706f5e4d3c2b1a0⟧
md5 9f8e7d6c5b4a39281706f5e4d3c2b1a0 and SK9f8e7d6c5b4a39281706f5e4d3c2b1a, ACdc in AC0a1b2c3d4e5f60718293a4b5c6d7e8f90
the author's token 9f8e7d6c5b4a39281706f5e4d3c2b1a0
use ⟦key|AKI~AQ3EGLMZV5T2RKW7N⟧ please
⟦key|gh~p_q8Wc2ZrT5mVxY7bN1kLpD4sFgH6jA9eUo3Xi⟧
GITHUB_TOKEN=⟦key|github_p~at_11ABCDEFG0aBcDeFgHiJkLmN_oPqRsTuVwXyZ⟧
key: ⟦key|AIz~aSyD4x7Kq9LmN2pR5tV8wY1bE3hJ6gF0cZuQ⟧
⟦key|s~k-proj-Ab3dEf6hIj9kLm2nOp5qRs8t⟧ and ⟦key|s~k-ant-api03-Zx9Yw8Vu7Ts6Rq5Po4Nm⟧
⟦key|h~f_QwErTyUiOpAsDfGhJkLzXcVbNm⟧、⟦key|xo~xb-123456789012-abcDEF⟧
⟦key|glp~at-Xy7_kPq2Rw9sTv4uZa1B⟧ ⟦key|s~k_live_4eC39HqLyjWDarjtT1zdp7dc⟧
Authorization: Bearer ⟦key|ey~JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N⟧
postgres://admin:⟦key|S3cr3tPw⟧@db.internal:5432/app
DB_PASSWORD=⟦key|hunter2x⟧
パスワードは⟦key|Kaze2024!⟧です
パスワード：「⟦key|さくら2024⟧」
password: "⟦key|correct horse⟧"
-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----
a ⟦key|-----BEGIN RSA PRIVATE~ KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----⟧ b
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
id 550e8400-e29b-41d4-a716-446655440000
SGVsbG8gd29ybGQsIHRoaXMgaXMganVzdCBhIHRleHQu
password: string
mqtt://USER:PASSWORD@BROKER/TOPIC
irori_queue_waiting_requests counts
if password == nil { return }
password = os.environ["DB_PASSWORD"]
パスワードは8文字以上にしてください
パスワードを忘れました
My password is incorrect, what should I do?
sk-learn and task-based approaches
the token limit is 4096 tokens
InternalFrameInternalFrameTitlePaneWindowNotFocusedState
mail ⟦email|taro.yamada+x@example.co.jp⟧.
宛先は⟦email|ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ⟧
⟦email|é.dupont@x.fr⟧ and ⟦email|o'brien@example.com⟧, '⟦email|bob@x.com⟧', f'⟦email|amy@x.com⟧'
⟦email|иван@пример.рф⟧ и ⟦email|用户@例子.广告⟧、連絡先は⟦email|山田@例え.jp⟧まで、⟦email|jörg.müller@bücher.example⟧です
"⟦email|"john smith"@x.com⟧" ⟦email|d'angelo@x.it⟧です
import "@angular/core" and @username
電話は⟦phone|090-1234-5678⟧です
TEL：⟦phone|０３（１２３４）５６７８⟧
⟦phone|0120-444-444⟧ / ⟦phone|+81 90 1234 5678⟧ / ⟦phone|+1 (415) 555-2671⟧
call ⟦phone|(415) 555-2671⟧ or ⟦phone|415.555.2671⟧
London ⟦phone|020 7946 0958⟧, mobile ⟦phone|07700 900123⟧
携帯 ⟦phone|08012345678⟧, ⟦phone|(555) 123-4567⟧ x12; ⟦phone|03-1234-5678⟧/⟦phone|090-1234-5678⟧; Tel.⟦phone|03(1234)5678⟧(代表)
⟦phone|03ー1234ー5678⟧
2024-01-15 から 2024-02-20 まで
円周率は 3.14159265358979 です
型番 0123-45
pages 100-200-300
マイナンバーは⟦my_number|1234 5678 9018⟧です
⟦my_number|１２３４５６７８９０１８⟧
個人番号 1234-5678-9012
法人番号 1234567890123
カード ⟦card|4111 1111 1111 1111⟧ 期限 12/27
⟦card|378282246310005⟧
4111 1111 1111 1112
普通 ⟦bank_account|1234567⟧
みずほ銀行 渋谷支店 普通預金 口座番号 ⟦bank_account|7654321⟧
ゆうちょ銀行 記号 ⟦bank_account|12340⟧ 番号 ⟦bank_account|12345671⟧ まで
記号番号：⟦bank_account|10160-12345671⟧（ゆうちょ）
ゆうちょ（記号）⟦bank_account|１２３４０⟧（番号）⟦bank_account|１２３４５６７⟧
please wire to account ⟦bank_account|12345678901⟧ today
Send the payment to my checking account ⟦bank_account|000123456789⟧.
transfer from acct ⟦bank_account|1234-567890⟧ at the bank
三菱UFJ銀行 新宿支店 （普）でなく普通預金の番号は⟦bank_account|7654321⟧
普通列車は1234567番線、普通は1234567円です
GitHub account 12345678 and user account 87654321
記号 12345 と番号の表
普通に 1234567 を足す
IBAN ⟦bank_account|DE89 3704 0044 0532 0130 00⟧ please
GB82 WEST 1234 5698 7654 33
SSN ⟦document|078-05-1120⟧
運転免許証番号 ⟦document|305012345678⟧
旅券番号：⟦document|TK1234567⟧
在留カード ⟦document|AB12345678CD⟧
生年月日：⟦birth_date|1985年4月12日⟧
生年月日 ⟦birth_date|昭和60年4月12日⟧
DOB: ⟦birth_date|04/12/1985⟧
born on ⟦birth_date|April 12, 1985⟧ in Ohio
締切は2024年4月12日です
server ⟦ip|192.168.10.24⟧ and ⟦ip|2001:db8::8a2e:370:7334⟧
version 1.2.3.4 of it
std::vector and 12:34:56
the ⟦project|hotaru⟧ team, Hotarubi, ⟦project|白鳥計画⟧の⟦project|KUMO-1234⟧
👨‍👩‍👧‍👦か゛⟦email|a@b.org⟧👍🏽
`
