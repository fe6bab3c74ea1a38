// Package reason says in words, Japanese and English, why a question is
// expected to need the strong model or not. It judges nothing itself.
package reason

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"irori/internal/route/predict"
)

// Sentences say in words, Japanese for "ja" and else English, what is expected
// of both models and why.
func Sentences(e predict.Explanation, language string) []string {
	w := &english
	if language == "ja" {
		w = &japanese
	}
	return w.say(&e)
}

// tongue is a language to explain in.
type tongue struct {
	chances, named, same, more, less string
	words, shapes, embedded, mean    string
	toStrong, toWeak, nothing        string
	past, pastUnknown, noPast        string
	unknown, beyond, version         string
	and, open, close                 string
	like                             map[string]string
	what                             map[string]string
	local, cloud                     string
}

var english = tongue{
	chances: "The %s model is expected to answer well with probability %.0f %%, the %s model with %.0f %%.",
	named:   "%s (%s)", local: "local", cloud: "strong",
	same: "Escalation is expected to bring nothing to speak of.", more: "Escalation is expected to bring %.0f points of a right answer.",
	less:  "Escalation is expected to do harm: %.0f points of a right answer less.",
	words: "words and form say %+.0f points", shapes: "topic and form together %+.0f", embedded: "the embedding %+.0f", mean: "What was learnt is the mean of this: %s.",
	toStrong: "In favour of escalation: %s.", toWeak: "Against it: %s.", nothing: "No single word stands out.",
	past:        "%d earlier requests are like this one; there the local model got %s and the strong one %s, which moved the estimate by %+.0f points.",
	pastUnknown: "an unknown mean", noPast: "No earlier request is like this one.",
	unknown: "%.0f %% of its words never occurred in training: the estimate leans on the rest and on form.",
	beyond:  "It is like little of what was learnt from: form counts for more, and the strong model's chances as far as they carry over. That moved the estimate by %+.0f points.",
	version: "Model %s, trained on %d outcomes (%d English, %d Japanese, %d other), %d more learnt since.",
	and:     ", ", open: "“", close: "”",
	like: map[string]string{"form": "its %s", "request": "the request's %s", "domain": "the domain %s"},
}

var japanese = tongue{
	chances: "%sモデルがうまく答える確率は %.0f %%、%sモデルは %.0f %% と見込まれます。",
	named:   "%s（%s）", local: "ローカル", cloud: "強い",
	same: "強いモデルに送っても、ほとんど得るものはないと見込まれます。", more: "強いモデルに送ると、正答率が %.0f ポイント上がると見込まれます。",
	less:  "強いモデルに送ると、かえって正答率が %.0f ポイント下がると見込まれます。",
	words: "単語と形は %+.0f ポイント", shapes: "話題と形の組み合わせは %+.0f ポイント", embedded: "埋め込みは %+.0f ポイント", mean: "学習した見込みは次の平均です：%s。",
	toStrong: "送るほうに働いたもの：%s。", toWeak: "ローカルに留めるほうに働いたもの：%s。", nothing: "目立って働いた単語はありません。",
	past:        "似た過去の依頼が %d 件あり、ローカルモデルの平均は %s、強いモデルの平均は %s でした。これで見込みが %+.0f ポイント動きました。",
	pastUnknown: "不明", noPast: "似た過去の依頼はありません。",
	unknown: "語の %.0f %% は学習データに一度も現れていないため、残りの語と形に頼った見込みです。",
	beyond:  "学習に使った質問とはあまり似ていないので、形を重く見て、強いモデルの見込みは他の話題にも通じる分だけを採りました。これで見込みが %+.0f ポイント動きました。",
	version: "モデル %s：%d 件の結果で学習（英語 %d、日本語 %d、その他 %d）、その後 %d 件を追加で学習。",
	and:     "、", open: "「", close: "」",
	like: map[string]string{"form": "%s", "request": "依頼の%s", "domain": "分野「%s」"},
	what: map[string]string{
		"length": "長さ", "words": "語の数", "lines": "行の数", "digits": "数字の割合", "numbers": "数の個数", "dollar and yen signs": "ドルと円の記号",
		"gaps to fill": "空欄", "capitals": "大文字の割合", "mathematical signs": "数学記号の割合", "question marks": "疑問符", "quotation marks": "引用符",
		"length of the lines after the first": "2 行目以降の長さ", "spread of their lengths": "2 行目以降の長さのばらつき", "length of the first line": "1 行目の長さ",
		"length of words": "語の長さ", "code": "プログラムの印", "numbers in the lines after the first": "2 行目以降の数", "distinct words": "異なる語の割合",
		"letters beyond ASCII": "ASCII 以外の文字の割合", "kana and kanji": "かなと漢字の割合", "kanji": "漢字の割合", "katakana": "カタカナの割合",
		"backslashes": "バックスラッシュ", "brackets": "括弧", "sentences": "文の数", "cut": "切り捨てた長さ",
		"tools": "ツールの数", "images": "画像の数", "turns": "やり取りの回数", "prompt tokens": "プロンプトのトークン数", "schema": "出力形式の指定",
		"tools known": "ツールの有無がわかること", "images known": "画像の有無がわかること", "turns known": "やり取りの回数がわかること",
		"prompt tokens known": "トークン数がわかること", "schema known": "出力形式の指定がわかること",
	},
}

