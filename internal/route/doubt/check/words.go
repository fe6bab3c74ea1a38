package check

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"irori/internal/llm"
)

// lazy makes a pattern when it is first needed.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// Refusals say that the writer will not or cannot do what was asked. That
// something does not exist, or is not known, is an answer.
var (
	refusesEn = lazy(`(?i)^[^.!?\n]{0,40}\b(i'?m|i am|we'?re|we are)? ?(very |really |so )?(sorry|afraid|unable|not able|apologi[sz]e|unfortunately)\b[^.\n]{0,40}\b(can ?not|can'?t|won'?t|unable|not able|decline|do(n'?t| not) (have|feel)|to (help|assist|provide|answer|comply|do))` +
		`|(?i)^(no,? |well,? |as an ai[^,.]{0,40}, )?(i|we) (really |simply |just )?(can ?not|can'?t|won'?t|will not|must decline|have to decline|refuse to|am not able to|am unable to|'?m unable to|'?m not able to)` +
		` ?(to )?(help|assist|provide|give|offer|share|comply|fulfil|support|engage|create|write|generate|produce|participate|do (that|this)|answer|discuss|access|browse|respond|with\b|continue)` +
		`|(?i)^as an ai\b[^.\n]{0,60}\bi (can ?not|can'?t|do(n'?t| not) have|am unable|am not able)`)
	refusesJa = lazy(`^[^。\n]{0,60}(お手伝い|ご協力|協力|お答え|回答|対応|提供|ご案内|お教え|お伝え|説明|作成|支援|サポート|お受け|応じること|執筆|生成|ご要望にお応え|リクエストにお応え)[^。\n]{0,12}(できません|できかねます|出来ません|いたしかねます|致しかねます|しかねます|控えさせ|差し控え|遠慮させ)` +
		`|^(申し訳|申しわけ|すみません|ごめんなさい|恐れ入り|残念)[^\n]{0,60}(できません|できかね|いたしかね|致しかね|しかねます|お断り|応じられ|書けません|作れません|教えられません)` +
		`|^[^。\n]{0,30}(お断り(し|いた|させ)|辞退(し|いた|させ))`)
)

// refuses reports whether an answer begins with a refusal.
func refuses(text string) bool {
	if len(text) > 1200 {
		text = text[:1200]
	}
	s := strings.NewReplacer("’", "'", "‘", "'").Replace(norm.NFKC.String(strings.ToValidUTF8(text, "")))
	s = strings.TrimLeft(s, " \t\n*_#>\"「")
	return refusesEn().MatchString(s) || refusesJa().MatchString(s)
}

// scripts counts the letters of a text by script, code left out.
type scripts struct{ kana, han, latin, other int }

var fenced = lazy("(?s)```.*?(```|$)|`[^`\n]*`|https?://\\S+")

func scriptsOf(text string) scripts {
	var s scripts
	for _, r := range fenced().ReplaceAllString(text, " ") {
		switch {
		case r >= 'ぁ' && r <= 'ヺ' || r >= 'ｦ' && r <= 'ﾝ':
			s.kana++
		case unicode.Is(unicode.Han, r):
			s.han++
		case unicode.Is(unicode.Latin, r):
			s.latin++
		case unicode.IsLetter(r) && r != 'ー':
			s.other++
		}
	}
	return s
}

func (s scripts) all() int { return s.kana + s.han + s.latin + s.other }

// otherTongue is what asks for another language than the question's own.
var otherTongue = lazy(`(?i)英(語|訳|文)|和訳|日本語|中国語|韓国語|フランス語|ドイツ語|スペイン語|イタリア語|ロシア語|外国語|何語|翻訳|訳し|ローマ字|` +
	`\b(translat\w*|english|japanese|chinese|korean|french|german|spanish|italian|russian|portuguese|language|romaji|kanji|hiragana|katakana|haiku)\b|` +
	`コード|プログラム|関数|スクリプト|正規表現|コマンド|SQL|JSON|HTML|CSS|YAML|\b(code|script|function|regex|command)\b`)

// inJapanese asks for an answer in Japanese, translates speaks of two languages.
var (
	inJapanese = lazy(`(?i)日本語で|\bin japanese\b`)
	translates = lazy(`(?i)訳|英語|ローマ字|translat|english|romaji`)
)

// wrongLanguage says that a question in Japanese got an answer in another
// script, or one in English got Japanese, and nothing asked for that. It tells
// no languages of one script apart.
func wrongLanguage(req *llm.Request, text string) string {
	question := asked(req)
	if a := scriptsOf(text); inJapanese().MatchString(question) && !translates().MatchString(question) && a.kana == 0 && a.latin >= 20 {
		return "the answer was to be in Japanese, and is not"
	}
	if otherTongue().MatchString(question) || otherTongue().MatchString(instructions(req)) {
		return ""
	}
	q, a := scriptsOf(question), scriptsOf(text)
	const enough = 20
	switch {
	case a.all() < enough:
		return ""
	case (q.kana >= 2 || q.kana == 1 && q.han >= 2 && q.latin == 0) && 3*(q.kana+q.han) >= q.latin:
		switch {
		case 5*(a.kana+a.han) < a.all():
			return "the question is in Japanese, the answer is not"
		case a.kana == 0 && a.han >= enough:
			return "the question is in Japanese, the answer looks Chinese"
		}
	case q.latin >= 10 && q.kana+q.han+q.other == 0:
		if 2*(a.kana+a.han+a.other) > a.all() {
			return "the question is in Latin letters, the answer is not"
		}
	}
	return ""
}

var (
	wantsSources = lazy(`(?i)\b(cite (your|the|all|any|each|at least|relevant)|cite \w+ sources?|with (citations?|sources|references)|(include|provide|give|add|list) (\w+ ){0,2}(citations?|sources|references|links to sources))\b|` +
		`(出典|引用元|参考文献|情報源|典拠|参照元)(も|を|と|など)?(必ず)?(明記|示し|付け|つけ|添え|挙げ|記載|明示|教え|書い|併記|提示)`)
	hasSource = lazy(`(?i)https?://|www\.|\bdoi\b|\[\^?[0-9]+\]|【[0-9]+|\([A-Z][^()]{1,60}(19|20)[0-9]{2}[a-z]?\)|\b(source|sources|references?|according to|retrieved from|cited)\b|出典|引用|参考文献|情報源|典拠|によると|によれば|参照[：:]|『[^』]+』`)
)

// uncited says that sources were asked for and the answer names none.
func uncited(req *llm.Request, text string) string {
	if !wantsSources().MatchString(asked(req)) && !wantsSources().MatchString(instructions(req)) {
		return ""
	}
	if hasSource().MatchString(text) || utf8.RuneCountInString(text) < 40 {
		return ""
	}
	return "sources were asked for, and the answer names none"
}
