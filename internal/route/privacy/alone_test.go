package privacy

import (
	"testing"

	"irori/internal/route/privacy/span"
)

// TestNamesAlone finds a name that nothing announces by what is said of it, and
// none in what a place, a firm or a thing is called.
func TestNamesAlone(t *testing.T) {
	s := scanner(t, Options{Only: []Class{span.Name}})
	for text, want := range map[string]string{
		"昨日安西さんと話した。":                                              "昨日[name]さんと話した。",
		"経理の星に確認。泉から電話。":                                           "経理の[name]に確認。[name]から電話。",
		"・山根:賛成\n・東:反対\n・原:保留":                                     "・[name]:賛成\n・[name]:反対\n・[name]:保留",
		"主人公は久遠寺アリス、17歳。":                                          "主人公は[name]、17歳。",
		"フリガナ: タカナシ ミサキ":                                           "フリガナ: [name]",
		"入居者:阿部ミツ":                                                 "入居者:[name]",
		"妻が小林姓のまま働く。":                                              "妻が[name]姓のまま働く。",
		"ユキは泣いた。ゴッホの絵":                                             "[name]は泣いた。[name]の絵",
		"利用者は大道寺 シゲさん":                                             "利用者は[name]さん",
		"The paper (Kowalczyk and Adeyemi, 2019) and Will said so": "The paper ([name] and [name], 2019) and [name] said so",
		"\"You're late,\" said Harker.":                            "\"You're late,\" said [name].",
		"三島由紀夫賞と高橋是清記念公園":                                          "三島由紀夫賞と高橋是清記念公園",
		"ヤンマーと井関農機":                                                "ヤンマーと井関農機",
		"小川が流れる音を聞いた。":                                             "小川が流れる音を聞いた。",
		"私は蓑毛と申します。長女七海":                                           "私は[name]と申します。長女[name]",
		"綿鍋課長と営業一課の蓑毛です。":                                          "[name]課長と営業一課の[name]です。",
		"後輩の面倒もよい学生。営業課長の一日":                                       "後輩の面倒もよい学生。営業課長の一日",
		"予測器が「よい」と言った。新宿、京都":                                       "予測器が「よい」と言った。新宿、京都",
		"どこに行くんだ。":                                                 "どこに行くんだ。",
		"蓮の花が咲いた。千葉は雨だ。":                                           "蓮の花が咲いた。千葉は雨だ。",
		"I'm Zorvani, and a girl called Quellisa asked.":           "I'm [name], and a girl called [name] asked.",
		"The labels by P. Bruvik (A. Zorvani) are new.":            "The labels by [name] ([name]) are new.",
		"I'm Priya, and our son Jude is eight.":                    "I'm [name], and our son [name] is eight.",
		"Ferreira thinks so, but Novak disagrees with it.":         "[name] thinks so, but [name] disagrees with it.",
		"Rota: Singh on Monday, Baker on Tuesday.":                 "Rota: [name] on Monday, [name] on Tuesday.",
		"my landlord mr. pettigrew won't return it":                "my landlord mr. [name] won't return it",
		"# TODO(marcus): expire, TODO(perf)":                       "# TODO([name]): expire, TODO(perf)",
		"Siemens thinks that Our Company wants its Base Runtime":   "Siemens thinks that Our Company wants its Base Runtime",
	} {
		got, err := s.Scan(text)
		if err != nil {
			t.Fatal(err)
		}
		if m := Mark(text, got); m != want {
			t.Errorf("%q: %q, want %q", text, m, want)
		}
	}
}