// mostSaid is how many reasons a sentence names, leastSaid how far one has to
// move the log-odds to be worth it.
const (
	mostSaid  = 6
	leastSaid = .01
)

func (w *tongue) say(e *predict.Explanation) []string {
	model := func(what, name string) string {
		if name == "" {
			return what
		}
		return fmt.Sprintf(w.named, what, name)
	}
	out := []string{fmt.Sprintf(w.chances, model(w.local, e.Model.Weak), 100*e.Weak, model(w.cloud, e.Model.Strong), 100*e.Strong)}
	switch points := 100 * e.Benefit(); {
	case points >= .5:
		out = append(out, fmt.Sprintf(w.more, points))
	case points <= -.5:
		out = append(out, fmt.Sprintf(w.less, -points))
	default:
		out = append(out, w.same)
	}
	parts := []string{fmt.Sprintf(w.words, points(e.Words)), fmt.Sprintf(w.shapes, points(e.Shapes))}
	if e.Embedded != nil {
		parts = append(parts, fmt.Sprintf(w.embedded, points(*e.Embedded)))
	}
	out = append(out, fmt.Sprintf(w.mean, strings.Join(parts, w.and)))
	said := 0
	for _, side := range []struct {
		sign     float64
		sentence string
	}{{1, w.toStrong}, {-1, w.toWeak}} {
		var all []string
		for _, r := range e.Reasons {
			if r.Benefit*side.sign >= leastSaid && len(all) < mostSaid && !within(r, all) {
				all = append(all, w.reason(r))
			}
		}
		if len(all) > 0 {
			out = append(out, fmt.Sprintf(side.sentence, strings.Join(all, w.and)))
			said++
		}
	}
	if said == 0 {
		out = append(out, w.nothing)
	}
	if e.Alike > 0 {
		mean := func(v *float64) string {
			if v == nil {
				return w.pastUnknown
			}
			return fmt.Sprintf("%.0f %%", 100**v)
		}
		out = append(out, fmt.Sprintf(w.past, e.Alike, mean(e.AlikeWeak), mean(e.AlikeStrong), points(e.Past)))
	} else {
		out = append(out, w.noPast)
	}
	if e.Unknown != nil && *e.Unknown > .5 {
		out = append(out, fmt.Sprintf(w.unknown, 100**e.Unknown))
	}
	if e.Unlike != nil && *e.Unlike >= .5 {
		out = append(out, fmt.Sprintf(w.beyond, points(e.Beyond)))
	}
	m := e.Model
	return append(out, fmt.Sprintf(w.version, e.Version, m.Examples, m.English, m.Japanese, m.Other, m.Learnt))
}

// within says that a reason is a piece of a word that was said before, which
// tells people nothing more.
func within(r predict.Reason, said []string) bool {
	piece := strings.Trim(r.What, "…")
	return r.Like == "word" && slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, piece) })
}

// points are hundredths, and none is never −0.
func points(share float64) float64 { return math.Round(100*share) + 0 }

// reason is a reason in words.
func (w *tongue) reason(r predict.Reason) string {
	what := r.What
	if t, ok := w.what[what]; ok && r.Like != "word" && r.Like != "domain" {
		what = t
	}
	if form, ok := w.like[r.Like]; ok {
		return fmt.Sprintf(form, what)
	}
	return w.open + what + w.close
}
